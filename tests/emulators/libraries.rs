//! Rules of client libraries: the responses that each library refuses. They were found in November 2026, with the
//! libraries themselves, by one change at a time to a working server.

use crate::client::Rules;

/// Base rules: the library stops only if a call without a token gets a status other than 401.
const EASY: Rules = Rules {
    name: "",
    nulls: false,
    nulls_registered: false,
    other_issuer: false,
    other_server: false,
    no_response_types: false,
    no_pkce: false,
    no_challenge: false,
    only_openid: false,
    no_401: true,
    no_201: false,
    no_redirect_uris: false,
    no_token_type: false,
    no_200: false,
    cacheable: false,
};

const TYPESCRIPT: Rules = Rules {
    nulls: true,
    nulls_registered: true,
    no_response_types: true,
    no_redirect_uris: true,
    no_token_type: true,
    ..EASY
};

const GENERIC: Rules = Rules {
    nulls_registered: true,
    other_issuer: true,
    no_pkce: true,
    no_challenge: true,
    only_openid: true,
    no_201: true,
    no_token_type: true,
    no_200: true,
    ..EASY
};

const MODERN_PYTHON: Rules = Rules { other_issuer: true, other_server: true, no_200: true, ..EASY };

/// Python `mcp` 1.30.
pub(crate) const PYTHON_1: Rules =
    Rules { name: "mcp 1.30 (Python)", no_redirect_uris: true, no_200: true, ..EASY };
/// Python `mcp` 2.3.
pub(crate) const PYTHON_2: Rules = Rules { name: "mcp 2.3 (Python)", ..MODERN_PYTHON };
/// `fastmcp` 4.1.
pub(crate) const FASTMCP: Rules = Rules { name: "fastmcp 4.1", ..MODERN_PYTHON };
/// `@modelcontextprotocol/sdk` 1.32.
pub(crate) const TYPESCRIPT_1: Rules = Rules { name: "sdk 1.32 (TypeScript)", ..TYPESCRIPT };
/// `@modelcontextprotocol/client` 2.4.
pub(crate) const TYPESCRIPT_2: Rules =
    Rules { name: "client 2.4 (TypeScript)", other_issuer: true, ..TYPESCRIPT };
/// `oauth4webapi`.
pub(crate) const OAUTH4WEBAPI: Rules = Rules { name: "oauth4webapi", cacheable: true, ..GENERIC };
/// `openid-client`.
pub(crate) const OPENID_CLIENT: Rules = Rules { name: "openid-client", no_401: false, ..GENERIC };
/// `mcp-remote` 0.15.
pub(crate) const MCP_REMOTE: Rules = Rules { name: "mcp-remote 0.15", other_issuer: true, ..TYPESCRIPT };
/// The Inspector's command line.
pub(crate) const INSPECTOR: Rules = Rules { name: "Inspector 2.12", other_issuer: true, ..TYPESCRIPT };
/// rmcp. It was not tried: its documentation says that it compares issuers.
pub(crate) const RMCP: Rules = Rules { name: "rmcp", other_issuer: true, ..EASY };
/// Clients with their own implementation. Only one rule is known: they compare issuers.
pub(crate) const STRICT_ISSUER: Rules =
    Rules { name: "its own, strict about the issuer", other_issuer: true, ..EASY };
/// Clients whose library is not known.
pub(crate) const UNKNOWN: Rules = Rules { name: "unknown", ..EASY };
