//! The description of an endpoint: its route, its methods, its CORS policy and its handler.

use crate::protocol::Resources;
use crate::protocol::paths::{is_around, without_slash};
use crate::server::Server;
use crate::wire::{Request, Response};
use std::future::Future;
use std::pin::Pin;

/// An endpoint of the authorization server: its route and its handler. A process that serves only some endpoints
/// names those, so that the linker leaves out the others.
#[derive(Debug)]
pub struct Endpoint {
    /// The paths of the endpoint.
    pub route: Route,
    /// The accepted methods, as an `Allow` header lists them (RFC 9110 §10.2.1).
    pub(crate) methods: &'static str,
    pub(crate) cors: CorsPolicy,
    pub(crate) answer: fn(Server, Request) -> ResponseFuture,
}

/// The paths at which an endpoint answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Route {
    /// Only at this path.
    Exact(&'static str),
    /// At the first path, and at the second for clients that read no metadata.
    WithAlias(&'static str, &'static str),
    /// At this path, and also with a resource's path after it (RFC 8414 §3.1) or before it. Clients that take the
    /// MCP server for its own authorization server use these variants.
    WellKnown(&'static str),
    /// At every path that starts with this prefix.
    Prefix(&'static str),
}

/// Which origins may read the responses of an endpoint (CORS).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CorsPolicy {
    /// Any origin: the response is public and the same for all callers.
    Public,
    /// Origins of clients that run in a web page.
    Clients,
    /// No other origin: a browser navigates to the endpoint, or only servers call it.
    SameOrigin,
}

/// The future of a response.
pub(crate) type ResponseFuture = Pin<Box<dyn Future<Output = Response> + Send>>;

impl Route {
    /// The paths to route to this endpoint. The variants around and under them need a route as well.
    pub fn paths(self) -> impl Iterator<Item = &'static str> {
        let (path, old) = match self {
            Self::Exact(path) | Self::WellKnown(path) | Self::Prefix(path) => (path, None),
            Self::WithAlias(path, old) => (path, Some(old)),
        };
        std::iter::once(path).chain(old)
    }

    /// Whether this endpoint answers at `path`. The path of a document may have a trailing slash.
    pub(crate) fn is(self, path: &str, resources: &Resources) -> bool {
        let bare = without_slash(path);
        match self {
            Self::Exact(mount) => path == mount,
            Self::WithAlias(mount, old) => path == mount || path == old,
            Self::Prefix(mount) => path.starts_with(mount),
            Self::WellKnown(mount) => {
                resources.iter().any(|known| is_around(mount, bare, without_slash(known.resource.path())))
            }
        }
    }
}

/// An endpoint that serves a public document by GET.
pub(super) const fn document(route: Route, answer: fn(Server, Request) -> ResponseFuture) -> Endpoint {
    Endpoint { route, methods: "GET, HEAD", cors: CorsPolicy::Public, answer }
}

/// An endpoint that accepts POST only.
pub(super) const fn call(
    route: Route,
    cors: CorsPolicy,
    answer: fn(Server, Request) -> ResponseFuture,
) -> Endpoint {
    Endpoint { route, methods: "POST", cors, answer }
}
