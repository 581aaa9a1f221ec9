//! Streams in pieces, and what a client makes of them.

use crate::answer_body::parser::{Event, events};
use crate::first_event::{EndpointEvent, FirstEvent, Found, MAX};
use bytes::Bytes;
use proptest::prelude::*;
use proptest::sample::Index;

/// What the client gets if the stream comes in these pieces. The data of the endpoint are replaced by their own in
/// brackets. `None` if the stream is refused.
fn rewritten(pieces: &[&[u8]]) -> Option<Vec<u8>> {
    let (mut first, mut sent, mut is_over) = (FirstEvent::default(), Vec::new(), false);
    for piece in pieces {
        let mut data = Bytes::copy_from_slice(piece);
        if !is_over && let Some(found) = first.read(&mut data, &mut sent) {
            match found {
                Found::TooLong => return None,
                Found::Endpoint(event) => sent.extend(replaced(&event)),
                Found::Other => {}
            }
            is_over = true;
        }
        if is_over {
            sent.extend_from_slice(&data);
        }
    }
    Some(sent)
}

fn replaced(event: &EndpointEvent) -> Vec<u8> {
    event.with_data(&format!("[{}]", event.data().replace('\n', "|")))
}

fn whole(text: &str) -> Option<String> {
    rewritten(&[text.as_bytes()]).map(|sent| String::from_utf8(sent).unwrap())
}

#[test]
fn the_data_of_the_endpoint_is_replaced_and_nothing_else() {
    for (text, expected) in [
        ("event: endpoint\ndata: /a\n\ndata: 1\n\n", "event: endpoint\ndata: [/a]\n\ndata: 1\n\n"),
        ("data:/a\nevent:endpoint\n\n", "data: [/a]\nevent:endpoint\n\n"),
        (
            ": hi\r\n\r\nevent: endpoint\r\nid: 1\r\ndata: /a\r\n\r\nx",
            ": hi\r\n\r\nevent: endpoint\r\nid: 1\r\ndata: [/a]\r\n\r\nx",
        ),
        ("event: endpoint\rdata: /a\r\rdata: 1", "event: endpoint\rdata: [/a]\r\rdata: 1"),
        ("\u{FEFF}data: /a\nevent: endpoint\ndata: b\n\n", "\u{FEFF}event: endpoint\ndata: [/a|b]\n\n"),
        // The last type counts, and an event without data is none.
        ("event: endpoint\nevent: message\ndata: /a\n\n", "event: endpoint\nevent: message\ndata: /a\n\n"),
        ("event: endpoint\n\ndata: /a\n\n", "event: endpoint\n\ndata: /a\n\n"),
        ("event: x\n\nevent: endpoint\ndata\ndata: /a\n\n", "event: x\n\nevent: endpoint\ndata: [|/a]\n\n"),
        ("event: endpoint\ndata: x\rdata: /a\n\n", "event: endpoint\ndata: [x|/a]\n\n"),
        // A mark in another line makes it no field, so it may not become the first line.
        ("data: /a\n\u{FEFF}data: /b\nevent: endpoint\ndata: /c\n\n", "event: endpoint\ndata: [/a|/c]\n\n"),
        // Only the first event is changed.
        ("data: 1\n\nevent: endpoint\ndata: /a\n\n", "data: 1\n\nevent: endpoint\ndata: /a\n\n"),
        // These are no fields of an event.
        (
            "events: endpoint\ndatum: /a\n\n event: endpoint\n",
            "events: endpoint\ndatum: /a\n\n event: endpoint\n",
        ),
    ] {
        assert_eq!(whole(text).as_deref(), Some(expected), "{text:?}");
    }
}

#[test]
fn lines_in_front_are_sent_at_once_and_an_unfinished_event_is_not() {
    for (text, sent) in [
        (": hi\nretry: 5\n: x", ": hi\nretry: 5\n"),
        (": hi\n\nevent: endpoint\ndata: /a\n", ": hi\n\n"),
        ("data: 1\n", ""),
        ("\u{FEFF}", ""),
    ] {
        assert_eq!(whole(text).as_deref(), Some(sent), "{text:?}");
    }
}

#[test]
fn an_event_of_more_than_4_kib_is_not_read() {
    let frame = "event: endpoint\ndata: \n\n".len();
    let event = |length: usize| format!(": hi\nevent: endpoint\ndata: {}\n\n", "x".repeat(length - frame));
    assert!(whole(&event(MAX)).unwrap().contains("data: [xxx"));
    assert_eq!(whole(&event(MAX + 1)), None);
    assert_eq!(whole(&event(MAX + 1000)), None);
    for other in ["data: ", ": ", "id: "] {
        let long = format!("{other}{}", "x".repeat(MAX));
        assert_eq!(whole(&long).as_ref(), Some(&long), "it passes");
    }
}

/// Text that has all that matters at the beginning of a stream.
fn stream_text() -> impl Strategy<Value = Vec<u8>> {
    let word = prop::sample::select(vec![
        "event: endpoint\n",
        "event:endpoint\r\n",
        "event: message\r",
        "event: endpoint",
        "data: /a?b\n",
        "data:/a\r\n",
        "data",
        "data: x\r",
        ": hi\n",
        "id: 1\r\n",
        "\n",
        "\r",
        "\r\n",
        "\u{FEFF}",
        "é",
        " ",
        ":",
    ]);
    let long = prop_oneof![3 => Just(0), 1 => MAX - 40..MAX + 40];
    (prop::collection::vec(word, 0..14), long, any::<Index>()).prop_map(|(mut words, long, at)| {
        let filled = "x".repeat(long);
        words.insert(at.index(words.len() + 1), &filled);
        words.concat().into_bytes()
    })
}

fn cut<'a>(text: &'a [u8], places: &[Index]) -> Vec<&'a [u8]> {
    let mut places: Vec<_> = places.iter().map(|place| place.index(text.len() + 1)).collect();
    places.sort_unstable();
    let ends = places.iter().copied().chain([text.len()]);
    let mut from = 0;
    ends.map(|to| &text[std::mem::replace(&mut from, to)..to]).collect()
}

/// The events that a client makes of `text`, where the first is the endpoint and gets other data.
fn expected(text: &[u8]) -> (Vec<Event>, Option<u64>) {
    let (mut all, retry) = events(text);
    if let Some(first) = all.first_mut().filter(|first| first.kind == "endpoint") {
        first.data = format!("[{}]", first.data.replace('\n', "|"));
    }
    (all, retry)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn the_pieces_do_not_matter(text in stream_text(), places in prop::collection::vec(any::<Index>(), 0..12)) {
        let at_once = rewritten(&[&text]);
        prop_assert_eq!(rewritten(&cut(&text, &places)), at_once.clone());
        if text.len() < 300 {
            let bytes: Vec<_> = text.chunks(1).collect();
            prop_assert_eq!(rewritten(&bytes), at_once.clone());
            prop_assert_eq!(events(&at_once.unwrap()), expected(&text));
        }
    }
}
