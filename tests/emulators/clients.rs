//! Table of the emulated clients, from the documentation of their makers and the reports of their users.

use crate::client::{Client, Known, Resource, Scope, Shows, Way};
use crate::libraries::{
    FASTMCP, INSPECTOR, MCP_REMOTE, OAUTH4WEBAPI, OPENID_CLIENT, PYTHON_1, PYTHON_2, RMCP, STRICT_ISSUER,
    TYPESCRIPT_1, TYPESCRIPT_2, UNKNOWN,
};

const NO_SECRET: [Shows; 2] = [Shows::Nothing, Shows::Nothing];

/// The values that most clients share.
const USUAL: Client = Client {
    name: "",
    known: Known::Read,
    rules: &UNKNOWN,
    way: Way::Registration,
    redirect_uris: &["http://127.0.0.1:PORT/callback"],
    redirect_uri: "http://127.0.0.1:PORT/callback",
    metadata: r#"{"token_endpoint_auth_method":"none","grant_types":["authorization_code","refresh_token"]}"#,
    scope: Scope::Challenged,
    asks: &[],
    resource: Resource::Echoed,
    shows: NO_SECRET,
    origin: None,
    note: "",
};

/// All clients, in the order of the page.
pub(crate) const ALL: [Client; 30] = [
    Client {
        name: "Claude (web, desktop, mobile)",
        way: Way::Document("https://claude.ai/oauth/mcp-oauth-client-metadata"),
        redirect_uris: &[
            "https://claude.ai/api/mcp/auth_callback",
            "https://claude.com/api/mcp/auth_callback",
        ],
        redirect_uri: "https://claude.ai/api/mcp/auth_callback",
        scope: Scope::And(" "),
        asks: &[("prompt", "consent")],
        note: "uses its document only if the metadata supports CIMD and lists `none`; its scope begins with a space",
        ..USUAL
    },
    Client {
        name: "Claude, where it registers",
        redirect_uris: &["https://claude.ai/api/mcp/auth_callback"],
        redirect_uri: "https://claude.ai/api/mcp/auth_callback",
        metadata: r#"{"token_endpoint_auth_method":"client_secret_post","scope":"claudeai"}"#,
        scope: Scope::And("claudeai"),
        asks: &[("prompt", "consent")],
        shows: [Shows::Post, Shows::Post],
        note: "registers for every new connection; registers again on a 401 `invalid_client`",
        ..USUAL
    },
    Client {
        name: "Claude Code",
        rules: &TYPESCRIPT_1,
        way: Way::Document("https://claude.ai/oauth/claude-code-client-metadata"),
        redirect_uris: &["http://localhost/callback", "http://127.0.0.1/callback"],
        redirect_uri: "http://localhost:PORT/callback",
        resource: Resource::Missing,
        note: "several processes race one refresh token; some versions send no resource, or its origin only",
        ..USUAL
    },
    Client {
        name: "Claude Code, where it registers",
        rules: &TYPESCRIPT_1,
        redirect_uris: &["http://localhost:PORT/callback"],
        redirect_uri: "http://localhost:PORT/callback",
        scope: Scope::Nothing,
        resource: Resource::Origin,
        ..USUAL
    },
    Client {
        name: "ChatGPT",
        rules: &STRICT_ISSUER,
        way: Way::Document("https://chatgpt.com/oauth/client.json"),
        redirect_uris: &["https://chatgpt.com/connector_platform_oauth_redirect"],
        redirect_uri: "https://chatgpt.com/connector_platform_oauth_redirect",
        metadata: r#"{"token_endpoint_auth_methods_supported":["private_key_jwt","none"]}"#,
        shows: [Shows::Signed, Shows::Signed],
        note: "uses this document if the metadata says that `iss` is sent; signs with RS256, emulated with ES256; its assertion is for the token endpoint, and is therefore ignored",
        ..USUAL
    },
    Client {
        name: "ChatGPT, a document for each connector",
        way: Way::Document("https://chatgpt.com/oauth/connector-0001/client.json"),
        redirect_uris: &["https://chatgpt.com/connector/oauth/connector-0001"],
        redirect_uri: "https://chatgpt.com/connector/oauth/connector-0001",
        metadata: r#"{"token_endpoint_auth_methods_supported":["private_key_jwt","none"]}"#,
        scope: Scope::Nothing,
        shows: [Shows::Nothing, Shows::Signed],
        note: "sends no scope when it connects again",
        ..USUAL
    },
    Client {
        name: "Codex",
        rules: &RMCP,
        way: Way::Document("https://chatgpt.com/oauth/codex/client.json"),
        redirect_uris: &["http://127.0.0.1/callback/a1b2"],
        redirect_uri: "http://127.0.0.1:PORT/callback/a1b2",
        resource: Resource::Missing,
        note: "older versions send no resource; stale processes present refresh tokens several generations old",
        ..USUAL
    },
    Client {
        name: "Cursor",
        rules: &TYPESCRIPT_1,
        redirect_uris: &[
            "http://localhost:8787/callback",
            "cursor://anysphere.cursor-mcp/oauth/callback",
            "https://www.cursor.com/agents/mcp/oauth/callback",
        ],
        redirect_uri: "cursor://anysphere.cursor-mcp/oauth/callback",
        scope: Scope::Everything,
        note: "registers three redirect URIs and uses the one that fits",
        ..USUAL
    },
    Client {
        name: "VS Code",
        rules: &STRICT_ISSUER,
        way: Way::Document("https://vscode.dev/oauth/client-metadata.json"),
        redirect_uris: &[
            "https://vscode.dev/redirect",
            "https://insiders.vscode.dev/redirect",
            "http://127.0.0.1:33418/",
        ],
        redirect_uri: "http://127.0.0.1:PORT/",
        note: "listens on another port if the port of its document is in use",
        ..USUAL
    },
    Client {
        name: "Copilot CLI",
        rules: &STRICT_ISSUER,
        way: Way::Document("https://github.com/copilot/cli/client-metadata.json"),
        redirect_uris: &["http://127.0.0.1:33418/"],
        redirect_uri: "http://127.0.0.1:PORT/",
        note: "its document names one port, and it listens on any port",
        ..USUAL
    },
    Client {
        name: "Copilot Studio",
        redirect_uris: &["https://global.consent.azure-apim.net/redirect/a-tool-0001"],
        redirect_uri: "https://global.consent.azure-apim.net/redirect/a-tool-0001",
        metadata: r#"{"token_endpoint_auth_method":"client_secret_post"}"#,
        scope: Scope::Nothing,
        resource: Resource::Missing,
        shows: [Shows::Post, Shows::Post],
        ..USUAL
    },
    Client {
        name: "Gemini CLI",
        redirect_uris: &["http://localhost:7777/oauth/callback"],
        redirect_uri: "http://localhost:7777/oauth/callback",
        metadata: r#"{"token_endpoint_auth_method":"none","code_challenge_method":["S256"]}"#,
        note: "the published resource must be exactly the URL that the user typed",
        ..USUAL
    },
    Client {
        name: "Antigravity",
        redirect_uris: &["https://antigravity.google/oauth-callback"],
        redirect_uri: "https://antigravity.google/oauth-callback",
        resource: Resource::Slashed,
        note: "does not keep the trailing slash of a resource; emulated by adding a slash",
        ..USUAL
    },
    Client {
        name: "Zed",
        way: Way::Document("https://zed.dev/oauth/client-metadata.json"),
        redirect_uris: &["http://127.0.0.1/callback", "http://localhost/callback"],
        metadata: r#"{"grant_types":["authorization_code"]}"#,
        note: "does not register the refresh grant, but refreshes",
        ..USUAL
    },
    Client {
        name: "mcp-remote",
        known: Known::Run("0.15"),
        rules: &MCP_REMOTE,
        redirect_uris: &["http://localhost:3335/oauth/callback"],
        redirect_uri: "http://localhost:3335/oauth/callback",
        metadata: r#"{"token_endpoint_auth_method":"client_secret_post"}"#,
        shows: [Shows::Post, Shows::Post],
        note: "stores its registration in `~/.mcp-auth`",
        ..USUAL
    },
    Client {
        name: "MCP Inspector (in a page)",
        known: Known::Run("2.12, its command line"),
        rules: &INSPECTOR,
        redirect_uris: &[
            "http://localhost:6274/oauth/callback",
            "http://localhost:6274/oauth/callback/debug",
        ],
        redirect_uri: "http://localhost:6274/oauth/callback",
        origin: Some("http://localhost:6274"),
        note: "its page calls servers on the same machine directly, and other servers through its proxy",
        ..USUAL
    },
    Client {
        name: "LibreChat",
        rules: &TYPESCRIPT_1,
        redirect_uris: &["https://chat.example/api/mcp/doorward/oauth/callback"],
        redirect_uri: "https://chat.example/api/mcp/doorward/oauth/callback",
        metadata: r#"{"token_endpoint_auth_method":"client_secret_basic"}"#,
        shows: [Shows::Basic, Shows::Post],
        note: "sends its secret in the header for a code and in the body for a refresh",
        ..USUAL
    },
    Client { name: "LM Studio", rules: &TYPESCRIPT_1, note: "its parser fails on a null", ..USUAL },
    Client {
        name: "opencode",
        rules: &STRICT_ISSUER,
        way: Way::Document("https://opencode.ai/oauth/opencode/client.json"),
        redirect_uris: &["http://127.0.0.1:19876/mcp/oauth/callback"],
        redirect_uri: "http://127.0.0.1:19876/mcp/oauth/callback",
        note: "several processes refresh at once",
        ..USUAL
    },
    Client {
        name: "Goose",
        rules: &RMCP,
        metadata: r#"{"token_endpoint_auth_method":"none","application_type":"native"}"#,
        scope: Scope::And("offline_access"),
        note: "discards tokens that come without a refresh token",
        ..USUAL
    },
    Client {
        name: "Open WebUI",
        redirect_uris: &["https://webui.example/oauth/clients/mcp:doorward/callback"],
        redirect_uri: "https://webui.example/oauth/clients/mcp:doorward/callback",
        metadata: r#"{"token_endpoint_auth_method":"client_secret_post"}"#,
        shows: [Shows::Post, Shows::Post],
        ..USUAL
    },
    Client {
        name: "Warp",
        redirect_uris: &["warp://mcp/oauth2callback"],
        redirect_uri: "warp://mcp/oauth2callback",
        resource: Resource::Missing,
        ..USUAL
    },
    Client { name: "mcp 1.30 (Python)", known: Known::Run("1.30.0"), rules: &PYTHON_1, ..USUAL },
    Client { name: "mcp 2.3 (Python)", known: Known::Run("2.3.0"), rules: &PYTHON_2, ..USUAL },
    Client {
        name: "fastmcp",
        known: Known::Run("4.1"),
        rules: &FASTMCP,
        redirect_uris: &["http://localhost:PORT/callback"],
        redirect_uri: "http://localhost:PORT/callback",
        note: "opens the authorization endpoint once before the user does",
        ..USUAL
    },
    Client { name: "sdk 1.x (TypeScript)", known: Known::Run("1.32"), rules: &TYPESCRIPT_1, ..USUAL },
    Client { name: "client 2.x (TypeScript)", known: Known::Run("2.4"), rules: &TYPESCRIPT_2, ..USUAL },
    Client { name: "oauth4webapi", known: Known::Run("3"), rules: &OAUTH4WEBAPI, ..USUAL },
    Client { name: "openid-client", known: Known::Run("6"), rules: &OPENID_CLIENT, ..USUAL },
    Client { name: "Authlib", known: Known::Run("1.9"), ..USUAL },
];
