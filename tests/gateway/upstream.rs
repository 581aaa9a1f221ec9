//! A scripted upstream: a TCP server that records requests as they come, and answers with the bytes that a test gives.

use crate::soon;
use std::future::Future;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

/// A request, as it came.
#[derive(Clone, Debug)]
pub(crate) struct Received {
    /// The request line and the headers, without the empty line.
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Received {
    /// All values of a header.
    pub(crate) fn all(&self, name: &str) -> Vec<&str> {
        let fields = self.head.lines().skip(1).filter_map(|line| line.split_once(": "));
        fields.filter(|(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, value)| value).collect()
    }

    /// The names of all headers, in lower case.
    pub(crate) fn names(&self) -> Vec<String> {
        let fields = self.head.lines().skip(1).filter_map(|line| line.split_once(':'));
        fields.map(|(name, _)| name.to_ascii_lowercase()).collect()
    }

    pub(crate) fn request_line(&self) -> &str {
        self.head.lines().next().unwrap()
    }
}

/// What an upstream saw.
#[derive(Default)]
struct Seen {
    requests: Mutex<Vec<Received>>,
    connections: watch::Sender<usize>,
}

/// A running upstream. It ends when it is dropped.
pub(crate) struct Upstream {
    pub(crate) address: SocketAddr,
    seen: Arc<Seen>,
    accepting: JoinHandle<()>,
}

impl Drop for Upstream {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

impl Upstream {
    /// Runs this script on each connection.
    pub(crate) async fn start<F, S>(script: F) -> Self
    where
        F: Fn(Connection) -> S + Send + 'static,
        S: Future<Output = ()> + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let seen = Arc::<Seen>::default();
        let recorder = seen.clone();
        let accepting = tokio::spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                recorder.connections.send_modify(|count| *count += 1);
                connections.spawn(script(Connection { stream, read: Vec::new(), seen: recorder.clone() }));
            }
        });
        Self { address, seen, accepting }
    }

    /// Answers each request with the same bytes.
    pub(crate) async fn answering(answer: impl Into<Vec<u8>>) -> Self {
        let answer: Arc<Vec<u8>> = Arc::new(answer.into());
        Self::start(move |mut connection| {
            let answer = answer.clone();
            async move {
                while connection.request().await.is_some() && connection.send(answer.as_slice()).await {}
            }
        })
        .await
    }

    /// The URL of its endpoint.
    pub(crate) fn url(&self) -> String {
        format!("http://{}/mcp", self.address)
    }

    /// The requests that came, in their order.
    pub(crate) fn requests(&self) -> Vec<Received> {
        self.seen.requests.lock().unwrap().clone()
    }

    /// How many requests came.
    pub(crate) fn count(&self) -> usize {
        self.seen.requests.lock().unwrap().len()
    }

    /// The last request that came.
    pub(crate) fn last(&self) -> Received {
        self.seen.requests.lock().unwrap().last().unwrap().clone()
    }

    /// The only request that came.
    pub(crate) fn request(&self) -> Received {
        let requests = self.requests();
        assert_eq!(requests.len(), 1, "{requests:?}");
        requests.into_iter().next().unwrap()
    }

    /// How many connections were made. The gateway makes one when it starts.
    pub(crate) async fn connections(&self) -> usize {
        let mut connections = self.seen.connections.subscribe();
        *soon("the first connection", connections.wait_for(|count| *count > 0)).await.unwrap()
    }
}

/// A connection to the upstream, for its script.
pub(crate) struct Connection {
    stream: TcpStream,
    read: Vec<u8>,
    seen: Arc<Seen>,
}

impl Connection {
    /// Reads the head of the next request.
    pub(crate) async fn head(&mut self) -> Option<String> {
        loop {
            if let Some(end) = self.read.windows(4).position(|four| four == b"\r\n\r\n") {
                let head = self.read.drain(..end + 4).take(end).collect();
                return Some(String::from_utf8(head).unwrap());
            }
            self.more().await?;
        }
    }

    /// Reads the next request whole, and records it. `None` at the end of the connection.
    pub(crate) async fn request(&mut self) -> Option<Received> {
        let mut received = Received { head: self.head().await?, body: Vec::new() };
        let length = received.all("content-length").first().map_or(0, |length| length.parse().unwrap());
        while self.read.len() < length {
            self.more().await?;
        }
        let rest = self.read.split_off(length);
        received.body = std::mem::replace(&mut self.read, rest);
        self.seen.requests.lock().unwrap().push(received.clone());
        Some(received)
    }

    async fn more(&mut self) -> Option<()> {
        let length = self.stream.read_buf(&mut self.read).await.ok()?;
        (length > 0).then_some(())
    }

    /// Sends bytes. Returns whether the other side takes them.
    pub(crate) async fn send(&mut self, bytes: impl AsRef<[u8]>) -> bool {
        self.stream.write_all(bytes.as_ref()).await.is_ok()
    }

    /// Waits until the other side has closed the connection.
    pub(crate) async fn closed(&mut self) {
        while self.more().await.is_some() {}
    }

    /// Closes the connection with a reset.
    pub(crate) fn reset(self) {
        self.stream.set_zero_linger().unwrap();
    }
}

/// An answer with this status, these header lines and this body.
pub(crate) fn answer(status: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let length = body.len();
    let mut answer = format!("HTTP/1.1 {status}\r\nContent-Length: {length}\r\n{headers}\r\n").into_bytes();
    answer.extend_from_slice(body);
    answer
}

/// A JSON answer.
pub(crate) fn json(body: &[u8]) -> Vec<u8> {
    answer("200 OK", "Content-Type: application/json\r\n", body)
}

/// The head of an event stream, which ends with the connection.
pub(crate) const EVENTS: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n";
