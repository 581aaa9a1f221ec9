//! Answers in one piece, for a deployment that cannot stream.

use crate::answer_body::{AnswerBody, BodyError};
use bytes::Bytes;
use doorward::gateway::UpstreamFailure;
use http_body::Body;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use std::error::Error;
use std::time::Duration;
use tokio::time::timeout;

/// Reads an answer to its end.
///
/// # Errors
/// [`UpstreamFailure`] if it takes longer than `limit`, is longer than `most` bytes as a JSON string, or breaks off.
pub(crate) async fn whole<B>(
    body: AnswerBody<B>,
    most: usize,
    limit: Duration,
) -> Result<Bytes, UpstreamFailure>
where
    B: Body<Data = Bytes> + Unpin,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    let late =
        |_| UpstreamFailure::Late("no end of the answer before the deadline of the request".to_owned());
    let read = timeout(limit, Limited::new(body, most).collect()).await.map_err(late)?;
    let bytes = read.map_err(|error| failure(&*error, most))?.to_bytes();
    if quoted_length(&bytes) > most { Err(too_large(most)) } else { Ok(bytes) }
}

fn failure(error: &(dyn Error + Send + Sync + 'static), most: usize) -> UpstreamFailure {
    match error.downcast_ref::<BodyError>() {
        _ if error.is::<LengthLimitError>() => too_large(most),
        Some(BodyError::Silent(_)) => UpstreamFailure::Late(error.to_string()),
        _ => UpstreamFailure::Unreachable(error.to_string()),
    }
}

fn too_large(most: usize) -> UpstreamFailure {
    UpstreamFailure::TooLarge(format!(
        "the answer is larger than {most} bytes as a JSON string; deploy with a front, which streams"
    ))
}

/// The length of a body in a JSON string (RFC 8259 §7), or in base64 if it is no text.
fn quoted_length(body: &[u8]) -> usize {
    if std::str::from_utf8(body).is_err() {
        return body.len().div_ceil(3) * 4;
    }
    let quoted = |byte: &u8| match byte {
        b'"' | b'\\' | b'\n' | b'\r' | b'\t' => 2,
        ..0x20 => 6,
        _ => 1,
    };
    body.iter().map(quoted).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use http_body_util::Full;
    use tokio::time::Instant;

    fn message<B>(body: B) -> AnswerBody<B> {
        AnswerBody::message(body, Instant::now() + Duration::from_secs(3600))
    }

    async fn read(body: &'static [u8], most: usize) -> Result<Bytes, UpstreamFailure> {
        whole(message(Full::from(body)), most, Duration::from_secs(1)).await
    }

    #[tokio::test]
    async fn an_answer_passes_if_it_fits_as_a_json_string() {
        for (body, length) in
            [(&b"abc"[..], 3), (b"\"\\\n", 6), (b"\x01", 6), (b"\xff\xff", 4), ("é".as_bytes(), 2)]
        {
            assert_eq!(read(body, length).await.unwrap(), body, "{length}");
            let refused = read(body, length - 1).await;
            assert!(matches!(refused, Err(UpstreamFailure::TooLarge(_))), "{refused:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_without_an_end_is_late() {
        let (_sender, body) = http_body_util::channel::Channel::<Bytes, std::io::Error>::new(1);
        let read = whole(message(body), 100, Duration::from_secs(1)).await;
        assert!(matches!(read, Err(UpstreamFailure::Late(_))), "{read:?}");
        let (sender, body) = http_body_util::channel::Channel::<Bytes, std::io::Error>::new(1);
        sender.abort(std::io::Error::other("reset"));
        let read = whole(message(body), 100, Duration::from_secs(1)).await;
        assert!(matches!(read, Err(UpstreamFailure::Unreachable(_))), "{read:?}");
    }
}
