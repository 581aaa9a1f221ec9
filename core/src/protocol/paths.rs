//! Where every endpoint is mounted: the adapters, the infrastructure and the tests all read it here.

/// RFC 8414 §3.
pub const METADATA: &str = "/.well-known/oauth-authorization-server";
/// OpenID Connect Discovery 1.0 §4, where some clients look first.
pub const OPENID: &str = "/.well-known/openid-configuration";
/// RFC 9728 §3; a resource's own path is appended (§3.1).
pub const PROTECTED_RESOURCE: &str = "/.well-known/oauth-protected-resource";
/// RFC 7517 §5.
pub const JWKS: &str = "/oauth/jwks";
/// RFC 7591 §3.
pub const REGISTER: &str = "/oauth/register";
/// RFC 6749 §3.1.
pub const AUTHORIZE: &str = "/oauth/authorize";
/// Where an identity provider sends people back (OpenID Connect Core 1.0 §3.1.2.5).
pub const CALLBACK: &str = "/oauth/callback";
/// RFC 6749 §3.2.
pub const TOKEN: &str = "/oauth/token";
/// Where clients of MCP 2025-03-26 that find no metadata send people to sign in (Authorization, Fallbacks for Servers
/// without Metadata Discovery).
pub const OLD_AUTHORIZE: &str = "/authorize";
/// Where such clients ask for tokens.
pub const OLD_TOKEN: &str = "/token";
/// Where such clients register.
pub const OLD_REGISTER: &str = "/register";
/// What a person has let in.
pub const ACCOUNT: &str = "/account";
/// RFC 7662 §2.
pub const INTROSPECT: &str = "/oauth/introspect";
/// RFC 7009 §2.
pub const REVOKE: &str = "/oauth/revoke";

/// Whether a path is this place, or has a resource's path before or behind it.
pub(crate) fn is_around(place: &str, path: &str, resource: &str) -> bool {
    path == place || path.strip_prefix(place) == Some(resource) || path.strip_suffix(place) == Some(resource)
}

/// A path without the slash that may stand at its end.
pub(crate) fn without_slash(path: &str) -> &str {
    path.strip_suffix('/').unwrap_or(path)
}
