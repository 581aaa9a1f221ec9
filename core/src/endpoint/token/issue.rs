//! The response of the token endpoint: the tokens of a grant (OAuth 2.1 §3.2.3; OpenID Connect Core 1.0 §3.1.3.3).

use crate::endpoint::caller::Caller;
use crate::jose::{Members, SigningFailed};
use crate::ports::{Timestamp, draw};
use crate::protocol::{GrantId, OPENID, Resource, Scope};
use crate::sealed::RefreshToken;
use crate::server::Server;
use crate::store::Grant;
use crate::token::{AccessToken, IdToken};
use crate::wire::{self, Event, EventKind, Response};
use http::StatusCode;

/// The tokens of a response.
pub(super) struct Issued {
    access_token: String,
    expires_in: u64,
    scope: Scope,
    refresh_token: Option<String>,
    resource: Option<Resource>,
    id_token: Option<String>,
}

impl Issued {
    /// The response names the resource of the token, which the client may not have named
    /// (draft-ietf-oauth-identity-assertion-authz-grant-03 §4.4.1).
    pub(super) fn for_resource(self, resource: &Resource) -> Self {
        Self { resource: Some(resource.clone()), ..self }
    }

    /// The response (OAuth 2.1 §3.2.3).
    pub(super) fn response(&self) -> Response {
        let (refresh_token, id_token) = (self.refresh_token.as_deref(), self.id_token.as_deref());
        let length = self.access_token.len() + self.scope.as_str().len();
        let length = [refresh_token, id_token].into_iter().flatten().fold(length, |all, one| all + one.len());
        let members = Members::with_capacity(length + OTHER)
            .text("access_token", &self.access_token)
            .text("token_type", "Bearer")
            .number("expires_in", self.expires_in)
            .text("scope", self.scope.as_str());
        let members = match refresh_token {
            Some(token) => members.text("refresh_token", token),
            None => members,
        };
        let members = match id_token {
            Some(token) => members.text("id_token", token),
            None => members,
        };
        let members = match &self.resource {
            Some(resource) => members.text("resource", resource.as_str()),
            None => members,
        };
        wire::json_text(StatusCode::OK, members.end())
    }

    /// The same tokens, and an ID token beside them, if the scope has `openid` (OpenID Connect Core 1.0 §3.1.3.3).
    pub(super) fn with_id_token(
        self,
        server: &Server,
        grant: &Grant,
        nonce: Option<&str>,
        now: Timestamp,
    ) -> Result<Self, SigningFailed> {
        if !self.scope.has(OPENID) {
            return Ok(self);
        }
        let token = IdToken {
            iss: server.config.issuer().as_str(),
            sub: &grant.subject,
            aud: &grant.client,
            iat: now,
            auth_time: grant.signed_in_at,
            nonce,
            access_token: &self.access_token,
        };
        let id_token = Some(token.sign(server.token_keys.signer()?)?);
        Ok(Self { id_token, ..self })
    }
}

/// About the length of a response without its tokens and scope, in bytes.
const OTHER: usize = 128;

/// What the tokens of a response are for, beside their grant.
pub(super) struct Contents<'a> {
    /// The scope of the access token.
    pub(super) scope: Scope,
    /// When the user signed in, if that is known.
    pub(super) signed_in_at: Option<Timestamp>,
    /// The refresh token, if there is one.
    pub(super) refresh_token: Option<&'a RefreshToken>,
}

/// Makes the tokens for `grant`. The access token ends with the grant at the latest.
pub(super) fn issue(
    server: &Server,
    grant: &Grant,
    contents: Contents<'_>,
    now: Timestamp,
) -> Result<Issued, SigningFailed> {
    let Contents { scope, signed_in_at, refresh_token } = contents;
    let expires_at = now.after(server.config.lifetimes().access_token).min(grant.expires_at);
    let access_token = AccessToken {
        iss: server.config.issuer().as_str().to_owned(),
        sub: grant.subject.clone(),
        aud: grant.resource.clone(),
        client_id: grant.client.clone(),
        scope,
        iat: now,
        exp: expires_at,
        auth_time: signed_in_at,
        // 128 random bits, in the same encoding as the ids of grants.
        jti: GrantId(draw(&*server.entropy)).to_string(),
        gid: grant.id.to_string(),
    };
    Ok(Issued {
        access_token: access_token.sign(server.token_keys.signer()?)?,
        expires_in: expires_at.0.saturating_sub(now.0),
        scope: access_token.scope,
        refresh_token: refresh_token.map(|token| server.keys.refresh_tokens.sign(token)),
        resource: None,
        id_token: None,
    })
}

pub(super) fn event(what: EventKind, caller: &Caller, grant: GrantId) -> Event {
    let (client, ignored) = (Some(caller.id.clone()), caller.ignored);
    Event { client, grant: Some(grant), ignored, ..Event::new(what) }
}
