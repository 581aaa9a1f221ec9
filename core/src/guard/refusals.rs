//! The responses of a guard to requests that it does not admit.

use super::Guard;
use super::message::refuse_message;
use super::verify::{GuardError, Lacking, Verified};
use crate::protocol::{Challenge, Mount, shortened};
use crate::rules::{self, Rule};
use crate::token::IntrospectionUnavailable;
use crate::wire::{self, Event, Events, Response, TraceId};
use bytes::Bytes;
use http::request::Parts;
use http::{HeaderValue, header};
use serde_json::{Value, json};

/// Adds to the events where the request comes from. Without events, it reads nothing.
fn place(response: &mut Response, request: &Parts) {
    Events::complete(response, |event| {
        event.trace = TraceId::of(&request.headers);
        event.come_from(request.headers.get(header::USER_AGENT));
    });
}

impl Guard {
    pub(super) fn refused(&self, request: &Parts, refused: &GuardError) -> Response {
        let mut response = match refused {
            GuardError::Challenge(challenge) => self.refuse(challenge),
            GuardError::Unavailable(why) => self.unanswered(why),
            GuardError::Excluded(verified) => self.excluded(verified),
            GuardError::Lacking(lacking) => self.lacking(lacking),
            GuardError::Message(why) => refuse_message(why),
        };
        place(&mut response, request);
        response
    }

    /// The response to a user who may not use the resource. It has no challenge, because a client would start a sign-in
    /// (RFC 6750 §3), which changes nothing.
    fn excluded(&self, verified: &Verified) -> Response {
        let claims = verified.claims();
        let why = "the user may not use this MCP server";
        let rule = &rules::USER_EXCLUDED;
        let response = wire::json(rule.status, &self.body(rule, why));
        let reason = format!("no rule of resource-people for {} names the user", self.resource.resource);
        Event {
            person: claims.subject.person().cloned(),
            client: Some(claims.client.clone()),
            grant: claims.grant,
            ..Event::refused(rule, &reason)
        }
        .beside(response)
    }

    /// The challenge to a token that lacks a scope, with a line: a client that does not step up repeats the call.
    fn lacking(&self, lacking: &Lacking) -> Response {
        let Lacking { subject, client, grant, held, needed } = lacking;
        let reason = format!("the token has {held}, the call needs {needed}");
        let response = self.refuse(&Challenge::InsufficientScope(needed.union(held)));
        Event {
            person: subject.person().cloned(),
            client: Some(client.clone()),
            grant: *grant,
            ..Event::refused(&rules::SCOPE_INSUFFICIENT, &reason)
        }
        .beside(response)
    }

    /// The response when the issuer or the store did not answer.
    fn unanswered(&self, reason: &IntrospectionUnavailable) -> Response {
        let sorry = "the server cannot verify the access token at the moment; try again in a few seconds";
        let rule = &rules::VERIFICATION_AWAY;
        let mut response = wire::json(rule.status, &self.body(rule, sorry));
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("2"));
        Event::refused(rule, &reason.to_string()).beside(response)
    }

    /// The response to a page of a foreign origin. A web client stops there, so the operator has to see its origin.
    pub(super) fn foreign(&self, request: &Parts) -> Response {
        let why = "the Origin or the Host header is not allowed (DNS rebinding)";
        let response = wire::json(rules::ORIGIN_FOREIGN.status, &self.body(&rules::ORIGIN_FOREIGN, why));
        let sent = |name| {
            let value = request.headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()));
            value.map_or_else(|| "none".to_owned(), |value| shortened(&value))
        };
        let reason = format!("Origin: {}; Host: {}", sent(header::ORIGIN), sent(header::HOST));
        let mut response = Event::refused(&rules::ORIGIN_FOREIGN, &reason).beside(response);
        place(&mut response, request);
        response
    }

    /// The body of a refusal. `error_uri` leads to the error catalogue of the issuer.
    fn body(&self, rule: &Rule, description: &str) -> Value {
        let uri = format!("{}#{}", self.issuer.url(self.issuer_paths.of(Mount::Errors)), rule.name);
        json!({ "error": rule.code, "error_description": description, "error_uri": uri })
    }

    fn refuse(&self, challenge: &Challenge) -> Response {
        let (header, body) = match challenge {
            Challenge::Missing => self.rendered.missing.get_or_init(|| self.render(challenge)).clone(),
            _ => self.render(challenge),
        };
        let mut response = wire::respond(challenge.rule().status, "application/json", body);
        response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        response.headers_mut().insert(header::WWW_AUTHENTICATE, header);
        response
    }

    /// The header and the body of a challenge.
    fn render(&self, challenge: &Challenge) -> (HeaderValue, Bytes) {
        let metadata = format!("{}{}", self.resource.resource.origin(), self.metadata_path());
        let body = self.body(challenge.rule(), &challenge.sentence());
        (challenge.header(&metadata, &self.needed), wire::serialized(&body))
    }
}
