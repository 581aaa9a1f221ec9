//! Responses of a guard that do not depend on the request.

use crate::token::IntrospectionUnavailable;
use crate::wire::{self, Event, EventKind, Rendered, Response};
use bytes::Bytes;
use http::{HeaderValue, StatusCode, header};
use serde_json::json;
use std::sync::OnceLock;

/// What a guard answers again and again, made once.
#[derive(Default)]
pub(super) struct RenderedAnswers {
    pub(super) metadata: Rendered,
    /// The header and the body for a request without a token, with which every connection of a client begins.
    pub(super) missing: OnceLock<(HeaderValue, Bytes)>,
}

pub(super) fn unanswered(reason: &IntrospectionUnavailable) -> Response {
    let sorry = "the server cannot verify the access token at the moment; try again in a few seconds";
    let body = json!({ "error": "temporarily_unavailable", "error_description": sorry });
    let mut response = wire::json(StatusCode::SERVICE_UNAVAILABLE, &body);
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("2"));
    let (code, reason) = (Some("temporarily_unavailable"), Some(reason.to_string()));
    Event { code, reason, ..Event::new(EventKind::Refused) }.beside(response)
}

pub(super) fn foreign() -> Response {
    let why = "the Origin or the Host header is not allowed (DNS rebinding)";
    wire::json(StatusCode::FORBIDDEN, &json!({ "error": "access_denied", "error_description": why }))
}
