//! Discovery at a guarded server: the responses by which clients find its authorization server (RFC 9728; RFC 8414).

use super::Guard;
use crate::protocol::paths::{is_around, without_slash};
use crate::protocol::{Mount, metadata, paths};
use crate::wire::{self, Response, cors};
use http::request::Parts;
use http::{HeaderValue, Method, StatusCode, header};

impl Guard {
    /// The response to a request that needs no token: a CORS preflight, the resource's metadata, or a request that is
    /// meant for the authorization server. `None` for any other request: [admit](Guard::admit) it.
    pub fn answer(&self, request: &Parts) -> Option<Response> {
        self.preflight(request).or_else(|| self.metadata_at(request)).or_else(|| self.sent_on(request))
    }

    /// The path of the resource's metadata: the well-known path, followed by the resource's path (RFC 9728 §3.1).
    pub(super) fn metadata_path(&self) -> String {
        format!("{}{}", paths::PROTECTED_RESOURCE, self.resource.resource.path())
    }

    /// Serves the resource's metadata at its own path, and at the well-known path itself for clients that only look
    /// there. `None` for any other request.
    fn metadata_at(&self, request: &Parts) -> Option<Response> {
        let read = [Method::GET, Method::HEAD].contains(&request.method);
        if !read || !self.is_metadata(request) {
            return None;
        }
        let mut response =
            self.rendered.metadata.document(|| metadata::protected_resource(&self.resource, &self.issuer));
        cors::publish(&mut response);
        Some(response)
    }

    /// Whether the request is for the metadata of this resource, at its own path or at the well-known path itself.
    pub(crate) fn is_metadata(&self, request: &Parts) -> bool {
        without_slash(request.uri.path()) == paths::PROTECTED_RESOURCE || self.is_own_metadata(request)
    }

    /// Whether the request is for the metadata of this resource, at the path that is its own (RFC 9728 §3.1).
    pub(crate) fn is_own_metadata(&self, request: &Parts) -> bool {
        without_slash(request.uri.path()) == without_slash(&self.metadata_path())
    }

    /// Redirects clients that take the guarded server for its own authorization server, as clients of
    /// MCP 2025-03-26 do. `None` for any other request, and if the server is its own authorization server: then the
    /// issuer answers at these paths.
    fn sent_on(&self, request: &Parts) -> Option<Response> {
        if self.resource.resource.origin() == self.issuer.origin() {
            return None;
        }
        let place = self.place_at_the_issuer(without_slash(request.uri.path()))?;
        let query = request.uri.query().map(|query| format!("?{query}")).unwrap_or_default();
        // A query may contain bytes that are not allowed in a header.
        let location = HeaderValue::from_bytes(format!("{place}{query}").as_bytes()).ok()?;
        // A 307 keeps the method and the body. The issuer decides whether it accepts them.
        let mut response = wire::respond(StatusCode::TEMPORARY_REDIRECT, "text/plain", Vec::new());
        response.headers_mut().insert(header::LOCATION, location);
        Some(response)
    }

    fn place_at_the_issuer(&self, path: &str) -> Option<String> {
        let own = without_slash(self.resource.resource.path());
        let document = [paths::METADATA, paths::OPENID].into_iter().find(|place| is_around(place, path, own));
        document.map(|document| self.issuer.document(document)).or_else(|| {
            let mount = Mount::ALL.iter().find(|mount| self.issuer_paths.fallback(**mount) == Some(path))?;
            Some(self.issuer.url(self.issuer_paths.of(*mount)))
        })
    }
}
