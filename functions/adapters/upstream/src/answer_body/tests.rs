//! Bodies on paused time. `Channel` is the upstream's body.

use super::parser::events;
use super::*;
use http::HeaderMap;
use http_body_util::BodyExt;
use http_body_util::channel::{Channel, Sender};
use proptest::prelude::*;
use std::future::poll_fn;

type Upstream = Channel<Bytes, Box<dyn Error + Send + Sync>>;
type Sending = Sender<Bytes, Box<dyn Error + Send + Sync>>;

const SECOND: Duration = Duration::from_secs(1);

fn stream(keep_alive: Option<Duration>) -> (Sending, AnswerBody<Upstream>) {
    let (sending, upstream) = Channel::new(8);
    (sending, AnswerBody::events(upstream, Instant::now() + 1000 * SECOND, keep_alive))
}

/// An end that no test reaches.
fn late() -> Instant {
    Instant::now() + 10_000 * SECOND
}

async fn next(body: &mut AnswerBody<Upstream>) -> Option<Result<Bytes, BodyError>> {
    body.frame().await.map(|frame| frame.map(|frame| frame.into_data().unwrap()))
}

async fn text(body: &mut AnswerBody<Upstream>) -> String {
    String::from_utf8(next(body).await.unwrap().unwrap().to_vec()).unwrap()
}

/// Whether the body has nothing to send now.
async fn is_waiting(body: &mut AnswerBody<Upstream>) -> bool {
    poll_fn(|cx| Poll::Ready(Pin::new(&mut *body).poll_frame(cx).is_pending())).await
}

#[tokio::test(start_paused = true)]
async fn comments_are_sent_in_silence_at_the_beginning_of_lines() {
    let (mut sending, mut body) = stream(Some(25 * SECOND));
    let began = Instant::now();
    for silences in 1..4 {
        assert_eq!(text(&mut body).await, ":\n");
        assert_eq!(began.elapsed().as_secs(), 25 * silences);
    }
    sending.send_data("data: 1\n".into()).await.unwrap();
    assert_eq!(text(&mut body).await, "data: 1\n");
    // Each byte ends the silence.
    tokio::time::advance(24 * SECOND).await;
    assert!(is_waiting(&mut body).await);
    sending.send_data("id: 1\n".into()).await.unwrap();
    assert_eq!(text(&mut body).await, "id: 1\n");
    let heard = Instant::now();
    assert_eq!(text(&mut body).await, ":\n");
    assert_eq!(heard.elapsed().as_secs(), 25);
}

#[tokio::test(start_paused = true)]
async fn no_comment_is_sent_inside_a_line() {
    for unfinished in ["data: 1", "data: 1\r"] {
        let (mut sending, mut body) = stream(Some(25 * SECOND));
        sending.send_data(unfinished.into()).await.unwrap();
        assert_eq!(text(&mut body).await, unfinished);
        assert!(is_waiting(&mut body).await);
        tokio::time::advance(90 * SECOND).await;
        assert!(is_waiting(&mut body).await, "{unfinished:?}");
        sending.send_data("\n".into()).await.unwrap();
        assert_eq!(text(&mut body).await, "\n");
        assert_eq!(text(&mut body).await, ":\n");
    }
}

#[tokio::test(start_paused = true)]
async fn without_keep_alive_nothing_is_inserted() {
    for none in [None, Some(Duration::ZERO)] {
        let (_sending, mut body) = stream(none);
        assert!(next(&mut body).await.is_none(), "the stream ends at its time");
    }
}

#[tokio::test(start_paused = true)]
async fn a_stream_ends_at_its_time_even_if_the_upstream_never_rests() {
    let (mut sending, upstream) = Channel::new(8);
    let mut body: AnswerBody<Upstream> = AnswerBody::events(upstream, Instant::now() + 10 * SECOND, None);
    sending.send_data("data: 1\n\n".into()).await.unwrap();
    assert_eq!(text(&mut body).await, "data: 1\n\n");
    sending.send_data("data: 2\n\n".into()).await.unwrap();
    tokio::time::advance(10 * SECOND).await;
    assert!(next(&mut body).await.is_none());
    assert!(body.is_end_stream() && next(&mut body).await.is_none());
    assert!(sending.send_data("data: 3\n\n".into()).await.is_err(), "the upstream's body is dropped");
}

/// An upstream that sends a byte now and then is never silent for long.
#[tokio::test(start_paused = true)]
async fn another_body_fails_at_its_time() {
    let (mut sending, upstream) = Channel::new(8);
    let mut body: AnswerBody<Upstream> = AnswerBody::message(upstream, Instant::now() + 100 * SECOND);
    for _ in 0..2 {
        tokio::time::advance(49 * SECOND).await;
        sending.send_data(" ".into()).await.unwrap();
        assert_eq!(text(&mut body).await, " ");
    }
    assert!(is_waiting(&mut body).await);
    tokio::time::advance(2 * SECOND).await;
    sending.send_data("{}".into()).await.unwrap();
    let failed = next(&mut body).await.unwrap().unwrap_err();
    assert_eq!(failed.to_string(), "the answer took longer than its access token allows");
    assert!(sending.send_data("more".into()).await.is_err(), "the upstream's body is dropped");
}

#[tokio::test(start_paused = true)]
async fn another_body_fails_after_a_minute_of_silence() {
    let (mut sending, upstream) = Channel::new(8);
    let mut body: AnswerBody<Upstream> = AnswerBody::message(upstream, late());
    sending.send_data("{".into()).await.unwrap();
    assert_eq!(text(&mut body).await, "{");
    // A reader that rests is no silence of the upstream.
    tokio::time::advance(100 * SECOND).await;
    assert!(is_waiting(&mut body).await);
    tokio::time::advance(59 * SECOND).await;
    assert!(is_waiting(&mut body).await);
    sending.send_data("}".into()).await.unwrap();
    assert_eq!(text(&mut body).await, "}");
    let heard = Instant::now();
    let failed = next(&mut body).await.unwrap().unwrap_err();
    assert_eq!(
        (failed.to_string().as_str(), heard.elapsed()),
        ("the upstream sent nothing for 60 s", MAX_SILENCE)
    );
    assert!(sending.send_data("more".into()).await.is_err(), "the upstream's body is dropped");
}

#[tokio::test(start_paused = true)]
async fn an_error_of_the_upstream_is_an_error_and_trailers_are_dropped() {
    for (sent, events) in [("data: 1\n\n", true), ("{", false)] {
        let (mut sending, upstream) = Channel::new(8);
        let mut body: AnswerBody<Upstream> = match events {
            true => AnswerBody::events(upstream, Instant::now() + 1000 * SECOND, None),
            false => AnswerBody::message(upstream, late()),
        };
        sending.send_data(Bytes::new()).await.unwrap();
        sending.send_data(sent.into()).await.unwrap();
        sending.send_trailers(HeaderMap::new()).await.unwrap();
        assert_eq!(text(&mut body).await, sent);
        assert!(is_waiting(&mut body).await);
        sending.abort("reset".into());
        assert!(matches!(next(&mut body).await, Some(Err(BodyError::Upstream(_)))));
        assert!(next(&mut body).await.is_none());
    }
}

#[tokio::test(start_paused = true)]
async fn the_length_of_a_message_is_known_and_that_of_a_stream_is_not() {
    let whole = || http_body_util::Full::new(Bytes::from_static(b"12345"));
    assert_eq!(AnswerBody::message(whole(), late()).size_hint().exact(), Some(5));
    assert_eq!(AnswerBody::events(whole(), Instant::now() + SECOND, None).size_hint().exact(), None);
}

/// What a client gets if the upstream sends these pieces, each after a silence in seconds.
fn relayed(pieces: &[(Vec<u8>, u64)], keep_alive: Option<Duration>) -> Vec<u8> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    runtime.unwrap().block_on(async {
        let (mut sending, upstream) = Channel::new(1);
        let until = Instant::now() + Duration::from_secs(100_000);
        let body: AnswerBody<Upstream> = AnswerBody::events(upstream, until, keep_alive);
        let send = async move {
            for (piece, silence) in pieces {
                tokio::time::sleep(Duration::from_secs(*silence)).await;
                sending.send_data(piece.clone().into()).await.unwrap();
            }
        };
        let ((), sent) = tokio::join!(send, body.collect());
        sent.unwrap().to_bytes().to_vec()
    })
}

/// Text that has all that matters in an event stream, and some of which is cut inside a character.
fn stream_text() -> impl Strategy<Value = Vec<u8>> {
    let word = prop::sample::select(vec![
        "data",
        "event",
        "id",
        "retry",
        ":",
        ": ",
        ": 1",
        " ",
        "\n",
        "\n\n",
        "\r",
        "\r\n",
        "\0",
        "\u{FEFF}",
        "é",
        "x",
        "data: x\n\n",
    ]);
    let mark = prop::sample::select(vec!["", "\u{FEFF}", "\u{FEF0}"]);
    (mark, prop::collection::vec(word, 0..40))
        .prop_map(|(mark, words)| (mark.to_owned() + &words.concat()).into_bytes())
}

/// The pieces between these places.
fn cut(mut text: Vec<u8>, places: &[(prop::sample::Index, u64)]) -> Vec<(Vec<u8>, u64)> {
    let mut pieces = Vec::new();
    for (place, silence) in places {
        // Many of them are small, so that marks and line ends are cut.
        let rest = text.split_off(place.index(text.len().min(6) + 1));
        pieces.push((std::mem::replace(&mut text, rest), *silence));
    }
    pieces.push((text, 30));
    pieces
}

proptest! {
    #[test]
    fn comments_change_no_event(
        text in stream_text(),
        places in prop::collection::vec((any::<prop::sample::Index>(), 0..80_u64), 0..40),
    ) {
        let pieces = cut(text.clone(), &places);
        prop_assert_eq!(&relayed(&pieces, None), &text);
        let commented = relayed(&pieces, Some(25 * SECOND));
        prop_assert_eq!(events(&commented), events(&text), "{:?}", String::from_utf8_lossy(&commented));
    }
}
