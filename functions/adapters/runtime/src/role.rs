//! The roles: which function answers where, and which keys it is given. The infrastructure gives no more than this.

use doorward::endpoint::{self, Endpoint};
use doorward::sealed::Purpose::{self, *};
use doorward_parameters::Needs;

/// A function's part in the deployment.
#[derive(Debug)]
pub struct Role {
    /// The function's name.
    pub name: &'static str,
    /// Where it answers.
    pub endpoints: &'static [&'static Endpoint],
    /// Which keys it is given.
    pub needs: Needs,
}

const fn role(
    name: &'static str,
    endpoints: &'static [&'static Endpoint],
    purposes: &'static [Purpose],
) -> Role {
    Role { name, endpoints, needs: Needs { purposes, public_keys: false, provider_secret: false } }
}

impl Role {
    const fn with_provider_secret(mut self) -> Self {
        self.needs.provider_secret = true;
        self
    }

    const fn with_public_keys(mut self) -> Self {
        self.needs.public_keys = true;
        self
    }
}

/// Every public document.
pub const METADATA: Role = role(
    "metadata",
    &[&endpoint::METADATA, &endpoint::OPENID, &endpoint::PROTECTED_RESOURCE, &endpoint::JWKS],
    &[],
)
.with_public_keys();
/// Dynamic registration.
pub const REGISTER: Role = role("register", &[&endpoint::REGISTER], &[ClientIds, ClientSecrets]);
/// Sign-in and consent.
pub const AUTHORIZE: Role =
    role("authorize", &[&endpoint::AUTHORIZE, &endpoint::CALLBACK], &[ClientIds, Codes, Forms, Sessions])
        .with_provider_secret();
/// Tokens.
pub const TOKEN: Role =
    role("token", &[&endpoint::TOKEN], &[ClientIds, ClientSecrets, Codes, RefreshTokens, AccessTokens]);
/// Introspection.
pub const INTROSPECT: Role = role("introspect", &[&endpoint::INTROSPECT], &[]).with_public_keys();
/// Revocation.
pub const REVOKE: Role =
    role("revoke", &[&endpoint::REVOKE], &[ClientIds, ClientSecrets, RefreshTokens]).with_public_keys();
/// What a person has connected.
pub const ACCOUNT: Role = role("account", &[&endpoint::ACCOUNT], &[Forms, Sessions]);
/// The MCP server.
pub const MCP: Role = role("mcp", &[], &[]).with_public_keys();

/// All that answer HTTP.
pub const ALL: [&Role; 8] = [&METADATA, &REGISTER, &AUTHORIZE, &TOKEN, &INTROSPECT, &REVOKE, &ACCOUNT, &MCP];
