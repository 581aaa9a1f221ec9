//! The guard: what stands in front of an MCP endpoint, anybody's (RFC 6750; RFC 9728; MCP, Authorization).

use crate::clock::{Clock, Timestamp};
use crate::paths;
use crate::protocol::access_token::{AccessToken, InvalidToken};
use crate::protocol::bearer::{Challenge, Credentials};
use crate::protocol::protected_resource::ProtectedResource;
use crate::protocol::{
    client::ClientId, issuer::Issuer, jwk::PublicKey, metadata, person_id::PersonId, scope::Scope,
};
use crate::wire::{self, Response};
use http::{HeaderMap, HeaderValue, Method, header};
use serde_json::json;
use std::sync::Arc;

/// Guards one resource. It needs public keys and a clock: no secret and no store.
#[derive(Clone)]
pub struct Guard {
    resource: ProtectedResource,
    needed: Scope,
    issuer: Issuer,
    keys: Vec<PublicKey>,
    clock: Arc<dyn Clock>,
}

/// Who was let in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Access {
    /// For whom the client speaks.
    pub person: PersonId,
    /// The client.
    pub client: ClientId,
    /// What it may do.
    pub scope: Scope,
    /// When the person signed in.
    pub signed_in_at: Timestamp,
    /// Until when.
    pub expires_at: Timestamp,
}

impl Guard {
    /// Guards `resource` with tokens that `issuer` signed with one of `keys`. Every request needs the first scope
    /// that the resource offers: it is what clients are told to ask for.
    pub fn new(
        resource: ProtectedResource,
        issuer: Issuer,
        keys: Vec<PublicKey>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let needed = resource.scopes.first().map(|offered| offered.scope.clone()).unwrap_or_default();
        Self { resource, needed, issuer, keys, clock }
    }

    /// What it guards.
    pub fn resource(&self) -> &ProtectedResource {
        &self.resource
    }

    /// Lets a request in that carries a token for this resource.
    ///
    /// # Errors
    /// The response to send instead: 401 with the challenge that starts a sign-in, or 403 when scopes are missing.
    pub fn admit(&self, headers: &HeaderMap) -> Result<Access, Response> {
        self.judge(headers).map_err(|challenge| self.refuse(&challenge))
    }

    fn judge(&self, headers: &HeaderMap) -> Result<Access, Challenge> {
        let token = match Credentials::read(headers) {
            Credentials::Bearer(token) => token,
            Credentials::None => return Err(Challenge::Missing),
            Credentials::Malformed => return Err(Challenge::InvalidRequest("one bearer token is expected")),
        };
        let token = AccessToken::verify(token, &self.keys, self.issuer.as_str(), self.clock.now())
            .map_err(|InvalidToken(why)| Challenge::InvalidToken(why))?;
        if token.aud != self.resource.resource {
            return Err(Challenge::InvalidToken("was issued for another resource"));
        }
        if !token.scope.covers(&self.needed) {
            return Err(Challenge::InsufficientScope);
        }
        Ok(Access {
            person: token.sub,
            client: token.client_id,
            scope: token.scope,
            signed_in_at: token.auth_time,
            expires_at: token.exp,
        })
    }

    fn refuse(&self, challenge: &Challenge) -> Response {
        let metadata = format!("{}{}", self.resource.resource.origin(), self.metadata_path());
        let body = json!({ "error": challenge.code(), "error_description": challenge.sentence() });
        let mut response = wire::json(challenge.status(), &body);
        response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge.header(&metadata, &self.needed));
        response
            .headers_mut()
            .insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static("WWW-Authenticate"));
        response
    }

    /// Where the resource's metadata is: the well-known path with the resource's own behind it (RFC 9728 §3.1).
    fn metadata_path(&self) -> String {
        format!("{}{}", paths::PROTECTED_RESOURCE, self.resource.resource.path())
    }

    /// The resource's metadata, which the server that is guarded publishes in its own place and, for clients that
    /// look nowhere else, at the well-known path itself; nothing when something else was asked for.
    pub fn metadata_at(&self, method: &Method, path: &str) -> Option<Response> {
        let here = path == paths::PROTECTED_RESOURCE || path == self.metadata_path();
        let document = || wire::document(&metadata::protected_resource(&self.resource, &self.issuer));
        (here && [Method::GET, Method::HEAD].contains(method)).then(document)
    }
}
