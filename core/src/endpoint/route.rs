//! What an endpoint is: where it answers, to which methods, for which scripts (CORS), and with what.

use crate::protocol::Resources;
use crate::protocol::paths::{is_around, without_slash};
use crate::server::Server;
use crate::wire::{Request, Response};
use std::future::Future;
use std::pin::Pin;

/// An endpoint of the authorization server: where it is, and what answers there. Whoever serves some of them alone
/// names those, and is built without the others.
#[derive(Debug)]
pub struct Endpoint {
    /// Where it is.
    pub route: Route,
    /// The methods it takes, as an `Allow` header lists them (RFC 9110 §10.2.1).
    pub(crate) methods: &'static str,
    pub(crate) cors: CorsPolicy,
    pub(crate) answer: fn(Server, Request) -> ResponseFuture,
}

/// Where an endpoint is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Route {
    /// At this path.
    Exact(&'static str),
    /// At the first path, and at the second for clients that have read no metadata.
    WithAlias(&'static str, &'static str),
    /// At this path, and with a resource's path behind it (RFC 8414 §3.1) or before it, as clients look that take the
    /// MCP server for its own authorization server.
    WellKnown(&'static str),
    /// At every path that begins so.
    Prefix(&'static str),
}

/// Which pages' scripts may read an endpoint's answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CorsPolicy {
    /// Any page's: it is public, and the same for everybody.
    Public,
    /// Those of a client that runs in a page.
    Clients,
    /// None: people's browsers go there as whole pages, or it is for servers.
    SameOrigin,
}

/// An answer on its way.
pub(crate) type ResponseFuture = Pin<Box<dyn Future<Output = Response> + Send>>;

impl Route {
    /// The paths that need a way to them; what is around or under them has one as well.
    pub fn paths(self) -> impl Iterator<Item = &'static str> {
        let (path, old) = match self {
            Self::Exact(path) | Self::WellKnown(path) | Self::Prefix(path) => (path, None),
            Self::WithAlias(path, old) => (path, Some(old)),
        };
        std::iter::once(path).chain(old)
    }

    /// Whether `path` is there. A slash at the end of a document's path is forgiven.
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

/// A public document.
pub(super) const fn document(route: Route, answer: fn(Server, Request) -> ResponseFuture) -> Endpoint {
    Endpoint { route, methods: "GET, HEAD", cors: CorsPolicy::Public, answer }
}

/// What is called by POST alone.
pub(super) const fn call(
    route: Route,
    cors: CorsPolicy,
    answer: fn(Server, Request) -> ResponseFuture,
) -> Endpoint {
    Endpoint { route, methods: "POST", cors, answer }
}
