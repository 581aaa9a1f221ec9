//! The endpoints of the authorization server, one file each. Every file has the same order: the public handler
//! function, then request parsing, then one function per protocol step.

mod account;
mod authentication;
mod authorize;
mod callback;
mod caller;
mod errors;
mod home;
mod introspect;
mod metadata;
mod onward;
mod proof;
mod provider_redirect;
mod refuse;
mod register;
mod rejection;
mod revoke;
mod route;
mod token;
mod trusted;
mod userinfo;
mod workload;

use crate::protocol::{Mount, paths};
use route::{CLAIMS, PAGE, READ, REDEEM, call, document};
use std::future::ready;

pub(crate) use route::CorsPolicy;
pub use route::{Endpoint, Route};

/// Authorization server metadata (RFC 8414).
pub const METADATA: Endpoint = document(Route::WellKnown(paths::METADATA), |server, _| {
    Box::pin(ready(metadata::authorization_server(&server)))
});
/// The same metadata at the path of OpenID Connect Discovery.
pub const OPENID: Endpoint = document(Route::WellKnown(paths::OPENID), |server, _| {
    Box::pin(ready(metadata::authorization_server(&server)))
});
/// Protected resource metadata (RFC 9728).
pub const PROTECTED_RESOURCE: Endpoint =
    document(Route::Prefix(paths::PROTECTED_RESOURCE), |server, request| {
        Box::pin(ready(metadata::protected_resource(&server, &request)))
    });
/// The public keys that verify access tokens, as a JWK set.
pub const JWKS: Endpoint =
    document(Route::Mounted(Mount::Jwks), |server, _| Box::pin(ready(metadata::jwks(&server))));
/// The public keys that verify what gateways tell upstreams of their callers, as a JWK set.
pub const IDENTITY_JWKS: Endpoint = document(Route::Mounted(Mount::IdentityJwks), |server, _| {
    Box::pin(ready(metadata::identity_jwks(&server)))
});
/// Dynamic client registration (RFC 7591).
pub const REGISTER: Endpoint =
    call(Route::Mounted(Mount::Register), CorsPolicy::Clients, |server, request| {
        Box::pin(ready(register::register(&server, &request)))
    });
/// The authorization endpoint: sign-in and consent.
pub const AUTHORIZE: Endpoint = Endpoint {
    route: Route::Mounted(Mount::Authorize),
    methods: PAGE,
    cors: CorsPolicy::SameOrigin,
    answer: |server, request| Box::pin(onward::from_forms(server, request, authorize::authorize)),
};
/// The redirect URIs for the identity providers. It does not accept HEAD, because a request here spends the provider's code.
pub const CALLBACK: Endpoint = Endpoint {
    route: Route::WithSegment(Mount::Callback),
    methods: REDEEM,
    cors: CorsPolicy::SameOrigin,
    answer: |server, request| Box::pin(callback::callback(server, request)),
};
/// The account page: the grants of the signed-in user.
pub const ACCOUNT: Endpoint = Endpoint {
    route: Route::Mounted(Mount::Account),
    methods: PAGE,
    cors: CorsPolicy::SameOrigin,
    answer: |server, request| Box::pin(onward::from_forms(server, request, account::account)),
};
/// The error catalogue, to which `error_uri` leads.
pub const ERRORS: Endpoint = Endpoint {
    route: Route::Mounted(Mount::Errors),
    methods: READ,
    cors: CorsPolicy::SameOrigin,
    answer: |server, _| Box::pin(ready(errors::errors(&server))),
};
/// The page at the issuer's own address: what this server is, and where a user's connections are.
pub const HOME: Endpoint = Endpoint {
    route: Route::Root,
    methods: READ,
    cors: CorsPolicy::SameOrigin,
    answer: |server, request| Box::pin(ready(home::home(&server, &request))),
};
/// The token endpoint.
pub const TOKEN: Endpoint = call(Route::Mounted(Mount::Token), CorsPolicy::Clients, |server, request| {
    Box::pin(token::token(server, request))
});
/// Token introspection (RFC 7662).
pub const INTROSPECT: Endpoint =
    call(Route::Mounted(Mount::Introspect), CorsPolicy::SameOrigin, |server, request| {
        Box::pin(introspect::introspect(server, request))
    });
/// Token revocation (RFC 7009).
pub const REVOKE: Endpoint = call(Route::Mounted(Mount::Revoke), CorsPolicy::Clients, |server, request| {
    Box::pin(revoke::revoke(server, request))
});
/// Who the user is (OpenID Connect Core 1.0 §5.3).
pub const USERINFO: Endpoint = Endpoint {
    route: Route::Mounted(Mount::UserInfo),
    methods: CLAIMS,
    cors: CorsPolicy::Clients,
    answer: |server, request| Box::pin(userinfo::userinfo(server, request)),
};

/// All endpoints.
pub const ALL: [&Endpoint; 15] = [
    &METADATA,
    &OPENID,
    &PROTECTED_RESOURCE,
    &JWKS,
    &IDENTITY_JWKS,
    &REGISTER,
    &AUTHORIZE,
    &CALLBACK,
    &TOKEN,
    &INTROSPECT,
    &REVOKE,
    &USERINFO,
    &ACCOUNT,
    &ERRORS,
    &HOME,
];
