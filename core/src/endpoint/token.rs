//! The token endpoint (OAuth 2.1 §3.2): issues access tokens for an authorization code, for a refresh token, or for
//! a client's own scopes (client credentials), or for an assertion of a trusted issuer: of a user (ID-JAG), or of a workload.

mod authorization_code;
mod client_credentials;
mod identity;
mod identity_open;
mod identity_target;
mod issue;
mod refresh;
mod resources;
mod rotation;
mod workload;

use crate::endpoint::authentication::{Claimant, named_client};
use crate::endpoint::trusted;
use crate::protocol::{JWT_BEARER, Parameters, Refusal, without_secrets};
use crate::rules;
use crate::server::Server;
use crate::wire::{self, Request, Response};
use authorization_code::CodeRequest;
use client_credentials::ClientCredentialsRequest;
use identity::IdentityRequest;
use refresh::Refresh;
use workload::WorkloadRequest;

/// Answers a token request.
pub(super) async fn token(server: Server, request: Request) -> Response {
    let now = server.clock.now();
    let mut response = match TokenRequest::parse(&server, &request) {
        Ok(TokenRequest::AuthorizationCode(code)) => code.redeem(&server, now).await,
        Ok(TokenRequest::RefreshToken(refresh)) => refresh.refresh(&server, now).await,
        Ok(TokenRequest::ClientCredentials(client_credentials)) => client_credentials.run(&server, now).await,
        Ok(TokenRequest::Identity(identity)) => identity.run(&server, now).await,
        Ok(TokenRequest::Workload(workload)) => workload.run(&server, now).await,
        Err(refusal) => refusal.json(&server),
    };
    server.name_client(&mut response, || named_client(&server, &request));
    response
}

/// A token request, by its `grant_type`.
enum TokenRequest<'a> {
    AuthorizationCode(Box<CodeRequest>),
    RefreshToken(Box<Refresh>),
    ClientCredentials(Box<ClientCredentialsRequest>),
    Identity(Box<IdentityRequest<'a>>),
    Workload(Box<WorkloadRequest>),
}

impl<'a> TokenRequest<'a> {
    /// Checks the grant type before the client, so that an unsupported grant type always gets that error.
    fn parse(server: &'a Server, request: &Request) -> Result<Self, Refusal> {
        let form = wire::form(request)?;
        let claimant = || Claimant::read(server, request, &form);
        let takes_assertions = server.config.takes_assertions();
        match form.required("grant_type")? {
            "authorization_code" => {
                CodeRequest::parse(claimant()?, &form).map(Box::new).map(Self::AuthorizationCode)
            }
            "refresh_token" => Refresh::parse(claimant()?, &form).map(Box::new).map(Self::RefreshToken),
            "client_credentials" => ClientCredentialsRequest::parse(server, claimant()?, form)
                .map(Box::new)
                .map(Self::ClientCredentials),
            JWT_BEARER if takes_assertions => Self::of_assertion(server, request, form),
            other => Err(unsupported(other, takes_assertions)),
        }
    }

    /// The assertion is read before the client, so that one that is not trusted costs nothing. Its type says what it states.
    fn of_assertion(server: &'a Server, request: &Request, form: Parameters) -> Result<Self, Refusal> {
        let assertion = trusted::read(form.required("assertion")?)?;
        if assertion.is_identity() {
            let claimant = |form: &Parameters| Claimant::read(server, request, form);
            IdentityRequest::parse(server, form, assertion, claimant).map(Box::new).map(Self::Identity)
        } else {
            WorkloadRequest::parse(server, request, form, assertion).map(Box::new).map(Self::Workload)
        }
    }
}

fn unsupported(sent: &str, takes_assertions: bool) -> Refusal {
    let known = match takes_assertions {
        false => "authorization_code, refresh_token or client_credentials",
        true => {
            "authorization_code, refresh_token, client_credentials or urn:ietf:params:oauth:grant-type:jwt-bearer"
        }
    };
    let reason = format!("grant_type is {}; it must be {known}", without_secrets(sent));
    rules::GRANT_TYPE.refuse(format!("grant_type must be {known}")).for_operator(&reason)
}
