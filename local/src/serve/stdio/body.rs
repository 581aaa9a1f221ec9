//! The body of an answer: one message, the messages until a response, or those that belong to no request.

use super::answer::{INTERNAL_ERROR, error};
use super::connection::Connection;
use super::exchange::Exchange;
use super::requests::Heard;
use super::uses::Use;
use bytes::{BufMut, Bytes, BytesMut};
use http_body::{Body, Frame, SizeHint};
use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

/// The body of an answer.
pub struct StdioBody(Kind);

enum Kind {
    Whole(Option<Bytes>),
    Exchange(Box<Events>),
    Session(SessionStream),
    End,
}

/// The messages that belong to a request, up to its response.
struct Events {
    first: Option<Bytes>,
    exchange: Exchange,
    correlation: String,
}

/// The messages of a session that belong to no request.
struct SessionStream {
    connection: Arc<Connection>,
    reader: u64,
    _use: Use,
}

impl StdioBody {
    pub(super) fn whole(json: Bytes) -> Self {
        Self(Kind::Whole(Some(json).filter(|json| !json.is_empty())))
    }

    pub(super) fn exchange(first: Option<&Bytes>, exchange: Exchange, correlation: String) -> Self {
        Self(Kind::Exchange(Box::new(Events { first: first.map(event), exchange, correlation })))
    }

    pub(super) fn session(connection: Arc<Connection>, in_use: Use) -> Self {
        let reader = connection.outlet.open();
        Self(Kind::Session(SessionStream { connection, reader, _use: in_use }))
    }

    fn poll_bytes(&mut self, context: &mut Context<'_>) -> Poll<Option<Bytes>> {
        match &mut self.0 {
            Kind::Whole(json) => Poll::Ready(json.take()),
            Kind::Session(stream) => {
                let next = ready!(stream.connection.outlet.poll_next(stream.reader, context));
                Poll::Ready(next.map(|message| event(&message.json)))
            }
            Kind::Exchange(events) => {
                let (bytes, is_over) = ready!(events.poll_next(context));
                if is_over {
                    self.0 = Kind::End;
                }
                Poll::Ready(bytes)
            }
            Kind::End => Poll::Ready(None),
        }
    }
}

impl Events {
    /// The next event, and whether it is the last one.
    fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<(Option<Bytes>, bool)> {
        if let Some(first) = self.first.take() {
            return Poll::Ready((Some(first), false));
        }
        Poll::Ready(match ready!(self.exchange.poll_next(context)) {
            Ok(Heard::Message(message)) => (Some(event(&message.json)), false),
            Ok(Heard::Response(message)) => (Some(event(&message.json)), true),
            Ok(Heard::End) => (None, true),
            // The head is out already, so the failure is an event.
            Err(_) => {
                let sentence = "the MCP server behind this gateway has ended";
                let error = error(&self.exchange.id, INTERNAL_ERROR, sentence, &self.correlation);
                (Some(event(&error)), true)
            }
        })
    }
}

/// An event with a message, which has no line breaks (HTML Standard, "Server-sent events").
fn event(json: &Bytes) -> Bytes {
    let (before, after) = ("event: message\ndata: ", "\n\n");
    let mut event = BytesMut::with_capacity(before.len() + json.len() + after.len());
    event.put_slice(before.as_bytes());
    event.put_slice(json);
    event.put_slice(after.as_bytes());
    event.freeze()
}

impl Drop for SessionStream {
    fn drop(&mut self) {
        self.connection.outlet.leave(self.reader);
    }
}

impl Body for StdioBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.poll_bytes(context).map(|bytes| bytes.map(|bytes| Ok(Frame::data(bytes))))
    }

    fn is_end_stream(&self) -> bool {
        matches!(self.0, Kind::End | Kind::Whole(None))
    }

    fn size_hint(&self) -> SizeHint {
        match &self.0 {
            Kind::Whole(json) => SizeHint::with_exact(json.as_ref().map_or(0, |json| json.len() as u64)),
            Kind::End => SizeHint::with_exact(0),
            Kind::Exchange(_) | Kind::Session(_) => SizeHint::default(),
        }
    }
}
