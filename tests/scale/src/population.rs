//! The users and grants of a store. Each grant has a number, from which everything about it follows.

use doorward::ports::{Clock, Timestamp};
use doorward::protocol::{
    ClientDigest, ClientId, ClientMetadata, ClientName, GrantId, PersonId, Profile, Resource, Scope, Subject,
};
use doorward::sealed::{Keys, Purpose, RefreshToken, Registration, RootSecret, Session};
use doorward::store::{Grant, State};
use doorward::token::AccessToken;
use doorward_signing::{Es256, SystemClock, SystemEntropy};
use std::collections::HashMap;
use std::fs;
use std::ops::Range;
use std::path::Path;
use std::sync::Mutex;
use std::time::Duration;

/// The resource of all grants.
pub(crate) const RESOURCE: &str = "http://127.0.0.1:29299/mcp";
/// The user with many grants, and how many.
pub(crate) const COLLECTOR: &str = "collector";
pub(crate) const COLLECTED: u64 = 10_000;
const DAY: u64 = 86_400;

pub(crate) struct Population {
    pub(crate) count: u64,
    keys: Keys,
    signer: Es256,
    pub(crate) client: ClientId,
    now: Timestamp,
    /// The newest refresh tokens of grants that were refreshed.
    newest: Mutex<HashMap<u64, String>>,
}

impl Population {
    /// That of the store in this folder, with its root secret.
    pub(crate) fn of(folder: &Path, count: u64) -> Self {
        let secret = fs::read_to_string(folder.join("secret")).unwrap();
        let secret = RootSecret::parse(secret.split_whitespace().next().unwrap()).unwrap();
        let keys = Keys::derive(&secret, &[]);
        let metadata =
            br#"{"client_name":"Claude","redirect_uris":["https://claude.ai/api/mcp/auth_callback"]}"#;
        let registration = Registration::of(&ClientMetadata::parse(metadata).unwrap(), || [0; 16]);
        let client = ClientId(keys.client_ids.sign(&registration));
        let signer = Es256::new(&secret.derive(Purpose::AccessTokens));
        Self { count, keys, signer, client, now: SystemClock.now(), newest: Mutex::default() }
    }

    /// The grants that are not of the user with many.
    pub(crate) fn others(&self) -> Range<u64> {
        if COLLECTED * 2 < self.count { COLLECTED..self.count } else { 0..self.count }
    }

    /// Two grants for each user. In a large store the first ones are of one user.
    pub(crate) fn user(&self, number: u64) -> String {
        if self.others().start <= number { format!("user{}", number / 2) } else { COLLECTOR.to_owned() }
    }

    /// The id is mixed, so that the pages of grants with near numbers are not all in one place.
    fn id(number: u64) -> GrantId {
        let mut id = [0; 16];
        id[..8].copy_from_slice(&number.wrapping_mul(0x9E37_79B9_7F4A_7C15).to_be_bytes());
        id[8..].copy_from_slice(&number.to_be_bytes());
        GrantId(id)
    }

    pub(crate) fn grant(&self, number: u64) -> Grant {
        let days = |days: u64| Duration::from_secs(days * DAY);
        Grant {
            id: Self::id(number),
            client: self.client.clone(),
            client_name: Some(ClientName::parse("Claude").unwrap()),
            installation: None,
            subject: Subject::parse(&self.user(number)).unwrap(),
            scope: Scope::parse("user").unwrap(),
            resource: Resource::parse(RESOURCE).unwrap(),
            signed_in_at: self.now,
            opened_at: self.now,
            // They end on different days, as in a store that grew.
            expires_at: self.now.after(days(1 + number % 90)),
            kept_until: self.now.after(Duration::from_secs(60)),
            state: State::opened(self.now),
            profile: Profile::default(),
            issuer: None,
        }
    }

    /// A grant that ended ten days ago.
    pub(crate) fn ended(&self, number: u64) -> Grant {
        let then = self.now.before(Duration::from_secs(10 * DAY));
        Grant { expires_at: then, kept_until: then, ..self.grant(number) }
    }

    /// Notes the newest refresh token of a grant.
    pub(crate) fn note(&self, number: u64, refresh_token: String) {
        self.newest.lock().unwrap().insert(number, refresh_token);
    }

    /// The newest refresh token of a grant.
    pub(crate) fn refresh_token(&self, number: u64) -> String {
        if let Some(newest) = self.newest.lock().unwrap().get(&number) {
            return newest.clone();
        }
        let grant = self.grant(number);
        self.keys.refresh_tokens.sign(&RefreshToken {
            grant: grant.id,
            generation: 0,
            client: ClientDigest::of(&grant.client),
            confidential: false,
            scope: grant.scope,
            resource: grant.resource,
            expires_at: grant.expires_at,
        })
    }

    /// An access token for a user's stream.
    pub(crate) fn access_token(&self, issuer: &str, resource: &str, user: &str) -> String {
        let token = AccessToken {
            iss: issuer.to_owned(),
            sub: Subject::parse(user).unwrap(),
            aud: Resource::parse(resource).unwrap(),
            client_id: self.client.clone(),
            scope: Scope::parse("user").unwrap(),
            iat: self.now,
            exp: self.now.after(Duration::from_secs(3600)),
            auth_time: Some(self.now),
            jti: Self::id(0).to_string(),
            gid: Self::id(0).to_string(),
        };
        token.sign(&self.signer).unwrap()
    }

    /// The cookie of a browser in which the user has signed in.
    pub(crate) fn session(&self, user: &str) -> String {
        let person = PersonId::parse(user).unwrap();
        let session = Session {
            person,
            called: None,
            epoch: 0,
            signed_in_at: self.now,
            verdicts: Vec::new(),
            profile: Profile::default(),
        };
        format!("doorward-session={}", self.keys.sessions.seal(&session, &SystemEntropy))
    }
}
