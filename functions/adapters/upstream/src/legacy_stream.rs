//! An event stream that may be one of HTTP+SSE: its first event may name the endpoint, and no later one (MCP 2024-11-05,
//! Transports, HTTP with SSE).

use crate::first_event::{FirstEvent, Found, MAX};
use crate::later_events::LaterEvents;
use bytes::Bytes;
use doorward::gateway::{Gateway, NamedEndpoint, Sent, UpstreamFailure};
use http::Response;
use http_body::Body;
use http_body_util::BodyExt;
use std::error::Error;
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

/// Says what the client gets in place of the data of the endpoint event, or the response in place of the stream.
type Judge = Box<dyn Fn(NamedEndpoint<'_>) -> Result<String, Response<Bytes>> + Send + Sync>;

/// An event stream whose events are judged. Only the data of the endpoint in its first event is changed.
pub(crate) struct LegacyStream {
    /// `None` after the first event.
    first: Option<FirstEvent>,
    later: LaterEvents,
    judge: Judge,
}

/// A stream that began.
pub(crate) struct Opened {
    /// The bytes to send.
    pub(crate) bytes: Bytes,
    /// What judges the next bytes.
    pub(crate) stream: LegacyStream,
}

/// Why a stream did not begin.
pub(crate) enum NotOpened {
    /// The client gets this response.
    Refused(Box<Response<Bytes>>),
    /// The upstream failed.
    Failed,
}

/// How long the head of a stream that may name an endpoint waits for its first event. Servers of HTTP+SSE send it at once.
const FIRST_EVENT: Duration = Duration::from_secs(1);

/// Reads the beginning of a stream that may name the endpoint of HTTP+SSE.
pub(crate) async fn open<B>(
    gateway: &Gateway,
    sent: &Sent,
    body: &mut B,
) -> Result<Opened, Box<Response<Bytes>>>
where
    B: Body<Data = Bytes> + Unpin,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    let (judge, of) = (gateway.clone(), sent.clone());
    let stream = LegacyStream::new(move |named| judge.endpoint(&of, named));
    stream.begin(body, FIRST_EVENT).await.map_err(|why| match why {
        NotOpened::Refused(response) => response,
        NotOpened::Failed => {
            let why = UpstreamFailure::Unreachable("it broke off its stream at once".to_owned());
            Box::new(gateway.failed(sent, &why))
        }
    })
}

impl LegacyStream {
    fn new(
        judge: impl Fn(NamedEndpoint<'_>) -> Result<String, Response<Bytes>> + Send + Sync + 'static,
    ) -> Self {
        Self { first: Some(FirstEvent::default()), later: LaterEvents::new(), judge: Box::new(judge) }
    }

    /// Waits for the first event, so that a wrong endpoint gets a response of its own. Another stream may be silent, so it
    /// waits for a limited time.
    async fn begin<B>(mut self, body: &mut B, limit: Duration) -> Result<Opened, NotOpened>
    where
        B: Body<Data = Bytes> + Unpin,
        B::Error: Into<Box<dyn Error + Send + Sync>>,
    {
        let (end, mut bytes) = (Instant::now() + limit, Vec::new());
        while self.first.is_some() && bytes.len() <= MAX {
            let Ok(Some(frame)) = timeout_at(end, body.frame()).await else { break };
            let Ok(data) = frame.map_err(|_| NotOpened::Failed)?.into_data() else { continue };
            bytes.extend_from_slice(&self.pass(data).map_err(NotOpened::Refused)?);
        }
        Ok(Opened { bytes: bytes.into(), stream: self })
    }

    /// The next bytes, as they are sent.
    ///
    /// # Errors
    /// The response for a stream that has not begun. One that has begun must be cut.
    pub(crate) fn pass(&mut self, mut data: Bytes) -> Result<Bytes, Box<Response<Bytes>>> {
        let Some(first) = &mut self.first else { return self.pass_later(data) };
        let mut sent = Vec::new();
        let found = first.read(&mut data, &mut sent);
        self.judge_later(&sent)?;
        let Some(found) = found else { return Ok(sent.into()) };
        self.first = None;
        match found {
            Found::Other => {}
            Found::Endpoint(event) => {
                let named = (self.judge)(NamedEndpoint::First(&event.data())).map_err(Box::new)?;
                sent.extend(event.with_data(&named));
            }
            Found::TooLong => return Err(self.refusal(NamedEndpoint::TooLong)),
        }
        sent.extend_from_slice(&self.pass_later(data)?);
        Ok(sent.into())
    }

    fn pass_later(&mut self, data: Bytes) -> Result<Bytes, Box<Response<Bytes>>> {
        self.judge_later(&data)?;
        Ok(data)
    }

    /// Judges bytes that do not belong to the endpoint of the first event.
    fn judge_later(&mut self, data: &[u8]) -> Result<(), Box<Response<Bytes>>> {
        match self.later.name_endpoint(data) {
            true => Err(self.refusal(NamedEndpoint::Later)),
            false => Ok(()),
        }
    }

    fn refusal(&self, named: NamedEndpoint<'_>) -> Box<Response<Bytes>> {
        Box::new((self.judge)(named).err().unwrap_or_default())
    }
}
