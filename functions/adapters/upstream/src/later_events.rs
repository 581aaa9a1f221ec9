//! The events of a stream behind its first one, none of which may name an endpoint (MCP 2024-11-05, Transports, HTTP with
//! SSE).

const NAME: &[u8] = b"event:";
const ENDPOINT: &[u8] = b"endpoint";

/// Looks for a line with the type `endpoint`. It keeps no bytes: an event counts only when the empty line at its end has
/// come, so its lines may pass before.
pub(crate) struct LaterEvents(Line);

/// The line so far.
#[derive(Clone, Copy)]
enum Line {
    /// This many bytes of the field's name and its colon.
    Name(usize),
    /// The name, and this many bytes of the type. Some clients remove all spaces around it, so they do not count.
    Value(usize),
    /// Another line.
    Other,
}

impl LaterEvents {
    /// At the beginning of a line.
    pub(crate) fn new() -> Self {
        Self(Line::Name(0))
    }

    /// Whether a line with the type `endpoint` ends in these next bytes.
    pub(crate) fn name_endpoint(&mut self, mut data: &[u8]) -> bool {
        while let Some((byte, rest)) = data.split_first() {
            data = rest;
            if is_end(byte) {
                if matches!(self.0, Line::Value(count) if count == ENDPOINT.len()) {
                    return true;
                }
                self.0 = Line::Name(0);
            } else if matches!(self.0, Line::Other) {
                data = &data[data.iter().position(is_end).unwrap_or(data.len())..];
            } else {
                self.0 = self.0.with(*byte);
            }
        }
        false
    }
}

impl Line {
    fn with(self, byte: u8) -> Self {
        let is_space = [b' ', b'\t'].contains(&byte);
        match self {
            Self::Name(count) if byte == NAME[count] => {
                if count + 1 == NAME.len() {
                    Self::Value(0)
                } else {
                    Self::Name(count + 1)
                }
            }
            Self::Value(count) if is_space && [0, ENDPOINT.len()].contains(&count) => self,
            Self::Value(count) if ENDPOINT.get(count) == Some(&byte) => Self::Value(count + 1),
            _ => Self::Other,
        }
    }
}

fn is_end(byte: &u8) -> bool {
    [b'\r', b'\n'].contains(byte)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn found(pieces: &[&[u8]]) -> bool {
        let mut later = LaterEvents::new();
        pieces.iter().any(|piece| later.name_endpoint(piece))
    }

    #[test]
    fn a_line_with_this_type_is_found() {
        for text in [
            "event: endpoint\n",
            "event:endpoint\r",
            "data: /m\r\nevent: endpoint\r\ndata: /n",
            "\nevent:\t  endpoint \t\r\n",
            "event: message\nevent: endpoint\n",
        ] {
            assert!(found(&[text.as_bytes()]), "{text:?}");
        }
        for text in [
            "event: endpoint",
            "event: endpoints\n",
            "event: end point\n",
            "event: endpoint x\n",
            "event endpoint\n",
            "event : endpoint\n",
            " event: endpoint\n",
            "data: event: endpoint\n",
            ": event: endpoint\n",
            "event:\nendpoint\n",
            "event: Endpoint\n",
            "e\nvent: endpoint\n",
        ] {
            assert!(!found(&[text.as_bytes()]), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn the_pieces_do_not_matter(words in prop::collection::vec("event|:| |endpoint|\r|\n|\t|data|x", 0..20)) {
            let text = words.concat();
            let is_found = text.split(['\r', '\n']).rev().skip(1).any(|line| {
                let kind = line.strip_prefix("event:");
                kind.is_some_and(|kind| kind.trim_matches([' ', '\t']) == "endpoint")
            });
            prop_assert_eq!(found(&[text.as_bytes()]), is_found);
            prop_assert_eq!(found(&text.as_bytes().chunks(1).collect::<Vec<_>>()), is_found);
            let words: Vec<_> = words.iter().map(String::as_bytes).collect();
            prop_assert_eq!(found(&words), is_found);
        }
    }
}
