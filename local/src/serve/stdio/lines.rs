//! Reads lines of bounded length.

use bytes::{Bytes, BytesMut};
use std::io;
use tokio::io::{AsyncRead, AsyncReadExt};

/// A reader of lines.
pub(super) struct Lines<R> {
    reader: R,
    buffer: BytesMut,
    /// How much of the buffer has no line feed.
    searched: usize,
    max: usize,
    /// What a line that is too long means.
    too_long: TooLong,
    /// Whether the rest of a line is skipped.
    is_skipping: bool,
}

/// What is done with a line that is too long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TooLong {
    /// Reading fails.
    Fails,
    /// Its beginning is a line, and its rest is skipped.
    IsCut,
}

impl<R: AsyncRead + Unpin> Lines<R> {
    /// Lines of at most `max` bytes.
    pub(super) fn new(reader: R, max: usize, too_long: TooLong) -> Self {
        Self { reader, buffer: BytesMut::new(), searched: 0, max, too_long, is_skipping: false }
    }

    /// The next line, without its end. `None` after the last one. A last line without an end is one too.
    pub(super) async fn next(&mut self) -> io::Result<Option<Bytes>> {
        loop {
            if let Some(line) = self.take_line() {
                if std::mem::take(&mut self.is_skipping) {
                    continue;
                }
                return self.bounded(line).map(Some);
            }
            if self.buffer.len() > self.max {
                let line = std::mem::take(&mut self.buffer);
                self.searched = 0;
                if !std::mem::replace(&mut self.is_skipping, true) {
                    return self.bounded(line).map(Some);
                }
            }
            self.buffer.reserve(8 * 1024);
            if self.reader.read_buf(&mut self.buffer).await? == 0 {
                let rest = self.buffer.split().freeze();
                self.searched = 0;
                return Ok(Some(rest).filter(|rest| !rest.is_empty() && !self.is_skipping));
            }
        }
    }

    /// Takes a line from the buffer, if its end is there.
    fn take_line(&mut self) -> Option<BytesMut> {
        let new = &self.buffer[self.searched..];
        let Some(length) = new.iter().position(|byte| *byte == b'\n') else {
            self.searched = self.buffer.len();
            return None;
        };
        let mut line = self.buffer.split_to(self.searched + length + 1);
        self.searched = 0;
        line.truncate(line.len() - 1);
        if line.last() == Some(&b'\r') {
            line.truncate(line.len() - 1);
        }
        Some(line)
    }

    fn bounded(&self, mut line: BytesMut) -> io::Result<Bytes> {
        if line.len() > self.max && self.too_long == TooLong::Fails {
            return Err(io::Error::other(format!("a line is longer than {} bytes", self.max)));
        }
        line.truncate(self.max);
        Ok(line.freeze())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn all(text: &[u8], max: usize, too_long: TooLong) -> Vec<Result<String, String>> {
        let mut lines = Lines::new(text, max, too_long);
        let mut all = Vec::new();
        loop {
            match lines.next().await {
                Ok(Some(line)) => all.push(Ok(String::from_utf8(line.to_vec()).unwrap())),
                Ok(None) => return all,
                Err(error) => {
                    all.push(Err(error.to_string()));
                    return all;
                }
            }
        }
    }

    fn ok(lines: &[&str]) -> Vec<Result<String, String>> {
        lines.iter().map(|line| Ok((*line).to_owned())).collect()
    }

    #[tokio::test]
    async fn a_line_has_no_end_and_the_last_needs_none() {
        assert_eq!(all(b"a\r\n\nbc\nd", 10, TooLong::Fails).await, ok(&["a", "", "bc", "d"]));
        assert_eq!(all(b"", 10, TooLong::Fails).await, ok(&[]));
        assert_eq!(all(b"abcd\nabcd", 4, TooLong::Fails).await, ok(&["abcd", "abcd"]));
    }

    #[tokio::test]
    async fn a_line_that_is_too_long_fails_or_is_cut() {
        let failed = Err("a line is longer than 4 bytes".to_owned());
        assert_eq!(all(b"a\nabcde\nb\n", 4, TooLong::Fails).await, [ok(&["a"]), vec![failed]].concat());
        assert_eq!(all(b"abcde\nb\nabcdefghi", 4, TooLong::IsCut).await, ok(&["abcd", "b", "abcd"]));
    }

    #[tokio::test]
    async fn an_endless_line_takes_no_more_memory_than_the_longest() {
        let endless = tokio::io::repeat(b'x').take(10_000_000);
        let mut lines = Lines::new(endless, 1000, TooLong::IsCut);
        assert_eq!(lines.next().await.unwrap().unwrap().len(), 1000);
        assert_eq!(lines.next().await.unwrap(), None);
        assert!(lines.buffer.capacity() < 100_000, "{}", lines.buffer.capacity());
    }
}
