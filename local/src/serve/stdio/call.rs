//! The head of a request, as far as a program needs it: HTTP headers that no line has.

use super::client_message::ClientMessage;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::HeaderMap;

/// The first revision without sessions.
const STATELESS: &str = "2026-07-28";
/// Where a message names its revision (MCP 2026-07-28, Overview, `_meta`).
const VERSION: [&str; 3] = ["params", "_meta", "io.modelcontextprotocol/protocolVersion"];

/// What the head of a request says.
pub(super) struct Call {
    /// The id of the session, without the gateway's MAC.
    pub(super) session: Option<String>,
    /// Whether the revision has no sessions.
    pub(super) is_stateless: bool,
    /// Whether the answer can be an event stream.
    pub(super) accepts_events: bool,
    pub(super) correlation: String,
}

impl Call {
    pub(super) fn of(headers: &HeaderMap) -> Self {
        let version = text(headers, "mcp-protocol-version").unwrap_or_default();
        let accepted = headers.get_all(http::header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
        let mut accepted = accepted.flat_map(|value| value.split(','));
        let is_events = |range: &str| {
            let media_type = range.split(';').next().unwrap_or_default().trim();
            ["text/event-stream", "text/*", "*/*"].iter().any(|known| media_type.eq_ignore_ascii_case(known))
        };
        Self {
            session: text(headers, "mcp-session-id").map(str::to_owned),
            is_stateless: version.len() == STATELESS.len() && version >= STATELESS,
            accepts_events: accepted.any(is_events),
            correlation: text(headers, "doorward-correlation").unwrap_or_default().to_owned(),
        }
    }
}

/// Checks that the headers of a stateless revision say the same as the message (MCP 2026-07-28, Streamable HTTP, Server
/// Validation). A program sees no headers, so it cannot.
pub(super) fn mismatch(headers: &HeaderMap, message: &ClientMessage<'_>) -> Option<String> {
    let method = message.method.clone()?;
    let of_name = match method.as_str() {
        "tools/call" | "prompts/get" => Some("name"),
        "resources/read" => Some("uri"),
        _ => None,
    };
    let name = of_name.map(|member| message.members.text(&["params", member]));
    let version = message.members.text(&VERSION);
    let expected = [
        ("MCP-Protocol-Version", (message.id.is_some() || version.is_some()).then_some(version)),
        ("Mcp-Method", Some(Some(method))),
        ("Mcp-Name", name),
    ];
    let wrong = expected.into_iter().find_map(|(header, expected)| {
        let expected = expected?;
        let sent = text(headers, &header.to_ascii_lowercase()).and_then(decoded);
        (sent != expected || sent.is_none()).then_some(header)
    });
    wrong.map(|header| format!("the header {header} must be there and say the same as the message"))
}

/// The value of a header that may be in base64 (MCP 2026-07-28, Streamable HTTP, Value Encoding).
fn decoded(value: &str) -> Option<String> {
    match value.strip_prefix("=?base64?").and_then(|value| value.strip_suffix("?=")) {
        None => Some(value.to_owned()),
        Some(encoded) => String::from_utf8(STANDARD.decode(encoded).ok()?).ok(),
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}
