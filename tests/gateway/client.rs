//! A client that sends raw bytes to the gateway, and reads its answers.

use crate::soon;
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// A connection to the gateway.
pub(crate) struct Client {
    stream: TcpStream,
    read: Vec<u8>,
}

/// The head of an answer.
#[derive(Debug)]
pub(crate) struct Head {
    pub(crate) status: u16,
    fields: Vec<(String, String)>,
}

/// A whole answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) head: Head,
    pub(crate) body: Vec<u8>,
    /// Whether the body came whole. Otherwise, the connection was cut.
    pub(crate) is_whole: bool,
}

impl Head {
    /// The value of a header, or an empty text.
    pub(crate) fn get(&self, name: &str) -> &str {
        let found = self.fields.iter().find(|(own, _)| own == name);
        found.map(|(_, value)| value.as_str()).unwrap_or_default()
    }

    /// The names of the headers, sorted.
    pub(crate) fn names(&self) -> Vec<&str> {
        let mut names: Vec<_> = self.fields.iter().map(|(name, _)| name.as_str()).collect();
        names.sort_unstable();
        names
    }
}

impl Answer {
    pub(crate) fn status(&self) -> u16 {
        self.head.status
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("no JSON: {self:?}"))
    }
}

impl Client {
    pub(crate) fn new(stream: TcpStream) -> Self {
        Self { stream, read: Vec::new() }
    }

    pub(crate) async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.stream.write_all(bytes.as_ref()).await.unwrap();
    }

    /// Reads the head of an answer.
    pub(crate) async fn head(&mut self) -> Head {
        let text = soon("the head of an answer", async {
            loop {
                if let Some(end) = self.read.windows(4).position(|four| four == b"\r\n\r\n") {
                    return String::from_utf8(self.read.drain(..end + 4).collect()).unwrap();
                }
                let so_far = String::from_utf8_lossy(&self.read).into_owned();
                assert!(self.more().await, "the connection was closed after {so_far:?}");
            }
        });
        let text = text.await;
        let status = text.split(' ').nth(1).unwrap().parse().unwrap();
        let fields = text.lines().skip(1).filter_map(|line| line.split_once(": "));
        let fields = fields.map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned())).collect();
        Head { status, fields }
    }

    /// Reads a whole answer.
    pub(crate) async fn answer(&mut self) -> Answer {
        let head = self.head().await;
        let (body, is_whole) = soon("the body of an answer", self.body(&head)).await;
        Answer { head, body, is_whole }
    }

    async fn body(&mut self, head: &Head) -> (Vec<u8>, bool) {
        if head.get("transfer-encoding") == "chunked" {
            let mut body = Vec::new();
            return loop {
                match self.chunk().await {
                    None => break (body, false),
                    Some(chunk) if chunk.is_empty() => break (body, true),
                    Some(chunk) => body.extend(chunk),
                }
            };
        }
        let length = head.get("content-length").parse().unwrap_or(0);
        while self.read.len() < length {
            if !self.more().await {
                return (std::mem::take(&mut self.read), false);
            }
        }
        (self.read.drain(..length).collect(), true)
    }

    /// Reads the next chunk (RFC 9112 §7.1). The last is empty. `None` if the connection ends before it.
    pub(crate) async fn chunk(&mut self) -> Option<Vec<u8>> {
        let line = loop {
            if let Some(end) = self.read.windows(2).position(|two| two == b"\r\n") {
                break String::from_utf8(self.read.drain(..end + 2).collect()).unwrap();
            }
            if !self.more().await {
                return None;
            }
        };
        let length = usize::from_str_radix(line.trim(), 16).unwrap();
        while self.read.len() < length + 2 {
            if !self.more().await {
                return None;
            }
        }
        Some(self.read.drain(..length + 2).take(length).collect())
    }

    /// Waits until the gateway closes the connection. Returns what came before.
    pub(crate) async fn closed(&mut self) -> Vec<u8> {
        soon("the end of the connection", async { while self.more().await {} }).await;
        std::mem::take(&mut self.read)
    }

    async fn more(&mut self) -> bool {
        self.stream.read_buf(&mut self.read).await.is_ok_and(|length| length > 0)
    }
}
