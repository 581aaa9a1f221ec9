//! The paths of all endpoints. Adapters, infrastructure and tests read them from here.

/// Authorization server metadata (RFC 8414 §3).
pub const METADATA: &str = "/.well-known/oauth-authorization-server";
/// OpenID Provider metadata (OpenID Connect Discovery 1.0 §4). Some clients request it first.
pub const OPENID: &str = "/.well-known/openid-configuration";
/// Protected resource metadata (RFC 9728 §3). The path of the resource is appended (§3.1).
pub const PROTECTED_RESOURCE: &str = "/.well-known/oauth-protected-resource";
/// The JWK Set (RFC 7517 §5).
pub const JWKS: &str = "/oauth/jwks";
/// The registration endpoint: dynamic client registration (RFC 7591 §3).
pub const REGISTER: &str = "/oauth/register";
/// The authorization endpoint (RFC 6749 §3.1).
pub const AUTHORIZE: &str = "/oauth/authorize";
/// The redirect URI to which an identity provider sends users back (OpenID Connect Core 1.0 §3.1.2.5).
pub const CALLBACK: &str = "/oauth/callback";
/// The token endpoint (RFC 6749 §3.2).
pub const TOKEN: &str = "/oauth/token";
/// The authorization endpoint for clients of MCP 2025-03-26 that find no metadata (Authorization, Fallbacks for
/// Servers without Metadata Discovery).
pub const OLD_AUTHORIZE: &str = "/authorize";
/// The token endpoint for these clients.
pub const OLD_TOKEN: &str = "/token";
/// The registration endpoint for these clients.
pub const OLD_REGISTER: &str = "/register";
/// The account page: the clients that a user has authorized.
pub const ACCOUNT: &str = "/account";
/// The introspection endpoint (RFC 7662 §2).
pub const INTROSPECT: &str = "/oauth/introspect";
/// The revocation endpoint (RFC 7009 §2).
pub const REVOKE: &str = "/oauth/revoke";

/// Whether `path` is `place`, or is `place` with the resource's path before it or after it.
pub(crate) fn is_around(place: &str, path: &str, resource: &str) -> bool {
    path == place || path.strip_prefix(place) == Some(resource) || path.strip_suffix(place) == Some(resource)
}

/// A path without its trailing slash, if it has one.
pub(crate) fn without_slash(path: &str) -> &str {
    path.strip_suffix('/').unwrap_or(path)
}
