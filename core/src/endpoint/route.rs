//! The description of an endpoint: its route, its methods, its CORS policy and its handler.

use crate::config::Config;
use crate::protocol::paths::{is_around, without_slash};
use crate::protocol::{Mount, Paths};
use crate::server::Server;
use crate::wire::{Request, Response};
use http::Method;
use std::future::Future;
use std::pin::Pin;

/// The methods of documents.
pub(super) const READ: &[Method] = &[Method::GET, Method::HEAD];
/// The method of calls.
const WRITE: &[Method] = &[Method::POST];
/// The methods of pages with forms.
pub(super) const PAGE: &[Method] = &[Method::GET, Method::HEAD, Method::POST];
/// The methods of claims about the user (OpenID Connect Core 1.0 §5.3).
pub(super) const CLAIMS: &[Method] = &[Method::GET, Method::HEAD, Method::POST];
/// The method of a page that redeems a code: HEAD would redeem it too.
pub(super) const REDEEM: &[Method] = &[Method::GET];

/// An endpoint of the authorization server: its route and its handler. A process that serves only some endpoints
/// names those, so that the linker leaves out the others.
#[derive(Debug)]
pub struct Endpoint {
    /// The paths of the endpoint.
    pub route: Route,
    /// The accepted methods, as an `Allow` header lists them (RFC 9110 §10.2.1).
    pub(crate) methods: &'static [Method],
    pub(crate) cors: CorsPolicy,
    pub(crate) answer: fn(Server, Request) -> ResponseFuture,
}

/// The paths at which an endpoint answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Route {
    /// Where [`Paths`] mounts it, and at its fallback path for clients that read no metadata.
    Mounted(Mount),
    /// The same, and with one segment more.
    WithSegment(Mount),
    /// At this path, and also with the issuer's path after it (RFC 8414 §3.1) or before it (OpenID Connect Discovery 1.0 §4).
    /// The same with a resource's path: clients that take the MCP server for its own authorization server use these variants.
    WellKnown(&'static str),
    /// At every path that starts with this prefix.
    Prefix(&'static str),
    /// At the issuer itself, for browsers only. For all other programs, nothing is there.
    Root,
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
    pub fn paths(self, paths: &Paths) -> impl Iterator<Item = &str> {
        let (path, fallback) = match self {
            Self::Mounted(mount) | Self::WithSegment(mount) => (paths.of(mount), paths.fallback(mount)),
            Self::WellKnown(path) | Self::Prefix(path) => (path, None),
            Self::Root => ("/", None),
        };
        std::iter::once(path).chain(fallback)
    }

    /// Whether this endpoint answers at `path`. The path of a document may have a trailing slash.
    pub(crate) fn is(self, path: &str, config: &Config) -> bool {
        let bare = without_slash(path);
        match self {
            Self::Mounted(_) => self.paths(config.paths()).any(|mount| mount == path),
            Self::WithSegment(mount) => match path.strip_prefix(config.paths().of(mount)) {
                Some("") => true,
                Some(rest) => rest.strip_prefix('/').is_some_and(|one| !one.is_empty() && !one.contains('/')),
                None => false,
            },
            Self::Prefix(prefix) => path.starts_with(prefix),
            Self::Root => bare == config.issuer().path(),
            Self::WellKnown(document) => {
                // Most requests are for another path, whatever the resources are.
                if !bare.starts_with(document) && !bare.ends_with(document) {
                    return false;
                }
                let resources = config.resources().iter().map(|known| without_slash(known.resource.path()));
                resources.chain([config.issuer().path()]).any(|own| is_around(document, bare, own))
            }
        }
    }
}

/// An endpoint that serves a public document by GET.
pub(super) const fn document(route: Route, answer: fn(Server, Request) -> ResponseFuture) -> Endpoint {
    Endpoint { route, methods: READ, cors: CorsPolicy::Public, answer }
}

/// An endpoint that accepts POST only.
pub(super) const fn call(
    route: Route,
    cors: CorsPolicy,
    answer: fn(Server, Request) -> ResponseFuture,
) -> Endpoint {
    Endpoint { route, methods: WRITE, cors, answer }
}
