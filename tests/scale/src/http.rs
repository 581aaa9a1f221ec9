//! HTTP/1.1 over connections that stay open (RFC 9112): no more than the measurement needs.

use std::net::SocketAddr;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

pub(crate) struct Connection {
    stream: BufReader<TcpStream>,
}

pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) body: String,
}

impl Response {
    /// A text member of the JSON object.
    pub(crate) fn text(&self, name: &str) -> String {
        let object: serde_json::Value = serde_json::from_str(&self.body).unwrap();
        object[name].as_str().unwrap_or_else(|| panic!("{} {}", self.status, self.body)).to_owned()
    }
}

impl Connection {
    pub(crate) async fn open(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).await.unwrap();
        stream.set_nodelay(true).unwrap();
        Self { stream: BufReader::new(stream) }
    }

    pub(crate) async fn post(&mut self, target: &str, form: &[(&str, &str)]) -> Response {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        let length = body.len();
        self.send(&format!(
            "POST {target} HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-www-form-urlencoded\r\n\
             Content-Length: {length}\r\n\r\n{body}"
        ))
        .await;
        self.response().await
    }

    pub(crate) async fn get(&mut self, target: &str, headers: &str) -> Response {
        self.send(&format!("GET {target} HTTP/1.1\r\nHost: a\r\n{headers}\r\n")).await;
        self.response().await
    }

    pub(crate) async fn send(&mut self, request: &str) {
        self.stream.get_mut().write_all(request.as_bytes()).await.unwrap();
    }

    async fn response(&mut self) -> Response {
        let (status, length) = self.head().await;
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body).await.unwrap();
        Response { status, body: String::from_utf8(body).unwrap() }
    }

    /// Reads a head: the status, and the length of the body.
    pub(crate) async fn head(&mut self) -> (u16, usize) {
        let (mut status, mut length) = (0, 0);
        loop {
            let mut line = String::new();
            assert_ne!(self.stream.read_line(&mut line).await.unwrap(), 0, "the connection was closed");
            let line = line.trim_end().to_ascii_lowercase();
            if line.is_empty() {
                return (status, length);
            }
            if let Some(code) = line.strip_prefix("http/1.1 ") {
                status = code[..3].parse().unwrap();
            }
            if let Some(value) = line.strip_prefix("content-length: ") {
                length = value.parse().unwrap();
            }
        }
    }
}
