//! A scripted upstream: a TCP server that records requests as they come, and answers with the bytes that a test gives.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

/// The longest wait of a test for what must happen. On a busy machine it may take a while.
const PATIENCE: Duration = Duration::from_secs(20);

/// Waits for what must happen.
pub async fn soon<T>(what: &str, future: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, future).await.unwrap_or_else(|_| panic!("{what}: nothing happened"))
}

/// A request, as it came.
#[derive(Clone, Debug)]
pub struct Received {
    /// The request line and the headers, without the empty line.
    pub head: String,
    /// The body.
    pub body: Vec<u8>,
}

impl Received {
    /// All values of a header.
    pub fn all(&self, name: &str) -> Vec<&str> {
        let fields = self.head.lines().skip(1).filter_map(|line| line.split_once(": "));
        fields.filter(|(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, value)| value).collect()
    }

    /// The names of all headers, in lower case.
    pub fn names(&self) -> Vec<String> {
        let fields = self.head.lines().skip(1).filter_map(|line| line.split_once(':'));
        fields.map(|(name, _)| name.to_ascii_lowercase()).collect()
    }

    /// The first line.
    pub fn request_line(&self) -> &str {
        self.head.lines().next().expect("a sound test")
    }
}

/// What an upstream saw.
#[derive(Default)]
struct Seen {
    requests: Mutex<Vec<Received>>,
    connections: watch::Sender<usize>,
}

/// A running upstream. It ends when it is dropped.
pub struct Upstream {
    /// Where it listens.
    pub address: SocketAddr,
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
    pub async fn start<F, S>(script: F) -> Self
    where
        F: Fn(Connection) -> S + Send + 'static,
        S: Future<Output = ()> + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a sound test");
        let address = listener.local_addr().expect("a sound test");
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
    pub async fn answering(answer: impl Into<Vec<u8>>) -> Self {
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
    pub fn url(&self) -> String {
        format!("http://{}/mcp", self.address)
    }

    /// The requests that came, in their order.
    pub fn requests(&self) -> Vec<Received> {
        self.seen.requests.lock().expect("a sound test").clone()
    }

    /// How many requests came.
    pub fn count(&self) -> usize {
        self.seen.requests.lock().expect("a sound test").len()
    }

    /// The last request that came.
    pub fn last(&self) -> Received {
        self.seen.requests.lock().expect("a sound test").last().expect("a sound test").clone()
    }

    /// The only request that came.
    pub fn request(&self) -> Received {
        let requests = self.requests();
        assert_eq!(requests.len(), 1, "{requests:?}");
        requests.into_iter().next().expect("a sound test")
    }

    /// How many connections were made. The gateway makes one when it starts.
    pub async fn connections(&self) -> usize {
        let mut connections = self.seen.connections.subscribe();
        *soon("the first connection", connections.wait_for(|count| *count > 0)).await.expect("a sound test")
    }
}

/// A connection to the upstream, for its script.
pub struct Connection {
    stream: TcpStream,
    read: Vec<u8>,
    seen: Arc<Seen>,
}

impl Connection {
    /// Reads the head of the next request.
    pub async fn head(&mut self) -> Option<String> {
        loop {
            if let Some(end) = self.read.windows(4).position(|four| four == b"\r\n\r\n") {
                let head = self.read.drain(..end + 4).take(end).collect();
                return Some(String::from_utf8(head).expect("a sound test"));
            }
            self.more().await?;
        }
    }

    /// Reads the next request whole, and records it. `None` at the end of the connection.
    pub async fn request(&mut self) -> Option<Received> {
        let mut received = Received { head: self.head().await?, body: Vec::new() };
        let length =
            received.all("content-length").first().map_or(0, |length| length.parse().expect("a sound test"));
        while self.read.len() < length {
            self.more().await?;
        }
        let rest = self.read.split_off(length);
        received.body = std::mem::replace(&mut self.read, rest);
        self.seen.requests.lock().expect("a sound test").push(received.clone());
        Some(received)
    }

    async fn more(&mut self) -> Option<()> {
        let length = self.stream.read_buf(&mut self.read).await.ok()?;
        (length > 0).then_some(())
    }

    /// Sends bytes. Returns whether the other side takes them.
    pub async fn send(&mut self, bytes: impl AsRef<[u8]>) -> bool {
        self.stream.write_all(bytes.as_ref()).await.is_ok()
    }

    /// Waits until the other side has closed the connection.
    pub async fn closed(&mut self) {
        while self.more().await.is_some() {}
    }

    /// Closes the connection with a reset.
    pub fn reset(self) {
        self.stream.set_zero_linger().expect("a sound test");
    }
}

/// An answer with this status, these header lines and this body.
pub fn answer(status: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let length = body.len();
    let mut answer = format!("HTTP/1.1 {status}\r\nContent-Length: {length}\r\n{headers}\r\n").into_bytes();
    answer.extend_from_slice(body);
    answer
}

/// A JSON answer.
pub fn json(body: &[u8]) -> Vec<u8> {
    answer("200 OK", "Content-Type: application/json\r\n", body)
}

/// The head of an event stream, which ends with the connection.
pub const EVENTS: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n";
