//! The token endpoint (OAuth 2.1 §3.2): an authorization code or a refresh token becomes an access token,
//! and a client may have one for itself.

mod authorization_code;
mod client_credentials;
mod refresh;
mod rotation;

use crate::authentication::{self, Caller};
use crate::clock::Timestamp;
use crate::entropy::draw;
use crate::event::{Event, What};
use crate::protocol::access_token::AccessToken;
use crate::protocol::grant_id::GrantId;
use crate::protocol::parameters::Parameters;
use crate::protocol::refresh_token::RefreshToken;
use crate::protocol::resource::Resource;
use crate::protocol::scope::Scope;
use crate::refusal::Refusal;
use crate::server::Server;
use crate::signer::SigningFailed;
use crate::store::Grant;
use crate::wire::{self, Request, Response};
use authorization_code::Redemption;
use client_credentials::Errand;
use refresh::Refresh;
use serde::Serialize;

/// Answers a token request.
pub async fn token(server: Server, request: Request) -> Response {
    let now = server.clock.now();
    match TokenRequest::parse(&server, &request).await {
        Ok(TokenRequest::AuthorizationCode(redemption)) => redemption.redeem(&server, now).await,
        Ok(TokenRequest::RefreshToken(refresh)) => refresh.refresh(&server, now).await,
        Ok(TokenRequest::ClientCredentials(errand)) => errand.run(&server, now).await,
        Err(refusal) => refusal.json(&server),
    }
}

/// What a client asks for, by its `grant_type`.
enum TokenRequest {
    AuthorizationCode(Box<Redemption>),
    RefreshToken(Box<Refresh>),
    ClientCredentials(Box<Errand>),
}

impl TokenRequest {
    /// The grant type is judged before the client: whoever asks for something that is not served learns just that.
    async fn parse(server: &Server, request: &Request) -> Result<Self, Refusal> {
        let form = wire::form(request)?;
        let client = || authentication::client(server, request, &form);
        match form.required("grant_type")? {
            "authorization_code" => {
                Redemption::parse(client().await?, &form).map(Box::new).map(Self::AuthorizationCode)
            }
            "refresh_token" => Refresh::parse(client().await?, &form).map(Box::new).map(Self::RefreshToken),
            "client_credentials" => {
                Errand::parse(server, client().await?, &form).map(Box::new).map(Self::ClientCredentials)
            }
            _ => Err(Refusal::unsupported_grant_type(
                "grant_type must be authorization_code, refresh_token or client_credentials",
            )),
        }
    }
}

/// The resources that a token request names, if it does.
fn resources(form: &Parameters) -> Vec<String> {
    form.all("resource").map(str::to_owned).collect()
}

/// Whether every resource that was named is `granted`: a token request may narrow a grant (RFC 8707 §2.2), and there
/// is one resource to a grant.
fn all_are(server: &Server, named: &[String], granted: &Resource) -> bool {
    let is_it = |sent: &String| {
        server.config.resources.meant_by(sent).is_some_and(|known| known.resource == *granted)
    };
    named.iter().all(is_it)
}

/// OAuth 2.1 §3.2.3.
#[derive(Serialize)]
struct Issued {
    access_token: String,
    token_type: &'static str,
    expires_in: u64,
    scope: Scope,
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<String>,
}

/// The tokens that come of `grant`.
fn issue(
    server: &Server,
    grant: &Grant,
    scope: Scope,
    refresh_token: Option<&RefreshToken>,
    now: Timestamp,
) -> Result<Issued, SigningFailed> {
    let expires_at = now.after(server.config.lifetimes.access_token).min(grant.expires_at);
    let access_token = AccessToken {
        iss: server.config.issuer.to_string(),
        sub: grant.person.clone(),
        aud: grant.resource.clone(),
        client_id: grant.client.clone(),
        scope: scope.clone(),
        iat: now,
        exp: expires_at,
        auth_time: grant.signed_in_at,
        // 128 random bits in the form that ids of grants have.
        jti: GrantId(draw(&*server.entropy)).to_string(),
        gid: grant.id.to_string(),
    };
    Ok(Issued {
        access_token: access_token.sign(&*server.signer)?,
        token_type: "Bearer",
        expires_in: expires_at.0.saturating_sub(now.0),
        scope,
        refresh_token: refresh_token.map(|token| server.keys.refresh_tokens.sign(token)),
    })
}

fn event(what: What, caller: &Caller, grant: GrantId) -> Event {
    Event { client: Some(caller.id.clone()), grant: Some(grant), ..Event::new(what) }
}
