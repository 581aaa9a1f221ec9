//! The token endpoint (OAuth 2.1 §3.2): issues access tokens for an authorization code, for a refresh token, or for
//! a client's own scopes (client credentials).

mod authorization_code;
mod client_credentials;
mod issue;
mod refresh;
mod resources;
mod rotation;

use crate::endpoint::authentication;
use crate::protocol::Refusal;
use crate::server::Server;
use crate::wire::{self, Request, Response};
use authorization_code::Redemption;
use client_credentials::ClientCredentialsGrant;
use refresh::Refresh;

/// Answers a token request.
pub(super) async fn token(server: Server, request: Request) -> Response {
    let now = server.clock.now();
    match TokenRequest::parse(&server, &request).await {
        Ok(TokenRequest::AuthorizationCode(redemption)) => redemption.redeem(&server, now).await,
        Ok(TokenRequest::RefreshToken(refresh)) => refresh.refresh(&server, now).await,
        Ok(TokenRequest::ClientCredentials(client_credentials)) => client_credentials.run(&server, now).await,
        Err(refusal) => refusal.json(&server),
    }
}

/// A token request, by its `grant_type`.
enum TokenRequest {
    AuthorizationCode(Box<Redemption>),
    RefreshToken(Box<Refresh>),
    ClientCredentials(Box<ClientCredentialsGrant>),
}

impl TokenRequest {
    /// Checks the grant type before the client, so that an unsupported grant type always gets that error.
    async fn parse(server: &Server, request: &Request) -> Result<Self, Refusal> {
        let form = wire::form(request)?;
        let client = || authentication::client(server, request, &form);
        match form.required("grant_type")? {
            "authorization_code" => {
                Redemption::parse(client().await?, &form).map(Box::new).map(Self::AuthorizationCode)
            }
            "refresh_token" => Refresh::parse(client().await?, &form).map(Box::new).map(Self::RefreshToken),
            "client_credentials" => ClientCredentialsGrant::parse(server, client().await?, &form)
                .map(Box::new)
                .map(Self::ClientCredentials),
            _ => Err(Refusal::unsupported_grant_type(
                "grant_type must be authorization_code, refresh_token or client_credentials",
            )),
        }
    }
}
