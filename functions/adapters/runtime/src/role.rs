//! Roles of functions: the endpoints that a function serves, and the keys that it needs. The IAM role of a function
//! allows no other keys.

use doorward::endpoint::{self, Endpoint};
use doorward::sealed::Purpose::{self, *};
use doorward_parameters::Needs;

/// A function's part in the deployment.
#[derive(Debug)]
pub struct Role {
    /// The function's name.
    pub name: &'static str,
    /// The endpoints that it serves.
    pub endpoints: &'static [&'static Endpoint],
    /// The keys that it needs.
    pub needs: Needs,
}

const fn role(
    name: &'static str,
    endpoints: &'static [&'static Endpoint],
    purposes: &'static [Purpose],
) -> Role {
    Role {
        name,
        endpoints,
        needs: Needs {
            purposes,
            public_keys: false,
            identity_keys: false,
            provider_secret: false,
            upstream_headers: false,
            trust: false,
        },
    }
}

impl Role {
    const fn with_provider_secret(mut self) -> Self {
        self.needs.provider_secret = true;
        self
    }

    const fn with_identity_keys(mut self) -> Self {
        self.needs.identity_keys = true;
        self
    }

    const fn with_upstream_headers(mut self) -> Self {
        self.needs.upstream_headers = true;
        self
    }

    const fn with_trust(mut self) -> Self {
        self.needs.trust = true;
        self
    }

    const fn with_public_keys(mut self) -> Self {
        self.needs.public_keys = true;
        self
    }
}

/// Discovery: every public document.
pub const METADATA: Role = role(
    "metadata",
    &[
        &endpoint::METADATA,
        &endpoint::OPENID,
        &endpoint::PROTECTED_RESOURCE,
        &endpoint::JWKS,
        &endpoint::IDENTITY_JWKS,
    ],
    &[],
)
.with_public_keys()
.with_identity_keys()
.with_trust();
/// Dynamic client registration.
pub const REGISTER: Role = role("register", &[&endpoint::REGISTER], &[ClientIds, ClientSecrets]);
/// The authorization endpoint: sign-in and consent.
pub const AUTHORIZE: Role =
    role("authorize", &[&endpoint::AUTHORIZE, &endpoint::CALLBACK], &[ClientIds, Codes, Forms, Sessions])
        .with_provider_secret()
        .with_trust();
/// The token endpoint.
pub const TOKEN: Role =
    role("token", &[&endpoint::TOKEN], &[ClientIds, ClientSecrets, Codes, RefreshTokens, AccessTokens])
        .with_trust();
/// The endpoints that answer about an access token: introspection and `UserInfo`.
pub const INTROSPECT: Role =
    role("introspect", &[&endpoint::INTROSPECT, &endpoint::USERINFO], &[]).with_public_keys();
/// The revocation endpoint.
pub const REVOKE: Role = role("revoke", &[&endpoint::REVOKE], &[ClientIds, ClientSecrets, RefreshTokens])
    .with_public_keys()
    .with_trust();
/// The account page, on which a user sees the connected clients, the page that leads to it, and the error catalogue.
pub const ACCOUNT: Role =
    role("account", &[&endpoint::ACCOUNT, &endpoint::HOME, &endpoint::ERRORS], &[Forms, Sessions])
        .with_trust();
/// The protected MCP server.
pub const MCP: Role = role("mcp", &[], &[]).with_public_keys();

/// The gateway in front of MCP servers that know nothing of OAuth.
pub const GATEWAY: Role =
    role("gateway", &[], &[UpstreamSessions, Identities]).with_public_keys().with_upstream_headers();

/// All functions that answer HTTP.
pub const ALL: [&Role; 9] =
    [&METADATA, &REGISTER, &AUTHORIZE, &TOKEN, &INTROSPECT, &REVOKE, &ACCOUNT, &MCP, &GATEWAY];
