//! The software that a request names in its `User-Agent` (RFC 9110 §10.1.5), for the log. The caller claims it, so no
//! decision depends on it.

use crate::protocol::Installation;
use http::{HeaderMap, HeaderValue, header};
use std::borrow::Cow;

/// The product in a `User-Agent`: a known client or library, a browser with its system, or the text of any other.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct UserAgent(Cow<'static, str>);

/// What a `User-Agent` begins with, and the product. As seen in logs of MCP servers that their operators published, and in
/// the clients' own code, from July 2025 to October 2026. The first match counts.
const PRODUCTS: [(&str, &str); 26] = [
    ("claude-code/", "Claude Code"), // claude-code/2.1.204 (cli); an SDK or Claude Desktop in the brackets
    ("openai-mcp/", "ChatGPT"),      // openai-mcp/1.0.0 (ChatGPT): calls
    ("openai-connectors-oauth/", "ChatGPT"), // openai-connectors-oauth/1.0: its token requests
    ("codex-mcp-client/", "Codex"),  // codex-mcp-client/0.161.0
    ("codex_cli_rs/", "Codex"),      // codex_cli_rs/0.144.1 (Mac OS 26.4.0; arm64) iTerm.app/3.6.10
    ("Cursor/", "Cursor"),           // Cursor/3.9.16 (darwin arm64)
    ("Visual Studio Code", "VS Code"), // Visual Studio Code/1.128.0; with " - Insiders" too
    ("copilot/", "GitHub Copilot"),  // copilot/1.0.70 (darwin v24.16.0) term/Apple_Terminal
    ("GitHubCopilot", "GitHub Copilot"), // GitHubCopilotChat/0.63.0
    ("GeminiCLI", "Gemini CLI"),     // GeminiCLI/0.1.0 Node.js/v22.14.0 (darwin; arm64)
    ("Claude-User", "Claude"),       // Claude-User/1.0; in a text that begins as a browser's too
    ("ChatGPT-User", "ChatGPT"),     // the same
    ("doorward-doctor/", "doorward doctor"), // tests/doctor
    ("doorward/", "doorward"),       // a gateway or a guard that asks this issuer
    ("python-httpx", "python-httpx"), // python-httpx/0.28.1 and python-httpx2/2.16.2: the MCP SDK for Python, FastMCP, Claude on the web
    ("python-requests/", "python-requests"), // scripts
    ("Python-urllib/", "Python-urllib"), // scripts
    ("Python/", "aiohttp"),           // Python/3.14 aiohttp/3.12: registrations of ChatGPT
    ("node", "Node.js"),              // node: the MCP SDK for TypeScript, mcp-remote, MCP Inspector
    ("undici", "Node.js"),            // Node.js with its fetch as a package
    ("Bun/", "Bun"),                  // Bun/1.3.2
    ("Deno/", "Deno"),                // Deno/2.5.6
    ("axios/", "axios"),              // axios/1.12.2
    ("Go-http-client/", "Go"),        // Go-http-client/1.1: the MCP SDK for Go
    ("Java-http-client/", "Java"),    // Java-http-client/21.0.9: the MCP SDK for Java
    ("curl/", "curl"),                // curl/8.5.0
];

/// Products that are named inside a text that begins as that of a browser.
const AMONG_BROWSERS: [(&str, &str); 2] = [("Claude-User/", "Claude"), ("ChatGPT-User/", "ChatGPT")];

/// The longest text of an unknown product, in characters.
const MAX_UNKNOWN: usize = 120;

impl UserAgent {
    /// The product in the headers of a request. `None` if they have no `User-Agent`, or an empty one.
    pub fn of(headers: &HeaderMap) -> Option<Self> {
        headers.get(header::USER_AGENT).and_then(Self::read)
    }

    /// Reads the value of the header. Of a browser, only its name and system are kept: the rest would tell users apart.
    pub fn read(value: &HeaderValue) -> Option<Self> {
        let sent = String::from_utf8_lossy(value.as_bytes());
        let known = PRODUCTS.iter().find(|(beginning, _)| sent.starts_with(beginning));
        if let Some((_, product)) = known {
            return Some(Self(Cow::Borrowed(product)));
        }
        if sent.starts_with("Mozilla/") {
            return Some(Self(browser(&sent)));
        }
        let text: String = sent.chars().filter(|c| !c.is_control()).take(MAX_UNKNOWN).collect();
        let text = text.trim();
        (!text.is_empty()).then(|| Self(Cow::Owned(text.to_owned())))
    }

    /// The product.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The browser and its system, as the account page shows them.
fn browser(sent: &str) -> Cow<'static, str> {
    let product = AMONG_BROWSERS.iter().find(|(mark, _)| sent.contains(mark));
    match (product, Installation::of(sent)) {
        (Some((_, product)), _) => Cow::Borrowed(product),
        (None, Some(installation)) => Cow::Owned(installation.to_string()),
        (None, None) => Cow::Borrowed("a browser"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(sent: &[u8]) -> Option<String> {
        let value = HeaderValue::from_bytes(sent).unwrap();
        UserAgent::of(&HeaderMap::from_iter([(header::USER_AGENT, value)])).map(|agent| agent.0.into_owned())
    }

    #[test]
    fn real_clients_are_recognised() {
        for (sent, product) in [
            ("claude-code/2.1.204 (cli)", "Claude Code"),
            ("claude-code/2.1.209 (claude-desktop, agent-sdk/0.3.209)", "Claude Code"),
            ("openai-mcp/1.0.0 (ChatGPT)", "ChatGPT"),
            ("openai-connectors-oauth/1.0", "ChatGPT"),
            ("Python/3.14 aiohttp/3.12.15", "aiohttp"),
            ("codex-mcp-client/0.147.0-alpha.6.5", "Codex"),
            ("codex_cli_rs/0.144.1 (Mac OS 26.4.0; arm64) iTerm.app/3.6.10", "Codex"),
            ("Cursor/3.9.16 (darwin arm64)", "Cursor"),
            ("Visual Studio Code/1.128.0", "VS Code"),
            ("Visual Studio Code - Insiders/1.129.0-insider", "VS Code"),
            ("copilot/1.0.70 (darwin v24.16.0) term/Apple_Terminal", "GitHub Copilot"),
            ("GeminiCLI/0.1.0 Node.js/v22.14.0 (darwin; arm64)", "Gemini CLI"),
            ("python-httpx/0.28.1", "python-httpx"),
            ("python-httpx2/2.16.2", "python-httpx"),
            ("node", "Node.js"),
            ("undici", "Node.js"),
            ("Go-http-client/1.1", "Go"),
            (concat!("doorward-doctor/", env!("CARGO_PKG_VERSION")), "doorward doctor"),
            (
                "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; Claude-User/1.0; +Claude-User@anthropic.com)",
                "Claude",
            ),
        ] {
            assert_eq!(read(sent.as_bytes()).as_deref(), Some(product), "{sent}");
        }
    }

    #[test]
    fn of_a_browser_only_its_name_and_system_are_kept() {
        let firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
        assert_eq!(read(firefox.as_bytes()).as_deref(), Some("Firefox on Linux"));
        let rare = "Mozilla/5.0 (Nintendo Switch; WifiWebAuthApplet) NX/6.0.0.10.6";
        assert_eq!(read(rare.as_bytes()).as_deref(), Some("a browser"));
    }

    #[test]
    fn an_unknown_product_is_kept_and_bounded() {
        assert_eq!(read(b"my-agent/1.0 (test)").as_deref(), Some("my-agent/1.0 (test)"));
        assert_eq!(read("é".repeat(121).as_bytes()).unwrap(), "é".repeat(MAX_UNKNOWN));
        assert_eq!(read(b"a\xff\tb").as_deref(), Some("a\u{fffd}b"));
        assert_eq!((read(b""), read(b" \t "), UserAgent::of(&HeaderMap::new())), (None, None, None));
    }

    #[test]
    fn no_product_hides_another() {
        for (at, (beginning, _)) in PRODUCTS.iter().enumerate() {
            let before = PRODUCTS[..at].iter().find(|(earlier, _)| beginning.starts_with(earlier));
            assert_eq!(before, None, "{beginning}");
        }
    }

    proptest! {
        #[test]
        fn what_is_kept_is_short_and_without_controls(sent in proptest::collection::vec(32_u8..=255, 0..300)) {
            if let Ok(value) = HeaderValue::from_bytes(&sent) && let Some(agent) = UserAgent::read(&value) {
                prop_assert!(agent.as_str().chars().count() <= MAX_UNKNOWN);
                prop_assert!(!agent.as_str().chars().any(char::is_control));
                prop_assert!(!agent.as_str().contains("Mozilla/") || !sent.starts_with(b"Mozilla/"));
            }
        }
    }
}
