//! Refusals of the gateway. After the token was accepted they are JSON-RPC errors. None has the status 401 or 403, because a
//! client would start a sign-in. 400 is only for a message that did not arrive whole: a client takes it for a server of an
//! older revision (MCP 2026-07-28, Transports, Backward Compatibility).

use super::exchange::{Entered, Sent};
use super::limits::{MAX_REQUESTS, MAX_STREAMS, Over, TooManyCalls, TooManyOpen};
use crate::guard::Access;
use crate::rules::{self, Rule};
use crate::wire::{self, Event, EventKind, Events, Response, TraceId, UserAgent, correlation, respond};
use http::request::Parts;
use http::{HeaderValue, StatusCode, header};
use serde_json::json;
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
    /// The answer is larger than this deployment delivers.
    #[error("{0}")]
    TooLarge(String),
}

/// Why the body of a request was not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unread {
    /// It is larger than [`MAX_MESSAGE`](super::MAX_MESSAGE).
    TooLarge,
    /// It did not arrive whole.
    Broken,
    /// The bodies that are in flight take too much memory.
    Busy,
    /// Those of this user do.
    Share,
}

/// The response to a request whose body was not read.
/// Of refusals of a user's share, one a minute is reported.
pub(super) fn unread(entered: &Entered, why: Unread, is_reported: bool) -> Response {
    let of = of_entered(entered);
    let refuse = |rule, code, sentence| error("null", of.1, rule, code, sentence);
    match why {
        Unread::TooLarge => refuse(
            &rules::MESSAGE_TOO_LARGE,
            INVALID_REQUEST,
            "the message is larger than the maximum of 4 MiB",
        ),
        Unread::Broken => refuse(&rules::MESSAGE_BROKEN, PARSE_ERROR, "the message did not arrive whole"),
        Unread::Busy => busy(of, "the messages in flight take more than 64 MiB"),
        Unread::Share => {
            let mut response = busy(of, "the messages of this user in flight take more than 16 MiB");
            if !is_reported {
                response.extensions_mut().remove::<Events>();
            }
            response
        }
    }
}

fn busy(of: Of<'_>, reason: &str) -> Response {
    failed(of, "null", &rules::UPSTREAM_BUSY, BUSY, reason.to_owned())
}

/// The response when the upstream gave no answer.
pub(super) fn unanswered(sent: &Sent, why: &UpstreamFailure) -> Response {
    let (rule, sentence) = match why {
        UpstreamFailure::Unreachable(_) => {
            (&rules::UPSTREAM_UNREACHABLE, "the MCP server behind this gateway cannot be reached")
        }
        UpstreamFailure::Late(_) => {
            (&rules::UPSTREAM_LATE, "the MCP server behind this gateway did not answer in time")
        }
        UpstreamFailure::Busy(_) => (&rules::UPSTREAM_BUSY, BUSY),
        UpstreamFailure::TooLarge(_) => (
            &rules::UPSTREAM_UNUSABLE,
            "the answer of the MCP server behind this gateway is larger than this deployment delivers",
        ),
    };
    failed(of(sent), &sent.id, rule, sentence, why.to_string())
}

/// The response to an answer of the upstream that must not reach the client.
pub(super) fn unusable(sent: &Sent, reason: String) -> Response {
    let sentence = "the MCP server behind this gateway gave an answer that is no answer of MCP";
    failed(of(sent), &sent.id, &rules::UPSTREAM_UNUSABLE, sentence, reason)
}

/// The response to a message when the upstream takes none at its URL.
pub(super) fn takes_no_messages(sent: &Sent, reason: String) -> Response {
    let sentence = "the MCP server behind this gateway takes no messages at this URL";
    let mut response = failed(of(sent), &sent.id, &rules::UPSTREAM_UNUSABLE, sentence, reason);
    *response.status_mut() = StatusCode::METHOD_NOT_ALLOWED;
    response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("GET"));
    response
}

/// What the log says of a 404 that passes, as no MCP server is at the URL.
pub(super) fn no_server(sent: &Sent, reason: String) -> Event {
    failure(of(sent), &rules::UPSTREAM_UNUSABLE, reason)
}

/// The response when the upstream refused the credentials of this gateway.
pub(super) fn refused(sent: &Sent, reason: String) -> Response {
    let sentence =
        "the MCP server behind this gateway refused the gateway; its operator has to look at the log";
    let (rule, of) = (&rules::UPSTREAM_REFUSED, of(sent));
    let event = Event { rule: Some(rule), reason: Some(reason), ..event(EventKind::UpstreamRefused, of) };
    event.beside(error(&sent.id, &sent.correlation, rule, INTERNAL_ERROR, sentence))
}

/// The response to a call of a user who made too many (RFC 6585 §4).
pub(super) fn too_many_calls(entered: &Entered, head: &Parts, too_many: TooManyCalls) -> Response {
    let (of, TooManyCalls { over, rate, is_of_all }) = (of_entered(entered), too_many);
    let with = if is_of_all { "all clients" } else { "this client" };
    let sentence =
        format!("more than {rate} calls a minute with {with}; try again in {} s", over.retry_after);
    let reason = format!("more than {rate} calls a minute of this user with {with}");
    let user_agent = over.is_reported.then(|| UserAgent::of(&head.headers)).flatten();
    let event = Event { reason: Some(reason), user_agent, ..event(EventKind::Refused, of) };
    over_limit((of, "null"), &rules::CALLS_TOO_MANY, &sentence, over, event)
}

/// The response to a request of a user who has too many, or to one for a stream.
pub(super) fn too_many_open(sent: &Sent, too_many: TooManyOpen) -> Response {
    let (over, reason, cure) = match too_many {
        TooManyOpen::Requests(over) => {
            (over, format!("{MAX_REQUESTS} requests of this user are running"), "try again in a few seconds")
        }
        TooManyOpen::Streams(over) => {
            (over, format!("{MAX_STREAMS} event streams of this user are open"), "close one")
        }
    };
    let sentence = format!("{reason}; {cure}");
    let event = Event { reason: Some(reason), ..event(EventKind::UpstreamFailed, of(sent)) };
    over_limit((of(sent), &sent.id), &rules::UPSTREAM_BUSY, &sentence, over, event)
}

fn over_limit(
    (of, id): (Of<'_>, &str),
    rule: &'static Rule,
    sentence: &str,
    over: Over,
    event: Event,
) -> Response {
    let mut response = error(id, of.1, rule, INTERNAL_ERROR, sentence);
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(over.retry_after));
    if over.is_reported { Event { rule: Some(rule), ..event }.beside(response) } else { response }
}

/// The response to a request that this gateway has forwarded already.
pub(super) fn circular(sent: &Sent) -> Response {
    let reason = "the request came through this gateway before: the upstream leads back to it".to_owned();
    let sentence = "this gateway and its upstream form a loop";
    failed(of(sent), &sent.id, &rules::UPSTREAM_LOOP, sentence, reason)
}

/// The response when the identity of the caller cannot be signed.
pub(super) fn unsigned(sent: &Sent) -> Response {
    let reason = "the identity of the caller could not be signed".to_owned();
    failed(of(sent), &sent.id, &rules::IDENTITY_UNSIGNED, BUSY, reason)
}

/// The response to a session id, or an endpoint of HTTP+SSE, that this user did not get. The client then begins a new
/// session without a sign-in
/// (MCP 2025-11-25, Transports, Session Management).
pub(super) fn unknown_session(sent: &Sent) -> Response {
    let sentence = "the session does not exist; initialize a new one";
    error(&sent.id, &sent.correlation, &rules::SESSION_UNKNOWN, SESSION_NOT_FOUND, sentence)
}

const PARSE_ERROR: i32 = -32700;
const INVALID_REQUEST: i32 = -32600;
const INTERNAL_ERROR: i32 = -32603;
const SESSION_NOT_FOUND: i32 = -32001;
const BUSY: &str = "too many calls are running; try again in a few seconds";

/// The authorization, the correlation id and the trace id of a request.
type Of<'a> = (&'a Access, &'a str, Option<TraceId>);

fn of(sent: &Sent) -> Of<'_> {
    (&sent.access, &sent.correlation, sent.trace)
}

fn of_entered(entered: &Entered) -> Of<'_> {
    (&entered.access, &entered.correlation, entered.trace)
}

fn failed(of: Of<'_>, id: &str, rule: &'static Rule, sentence: &str, reason: String) -> Response {
    let event = failure(of, rule, reason);
    let mut response = event.beside(error(id, of.1, rule, INTERNAL_ERROR, sentence));
    if rule.status == StatusCode::SERVICE_UNAVAILABLE {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("2"));
    }
    response
}

fn failure(of: Of<'_>, rule: &'static Rule, reason: String) -> Event {
    Event { rule: Some(rule), reason: Some(reason), ..event(EventKind::UpstreamFailed, of) }
}

fn event(kind: EventKind, (access, correlation, trace): Of<'_>) -> Event {
    Event {
        person: access.subject.person().cloned(),
        client: Some(access.client.clone()),
        correlation: Some(correlation.to_owned()),
        trace,
        ..Event::new(kind)
    }
}

/// A JSON-RPC error (JSON-RPC 2.0 §5.1) with the id of the request, as the client wrote it.
fn error(id: &str, correlation: &str, rule: &'static Rule, code: i32, sentence: &str) -> Response {
    let data = json!({ "correlation": correlation, "rule": rule.name });
    let error = json!({ "code": code, "message": sentence, "data": data });
    let error = serde_json::to_string(&error).expect("errors are plain data");
    let body = format!(r#"{{"jsonrpc":"2.0","id":{id},"error":{error}}}"#);
    let mut response = respond(rule.status, "application/json", body.into_bytes());
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    correlation::put(correlation, &mut response);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ports::Timestamp;
    use crate::protocol::{ClientId, PersonId, Scope};

    fn sent(id: &str) -> Sent {
        let scope = Scope::parse("user").unwrap();
        let access = Access {
            subject: PersonId::parse("alice").unwrap().into(),
            client: ClientId("app".to_owned()),
            effective_scope: scope.clone(),
            scope,
            grant: None,
            signed_in_at: Some(Timestamp(1)),
            expires_at: Timestamp(2),
        };
        Sent {
            access: access.into(),
            correlation: "0123456789".to_owned(),
            trace: None,
            method: http::Method::POST,
            id: id.to_owned(),
            is_initialize: false,
            is_long: false,
            call: None,
            uri: "http://a.internal/mcp".parse().unwrap(),
            has_session: false,
            place: None,
            is_to_endpoint: false,
        }
    }

    /// Each is a JSON-RPC error with the id as the client wrote it, and only what passes by itself has `Retry-After`.
    #[test]
    fn a_failure_has_its_status_and_the_clients_id() {
        for (why, status, retry) in [
            (UpstreamFailure::Unreachable("secret".into()), 502, None),
            (UpstreamFailure::Late("secret".into()), 504, None),
            (UpstreamFailure::Busy("secret"), 503, Some("2")),
        ] {
            for id in ["7", "\"a\"", "null", "1e999", "\"\\ud800\""] {
                let response = unanswered(&sent(id), &why);
                assert_eq!(response.status().as_u16(), status);
                let after = response.headers().get(header::RETRY_AFTER).and_then(|value| value.to_str().ok());
                assert_eq!(after, retry, "{why}");
                let body = std::str::from_utf8(response.body()).unwrap();
                assert!(body.starts_with(&format!(r#"{{"jsonrpc":"2.0","id":{id},"error":{{"#)), "{body}");
                assert!(!body.contains("secret") && body.contains("0123456789"), "{body}");
            }
        }
    }
}
