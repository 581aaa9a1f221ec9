//! A parser of event streams (HTML Standard, "Interpreting an event stream").

/// What a client makes of an event: its type, its data and the last event id.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Event {
    pub(crate) kind: String,
    pub(crate) data: String,
    id: String,
}

/// The events of a stream, and the reconnection time that it sets.
pub(crate) fn events(stream: &[u8]) -> (Vec<Event>, Option<u64>) {
    let text = String::from_utf8_lossy(stream);
    let text = text.strip_prefix('\u{FEFF}').unwrap_or(&text).replace("\r\n", "\n").replace('\r', "\n");
    let (mut events, mut retry) = (Vec::new(), None);
    let (mut kind, mut data, mut id) = (String::new(), String::new(), String::new());
    let mut lines: Vec<&str> = text.split('\n').collect();
    // What no line end follows is no line.
    lines.pop();
    for line in lines {
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            _ if line.is_empty() => {
                if !data.is_empty() {
                    data.pop();
                    events.push(Event { kind: kind.clone(), data: data.clone(), id: id.clone() });
                }
                kind.clear();
                data.clear();
            }
            "event" => value.clone_into(&mut kind),
            "data" => data.extend([value, "\n"]),
            "id" if !value.contains('\0') => value.clone_into(&mut id),
            "retry" if value.bytes().all(|byte| byte.is_ascii_digit()) => {
                retry = value.parse().ok().or(retry);
            }
            _ => {}
        }
    }
    (events, retry)
}

#[test]
fn the_examples_of_the_standard_are_parsed() {
    let event =
        |data: &str, id: &str| Event { kind: String::new(), data: data.to_owned(), id: id.to_owned() };
    let parsed = |stream: &str| events(stream.as_bytes()).0;
    assert_eq!(parsed("data: YHOO\ndata: +2\ndata: 10\n\n"), [event("YHOO\n+2\n10", "")]);
    let stream = ": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n";
    assert_eq!(parsed(stream), [event("first event", "1"), event("second event", "")]);
    assert_eq!(parsed("data\n\ndata\ndata\n\ndata:"), [event("", ""), event("\n", "")]);
    assert_eq!(parsed("data:test\r\n\r\ndata: test\r\r"), [event("test", ""), event("test", "")]);
    assert_eq!(parsed("\u{FEFF}data:1\n\n\u{FEFF}data:2\n\n"), [event("1", "")]);
    assert_eq!(events(b"retry: 10\nretry: x\n\n").1, Some(10));
}
