//! The way to the upstream: the headers that a request gets, its session and its one message.

use super::exchange::{Entered, Forwarded, Sent};
use super::limits::RequestPlace;
use super::{Gateway, headers, refusal};
use crate::guard::{Access, is_plain, refuse_message};
use crate::protocol::{Message, Unreadable};
use crate::sealed::SessionOwner;
use crate::wire::{Response, correlation};
use bytes::Bytes;
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method, Request, header};
use serde_json::value::RawValue;
use std::sync::Arc;

impl Gateway {
    /// Judges the message of a request, and makes the request to the upstream. Its body are the same bytes.
    ///
    /// # Errors
    /// The response to send instead: 400 or 415 for a body that is not one message, 403 when the token lacks a scope of the
    /// tool, 404 for a session that is not this user's, 503 for a user with too many requests or streams, or when the identity
    /// cannot be signed, or 508 for a request that this gateway has forwarded before.
    pub fn forward(&self, entered: &Entered, head: &Parts, message: &Bytes) -> Result<Forwarded, Response> {
        let access = &entered.access;
        let is_message = head.method == Method::POST;
        let read = if is_message { Some(read(&head.headers, message)?) } else { None };
        self.guard.admit_message(head, access, if is_message { message } else { b"" })?;
        let id = read.as_ref().and_then(|message| message.id).map(RawValue::get);
        let mut sent = Sent {
            access: access.clone(),
            correlation: entered.correlation.clone(),
            trace: entered.trace,
            method: head.method.clone(),
            id: id.filter(|id| is_id(id)).unwrap_or("null").to_owned(),
            call: read.as_ref().and_then(|message| message.call.clone()),
            is_initialize: read
                .as_ref()
                .is_some_and(|message| message.method.as_deref() == Some("initialize")),
            is_long: read.is_none_or(|message| message.method.as_deref() == Some("subscriptions/listen")),
            has_session: head.headers.contains_key(headers::SESSION_ID),
            uri: self.uri().clone(),
            is_to_endpoint: false,
            place: None,
        };
        if head.headers.get_all(header::VIA).iter().any(|via| self.is_ours(via)) {
            return Err(refusal::circular(&sent));
        }
        sent.place = self.place(&sent)?;
        if is_message && let Some(uri) = self.opened_endpoint(&sent, head)? {
            (sent.uri, sent.is_to_endpoint) = (uri, true);
        }
        let headers = self.headers(&sent, head)?;
        let mut request = Request::new(if is_message { message.clone() } else { Bytes::new() });
        *request.method_mut() = head.method.clone();
        *request.uri_mut() = sent.uri.clone();
        *request.headers_mut() = headers;
        Ok(Forwarded { request, sent })
    }

    /// Counts the request among those of its user. Returns its place.
    fn place(&self, sent: &Sent) -> Result<Option<Arc<RequestPlace>>, Response> {
        // DELETE ends a session, which makes room.
        let limits = self.limits.as_ref().filter(|_| sent.method != Method::DELETE);
        let place = limits.map(|limits| limits.place(&sent.access, sent.is_long)).transpose();
        Ok(place.map_err(|too_many| refusal::too_many_open(sent, too_many))?.map(Arc::new))
    }

    /// The headers of the request to the upstream: those that pass, and those that the gateway adds.
    fn headers(&self, sent: &Sent, head: &Parts) -> Result<HeaderMap, Response> {
        let mut headers = headers::of_request(&head.headers, &self.upstream.forward);
        if let Some(session) = self.session(sent, &head.headers)? {
            headers.insert(headers::SESSION_ID, session);
            // Event ids are unique in a session. Without one, a guessed id would replay the stream of another user.
            if let Some(last) = head.headers.get(headers::LAST_EVENT_ID) {
                headers.insert(headers::LAST_EVENT_ID, last.clone());
            }
        }
        for via in head.headers.get_all(header::VIA).iter().filter(|via| via.to_str().is_ok()) {
            headers.append(header::VIA, via.clone());
        }
        for (name, value) in self.added.iter() {
            headers.insert(name.clone(), value.clone());
        }
        headers.append(header::VIA, self.via.clone());
        correlation::put_among(&mut headers, &sent.correlation);
        let now = self.guard.now();
        self.identity.put(&sent.access, now, &mut headers).map_err(|_| refusal::unsigned(sent))?;
        Ok(headers)
    }

    /// The session id of the upstream, if the request has one.
    fn session(&self, sent: &Sent, headers: &HeaderMap) -> Result<Option<HeaderValue>, Response> {
        let mut given = headers.get_all(headers::SESSION_ID).iter();
        let Some(bound) = given.next() else { return Ok(None) };
        let bound = bound.to_str().ok().filter(|_| given.next().is_none());
        let id = bound.and_then(|bound| self.sessions.unbind(self.owner(&sent.access), bound));
        let id = id.and_then(|id| HeaderValue::from_str(id).ok());
        id.map(Some).ok_or_else(|| refusal::unknown_session(sent))
    }

    /// The owner of the sessions and endpoints of a request.
    pub(super) fn owner<'a>(&'a self, access: &'a Access) -> SessionOwner<'a> {
        SessionOwner {
            resource: &self.guard.resource().resource,
            subject: &access.subject,
            client: &access.client,
        }
    }

    /// Whether a `Via` header names this gateway.
    fn is_ours(&self, via: &HeaderValue) -> bool {
        let names =
            via.to_str().unwrap_or_default().split(',').filter_map(|entry| entry.split_whitespace().nth(1));
        names.into_iter().any(|name| name == self.pseudonym)
    }
}

/// Reads the message of a POST.
fn read<'a>(headers: &HeaderMap, message: &'a Bytes) -> Result<Message<'a>, Response> {
    let message = if is_plain(headers) { Message::read(message) } else { Err(Unreadable::Encoding) };
    message.map_err(|why| refuse_message(&why))
}

/// Whether an id is a string or a number, and short enough to be repeated in a refusal (JSON-RPC 2.0 §4).
fn is_id(id: &str) -> bool {
    id.len() <= 256 && id.starts_with(|first: char| first == '"' || first == '-' || first.is_ascii_digit())
}
