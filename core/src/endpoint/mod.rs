//! The endpoints: a file each, with the same parts in the same order. First the door, one public function; then the
//! words, where all reading of the wire happens; then the protocol, a function per step.

pub mod authorize;
pub mod introspect;
pub mod metadata;
pub mod register;
pub mod revoke;
pub mod token;

use crate::paths;
use crate::protocol::protected_resource::Resources;
use crate::server::Server;
use crate::wire::{Request, Response};
use std::future::{Future, ready};
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
    /// Whether `path` is there.
    pub(crate) fn is(self, path: &str, resources: &Resources) -> bool {
        match self {
            Self::At(place) => path == place,
            Self::Under(place) => path.starts_with(place),
            Self::Around(place) => {
                let around = |resource: &str| {
                    path.strip_prefix(place) == Some(resource) || path.strip_suffix(place) == Some(resource)
                };
                path == place || resources.iter().any(|known| around(known.resource.path()))
            }
        }
    }
}

/// A public document.
const fn document(place: Place, answer: fn(Server, Request) -> Answering) -> Endpoint {
    Endpoint { place, methods: "GET, HEAD", readers: Readers::Anybody, answer }
}

/// What is called by POST alone.
const fn call(path: &'static str, readers: Readers, answer: fn(Server, Request) -> Answering) -> Endpoint {
    Endpoint { place: Place::At(path), methods: "POST", readers, answer }
}

/// Authorization server metadata.
pub const METADATA: Endpoint = document(Place::Around(paths::METADATA), |server, _| {
    Box::pin(ready(metadata::authorization_server(&server)))
});
/// The same under another name.
pub const OPENID: Endpoint =
    document(Place::Around(paths::OPENID), |server, _| Box::pin(ready(metadata::openid(&server))));
/// Protected resource metadata.
pub const PROTECTED_RESOURCE: Endpoint =
    document(Place::Under(paths::PROTECTED_RESOURCE), |server, request| {
        Box::pin(ready(metadata::protected_resource(&server, &request)))
    });
/// The public keys.
pub const JWKS: Endpoint =
    document(Place::At(paths::JWKS), |server, _| Box::pin(ready(metadata::jwks(&server))));
/// Dynamic client registration.
pub const REGISTER: Endpoint = call(paths::REGISTER, Readers::Clients, |server, request| {
    Box::pin(ready(register::register(&server, &request)))
});
/// Sign-in and consent.
pub const AUTHORIZE: Endpoint = Endpoint {
    place: Place::At(paths::AUTHORIZE),
    methods: "GET, HEAD, POST",
    readers: Readers::NoPage,
    answer: |server, request| Box::pin(authorize::authorize(server, request)),
};
/// Tokens.
pub const TOKEN: Endpoint =
    call(paths::TOKEN, Readers::Clients, |server, request| Box::pin(token::token(server, request)));
/// Introspection.
pub const INTROSPECT: Endpoint = call(paths::INTROSPECT, Readers::NoPage, |server, request| {
    Box::pin(introspect::introspect(server, request))
});
/// Revocation.
pub const REVOKE: Endpoint =
    call(paths::REVOKE, Readers::Clients, |server, request| Box::pin(revoke::revoke(server, request)));

/// All of them.
pub const ALL: [&Endpoint; 9] =
    [&METADATA, &OPENID, &PROTECTED_RESOURCE, &JWKS, &REGISTER, &AUTHORIZE, &TOKEN, &INTROSPECT, &REVOKE];
