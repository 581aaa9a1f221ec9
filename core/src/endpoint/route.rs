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
    pub place: Place,
    /// The methods it takes, as an `Allow` header lists them (RFC 9110 §10.2.1).
    pub(crate) methods: &'static str,
    pub(crate) readers: Readers,
    pub(crate) answer: fn(Server, Request) -> Answering,
}

/// Where an endpoint is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// At this path.
    At(&'static str),
    /// At the first path, and at the second for clients that have read no metadata.
    Either(&'static str, &'static str),
    /// At this path, and with a resource's path behind it (RFC 8414 §3.1) or before it, as clients look that take the
    /// MCP server for its own authorization server.
    Around(&'static str),
    /// At every path that begins so.
    Under(&'static str),
}

/// Which pages' scripts may read an endpoint's answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Readers {
    /// Any page's: it is public, and the same for everybody.
    Anybody,
    /// Those of a client that runs in a page.
    Clients,
    /// None: people's browsers go there as whole pages, or it is for servers.
    NoPage,
}

/// An answer on its way.
pub(crate) type Answering = Pin<Box<dyn Future<Output = Response> + Send>>;

impl Place {
    /// The paths that need a way to them; what is around or under them has one as well.
    pub fn paths(self) -> impl Iterator<Item = &'static str> {
        let (path, old) = match self {
            Self::At(path) | Self::Around(path) | Self::Under(path) => (path, None),
            Self::Either(path, old) => (path, Some(old)),
        };
        std::iter::once(path).chain(old)
    }

    /// Whether `path` is there. A slash at the end of a document's path is forgiven.
    pub(crate) fn is(self, path: &str, resources: &Resources) -> bool {
        let bare = without_slash(path);
        match self {
            Self::At(place) => path == place,
            Self::Either(place, old) => path == place || path == old,
            Self::Under(place) => path.starts_with(place),
            Self::Around(place) => {
                resources.iter().any(|known| is_around(place, bare, without_slash(known.resource.path())))
            }
        }
    }
}

/// A public document.
pub(super) const fn document(place: Place, answer: fn(Server, Request) -> Answering) -> Endpoint {
    Endpoint { place, methods: "GET, HEAD", readers: Readers::Anybody, answer }
}

/// What is called by POST alone.
pub(super) const fn call(
    place: Place,
    readers: Readers,
    answer: fn(Server, Request) -> Answering,
) -> Endpoint {
    Endpoint { place, methods: "POST", readers, answer }
}
