//! The registrations that real clients send (RFC 7591 §3.1), and the authorization requests that follow.

/// The scope of an authorization request.
#[derive(Clone, Copy)]
pub(super) enum Scope {
    /// None.
    Nothing,
    /// The scope of the challenge, or else of the metadata.
    Challenged,
    /// The same, or these where neither says one.
    Or(&'static str),
}

/// A registration of some clients.
pub(super) struct Body {
    /// The clients that register so, or so that a server sees no difference.
    pub(super) clients: &'static [&'static str],
    /// `PORT` stands for a port of this machine.
    pub(super) redirect_uris: &'static [&'static str],
    /// The redirect URI of the authorization request.
    pub(super) redirect_uri: &'static str,
    /// The other members, as JSON. `SCOPE` stands for the scope of the challenge, or else of the metadata.
    pub(super) metadata: &'static str,
    pub(super) scope: Scope,
}

/// The first is the one with which the doctor signs in.
pub(super) const ALL: [Body; 15] = [
    Body {
        clients: &[
            "Codex",
            "Copilot CLI",
            "Goose",
            "LM Studio",
            "oauth4webapi",
            "openid-client",
            "Authlib",
            "opencode",
        ],
        redirect_uris: &["http://127.0.0.1:PORT/callback"],
        redirect_uri: "http://127.0.0.1:PORT/callback",
        metadata: r#"{"token_endpoint_auth_method":"none","grant_types":["authorization_code","refresh_token"],"response_types":["code"],"application_type":"native"}"#,
        scope: Scope::Challenged,
    },
    // These send no method unless an application names one.
    Body {
        clients: &[
            "mcp 1.30 (Python)",
            "mcp 2.3 (Python)",
            "sdk 1.x (TypeScript)",
            "client 2.x (TypeScript)",
        ],
        redirect_uris: &["http://127.0.0.1:PORT/callback"],
        redirect_uri: "http://127.0.0.1:PORT/callback",
        metadata: r#"{"grant_types":["authorization_code","refresh_token"],"response_types":["code"],"scope":"SCOPE"}"#,
        scope: Scope::Challenged,
    },
    Body {
        clients: &["fastmcp"],
        redirect_uris: &["http://localhost:PORT/callback"],
        redirect_uri: "http://localhost:PORT/callback",
        metadata: r#"{"token_endpoint_auth_method":"none","grant_types":["authorization_code","refresh_token"],"response_types":["code"],"application_type":"native","scope":"SCOPE"}"#,
        scope: Scope::Challenged,
    },
    Body {
        clients: &["Claude Code", "Claude Code, where it registers"],
        redirect_uris: &["http://localhost:PORT/callback"],
        redirect_uri: "http://localhost:PORT/callback",
        metadata: r#"{"token_endpoint_auth_method":"none","grant_types":["authorization_code","refresh_token"],"response_types":["code"]}"#,
        scope: Scope::Nothing,
    },
    Body {
        clients: &["Claude (web, desktop, mobile)", "Claude, where it registers"],
        redirect_uris: &["https://claude.ai/api/mcp/auth_callback"],
        redirect_uri: "https://claude.ai/api/mcp/auth_callback",
        metadata: r#"{"token_endpoint_auth_method":"client_secret_post","grant_types":["authorization_code","refresh_token"],"response_types":["code"]}"#,
        scope: Scope::Challenged,
    },
    Body {
        clients: &["ChatGPT", "ChatGPT, a document for each connector"],
        redirect_uris: &["https://chatgpt.com/connector/oauth/connector-0001"],
        redirect_uri: "https://chatgpt.com/connector/oauth/connector-0001",
        metadata: r#"{"token_endpoint_auth_method":"none","grant_types":["authorization_code","refresh_token"],"response_types":["code"]}"#,
        scope: Scope::Challenged,
    },
    Body {
        clients: &["Cursor"],
        redirect_uris: &[
            "http://localhost:8787/callback",
            "cursor://anysphere.cursor-mcp/oauth/callback",
            "https://www.cursor.com/agents/mcp/oauth/callback",
        ],
        redirect_uri: "cursor://anysphere.cursor-mcp/oauth/callback",
        metadata: r#"{"token_endpoint_auth_method":"none","grant_types":["authorization_code","refresh_token"],"response_types":["code"]}"#,
        scope: Scope::Challenged,
    },
    Body {
        clients: &["VS Code"],
        redirect_uris: &[
            "https://vscode.dev/redirect",
            "https://insiders.vscode.dev/redirect",
            "http://127.0.0.1/",
            "http://127.0.0.1:33418/",
        ],
        redirect_uri: "http://127.0.0.1:33418/",
        metadata: r#"{"token_endpoint_auth_method":"none","grant_types":["authorization_code","refresh_token"],"response_types":["code"],"application_type":"native"}"#,
        scope: Scope::Challenged,
    },
    Body {
        clients: &["Copilot Studio"],
        redirect_uris: &["https://global.consent.azure-apim.net/redirect/a-tool-0001"],
        redirect_uri: "https://global.consent.azure-apim.net/redirect/a-tool-0001",
        metadata: r#"{"token_endpoint_auth_method":"client_secret_post"}"#,
        scope: Scope::Nothing,
    },
    Body {
        clients: &["Gemini CLI"],
        redirect_uris: &["http://localhost:7777/oauth/callback"],
        redirect_uri: "http://localhost:7777/oauth/callback",
        metadata: r#"{"token_endpoint_auth_method":"none","grant_types":["authorization_code","refresh_token"],"response_types":["code"],"code_challenge_method":["S256"]}"#,
        scope: Scope::Challenged,
    },
    Body {
        clients: &["Antigravity", "LibreChat", "Open WebUI"],
        redirect_uris: &["https://webui.example/oauth/clients/mcp:doorward/callback"],
        redirect_uri: "https://webui.example/oauth/clients/mcp:doorward/callback",
        metadata: r#"{"token_endpoint_auth_method":"client_secret_basic","grant_types":["authorization_code","refresh_token"],"response_types":["code"]}"#,
        scope: Scope::Challenged,
    },
    Body {
        clients: &["mcp-remote"],
        redirect_uris: &["http://localhost:3335/oauth/callback"],
        redirect_uri: "http://localhost:3335/oauth/callback",
        metadata: r#"{"token_endpoint_auth_method":"client_secret_post","grant_types":["authorization_code","refresh_token"],"response_types":["code"],"scope":"SCOPE"}"#,
        scope: Scope::Or("openid email profile"),
    },
    Body {
        clients: &["MCP Inspector (in a page)"],
        redirect_uris: &[
            "http://localhost:6274/oauth/callback",
            "http://localhost:6274/oauth/callback/debug",
        ],
        redirect_uri: "http://localhost:6274/oauth/callback",
        metadata: r#"{"token_endpoint_auth_method":"none","grant_types":["authorization_code","refresh_token"],"response_types":["code"],"scope":"SCOPE"}"#,
        scope: Scope::Challenged,
    },
    Body {
        clients: &["Zed"],
        redirect_uris: &["http://127.0.0.1:PORT/callback"],
        redirect_uri: "http://127.0.0.1:PORT/callback",
        metadata: r#"{"token_endpoint_auth_method":"none","grant_types":["authorization_code"]}"#,
        scope: Scope::Challenged,
    },
    Body {
        clients: &["Warp"],
        redirect_uris: &["warp://mcp/oauth2callback"],
        redirect_uri: "warp://mcp/oauth2callback",
        metadata: r#"{"token_endpoint_auth_method":"none","grant_types":["authorization_code"]}"#,
        scope: Scope::Challenged,
    },
];

/// A client with a Client ID Metadata Document.
pub(super) struct Published {
    pub(super) client: &'static str,
    /// The URL of the document, which is the client id.
    pub(super) url: &'static str,
    pub(super) redirect_uri: &'static str,
}

const fn published(client: &'static str, url: &'static str, redirect_uri: &'static str) -> Published {
    Published { client, url, redirect_uri }
}

/// The clients whose documents are the same for every server.
pub(super) const PUBLISHED: [Published; 8] = [
    published(
        "Claude (web, desktop, mobile)",
        "https://claude.ai/oauth/mcp-oauth-client-metadata",
        "https://claude.ai/api/mcp/auth_callback",
    ),
    published(
        "Claude Code",
        "https://claude.ai/oauth/claude-code-client-metadata",
        "http://localhost:PORT/callback",
    ),
    published(
        "ChatGPT",
        "https://chatgpt.com/oauth/client.json",
        "https://chatgpt.com/connector_platform_oauth_redirect",
    ),
    published("Codex", "https://chatgpt.com/oauth/codex/client.json", "http://127.0.0.1:PORT/callback/a1b2"),
    published("VS Code", "https://vscode.dev/oauth/client-metadata.json", "http://127.0.0.1:PORT/"),
    published("Copilot CLI", "https://github.com/copilot/cli/client-metadata.json", "http://127.0.0.1:PORT/"),
    published("Zed", "https://zed.dev/oauth/client-metadata.json", "http://127.0.0.1:PORT/callback"),
    published(
        "opencode",
        "https://opencode.ai/oauth/opencode/client.json",
        "http://127.0.0.1:19876/mcp/oauth/callback",
    ),
];

/// The `prompt` of these clients' requests (OpenID Connect Core 1.0 §3.1.2.1). Claude on the web always sends one.
pub(super) fn prompt(clients: &[&str]) -> Option<&'static str> {
    clients
        .iter()
        .any(|name| ["Claude (web, desktop, mobile)", "Claude, where it registers"].contains(name))
        .then_some("consent")
}
