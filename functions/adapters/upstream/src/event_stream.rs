//! Where keep-alive comments may stand in an event stream (HTML Standard, "Server-sent events").

use bytes::Bytes;

/// The byte order mark, which a parser removes at the beginning of a stream only.
const MARK: &[u8] = "\u{FEFF}".as_bytes();

/// The text of an event stream that was sent so far, as far as comments depend on it.
#[derive(Default)]
pub(crate) struct EventText {
    started: bool,
    /// Whether the last byte was a line feed. After a carriage return a line feed may follow, which belongs to it.
    in_line: bool,
    /// After a comment at the beginning: how much of a byte order mark came. It is no longer the first, so it is removed.
    mark: Option<usize>,
}

impl EventText {
    /// The next bytes of the upstream, as they are sent. None if nothing remains.
    pub(crate) fn pass(&mut self, data: Bytes) -> Option<Bytes> {
        let data = self.without_mark(data);
        let last = *data.last()?;
        self.started = true;
        self.in_line = last != b'\n';
        Some(data)
    }

    /// A comment, if it may stand here: at the beginning of a line. It dispatches no event, even inside of one.
    pub(crate) fn comment(&mut self) -> Option<Bytes> {
        if self.in_line {
            return None;
        }
        if !self.started {
            self.mark.get_or_insert(0);
        }
        Some(Bytes::from_static(b":\n"))
    }

    fn without_mark(&mut self, mut data: Bytes) -> Bytes {
        let Some(came) = self.mark else { return data };
        let rest = &MARK[came..];
        let matching = data.iter().zip(rest).take_while(|(byte, expected)| byte == expected).count();
        if matching < rest.len() && matching == data.len() {
            self.mark = Some(came + matching);
            return Bytes::new();
        }
        self.mark = None;
        if matching == rest.len() {
            return data.split_off(matching);
        }
        // These bytes are no mark, so what was held back comes first.
        if came == 0 { data } else { [&MARK[..came], &data].concat().into() }
    }
}
