//! The responses of a guard to requests that it does not admit.

use super::Guard;
use super::message::refuse_message;
use super::rendered::unanswered;
use super::verify::{GuardError, Verified};
use crate::protocol::Challenge;
use crate::wire::{self, Event, EventKind, Events, Response, TraceId};
use bytes::Bytes;
use http::request::Parts;
use http::{HeaderValue, StatusCode, header};
use serde_json::json;

impl Guard {
    pub(super) fn refused(&self, request: &Parts, refused: &GuardError) -> Response {
        let mut response = match refused {
            GuardError::Challenge(challenge) => self.refuse(challenge),
            GuardError::Unavailable(why) => unanswered(why),
            GuardError::Excluded(verified) => self.excluded(verified),
            GuardError::Message(why) => refuse_message(why),
        };
        Events::complete(&mut response, |event| event.trace = TraceId::of(&request.headers));
        response
    }

    /// The response to a user who may not use the resource. It has no challenge, because a client would start a sign-in
    /// (RFC 6750 §3), which changes nothing.
    fn excluded(&self, verified: &Verified) -> Response {
        let claims = verified.claims();
        let why = "the user may not use this MCP server";
        let response =
            wire::json(StatusCode::FORBIDDEN, &json!({ "error": "access_denied", "error_description": why }));
        Event {
            code: Some("access_denied"),
            reason: Some(format!("no rule of resource-people for {} names the user", self.resource.resource)),
            person: claims.subject.person().cloned(),
            client: Some(claims.client.clone()),
            grant: claims.grant,
            ..Event::new(EventKind::Refused)
        }
        .beside(response)
    }

    fn refuse(&self, challenge: &Challenge) -> Response {
        let (header, body) = match challenge {
            Challenge::Missing => self.rendered.missing.get_or_init(|| self.render(challenge)).clone(),
            _ => self.render(challenge),
        };
        let mut response = wire::respond(challenge.status(), "application/json", body);
        response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        response.headers_mut().insert(header::WWW_AUTHENTICATE, header);
        response
    }

    /// The header and the body of a challenge.
    fn render(&self, challenge: &Challenge) -> (HeaderValue, Bytes) {
        let metadata = format!("{}{}", self.resource.resource.origin(), self.metadata_path());
        let body = json!({ "error": challenge.code(), "error_description": challenge.sentence() });
        (challenge.header(&metadata, &self.needed), wire::serialized(&body))
    }
}
