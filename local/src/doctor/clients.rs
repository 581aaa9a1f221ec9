//! The clients that get a verdict, and the libraries that decide what they accept. The names are those of the emulated clients.

/// What a client is built with. The responses at which it stops are known for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Library {
    /// Python `mcp` 1.30.
    Python1,
    /// Python `mcp` 2.3.
    Python2,
    /// `fastmcp` 4.1.
    FastMcp,
    /// `@modelcontextprotocol/sdk` 1.32.
    TypeScript1,
    /// `@modelcontextprotocol/client` 2.4.
    TypeScript2,
    /// `oauth4webapi`.
    Oauth4webapi,
    /// `openid-client`.
    OpenidClient,
    /// `mcp-remote` 0.15.
    McpRemote,
    /// The Inspector 2.12.
    Inspector,
    /// rmcp, from its documentation.
    Rmcp,
    /// An implementation of its own, of which it is known that it compares issuers.
    StrictIssuer,
    /// Not known.
    Unknown,
}

/// A client of the report.
#[derive(Debug, PartialEq, Eq)]
pub struct Client {
    /// Its name, as in `docs/clients.md`.
    pub name: &'static str,
    /// What it is built with.
    pub library: Library,
    /// Whether it has a Client ID Metadata Document, so that it need not register.
    pub has_document: bool,
}

const fn client(name: &'static str, library: Library) -> Client {
    Client { name, library, has_document: false }
}

const fn published(name: &'static str, library: Library) -> Client {
    Client { name, library, has_document: true }
}

/// All clients, in the order of `docs/clients.md`.
pub const ALL: [Client; 30] = [
    published("Claude (web, desktop, mobile)", Library::Unknown),
    client("Claude, where it registers", Library::Unknown),
    published("Claude Code", Library::TypeScript1),
    client("Claude Code, where it registers", Library::TypeScript1),
    published("ChatGPT", Library::StrictIssuer),
    published("ChatGPT, a document for each connector", Library::Unknown),
    published("Codex", Library::Rmcp),
    client("Cursor", Library::TypeScript1),
    published("VS Code", Library::StrictIssuer),
    published("Copilot CLI", Library::StrictIssuer),
    client("Copilot Studio", Library::Unknown),
    client("Gemini CLI", Library::Unknown),
    client("Antigravity", Library::Unknown),
    published("Zed", Library::Unknown),
    client("mcp-remote", Library::McpRemote),
    client("MCP Inspector (in a page)", Library::Inspector),
    client("LibreChat", Library::TypeScript1),
    client("LM Studio", Library::TypeScript1),
    published("opencode", Library::StrictIssuer),
    client("Goose", Library::Rmcp),
    client("Open WebUI", Library::Unknown),
    client("Warp", Library::Unknown),
    client("mcp 1.30 (Python)", Library::Python1),
    client("mcp 2.3 (Python)", Library::Python2),
    client("fastmcp", Library::FastMcp),
    client("sdk 1.x (TypeScript)", Library::TypeScript1),
    client("client 2.x (TypeScript)", Library::TypeScript2),
    client("oauth4webapi", Library::Oauth4webapi),
    client("openid-client", Library::OpenidClient),
    client("Authlib", Library::Unknown),
];
