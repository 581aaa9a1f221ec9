//! A transport that sends the requests of the harness to a listener: one connection for each.

use async_trait::async_trait;
use bytes::Bytes;
use doorward::wire::{Request, Response};
use harness::test_server::Transport;
use std::net::SocketAddr;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// The listeners of the two servers.
pub(crate) struct OverHttp {
    pub(crate) auth: SocketAddr,
    pub(crate) mcp: SocketAddr,
}

#[async_trait]
impl Transport for OverHttp {
    async fn send(&self, request: Request) -> Response {
        exchange(self.auth, &request).await
    }

    async fn call(&self, request: Request) -> Response {
        exchange(self.mcp, &request).await
    }
}

/// Sends a request, and reads the response until the server closes the connection.
pub(crate) async fn exchange(address: SocketAddr, request: &Request) -> Response {
    let target = request.uri().path_and_query().unwrap();
    let mut text =
        format!("{} {target} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n", request.method());
    for (name, value) in request.headers().iter().filter(|(name, _)| *name != "host") {
        text.push_str(&format!("{name}: {}\r\n", value.to_str().unwrap()));
    }
    text.push_str(&format!("content-length: {}\r\n\r\n", request.body().len()));
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(&[text.as_bytes(), request.body()].concat()).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    parse(&answer)
}

fn parse(answer: &[u8]) -> Response {
    let end = answer.windows(4).position(|bytes| bytes == b"\r\n\r\n").unwrap();
    let head = std::str::from_utf8(&answer[..end]).unwrap();
    let mut lines = head.lines();
    let status = lines.next().unwrap().split(' ').nth(1).unwrap();
    let mut response = http::Response::builder().status(status);
    for line in lines {
        let (name, value) = line.split_once(": ").unwrap();
        response = response.header(name, value);
    }
    response.body(Bytes::copy_from_slice(&answer[end + 4..])).unwrap()
}
