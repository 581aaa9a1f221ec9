//! How a user connects a client to an MCP server: the steps of each large client, as of November 2026. The page at the issuer's
//! address shows them, and the documents have the same table.

/// A client, and what its user does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConnectSteps {
    /// The name of the client.
    pub client: &'static str,
    /// Where the user goes, or what a command is for.
    pub place: &'static str,
    /// The text to type, with `{url}` for the address. Empty if the user types only the address.
    text: &'static str,
    /// What to do afterwards. Empty if the client goes on by itself.
    pub then: &'static str,
}

/// The large clients.
pub const CONNECT: [ConnectSteps; 6] = [
    ConnectSteps {
        client: "Claude (web, desktop, mobile)",
        place: "Settings, Connectors, Add custom connector",
        text: "",
        then: "",
    },
    ConnectSteps {
        client: "ChatGPT",
        place: "Settings, Apps, with developer mode: Create, OAuth",
        text: "",
        then: "",
    },
    ConnectSteps {
        client: "Claude Code",
        place: "",
        text: "claude mcp add --transport http my-server {url}",
        then: "/mcp",
    },
    ConnectSteps {
        client: "Codex",
        place: "",
        text: "codex mcp add my-server --url {url}",
        then: "codex mcp login my-server",
    },
    ConnectSteps { client: "VS Code", place: "MCP: Add Server, HTTP", text: "", then: "" },
    ConnectSteps {
        client: "Cursor",
        place: "~/.cursor/mcp.json",
        text: r#"{"mcpServers":{"my-server":{"url":"{url}"}}}"#,
        then: "",
    },
];

impl ConnectSteps {
    /// The text to type for the MCP server at `url`.
    pub fn text(&self, url: &str) -> String {
        match self.text {
            "" => url.to_owned(),
            text => text.replace("{url}", url),
        }
    }
}
