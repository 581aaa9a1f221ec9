//! The paths of all endpoints. Adapters, infrastructure and tests read them from here.

use crate::protocol::issuer::Issuer;
use crate::protocol::server_url::is_plain;
use std::borrow::Cow;
use strum::VariantArray;
use thiserror::Error;

/// Authorization server metadata (RFC 8414 §3).
pub const METADATA: &str = "/.well-known/oauth-authorization-server";
/// OpenID Provider metadata (OpenID Connect Discovery 1.0 §4). Some clients request it first.
pub const OPENID: &str = "/.well-known/openid-configuration";
/// Protected resource metadata (RFC 9728 §3). The path of the resource is appended (§3.1).
pub const PROTECTED_RESOURCE: &str = "/.well-known/oauth-protected-resource";
/// The JWK Set (RFC 7517 §5).
pub const JWKS: &str = "/oauth/jwks";
/// The JWK Set of the keys with which gateways sign identities. They are not in that of access tokens: a verifier that does
/// not look at the type would take an identity for an access token.
pub const IDENTITY_JWKS: &str = "/oauth/identity/jwks";
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
/// The error catalogue: every rule of this server, with its cause and its cure.
pub const ERRORS: &str = "/oauth/errors";
/// The account page: the clients that a user has authorized.
pub const ACCOUNT: &str = "/account";
/// The introspection endpoint (RFC 7662 §2).
pub const INTROSPECT: &str = "/oauth/introspect";
/// The revocation endpoint (RFC 7009 §2).
pub const REVOKE: &str = "/oauth/revoke";
/// The `UserInfo` endpoint (OpenID Connect Core 1.0 §5.3).
pub const USERINFO: &str = "/oauth/userinfo";

/// An endpoint that can be mounted elsewhere. The well-known documents cannot: clients look for them at fixed paths.
#[derive(Clone, Copy, Debug, PartialEq, Eq, VariantArray)]
pub enum Mount {
    /// [`JWKS`].
    Jwks,
    /// [`IDENTITY_JWKS`].
    IdentityJwks,
    /// [`REGISTER`].
    Register,
    /// [`AUTHORIZE`].
    Authorize,
    /// [`CALLBACK`].
    Callback,
    /// [`TOKEN`].
    Token,
    /// [`INTROSPECT`].
    Introspect,
    /// [`REVOKE`].
    Revoke,
    /// [`USERINFO`].
    UserInfo,
    /// [`ACCOUNT`].
    Account,
    /// [`ERRORS`].
    Errors,
}

impl Mount {
    /// All mounts.
    pub const ALL: &'static [Self] = Self::VARIANTS;

    /// The default path of the endpoint.
    pub const fn default_path(self) -> &'static str {
        match self {
            Self::Jwks => JWKS,
            Self::IdentityJwks => IDENTITY_JWKS,
            Self::Register => REGISTER,
            Self::Authorize => AUTHORIZE,
            Self::Callback => CALLBACK,
            Self::Token => TOKEN,
            Self::Introspect => INTROSPECT,
            Self::Revoke => REVOKE,
            Self::UserInfo => USERINFO,
            Self::Account => ACCOUNT,
            Self::Errors => ERRORS,
        }
    }

    /// The path that clients use if they read no metadata (MCP 2025-03-26, Authorization, Fallbacks for Servers
    /// without Metadata Discovery).
    pub const fn fallback_path(self) -> Option<&'static str> {
        match self {
            Self::Authorize => Some(OLD_AUTHORIZE),
            Self::Token => Some(OLD_TOKEN),
            Self::Register => Some(OLD_REGISTER),
            Self::Jwks
            | Self::IdentityJwks
            | Self::Callback
            | Self::Introspect
            | Self::Revoke
            | Self::UserInfo
            | Self::Account
            | Self::Errors => None,
        }
    }
}

/// The paths at which the endpoints are mounted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paths {
    mounts: [Cow<'static, str>; Mount::ALL.len()],
    fallbacks: bool,
}

impl Default for Paths {
    fn default() -> Self {
        Self { mounts: std::array::from_fn(|index| Mount::ALL[index].default_path().into()), fallbacks: true }
    }
}

impl Paths {
    /// The default paths of this issuer's endpoints: below the issuer's path. The fallback paths are for the root of a host, so
    /// an issuer with a path has none.
    pub fn of_issuer(issuer: &Issuer) -> Self {
        let prefix = issuer.path();
        let mounts =
            std::array::from_fn(|index| format!("{prefix}{}", Mount::ALL[index].default_path()).into());
        Self { mounts, fallbacks: prefix.is_empty() }
    }

    /// Mounts an endpoint at another path.
    #[must_use]
    pub fn mount(mut self, mount: Mount, path: impl Into<Cow<'static, str>>) -> Self {
        self.mounts[mount as usize] = path.into();
        self
    }

    /// Leaves the [fallback paths](Mount::fallback_path) to the application.
    #[must_use]
    pub fn without_fallbacks(mut self) -> Self {
        self.fallbacks = false;
        self
    }

    /// The path at which an endpoint is mounted.
    pub fn of(&self, mount: Mount) -> &str {
        &self.mounts[mount as usize]
    }

    /// The fallback path of an endpoint, for clients that read no metadata.
    pub(crate) fn fallback(&self, mount: Mount) -> Option<&'static str> {
        mount.fallback_path().filter(|_| self.fallbacks)
    }

    /// Checks that each path is absolute, has only unreserved characters, and is used once.
    pub(crate) fn check(&self) -> Result<(), InvalidPaths> {
        let fallbacks = Mount::ALL.iter().filter_map(|mount| self.fallback(*mount));
        let all: Vec<_> = self.mounts.iter().map(|path| &**path).chain(fallbacks).collect();
        for (index, path) in all.iter().enumerate() {
            if !is_plain(path) || path.starts_with("/.well-known/") {
                return Err(InvalidPaths::Unusable((*path).to_owned()));
            }
            if all[..index].contains(path) {
                return Err(InvalidPaths::Twice((*path).to_owned()));
            }
        }
        Ok(())
    }
}

/// The error of the mount paths: why they are refused.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum InvalidPaths {
    /// A path is not absolute, has other characters than allowed, has an empty or dot segment, or is below
    /// `/.well-known/`.
    #[error(
        "{0:?} cannot be a mount path; use / and unreserved characters without empty or dot segments, outside of \
         /.well-known/"
    )]
    Unusable(String),
    /// Two endpoints have this path.
    #[error("two endpoints are mounted at {0}; give each a path of its own")]
    Twice(String),
}

/// Whether `path` is the path of this document, alone or with a resource's path before or after it.
pub(crate) fn is_around(place: &str, path: &str, resource: &str) -> bool {
    path == place || path.strip_prefix(place) == Some(resource) || path.strip_suffix(place) == Some(resource)
}

/// A path without its trailing slash, if it has one.
pub(crate) fn without_slash(path: &str) -> &str {
    path.strip_suffix('/').unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_plain_and_of_one_endpoint() {
        assert_eq!(Paths::default().check(), Ok(()));
        let moved = |path: &'static str| Paths::default().mount(Mount::Account, path);
        for path in ["/oauth/account", "/a", "/login/~me"] {
            assert_eq!((moved(path).check(), moved(path).of(Mount::Account)), (Ok(()), path));
        }
        for path in [
            "/a/../b",
            "/./a",
            "//a",
            "/a/",
            "",
            "/",
            "account",
            "/a?b",
            "/a#b",
            "/a b",
            "/%61",
            "/.well-known/x",
        ] {
            assert_eq!(moved(path).check(), Err(InvalidPaths::Unusable(path.to_owned())));
        }
        for path in [TOKEN, OLD_TOKEN] {
            assert_eq!(moved(path).check(), Err(InvalidPaths::Twice(path.to_owned())));
        }
        assert_eq!(moved(OLD_TOKEN).without_fallbacks().check(), Ok(()));
    }
}
