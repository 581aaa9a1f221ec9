//! Where keep-alive comments may stand in an event stream (HTML Standard, "Server-sent events").

use bytes::Bytes;

/// The byte order mark, which a parser removes at the beginning of a stream only.
const MARK: &[u8] = "\u{FEFF}".as_bytes();

/// The text of an event stream that was sent so far, as far as comments depend on it.
#[derive(Default)]
pub(crate) struct EventText {
    beginning: Beginning,
    /// Whether the last byte was no line feed. After a carriage return a line feed may follow, which belongs to it.
    in_line: bool,
}

/// How a stream begins.
#[derive(Clone, Copy, Default)]
enum Beginning {
    /// Nothing was sent.
    #[default]
    Open,
    /// With a comment. The upstream's mark would no longer be the first, so it is removed: this much of it came.
    Comment(usize),
    /// With bytes of the upstream, or its mark was removed.
    Past,
}

impl EventText {
    /// The next bytes of the upstream, as they are sent. None if nothing remains.
    pub(crate) fn pass(&mut self, data: Bytes) -> Option<Bytes> {
        if data.is_empty() {
            return None;
        }
        let data = match std::mem::replace(&mut self.beginning, Beginning::Past) {
            Beginning::Comment(came) => self.without_mark(data, came),
            Beginning::Open | Beginning::Past => data,
        };
        self.in_line = *data.last()? != b'\n';
        Some(data)
    }

    /// A comment, if it may stand here: at the beginning of a line. It dispatches no event, even inside of one.
    pub(crate) fn comment(&mut self) -> Option<Bytes> {
        if self.in_line {
            return None;
        }
        if matches!(self.beginning, Beginning::Open) {
            self.beginning = Beginning::Comment(0);
        }
        Some(Bytes::from_static(b":\n"))
    }

    fn without_mark(&mut self, mut data: Bytes, came: usize) -> Bytes {
        let rest = &MARK[came..];
        let matching = data.iter().zip(rest).take_while(|(byte, expected)| byte == expected).count();
        if matching == rest.len() {
            return data.split_off(matching);
        }
        if matching == data.len() {
            self.beginning = Beginning::Comment(came + matching);
            return Bytes::new();
        }
        // These bytes are no mark, so what was held back comes first.
        if came == 0 { data } else { [&MARK[..came], &data].concat().into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is sent of these pieces, with a comment before each.
    fn commented(pieces: &[&'static [u8]]) -> Vec<u8> {
        let mut text = EventText::default();
        let sent = pieces.iter().flat_map(|piece| [text.comment(), text.pass(Bytes::from_static(piece))]);
        sent.flatten().flatten().collect()
    }

    #[test]
    fn a_mark_behind_a_comment_is_removed_once() {
        assert_eq!(commented(&[b"\xEF\xBB\xBFid\n"]), b":\nid\n");
        assert_eq!(commented(&[b"\xEF", b"", b"\xBB", b"\xBFid\n"]), b":\n:\n:\n:\nid\n");
        assert_eq!(commented(&[b"\xEF\xBB\xBF", b"\xEF\xBB\xBFid\n"]), b":\n:\n\xEF\xBB\xBFid\n");
        assert_eq!(commented(&[b"id\n", b"\xEF\xBB\xBFid\n"]), b":\nid\n:\n\xEF\xBB\xBFid\n");
    }

    #[test]
    fn other_bytes_are_sent_as_they_came() {
        assert_eq!(commented(&[b"\xEF\xBB", b"id\n"]), b":\n:\n\xEF\xBBid\n");
        let mut text = EventText::default();
        assert_eq!(text.pass(Bytes::from_static(b"\xEF\xBB\xBFid\n")).unwrap(), &b"\xEF\xBB\xBFid\n"[..]);
    }
}
