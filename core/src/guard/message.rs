//! What a guard reads of an MCP message: whether it calls a tool that needs more scopes.

use crate::protocol::{Scope, ToolCall, Unreadable};
use crate::wire::{self, Response};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use serde_json::json;
use std::collections::BTreeMap;

/// The scopes that a message needs besides the first: those of the tool that it calls. An empty message needs none: a
/// request without a body calls no tool.
pub(super) fn needed_by(
    tools: &BTreeMap<String, Scope>,
    headers: &HeaderMap,
    message: &[u8],
) -> Result<Scope, Unreadable> {
    if tools.is_empty() || message.is_empty() {
        return Ok(Scope::default());
    }
    if !is_plain(headers) {
        return Err(Unreadable::Encoding);
    }
    Ok(ToolCall::read(message)?.map(|call| needed_for(tools, &call)).unwrap_or_default())
}

/// The scopes for a tool. If no tool has exactly this name, those of tools that differ in case count, for MCP servers
/// that find tools without case.
fn needed_for(tools: &BTreeMap<String, Scope>, call: &ToolCall) -> Scope {
    tools.get(&call.tool).cloned().unwrap_or_else(|| {
        let similar = tools.iter().filter(|(name, _)| call.may_mean(name));
        similar.fold(Scope::default(), |all, (_, needed)| all.union(needed))
    })
}

/// Whether the body is as it was sent, in UTF-8. A server behind the guard that decompresses it, or reads it in another
/// character set, would read another message.
pub(crate) fn is_plain(headers: &HeaderMap) -> bool {
    let identity = |value: &HeaderValue| value.as_bytes().eq_ignore_ascii_case(b"identity");
    headers.get_all(header::CONTENT_ENCODING).iter().all(identity)
        && headers.get_all(header::CONTENT_TYPE).iter().all(is_utf_8)
}

fn is_utf_8(media_type: &HeaderValue) -> bool {
    let Ok(text) = media_type.to_str() else { return false };
    let text = text.to_ascii_lowercase();
    let mut charsets = text.split([';', ',']).filter_map(|part| part.trim().strip_prefix("charset"));
    charsets.all(|charset| ["=utf-8", "=\"utf-8\"", "=utf8"].contains(&charset))
}

/// The response to a body that is not one MCP message (MCP 2026-07-28, Transports): a JSON-RPC error without the id of
/// a request, since none was read.
pub fn refuse_message(why: &Unreadable) -> Response {
    let status = match why {
        Unreadable::Encoding => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        Unreadable::Json(_) | Unreadable::Message(_) => StatusCode::BAD_REQUEST,
    };
    let error = json!({ "code": why.code(), "message": why.to_string() });
    wire::json(status, &json!({ "jsonrpc": "2.0", "id": null, "error": error }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_needs_the_scopes_of_the_tool_that_it_calls() {
        let scope = |text| Scope::parse(text).unwrap();
        let tools = [("write", "a"), ("Read", "b"), ("read", "c"), ("READ", "d")];
        let tools: BTreeMap<_, _> = tools.map(|(tool, needed)| (tool.to_owned(), scope(needed))).into();
        let call =
            |tool: &str| json!({ "jsonrpc": "2.0", "method": "tools/call", "params": { "name": tool } });
        let (plain, zipped) = (
            HeaderMap::new(),
            HeaderMap::from_iter([(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"))]),
        );
        for (tool, needed) in
            [("write", "a"), ("WRITE", "a"), ("read", "c"), ("Read", "b"), ("rEAD", "b c d"), ("other", "")]
        {
            let read = needed_by(&tools, &plain, call(tool).to_string().as_bytes());
            assert_eq!(read, Ok(scope(needed)), "{tool}");
        }
        let call = call("write").to_string();
        assert_eq!(needed_by(&tools, &plain, b""), Ok(Scope::default()), "no body calls no tool");
        assert!(matches!(needed_by(&tools, &plain, b"[]"), Err(Unreadable::Message(_))));
        assert_eq!(needed_by(&tools, &zipped, call.as_bytes()), Err(Unreadable::Encoding));
        assert_eq!(needed_by(&BTreeMap::new(), &zipped, b"["), Ok(Scope::default()), "no tool needs more");
    }

    #[test]
    fn a_refusal_is_a_json_rpc_error_without_an_id() {
        for (why, status, code) in [
            (Unreadable::Json("x".into()), 400, -32700),
            (Unreadable::Message("x".into()), 400, -32600),
            (Unreadable::Encoding, 415, -32700),
        ] {
            let refused = refuse_message(&why);
            let body: serde_json::Value = serde_json::from_slice(refused.body()).unwrap();
            assert_eq!((refused.status().as_u16(), &body["error"]["code"]), (status, &json!(code)));
            assert_eq!((&body["jsonrpc"], &body["id"]), (&json!("2.0"), &json!(null)));
        }
    }

    #[test]
    fn a_body_is_plain_when_it_is_utf_8_and_not_compressed() {
        for (name, value, expected) in [
            ("content-type", "application/json", true),
            ("content-type", "application/json; charset=utf-8", true),
            ("content-type", "application/json;Charset=\"UTF-8\"", true),
            ("content-type", "application/json; charset=shift_jis", false),
            ("content-type", "application/json; charset=utf-8; charset=utf-7", false),
            ("content-type", "application/json; charset =utf-16", false),
            ("content-type", "application/json; charset=\u{e9}", false),
            ("content-encoding", "Identity", true),
            ("content-encoding", "gzip", false),
            ("content-encoding", "identity, deflate", false),
            ("content-encoding", "", false),
        ] {
            let headers = HeaderMap::from_iter([(
                header::HeaderName::from_static(name),
                HeaderValue::from_bytes(value.as_bytes()).unwrap(),
            )]);
            assert_eq!(is_plain(&headers), expected, "{name}: {value}");
        }
        assert!(is_plain(&HeaderMap::new()));
    }
}
