//! HTTP answers that are made of messages of a program.

use super::body::StdioBody;
use super::json::Members;
use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header};
use serde_json::json;

pub(super) const INTERNAL_ERROR: i32 = -32603;
pub(super) const INVALID_REQUEST: i32 = -32600;
pub(super) const METHOD_NOT_FOUND: i32 = -32601;
pub(super) const SESSION_NOT_FOUND: i32 = -32001;
pub(super) const HEADER_MISMATCH: i32 = -32020;
const MISSING_CAPABILITY: i32 = -32021;
pub(super) const UNSUPPORTED_VERSION: i32 = -32022;

/// An answer with one message.
pub(super) fn document(status: StatusCode, json: Bytes) -> Response<StdioBody> {
    typed(status, "application/json", StdioBody::whole(json))
}

/// An answer with many messages.
pub(super) fn events(body: StdioBody) -> Response<StdioBody> {
    typed(StatusCode::OK, "text/event-stream", body)
}

/// An answer without a message.
pub(super) fn empty(status: StatusCode) -> Response<StdioBody> {
    let mut response = Response::new(StdioBody::whole(Bytes::new()));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_LENGTH, HeaderValue::from_static("0"));
    response
}

/// The answer to a method that is not allowed (RFC 9110 §15.5.6).
pub(super) fn not_allowed(methods: &'static str) -> Response<StdioBody> {
    let mut response = empty(StatusCode::METHOD_NOT_ALLOWED);
    response.headers_mut().insert(header::ALLOW, HeaderValue::from_static(methods));
    response
}

/// The refusal of a message.
pub(super) fn refusal(
    status: StatusCode,
    id: &str,
    code: i32,
    sentence: &str,
    correlation: &str,
) -> Response<StdioBody> {
    document(status, error(id, code, sentence, correlation))
}

/// A JSON-RPC error (JSON-RPC 2.0 §5.1) with the id of the request, as the client wrote it.
pub(super) fn error(id: &str, code: i32, sentence: &str, correlation: &str) -> Bytes {
    let error = json!({ "code": code, "message": sentence, "data": { "correlation": correlation } });
    format!(r#"{{"jsonrpc":"2.0","id":{id},"error":{error}}}"#).into()
}

/// The code of the error in a response.
pub(super) fn code(response: &[u8]) -> Option<i64> {
    let members = Members::read(str::from_utf8(response).ok()?)?;
    members.get("error")?;
    Some(members.find(&["error", "code"]).and_then(|code| code.parse().ok()).unwrap_or_default())
}

/// The status of a response of a stateless revision (MCP 2026-07-28, Streamable HTTP, Protocol Version Header).
pub(super) fn status(code: Option<i64>) -> StatusCode {
    match code {
        Some(code) if is_of_stateless(code) => StatusCode::BAD_REQUEST,
        Some(code) if code == i64::from(METHOD_NOT_FOUND) => StatusCode::NOT_FOUND,
        _ => StatusCode::OK,
    }
}

/// Whether only servers of stateless revisions have this error.
pub(super) fn is_of_stateless(code: i64) -> bool {
    [HEADER_MISMATCH, MISSING_CAPABILITY, UNSUPPORTED_VERSION].iter().any(|known| i64::from(*known) == code)
}

fn typed(status: StatusCode, media_type: &'static str, body: StdioBody) -> Response<StdioBody> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    response
}
