//! The endpoints: a file each, with the same parts in the same order. First the door, one public function; then the
//! words, where all reading of the wire happens; then the protocol, a function per step.

pub mod account;
pub mod authorize;
pub mod callback;
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

/// Whether a path is this place, or has a resource's path before or behind it.
pub(crate) fn is_around(place: &str, path: &str, resource: &str) -> bool {
    path == place || path.strip_prefix(place) == Some(resource) || path.strip_suffix(place) == Some(resource)
}

/// A path without the slash that may stand at its end.
pub(crate) fn without_slash(path: &str) -> &str {
    path.strip_suffix('/').unwrap_or(path)
}

/// A public document.
const fn document(place: Place, answer: fn(Server, Request) -> Answering) -> Endpoint {
    Endpoint { place, methods: "GET, HEAD", readers: Readers::Anybody, answer }
}

/// What is called by POST alone.
const fn call(place: Place, readers: Readers, answer: fn(Server, Request) -> Answering) -> Endpoint {
    Endpoint { place, methods: "POST", readers, answer }
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
pub const REGISTER: Endpoint =
    call(Place::Either(paths::REGISTER, paths::OLD_REGISTER), Readers::Clients, |server, request| {
        Box::pin(ready(register::register(&server, &request)))
    });
/// Sign-in and consent.
pub const AUTHORIZE: Endpoint = Endpoint {
    place: Place::Either(paths::AUTHORIZE, paths::OLD_AUTHORIZE),
    methods: "GET, HEAD, POST",
    readers: Readers::NoPage,
    answer: |server, request| Box::pin(authorize::authorize(server, request)),
};
/// Where the identity provider sends people back. No HEAD: to look at it spends the code.
pub const CALLBACK: Endpoint = Endpoint {
    place: Place::At(paths::CALLBACK),
    methods: "GET",
    readers: Readers::NoPage,
    answer: |server, request| Box::pin(callback::callback(server, request)),
};
/// What a person has let in.
pub const ACCOUNT: Endpoint = Endpoint {
    place: Place::At(paths::ACCOUNT),
    methods: "GET, HEAD, POST",
    readers: Readers::NoPage,
    answer: |server, request| Box::pin(account::account(server, request)),
};
/// Tokens.
pub const TOKEN: Endpoint =
    call(Place::Either(paths::TOKEN, paths::OLD_TOKEN), Readers::Clients, |server, request| {
        Box::pin(token::token(server, request))
    });
/// Introspection.
pub const INTROSPECT: Endpoint = call(Place::At(paths::INTROSPECT), Readers::NoPage, |server, request| {
    Box::pin(introspect::introspect(server, request))
});
/// Revocation.
pub const REVOKE: Endpoint = call(Place::At(paths::REVOKE), Readers::Clients, |server, request| {
    Box::pin(revoke::revoke(server, request))
});

/// All of them.
pub const ALL: [&Endpoint; 11] = [
    &METADATA,
    &OPENID,
    &PROTECTED_RESOURCE,
    &JWKS,
    &REGISTER,
    &AUTHORIZE,
    &CALLBACK,
    &TOKEN,
    &INTROSPECT,
    &REVOKE,
    &ACCOUNT,
];
