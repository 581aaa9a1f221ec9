//! The authorization code grant (OAuth 2.1 §4.1.3).

use super::issue::{Contents, Issued, event, issue};
use super::resources::{all_are, resources};
use crate::endpoint::authentication::Claimant;
use crate::endpoint::caller::Caller;
use crate::ports::{CLOCK_SKEW, Timestamp};
use crate::protocol::{
    CodeVerifier, Parameters, Proof, RedirectDigest, RedirectUri, Refusal, without_secrets,
};
use crate::rules;
use crate::sealed::{AuthorizationCode, RefreshToken};
use crate::server::Server;
use crate::store::{CloseReason, Closed, Grant, Opened, State, StoreError};
use crate::wire::{Event, EventKind, Events, Response};

/// A token request with an authorization code. Its client is not authenticated yet.
pub(super) struct CodeRequest {
    claimant: Claimant,
    code: String,
    verifier: Option<CodeVerifier>,
    /// Clients of OAuth 2.0 send it. If it is present, it must match the authorization request (OAuth 2.1 §10.2).
    redirect_uri: Option<String>,
    resources: Vec<String>,
}

/// The redemption of a valid code by its client.
struct Redemption {
    caller: Caller,
}

impl CodeRequest {
    pub(super) fn parse(claimant: Claimant, form: &Parameters) -> Result<Self, Refusal> {
        claimant.may_redeem()?;
        let code = form.required("code")?.to_owned();
        let malformed =
            || rules::VERIFIER_MALFORMED.refuse("code_verifier must have 43 to 128 unreserved characters");
        let verifier = form.once("code_verifier")?;
        let verifier = verifier.map(|text| CodeVerifier::parse(text).ok_or_else(malformed)).transpose()?;
        let redirect_uri = form.once("redirect_uri")?.map(str::to_owned);
        Ok(Self { claimant, code, verifier, redirect_uri, resources: resources(form) })
    }

    /// Validates the code before the client is looked up or the store is asked, so that a forged, expired or foreign
    /// code costs no fetch and no store operation.
    pub(super) async fn redeem(self, server: &Server, now: Timestamp) -> Response {
        let code = match self.validate(server, now) {
            Ok(code) => code,
            Err(refusal) => return refusal.json(server),
        };
        if let Err(refusal) = self.claimant.admit(server, now).await {
            return refusal.json(server);
        }
        let caller = match self.claimant.authenticate_for(server, code.confidential).await {
            Ok(caller) => caller,
            Err(refusal) => return refusal.json(server),
        };
        match caller.settle(server).await {
            Ok(()) => Redemption { caller }.spend(server, &code, now).await,
            Err(refusal) => refusal.json(server),
        }
    }

    fn validate(&self, server: &Server, now: Timestamp) -> Result<AuthorizationCode, Refusal> {
        let code = server.keys.codes.open(&self.code);
        let code = code.ok_or_else(|| rules::CODE_UNKNOWN.refuse("this server did not issue the code"))?;
        if code.client != self.claimant.digest() {
            return Err(rules::CODE_OTHER_CLIENT.refuse("the code was issued to another client"));
        }
        if code.expires_at <= now {
            let late = now.0.saturating_sub(code.expires_at.0);
            return Err(rules::CODE_EXPIRED.refuse(format!("the code expired {late} s ago")));
        }
        if let Some(uri) = self.redirect_uri.as_deref().filter(|uri| !leads_to(uri, &code)) {
            return Err(rules::CODE_REDIRECT_URI.refuse(format!(
                "redirect_uri {} differs from the authorization request",
                without_secrets(uri)
            )));
        }
        if server.config.excludes(&code.person.clone().into(), &code.resource) {
            return Err(rules::CODE_USER_NOT_ALLOWED.refuse("the user may not use the resource of the code"));
        }
        self.prove(code.proof)?;
        all_are(server, &self.resources, &code.resource)?;
        Ok(code)
    }

    /// Checks PKCE: a verifier must be present if and only if there was a challenge (OAuth 2.1 §4.1.3).
    fn prove(&self, proof: Proof) -> Result<(), Refusal> {
        match (proof, &self.verifier) {
            (Proof::Pkce(challenge), Some(verifier)) if challenge.is_met_by(verifier) => Ok(()),
            (Proof::Pkce(_), Some(_)) => {
                Err(rules::VERIFIER_WRONG.refuse("code_verifier does not match the code_challenge"))
            }
            (Proof::Pkce(_), None) => Err(rules::VERIFIER_MISSING.refuse("code_verifier is missing")),
            (Proof::None, Some(_)) => Err(rules::VERIFIER_UNEXPECTED
                .refuse("code_verifier was sent, but the authorization request had no code_challenge")),
            (Proof::None, None) => Ok(()),
        }
    }
}

impl Redemption {
    /// Signs before it spends the code: if the signer fails, the client can try again with the same code.
    async fn spend(&self, server: &Server, code: &AuthorizationCode, now: Timestamp) -> Response {
        let grant = self.grant(server, code, now);
        let refresh_token = first(&grant, code, grant.ends_at(server.config.lifetimes().idle));
        let (scope, signed_in_at) = (grant.scope.clone(), Some(grant.signed_in_at));
        let contents = Contents { scope, signed_in_at, refresh_token: Some(&refresh_token) };
        let nonce = code.nonce.as_deref();
        let issued = issue(server, &grant, contents, now);
        let issued = match issued.and_then(|issued| issued.with_id_token(server, &grant, nonce, now)) {
            Ok(issued) => issued,
            Err(failed) => return Refusal::temporarily_unavailable(&failed).json(server),
        };
        match server.stores.grants().open(grant).await {
            Ok(Opened::New) => self.confirm(server, code, &issued, now).await,
            Ok(Opened::Already(known)) if is_unconfirmed(&known) => {
                let spent = "the code is spent, and no tokens were issued for it; start the sign-in again";
                self.known(code, rules::CODE_WITHOUT_TOKENS.refuse(spent).json(server))
            }
            Ok(Opened::Already(_)) => self.replayed(server, code, now).await,
            Err(error) => Refusal::temporarily_unavailable(&error).json(server),
        }
    }

    /// Gives out the tokens, if the user's sign-in still counts. The user is read **after** the grant was opened. So
    /// of a redemption and a sign-out everywhere at the same time, at least one sees the other: an epoch that was
    /// raised before this read is seen here, and one that is raised later is followed by a list with this grant.
    async fn confirm(
        &self,
        server: &Server,
        code: &AuthorizationCode,
        issued: &Issued,
        now: Timestamp,
    ) -> Response {
        match server.is_signed_in(&code.person, code.epoch).await {
            Ok(true) => self.event(EventKind::CodeSpent, code).beside(issued.response()),
            Ok(false) => {
                let ended = "the user's sign-in has ended since the consent; start the sign-in again";
                let why = "the user was signed out everywhere, was disabled or got another password after the \
                           consent";
                let closed = close(server, code, now, CloseReason::SignedOut).await;
                self.ended(code, rules::SIGN_IN_ENDED.refuse(ended).json(server), why, closed)
            }
            Err(error) => {
                let sorry =
                    "the server cannot answer at the moment, and the code is spent; start the sign-in again";
                let closed = close(server, code, now, CloseReason::Unconfirmed).await;
                let refused = rules::CODE_UNCONFIRMED.refuse(sorry).json(server);
                self.ended(code, refused, &error.to_string(), closed)
            }
        }
    }

    /// Adds to the event of a refusal why the grant was closed, or that it could not be closed. It has no tokens in
    /// either case.
    fn ended(
        &self,
        code: &AuthorizationCode,
        refused: Response,
        why: &str,
        closed: Result<(), StoreError>,
    ) -> Response {
        let mut refused = self.known(code, refused);
        let reason = match closed {
            Ok(()) => why.to_owned(),
            Err(error) => format!("{why}; its grant has no tokens, and could not be closed: {error}"),
        };
        Events::complete(&mut refused, |event| event.reason = Some(reason.clone()));
        refused
    }

    /// Refuses the replay of a code. With the correct verifier, it is the same client that submits twice, and
    /// nothing is closed. For a code without a challenge, the caller is unknown, so its grant is closed
    /// (OAuth 2.1 §4.1.3).
    async fn replayed(&self, server: &Server, code: &AuthorizationCode, now: Timestamp) -> Response {
        if code.proof == Proof::None
            && let Err(error) = close(server, code, now, CloseReason::CodeReplayed).await
        {
            return Refusal::temporarily_unavailable(&error).json(server);
        }
        let refused = rules::CODE_USED.refuse("the code was already used").json(server);
        self.event(EventKind::CodeReplayed, code).beside(refused)
    }

    fn grant(&self, server: &Server, code: &AuthorizationCode, now: Timestamp) -> Grant {
        let expires_at = now.after(server.config.lifetimes().grant);
        Grant {
            id: code.grant,
            client: self.caller.id.clone(),
            client_name: code.client_name.clone(),
            installation: code.installation.clone(),
            subject: code.person.clone().into(),
            scope: code.scope.clone(),
            resource: code.resource.clone(),
            signed_in_at: code.signed_in_at,
            opened_at: now,
            expires_at,
            kept_until: expires_at.max(code.expires_at.after(CLOCK_SKEW)),
            state: State::opened(now),
            profile: code.profile.clone(),
            issuer: None,
        }
    }

    /// Adds the user, the client and the grant to the event of a refusal.
    fn known(&self, code: &AuthorizationCode, mut refused: Response) -> Response {
        Events::complete(&mut refused, |event| {
            event.person = Some(code.person.clone());
            event.client = Some(self.caller.id.clone());
            event.grant = Some(code.grant);
        });
        refused
    }

    fn event(&self, what: EventKind, code: &AuthorizationCode) -> Event {
        Event { person: Some(code.person.clone()), ..event(what, &self.caller, code.grant) }
    }
}

/// The first refresh token of a grant.
fn first(grant: &Grant, code: &AuthorizationCode, expires_at: Timestamp) -> RefreshToken {
    RefreshToken {
        grant: grant.id,
        generation: 0,
        client: code.client,
        confidential: code.confidential,
        scope: grant.scope.clone(),
        resource: grant.resource.clone(),
        expires_at,
    }
}

async fn close(
    server: &Server,
    code: &AuthorizationCode,
    now: Timestamp,
    why: CloseReason,
) -> Result<(), StoreError> {
    match server.stores.grants().close(code.grant, now, why).await? {
        Closed::Now | Closed::Already | Closed::Unknown => Ok(()),
    }
}

/// Whether the grant was closed by the request that opened it, because its user could not be read. A client that tries
/// again after that answer is no attacker.
fn is_unconfirmed(grant: &Grant) -> bool {
    matches!(grant.state, State::Closed { why: CloseReason::Unconfirmed, .. })
}

fn leads_to(uri: &str, code: &AuthorizationCode) -> bool {
    RedirectUri::parse(uri).is_ok_and(|uri| RedirectDigest::of(uri.registered()) == code.redirect)
}
