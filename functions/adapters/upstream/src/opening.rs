//! The beginning of an event stream that may name the endpoint of HTTP+SSE (MCP 2024-11-05, Transports, HTTP with SSE).

use crate::first_event::{FirstEvent, Found, MAX};
use bytes::Bytes;
use doorward::gateway::{Gateway, Sent, UpstreamFailure};
use http::Response;
use http_body::Body;
use http_body_util::BodyExt;
use std::error::Error;
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

/// Says what the client gets in place of the data of the endpoint event, or the response in place of the stream. The data
/// is `None` if the event is too long.
type Judge = Box<dyn Fn(Option<&str>) -> Result<String, Response<Bytes>> + Send + Sync>;

/// The beginning of an event stream, until its first event was read. Only that event is changed.
pub(crate) struct Opening {
    first: FirstEvent,
    judge: Judge,
}

/// A stream that began.
pub(crate) struct Opened {
    /// The bytes to send.
    pub(crate) bytes: Bytes,
    /// What comes next, if the first event is still to come.
    pub(crate) opening: Option<Opening>,
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
    let opening = Opening::new(move |data| judge.endpoint(&of, data));
    opening.begin(body, FIRST_EVENT).await.map_err(|why| match why {
        NotOpened::Refused(response) => response,
        NotOpened::Failed => {
            let why = UpstreamFailure::Unreachable("it broke off its stream at once".to_owned());
            Box::new(gateway.failed(sent, &why))
        }
    })
}

impl Opening {
    pub(crate) fn new(
        judge: impl Fn(Option<&str>) -> Result<String, Response<Bytes>> + Send + Sync + 'static,
    ) -> Self {
        Self { first: FirstEvent::default(), judge: Box::new(judge) }
    }

    /// Waits for the first event, so that a wrong endpoint gets a response of its own. Another stream may be silent, so it
    /// waits for a limited time.
    pub(crate) async fn begin<B>(mut self, body: &mut B, limit: Duration) -> Result<Opened, NotOpened>
    where
        B: Body<Data = Bytes> + Unpin,
        B::Error: Into<Box<dyn Error + Send + Sync>>,
    {
        let (end, mut bytes) = (Instant::now() + limit, Vec::new());
        while bytes.len() <= MAX {
            let Ok(Some(frame)) = timeout_at(end, body.frame()).await else { break };
            let Ok(data) = frame.map_err(|_| NotOpened::Failed)?.into_data() else { continue };
            let (passed, is_over) = self.pass(data).map_err(NotOpened::Refused)?;
            bytes.extend_from_slice(&passed);
            if is_over {
                return Ok(Opened { bytes: bytes.into(), opening: None });
            }
        }
        Ok(Opened { bytes: bytes.into(), opening: Some(self) })
    }

    /// The next bytes, as they are sent, and whether the first event is over.
    ///
    /// # Errors
    /// The response for a stream that has not begun. One that has begun must be cut.
    pub(crate) fn pass(&mut self, mut data: Bytes) -> Result<(Bytes, bool), Box<Response<Bytes>>> {
        let mut sent = Vec::new();
        let Some(found) = self.first.read(&mut data, &mut sent) else { return Ok((sent.into(), false)) };
        match found {
            Found::Other => {}
            Found::Endpoint(event) => {
                let named = (self.judge)(Some(&event.data())).map_err(Box::new)?;
                sent.extend(event.with_data(&named));
            }
            Found::TooLong => return Err(Box::new((self.judge)(None).err().unwrap_or_default())),
        }
        sent.extend_from_slice(&data);
        Ok((sent.into(), true))
    }
}
