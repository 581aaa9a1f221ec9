//! HTTP/1.1 over a connection for each request (RFC 9112), for a server that may be killed at any time.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};

#[derive(Debug)]
pub(crate) struct Response {
    pub(crate) status: u16,
    head: String,
    pub(crate) body: String,
}

/// Why there is no response.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Missing {
    NotConnected,
    /// The connection ended before the end of the response.
    Ended,
}

impl Response {
    /// The values of a header.
    pub(crate) fn header<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let fields = self.head.lines().filter_map(|line| line.split_once(": "));
        fields.filter(move |(field, _)| field.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    fn read(text: &str) -> Option<Self> {
        let (head, body) = text.split_once("\r\n\r\n")?;
        let status = head.split(' ').nth(1)?.parse().ok()?;
        let response = Self { status, head: head.to_owned(), body: body.to_owned() };
        let length = response.header("content-length").next().map_or(Ok(body.len()), str::parse).ok()?;
        (body.len() == length).then_some(response)
    }
}

pub(crate) fn send(
    address: SocketAddr,
    target: &str,
    headers: &str,
    body: Option<&str>,
) -> Result<Response, Missing> {
    let mut stream = TcpStream::connect(address).map_err(|_| Missing::NotConnected)?;
    let method = if body.is_some() { "POST" } else { "GET" };
    let body = body.unwrap_or_default();
    let length = body.len();
    let request = format!(
        "{method} {target} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n{headers}Content-Length: {length}\r\n\r\n{body}"
    );
    let mut text = String::new();
    // What came before a connection was reset is read all the same.
    let _ = stream.write_all(request.as_bytes());
    let _ = stream.read_to_string(&mut text);
    Response::read(&text).ok_or(Missing::Ended)
}
