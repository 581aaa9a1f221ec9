//! The types of one exchange: a request that entered, what is sent to the upstream, and what comes back.

use super::limits::RequestPlace;
use crate::guard::Access;
use crate::ports::Timestamp;
use crate::protocol::ToolCall;
use crate::wire::{Response, TraceId};
use bytes::Bytes;
use http::{Method, Request, Uri};
use std::sync::Arc;
use std::time::Duration;

/// How long an answer to a POST may go on after the token has expired. A long tool call may end.
const AFTER_TOKEN: Duration = Duration::from_secs(300);

/// A request whose head was admitted. Only [`Gateway::enter`](super::Gateway::enter) makes it.
pub struct Entered {
    pub(super) access: Arc<Access>,
    pub(super) correlation: String,
    pub(super) trace: Option<TraceId>,
}

/// A request to the upstream. Only [`Gateway::forward`](super::Gateway::forward) makes it, so no other request can be sent.
pub struct Forwarded {
    pub(super) request: Request<Bytes>,
    pub(super) sent: Sent,
}

/// What the gateway has to know of a request to judge its answer.
#[derive(Clone)]
pub struct Sent {
    pub(super) access: Arc<Access>,
    pub(super) correlation: String,
    pub(super) trace: Option<TraceId>,
    pub(super) method: Method,
    /// The id of the JSON-RPC request, as the client wrote it, or `null`.
    pub(super) id: String,
    /// Whether the answer is a stream that stays open, such as that of GET.
    pub(super) is_long: bool,
    /// The tool that the message calls.
    pub(super) call: Option<ToolCall>,
    /// Whether the message is `initialize`.
    pub(super) is_initialize: bool,
    /// Whether it belongs to a session. HTTP+SSE has none.
    pub(super) has_session: bool,
    /// The URI that was requested.
    pub(super) uri: Uri,
    /// Whether this is an endpoint of HTTP+SSE.
    pub(super) is_to_endpoint: bool,
    /// The place among the requests of the user.
    pub(super) place: Option<Arc<RequestPlace>>,
}

impl Entered {
    /// The authorization of the request.
    pub fn access(&self) -> &Access {
        &self.access
    }
}

impl Forwarded {
    /// The request to send, and what [`Gateway::answer`](super::Gateway::answer) and
    /// [`Gateway::failed`](super::Gateway::failed) need.
    pub fn into_parts(self) -> (Request<Bytes>, Sent) {
        (self.request, self.sent)
    }
}

impl Sent {
    /// The place among the requests of the user. Keep it while the answer goes on.
    pub fn place(&self) -> Option<Arc<RequestPlace>> {
        self.place.clone()
    }

    /// The authorization of the request.
    pub fn access(&self) -> &Access {
        &self.access
    }

    /// Whether the answer is a stream that stays open, such as that of `subscriptions/listen`.
    pub fn is_long(&self) -> bool {
        self.is_long
    }

    /// When the answer ends: a stream that stays open ends with the token, and the answer to a message five minutes after it.
    pub(super) fn ends_at(&self) -> Timestamp {
        match self.is_long {
            true => self.access.expires_at,
            false => self.access.expires_at.after(AFTER_TOKEN),
        }
    }
}

/// What the gateway makes of an answer of the upstream.
pub enum Answered {
    /// The client gets this head and the upstream's body.
    Pass(Box<http::Response<()>>, Content),
    /// The client gets this response. The upstream's body is dropped.
    Instead(Response),
    /// The upstream is at the other path, with or without a slash at the end. [Forward](super::Gateway::forward) the request
    /// again, once.
    Again,
}

/// The body of an answer that passes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    /// A JSON document, a text, or nothing. What has not come by this time is cut.
    Document {
        /// The end.
        until: Timestamp,
    },
    /// No body: the upstream's is dropped.
    Nothing,
    /// An event stream, which ends at this time at the latest.
    Events {
        /// The end.
        until: Timestamp,
        /// Whether the stream may be one of HTTP+SSE. [`Gateway::endpoint`](super::Gateway::endpoint) judges each of its events
        /// of the type `endpoint`.
        may_name_endpoint: bool,
    },
}

/// What a stream that may be one of HTTP+SSE says of its endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NamedEndpoint<'a> {
    /// The data of its first event.
    First(&'a str),
    /// Its first event is longer than 4 KiB.
    TooLong,
    /// Another event than the first names one.
    Later,
}
