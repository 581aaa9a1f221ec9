//! The first event of a stream (HTML Standard, "Interpreting an event stream"). In HTTP+SSE it names the endpoint (MCP
//! 2024-11-05, Transports, HTTP with SSE).

use bytes::{Buf, Bytes};

/// The longest first event that is read, in bytes.
pub(crate) const MAX: usize = 4096;
/// The byte order mark, which a parser removes at the beginning of a stream only.
const MARK: &[u8] = "\u{FEFF}".as_bytes();
const ENDPOINT: &[u8] = b"endpoint";

/// The beginning of a stream, up to the end of its first event.
#[derive(Default)]
pub(crate) struct FirstEvent {
    /// Bytes that were not sent: lines of an event that is not whole, and a line that is not.
    held: Vec<u8>,
    is_started: bool,
}

/// The first event of a stream.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// Another event than the endpoint, or one that is too long to tell.
    Other,
    /// The endpoint.
    Endpoint(EndpointEvent),
    /// An endpoint that is too long.
    TooLong,
}

/// An event of the type `endpoint`: its lines, with the empty one at the end.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct EndpointEvent {
    text: Vec<u8>,
    has_mark: bool,
}

impl FirstEvent {
    /// Reads bytes until the first event is found. What can be sent is added to `sent`; comments and other lines in front of
    /// the event are not held back. What remains of `data` is behind the event.
    pub(crate) fn read(&mut self, data: &mut Bytes, sent: &mut Vec<u8>) -> Option<Found> {
        while data.has_remaining() {
            // The same bytes are judged together, in whatever pieces they come.
            let count = data.len().min(MAX + 1 - self.held.len());
            self.held.extend_from_slice(&data[..count]);
            let scan = Scan::of(&self.held, !self.is_started);
            if scan.is_whole {
                data.advance(count - (self.held.len() - scan.end));
                self.held.truncate(scan.end);
                return Some(self.found(&scan, sent));
            }
            data.advance(count);
            self.send(scan.passed, sent);
            if self.held.len() > MAX {
                return Some(if scan.is_endpoint { Found::TooLong } else { self.other(sent) });
            }
        }
        None
    }

    fn found(&mut self, scan: &Scan, sent: &mut Vec<u8>) -> Found {
        let has_mark = !self.is_started && scan.passed == 0 && self.held.starts_with(MARK);
        self.send(scan.passed, sent);
        match scan.is_endpoint {
            true if self.held.len() > MAX => Found::TooLong,
            true => Found::Endpoint(EndpointEvent { text: std::mem::take(&mut self.held), has_mark }),
            false => self.other(sent),
        }
    }

    fn other(&mut self, sent: &mut Vec<u8>) -> Found {
        sent.append(&mut self.held);
        Found::Other
    }

    fn send(&mut self, count: usize, sent: &mut Vec<u8>) {
        sent.extend(self.held.drain(..count));
        self.is_started |= count > 0;
    }
}

impl EndpointEvent {
    /// The data: the values of its `data` lines, with line feeds between them.
    pub(crate) fn data(&self) -> String {
        let values = self.lines().filter_map(|line| line.value_of("data"));
        String::from_utf8_lossy(&values.collect::<Vec<_>>().join(&b'\n')).into_owned()
    }

    /// The event with other data. All its other lines stay, but for those that begin with a mark: they are no fields, and would
    /// be if one became the first line of the stream.
    pub(crate) fn with_data(&self, data: &str) -> Vec<u8> {
        let mut text = if self.has_mark { MARK.to_vec() } else { Vec::new() };
        let mut left = self.lines().filter(|line| line.value_of("data").is_some()).count();
        for line in self.lines().filter(|line| !line.content.starts_with(MARK)) {
            if line.value_of("data").is_none() {
                text.extend([line.content, line.end].concat());
                continue;
            }
            left -= 1;
            // The last of several: after a line that ends in CR, the LF of the empty line would not be a line.
            if left == 0 {
                text.extend([b"data: ", data.as_bytes(), line.end].concat());
            }
        }
        text
    }

    fn lines(&self) -> Lines<'_> {
        Lines(if self.has_mark { &self.text[MARK.len()..] } else { &self.text })
    }
}

/// What the held bytes are.
struct Scan {
    /// How many bytes in front belong to no event that could be dispatched.
    passed: usize,
    /// Where the event ends, if it is whole.
    end: usize,
    is_whole: bool,
    is_endpoint: bool,
}

impl Scan {
    fn of(held: &[u8], is_start: bool) -> Self {
        let mark = if is_start && held.starts_with(MARK) { MARK.len() } else { 0 };
        let mut scan = Self { passed: 0, end: mark, is_whole: false, is_endpoint: false };
        let (mut has_data, mut has_type) = (false, false);
        for line in Lines(&held[mark..]) {
            if line.content.is_empty() && has_data {
                // Of CRLF only the CR: the LF may come later, and both pieces have to be judged alike.
                scan.end += 1;
                scan.is_whole = true;
                return scan;
            }
            scan.end += line.content.len() + line.end.len();
            if line.content.is_empty() {
                // Without data, nothing is dispatched, and the type is forgotten.
                (has_type, scan.is_endpoint) = (false, false);
            } else if let Some(kind) = line.value_of("event") {
                (has_type, scan.is_endpoint) = (true, kind == ENDPOINT);
            } else {
                has_data |= line.value_of("data").is_some();
            }
            if !has_data && !has_type {
                scan.passed = scan.end;
            }
        }
        scan
    }
}

/// The lines of a stream that have an end: CR, LF or CRLF. A CR that is the last byte so far is an end.
struct Lines<'a>(&'a [u8]);

struct Line<'a> {
    content: &'a [u8],
    end: &'a [u8],
}

impl<'a> Iterator for Lines<'a> {
    type Item = Line<'a>;

    fn next(&mut self) -> Option<Line<'a>> {
        let at = self.0.iter().position(|byte| [b'\r', b'\n'].contains(byte))?;
        let (content, rest) = self.0.split_at(at);
        let (end, rest) = rest.split_at(if rest.starts_with(b"\r\n") { 2 } else { 1 });
        self.0 = rest;
        Some(Line { content, end })
    }
}

impl<'a> Line<'a> {
    /// The value of the field of this name, without the space in front.
    fn value_of(&self, name: &str) -> Option<&'a [u8]> {
        let rest = self.content.strip_prefix(name.as_bytes())?;
        if rest.is_empty() {
            return Some(rest);
        }
        let value = rest.strip_prefix(b":")?;
        Some(value.strip_prefix(b" ").unwrap_or(value))
    }
}

#[cfg(test)]
mod tests;
