//! Refusals of the gateway. After the token was accepted they are JSON-RPC errors with the id of the request. None has the status
//! 401 or 403, because a client would start a sign-in, and none 400, because a client would take the server for one of an
//! older revision (MCP 2026-07-28, Transports, Backward Compatibility).

use super::exchange::Sent;
use crate::wire::{self, Event, EventKind, Response, correlation, respond};
use http::{HeaderValue, StatusCode, header};
use serde_json::{json, value::RawValue};
use thiserror::Error;

/// Why an upstream gave no answer. The reason is for the operator: clients do not see it.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum UpstreamFailure {
    /// No connection, no TLS or no HTTP.
    #[error("{0}")]
    Unreachable(String),
    /// No connection or no head of an answer in time.
    #[error("{0}")]
    Late(String),
    /// Too much is in flight at this server.
    #[error("{0}")]
    Busy(&'static str),
}

/// The response when the upstream gave no answer.
pub(super) fn unanswered(sent: &Sent, why: &UpstreamFailure) -> Response {
    let (status, code, sentence) = match why {
        UpstreamFailure::Unreachable(_) => {
            (StatusCode::BAD_GATEWAY, "unreachable", "the MCP server behind this gateway cannot be reached")
        }
        UpstreamFailure::Late(_) => {
            (StatusCode::GATEWAY_TIMEOUT, "late", "the MCP server behind this gateway did not answer in time")
        }
        UpstreamFailure::Busy(_) => (
            StatusCode::SERVICE_UNAVAILABLE,
            "busy",
            "too many calls are running; try again in a few seconds",
        ),
    };
    failed(sent, (status, code), sentence, why.to_string())
}

/// The response to an answer of the upstream that must not reach the client.
pub(super) fn unusable(sent: &Sent, reason: String) -> Response {
    let sentence = "the MCP server behind this gateway gave an answer that is no answer of MCP";
    failed(sent, (StatusCode::BAD_GATEWAY, "unusable"), sentence, reason)
}

/// The response when the upstream refused the credentials of this gateway.
pub(super) fn refused(sent: &Sent, reason: String) -> Response {
    let sentence =
        "the MCP server behind this gateway refused the gateway; its operator has to look at the log";
    let event = Event { reason: Some(reason), ..event(EventKind::UpstreamRefused, sent) };
    event.beside(error(sent, StatusCode::BAD_GATEWAY, INTERNAL_ERROR, sentence))
}

/// The response to a request that this gateway has forwarded already.
pub(super) fn circular(sent: &Sent) -> Response {
    let reason = "the request came through this gateway before: the upstream leads back to it".to_owned();
    failed(sent, (StatusCode::LOOP_DETECTED, "loop"), "this gateway and its upstream form a loop", reason)
}

/// The response to a session id that this user did not get. The client then begins a new session without a sign-in
/// (MCP 2025-11-25, Transports, Session Management).
pub(super) fn unknown_session(sent: &Sent) -> Response {
    error(sent, StatusCode::NOT_FOUND, SESSION_NOT_FOUND, "the session does not exist; initialize a new one")
}

const INTERNAL_ERROR: i32 = -32603;
const SESSION_NOT_FOUND: i32 = -32001;

fn failed(
    sent: &Sent,
    (status, code): (StatusCode, &'static str),
    sentence: &str,
    reason: String,
) -> Response {
    let event = Event { code: Some(code), reason: Some(reason), ..event(EventKind::UpstreamFailed, sent) };
    let mut response = event.beside(error(sent, status, INTERNAL_ERROR, sentence));
    if status == StatusCode::SERVICE_UNAVAILABLE {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("2"));
    }
    response
}

fn event(kind: EventKind, sent: &Sent) -> Event {
    Event {
        person: sent.access.subject.person().cloned(),
        client: Some(sent.access.client.clone()),
        correlation: Some(sent.correlation.clone()),
        ..Event::new(kind)
    }
}

/// A JSON-RPC error (JSON-RPC 2.0 §5.1) with the id of the request.
fn error(sent: &Sent, status: StatusCode, code: i32, sentence: &str) -> Response {
    let id = RawValue::from_string(sent.id.clone()).expect("the id was read from JSON");
    let error = json!({ "code": code, "message": sentence, "data": { "correlation": sent.correlation } });
    let error = serde_json::to_string(&error).expect("errors are plain data");
    let body = format!(r#"{{"jsonrpc":"2.0","id":{id},"error":{error}}}"#);
    let mut response = respond(status, "application/json", body.into_bytes());
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    correlation::put(&sent.correlation, &mut response);
    response
}

/// A refusal of a request without a message.
pub(super) fn refuse(status: StatusCode, error: &str, why: &str) -> Response {
    wire::json(status, &json!({ "error": error, "error_description": why }))
}

/// The response to a method that is not allowed (RFC 9110 §15.5.6).
pub(super) fn not_allowed(methods: &'static str) -> Response {
    let why = format!("the allowed methods are {methods}");
    let mut response = refuse(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", &why);
    response.headers_mut().insert(header::ALLOW, HeaderValue::from_static(methods));
    response
}
