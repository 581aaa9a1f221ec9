//! The endpoints: a file each, with the same parts in the same order. First the door, one public function; then the
//! words, where all reading of the wire happens; then the protocol, a function per step.

mod account;
mod authentication;
mod authorize;
mod callback;
mod introspect;
mod metadata;
mod refuse;
mod register;
mod revoke;
mod route;
mod token;

use crate::protocol::paths;
use route::{call, document};
use std::future::ready;

pub(crate) use route::CorsPolicy;
pub use route::{Endpoint, Route};

/// Authorization server metadata.
pub const METADATA: Endpoint = document(Route::WellKnown(paths::METADATA), |server, _| {
    Box::pin(ready(metadata::authorization_server(&server)))
});
/// The same under another name.
pub const OPENID: Endpoint =
    document(Route::WellKnown(paths::OPENID), |server, _| Box::pin(ready(metadata::openid(&server))));
/// Protected resource metadata.
pub const PROTECTED_RESOURCE: Endpoint =
    document(Route::Prefix(paths::PROTECTED_RESOURCE), |server, request| {
        Box::pin(ready(metadata::protected_resource(&server, &request)))
    });
/// The public keys.
pub const JWKS: Endpoint =
    document(Route::Exact(paths::JWKS), |server, _| Box::pin(ready(metadata::jwks(&server))));
/// Dynamic client registration.
pub const REGISTER: Endpoint =
    call(Route::WithAlias(paths::REGISTER, paths::OLD_REGISTER), CorsPolicy::Clients, |server, request| {
        Box::pin(ready(register::register(&server, &request)))
    });
/// Sign-in and consent.
pub const AUTHORIZE: Endpoint = Endpoint {
    route: Route::WithAlias(paths::AUTHORIZE, paths::OLD_AUTHORIZE),
    methods: "GET, HEAD, POST",
    cors: CorsPolicy::SameOrigin,
    answer: |server, request| Box::pin(authorize::authorize(server, request)),
};
/// Where the identity provider sends people back. No HEAD: to look at it spends the code.
pub const CALLBACK: Endpoint = Endpoint {
    route: Route::Exact(paths::CALLBACK),
    methods: "GET",
    cors: CorsPolicy::SameOrigin,
    answer: |server, request| Box::pin(callback::callback(server, request)),
};
/// What a person has let in.
pub const ACCOUNT: Endpoint = Endpoint {
    route: Route::Exact(paths::ACCOUNT),
    methods: "GET, HEAD, POST",
    cors: CorsPolicy::SameOrigin,
    answer: |server, request| Box::pin(account::account(server, request)),
};
/// Tokens.
pub const TOKEN: Endpoint =
    call(Route::WithAlias(paths::TOKEN, paths::OLD_TOKEN), CorsPolicy::Clients, |server, request| {
        Box::pin(token::token(server, request))
    });
/// Introspection.
pub const INTROSPECT: Endpoint =
    call(Route::Exact(paths::INTROSPECT), CorsPolicy::SameOrigin, |server, request| {
        Box::pin(introspect::introspect(server, request))
    });
/// Revocation.
pub const REVOKE: Endpoint = call(Route::Exact(paths::REVOKE), CorsPolicy::Clients, |server, request| {
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
