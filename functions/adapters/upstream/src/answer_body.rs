//! The body of an answer, on its way from the upstream to the client.

use crate::event_stream::EventText;
use crate::legacy_stream::{LegacyStream, Opened};
use crate::silence::Silence;
use bytes::Bytes;
use doorward::gateway::RequestPlace;
use http_body::{Body, Frame, SizeHint};
use std::error::Error;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::time::{Instant, Sleep, sleep_until};

/// How long an event stream is silent before a comment is sent, unless the operator says otherwise. Some proxies close
/// connections that are silent for 60 s.
pub const KEEP_ALIVE: Duration = Duration::from_secs(25);
/// How long the upstream may be silent inside a body that is no event stream.
pub const MAX_SILENCE: Duration = Duration::from_secs(60);

/// An answer's body that passes the upstream's frames as they come, without its trailers. Where it ends or fails it
/// drops the upstream's body, which closes the connection or the stream to the upstream.
pub struct AnswerBody<B> {
    /// None after the end.
    upstream: Option<B>,
    kind: Kind,
    /// Held until the end.
    place: Option<Arc<RequestPlace>>,
}

enum Kind {
    Message {
        silence: Silence,
        /// Judged when bytes come: silence ends the body too.
        until: Instant,
    },
    Events(Box<Events>),
}

struct Events {
    text: EventText,
    until: Pin<Box<Sleep>>,
    keep_alive: Option<Silence>,
    /// Bytes that were read before the body was made.
    first: Bytes,
    /// Judges the events, if the stream may be one of HTTP+SSE.
    legacy: Option<LegacyStream>,
}

/// An answer's body that did not come whole. The connection to the client is cut, so that the client does not take the
/// body for whole.
#[derive(Debug, thiserror::Error)]
pub enum BodyError {
    /// Nothing came for this time.
    #[error("the upstream sent nothing for {} s", .0.as_secs())]
    Silent(Duration),
    /// It went on for too long after the access token.
    #[error("the answer took longer than its access token allows")]
    Overdue,
    /// The upstream's connection failed.
    #[error("the upstream broke off its answer")]
    Upstream(#[source] Box<dyn Error + Send + Sync>),
    /// The stream named an endpoint that no client may get.
    #[error("the upstream named an endpoint that is not its own, or a second one")]
    Endpoint,
}

impl<B> AnswerBody<B> {
    /// An event stream. It ends at `until`. After each silence of `keep_alive` it gets a comment, if the last line is
    /// complete. A stream with a `Content-Encoding` must have no `keep_alive`, and an answer with one no
    /// `Content-Length`: comments change both.
    pub fn events(upstream: B, until: Instant, keep_alive: Option<Duration>) -> Self {
        let keep_alive = keep_alive.filter(|time| !time.is_zero()).map(Silence::new);
        let until = Box::pin(sleep_until(until));
        let events =
            Events { text: EventText::default(), until, keep_alive, first: Bytes::new(), legacy: None };
        Self { upstream: Some(upstream), kind: Kind::Events(Box::new(events)), place: None }
    }

    /// The same body, which keeps its place among the requests of its user.
    pub(crate) fn at(self, place: Option<Arc<RequestPlace>>) -> Self {
        Self { place, ..self }
    }

    /// The same event stream, whose beginning was read.
    pub(crate) fn after(mut self, opened: Opened) -> Self {
        if let Kind::Events(events) = &mut self.kind {
            (events.first, events.legacy) = (opened.bytes, Some(opened.stream));
        }
        self
    }

    /// Another body. It fails after a silence of [`MAX_SILENCE`], and at `until`.
    pub fn message(upstream: B, until: Instant) -> Self {
        Self {
            upstream: Some(upstream),
            kind: Kind::Message { silence: Silence::new(MAX_SILENCE), until },
            place: None,
        }
    }
}

impl Kind {
    /// Whether the stream has to end now.
    fn is_over(&mut self, cx: &mut Context<'_>) -> bool {
        match self {
            Self::Message { .. } => false,
            Self::Events(events) => events.until.as_mut().poll(cx).is_ready(),
        }
    }

    /// What is sent of the upstream's bytes.
    fn pass(&mut self, data: Bytes) -> Result<Option<Bytes>, BodyError> {
        match self {
            Self::Message { until, .. } if *until <= Instant::now() => Err(BodyError::Overdue),
            Self::Message { silence, .. } => {
                silence.heard();
                Ok(Some(data).filter(|data| !data.is_empty()))
            }
            Self::Events(events) => events.pass(data),
        }
    }

    /// Whether bytes wait that were read before.
    fn has_first(&self) -> bool {
        matches!(self, Self::Events(events) if !events.first.is_empty())
    }

    /// The bytes that were read before, once.
    fn first(&mut self) -> Option<Bytes> {
        match self {
            Self::Message { .. } => None,
            Self::Events(events) => events.text.pass(std::mem::take(&mut events.first)),
        }
    }

    /// What is sent after silence.
    fn poll_silence(&mut self, cx: &mut Context<'_>) -> Poll<Result<Bytes, BodyError>> {
        match self {
            Self::Message { silence, .. } => silence.poll(cx).map(|()| Err(BodyError::Silent(MAX_SILENCE))),
            Self::Events(events) => events.poll_silence(cx).map(Ok),
        }
    }
}

impl Events {
    fn pass(&mut self, mut data: Bytes) -> Result<Option<Bytes>, BodyError> {
        self.keep_alive.iter_mut().for_each(Silence::heard);
        if let Some(legacy) = &mut self.legacy {
            data = legacy.pass(data).map_err(|_| BodyError::Endpoint)?;
        }
        Ok(self.text.pass(data))
    }

    fn poll_silence(&mut self, cx: &mut Context<'_>) -> Poll<Bytes> {
        let Some(silence) = &mut self.keep_alive else { return Poll::Pending };
        loop {
            ready!(silence.poll(cx));
            if let Some(comment) = self.text.comment() {
                return Poll::Ready(comment);
            }
        }
    }
}

impl<B> AnswerBody<B>
where
    B: Body<Data = Bytes> + Unpin,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    fn poll_bytes(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, BodyError>>> {
        // First, because an upstream that never rests must not put off the end.
        if self.kind.is_over(cx) {
            return Poll::Ready(None);
        }
        if let Some(first) = self.kind.first() {
            return Poll::Ready(Some(Ok(first)));
        }
        let Some(upstream) = &mut self.upstream else { return Poll::Ready(None) };
        while let Poll::Ready(frame) = Pin::new(&mut *upstream).poll_frame(cx) {
            match frame {
                None => return Poll::Ready(None),
                Some(Err(error)) => return Poll::Ready(Some(Err(BodyError::Upstream(error.into())))),
                Some(Ok(frame)) => {
                    let Ok(data) = frame.into_data() else { continue };
                    if let Some(passed) = self.kind.pass(data).transpose() {
                        return Poll::Ready(Some(passed));
                    }
                }
            }
        }
        self.kind.poll_silence(cx).map(Some)
    }
}

impl<B> Body for AnswerBody<B>
where
    B: Body<Data = Bytes> + Unpin,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        if self.upstream.is_none() {
            return Poll::Ready(None);
        }
        let bytes = ready!(self.poll_bytes(cx));
        if !matches!(bytes, Some(Ok(_))) {
            self.upstream = None;
            self.place = None;
        }
        Poll::Ready(bytes.map(|bytes| bytes.map(Frame::data)))
    }

    fn is_end_stream(&self) -> bool {
        self.upstream.as_ref().is_none_or(|upstream| upstream.is_end_stream() && !self.kind.has_first())
    }

    fn size_hint(&self) -> SizeHint {
        match (&self.upstream, &self.kind) {
            (None, _) => SizeHint::with_exact(0),
            (Some(upstream), Kind::Message { .. }) => upstream.size_hint(),
            (Some(_), Kind::Events(_)) => SizeHint::default(),
        }
    }
}

#[cfg(test)]
pub(crate) mod parser;
#[cfg(test)]
mod tests;
