//! The token endpoint (OAuth 2.1 §3.2): an authorization code becomes an access token.

use crate::clock::Timestamp;
use crate::entropy::draw;
use crate::event::{Event, What};
use crate::protocol::access_token::AccessToken;
use crate::protocol::authorization_code::AuthorizationCode;
use crate::protocol::client::Client;
use crate::protocol::digest::Digest;
use crate::protocol::grant_id::GrantId;
use crate::protocol::parameters::{Parameters, Repeated};
use crate::protocol::pkce::CodeVerifier;
use crate::protocol::redirect_uri::RedirectUri;
use crate::refusal::Refusal;
use crate::server::Server;
use crate::signer::SigningFailed;
use crate::store::{Grant, Opened};
use crate::wire::{self, Request, Response};
use http::StatusCode;
use serde::Serialize;
use std::time::Duration;

/// Answers a token request.
pub async fn token(server: Server, request: Request) -> Response {
    match TokenRequest::parse(&server, &request) {
        Ok(TokenRequest::AuthorizationCode(redemption)) => redemption.redeem(&server).await,
        Err(refusal) => refusal.json(&server),
    }
}

/// What a client asks for, by its `grant_type`.
enum TokenRequest {
    AuthorizationCode(Box<Redemption>),
}

/// A client brings a code back (OAuth 2.1 §4.1.3).
struct Redemption {
    client: Client,
    code: String,
    verifier: CodeVerifier,
    /// Clients of OAuth 2.0 send it, and then it has to be the right one (OAuth 2.1 §10.2).
    redirect_uri: Option<String>,
    resources: Vec<String>,
}

impl TokenRequest {
    /// The grant type is judged before the client: whoever asks for something that is not served learns just that.
    fn parse(server: &Server, request: &Request) -> Result<Self, Refusal> {
        let form = wire::form(request)?;
        match once(&form, "grant_type")? {
            Some("authorization_code") => {
                Redemption::parse(server, &form).map(Box::new).map(Self::AuthorizationCode)
            }
            Some(_) => Err(Refusal::unsupported_grant_type("grant_type must be authorization_code")),
            None => Err(Refusal::invalid_request("grant_type is missing")),
        }
    }
}

impl Redemption {
    fn parse(server: &Server, form: &Parameters) -> Result<Self, Refusal> {
        let client = client(server, form)?;
        let code = once(form, "code")?.ok_or_else(|| Refusal::invalid_request("code is missing"))?;
        let verifier = once(form, "code_verifier")?
            .ok_or_else(|| Refusal::invalid_request("code_verifier is missing"))?;
        let verifier = CodeVerifier::parse(verifier).ok_or_else(|| {
            Refusal::invalid_request("code_verifier is not 43 to 128 unreserved characters")
        })?;
        let redirect_uri = once(form, "redirect_uri")?.map(str::to_owned);
        let resources = form.all("resource").map(str::to_owned).collect();
        Ok(Self { client, code: code.to_owned(), verifier, redirect_uri, resources })
    }
}

/// A public client names itself (OAuth 2.1 §3.2.1).
fn client(server: &Server, form: &Parameters) -> Result<Client, Refusal> {
    let id = once(form, "client_id")?.ok_or_else(|| Refusal::invalid_client("client_id is missing"))?;
    server
        .client(id)
        .ok_or_else(|| Refusal::invalid_client("this server does not know the client; register again"))
}

fn once<'a>(form: &'a Parameters, name: &str) -> Result<Option<&'a str>, Refusal> {
    form.once(name)
        .map_err(|Repeated(name)| Refusal::invalid_request(format!("{name} was sent more than once")))
}

/// OAuth 2.1 §3.2.3.
#[derive(Serialize)]
struct Issued {
    access_token: String,
    token_type: &'static str,
    expires_in: u64,
    scope: String,
}

impl Redemption {
    /// The code is judged before anything is stored: one that was made up, has expired or is another's costs nothing.
    async fn redeem(self, server: &Server) -> Response {
        let now = server.clock.now();
        match self.judge(server, now) {
            Ok(code) => self.spend(server, code, now).await,
            Err(refusal) => refusal.json(server),
        }
    }

    /// OAuth 2.1 §4.1.3, in its order.
    fn judge(&self, server: &Server, now: Timestamp) -> Result<AuthorizationCode, Refusal> {
        let code = server.keys.codes.open(&self.code);
        let code = code.ok_or_else(|| Refusal::invalid_grant("the code is not one that this server made"))?;
        if code.client != Digest::of(&self.client.id().0) {
            return Err(Refusal::invalid_grant("the code was issued to another client"));
        }
        if code.expires_at <= now {
            return Err(Refusal::invalid_grant("the code has expired"));
        }
        if self.redirect_uri.as_deref().is_some_and(|uri| !leads_to(uri, &code)) {
            return Err(Refusal::invalid_grant("redirect_uri is not the one of the authorization request"));
        }
        if !code.challenge.is_met_by(&self.verifier) {
            return Err(Refusal::invalid_grant("code_verifier does not match the code_challenge"));
        }
        // RFC 8707 §2.2: a token request may narrow the resources of the grant; here there is one.
        let same = |sent: &String| {
            server.config.resources.meant_by(sent).is_some_and(|known| known.resource == code.resource)
        };
        if !self.resources.iter().all(same) {
            return Err(Refusal::invalid_target("resource is not the one of the authorization request"));
        }
        Ok(code)
    }

    /// Signs first: should the signer fail, the code is not spent, and the client may try again.
    async fn spend(&self, server: &Server, code: AuthorizationCode, now: Timestamp) -> Response {
        let grant = self.grant(server, &code, now);
        let issued = match issue(server, &grant, code.signed_in_at, now) {
            Ok(issued) => issued,
            Err(failed) => return Refusal::temporarily_unavailable(&failed).json(server),
        };
        let event = |what| Event {
            client: Some(grant.client.clone()),
            person: Some(grant.person.clone()),
            grant: Some(grant.id),
            ..Event::new(what)
        };
        match server.store.open(grant.clone()).await {
            Ok(Opened::New) => event(What::CodeSpent).beside(wire::json(StatusCode::OK, &issued)),
            // Who shows the right verifier again is the same client submitting twice: refused, and nothing is closed.
            Ok(Opened::Already(_)) => event(What::CodeReplayed)
                .beside(Refusal::invalid_grant("the code has been used already").json(server)),
            Err(error) => Refusal::temporarily_unavailable(&error).json(server),
        }
    }

    fn grant(&self, server: &Server, code: &AuthorizationCode, now: Timestamp) -> Grant {
        let expires_at = now.after(server.config.lifetimes.access_token);
        Grant {
            id: code.grant,
            client: self.client.id().clone(),
            person: code.person.clone(),
            scope: code.scope.clone(),
            resource: code.resource.clone(),
            opened_at: now,
            expires_at,
            kept_until: expires_at.max(code.expires_at.after(CLOCK_SKEW)),
        }
    }
}

/// By how much the clocks of two processes may differ.
const CLOCK_SKEW: Duration = Duration::from_secs(60);

fn leads_to(uri: &str, code: &AuthorizationCode) -> bool {
    RedirectUri::parse(uri).is_ok_and(|uri| Digest::of(uri.registered().as_str()) == code.redirect)
}

fn issue(
    server: &Server,
    grant: &Grant,
    signed_in_at: Timestamp,
    now: Timestamp,
) -> Result<Issued, SigningFailed> {
    let lifetime = server.config.lifetimes.access_token;
    let token = AccessToken {
        iss: server.config.issuer.to_string(),
        sub: grant.person.clone(),
        aud: grant.resource.clone(),
        client_id: grant.client.clone(),
        scope: grant.scope.clone(),
        iat: now,
        exp: now.after(lifetime),
        auth_time: signed_in_at,
        // 128 random bits in the form that ids of grants have.
        jti: GrantId(draw(&*server.entropy)).to_string(),
        gid: grant.id.to_string(),
    };
    Ok(Issued {
        access_token: token.sign(&*server.signer)?,
        token_type: "Bearer",
        expires_in: lifetime.as_secs(),
        scope: grant.scope.to_string(),
    })
}
