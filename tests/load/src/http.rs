//! HTTP/1.1 over a connection that stays open (RFC 9112 §9.3), with as little work for each request as possible.

use crate::Outcome;
use std::net::SocketAddr;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// A connection, and the response that was read last.
pub(crate) struct Connection {
    address: SocketAddr,
    stream: TcpStream,
    read: Vec<u8>,
    exchanges: Vec<Exchange>,
    is_recording: bool,
}

/// A request that was sent, and the size of its response: status line, headers and body.
#[derive(Clone)]
pub(crate) struct Exchange {
    pub(crate) request: Vec<u8>,
    pub(crate) response_bytes: usize,
}

pub(crate) struct Response<'a> {
    pub(crate) status: u16,
    head: &'a str,
    pub(crate) body: &'a str,
}

impl Connection {
    pub(crate) async fn open(address: SocketAddr) -> Outcome<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { address, stream, read: vec![0; 16 * 1024], exchanges: Vec::new(), is_recording: false })
    }

    /// A request without a body.
    pub(crate) fn get(&self, target: &str, headers: &str) -> Vec<u8> {
        format!("GET {target} HTTP/1.1\r\nHost: {}\r\n{headers}\r\n", self.address).into_bytes()
    }

    /// A request with a body of this media type.
    pub(crate) fn post(&self, target: &str, media_type: &str, headers: &str, body: &str) -> Vec<u8> {
        let (address, length) = (self.address, body.len());
        let head = format!("POST {target} HTTP/1.1\r\nHost: {address}\r\nContent-Type: {media_type}\r\n");
        format!("{head}{headers}Content-Length: {length}\r\n\r\n{body}").into_bytes()
    }

    /// A request with a form.
    pub(crate) fn form(&self, target: &str, headers: &str, fields: &[(&str, &str)]) -> Vec<u8> {
        self.post(target, "application/x-www-form-urlencoded", headers, &encoded(fields))
    }

    /// Keeps the requests that are sent from now on.
    pub(crate) fn record(&mut self) {
        self.is_recording = true;
    }

    /// Ends the record.
    pub(crate) fn recorded(&mut self) -> Vec<Exchange> {
        self.is_recording = false;
        std::mem::take(&mut self.exchanges)
    }

    /// Sends a request, and reads the whole response.
    pub(crate) async fn send(&mut self, request: &[u8]) -> Outcome<Response<'_>> {
        self.stream.write_all(request).await?;
        let mut filled = 0;
        let (body, end) = loop {
            if filled == self.read.len() {
                self.read.resize(2 * filled, 0);
            }
            let count = self.stream.read(&mut self.read[filled..]).await?;
            if count == 0 {
                return Err("the server closed the connection before the end of the response".into());
            }
            filled += count;
            if let Some(ends) = ends(&self.read[..filled])? {
                break ends;
            }
        };
        if self.is_recording {
            self.exchanges.push(Exchange { request: request.to_vec(), response_bytes: end });
        }
        let head = str::from_utf8(&self.read[..body])?;
        let status = head.get(9..12).ok_or("the response has no status")?.parse()?;
        Ok(Response { status, head, body: str::from_utf8(&self.read[body..end])? })
    }

    /// The same, for a response with this status. Any other is a failure.
    pub(crate) async fn expect(&mut self, request: &[u8], status: u16) -> Outcome<Response<'_>> {
        let response = self.send(request).await?;
        if response.status == status {
            return Ok(response);
        }
        let target = String::from_utf8_lossy(request).lines().next().unwrap_or_default().to_owned();
        Err(format!("{target}: expected {status}, got:\n{}{}", response.head, response.body).into())
    }
}

impl<'a> Response<'a> {
    /// The values of a header.
    pub(crate) fn header(&self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let fields = self.head.lines().filter_map(|line| line.split_once(": "));
        fields.filter(move |(field, _)| field.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// A string of the JSON object in the body. Tokens and ids have no escaped characters.
    pub(crate) fn member(&self, name: &str) -> Outcome<&'a str> {
        let value =
            self.body.split_once(&format!("\"{name}\":\"")).and_then(|(_, rest)| rest.split('"').next());
        value.ok_or_else(|| format!("no {name} in {}", self.body).into())
    }
}

/// Where the body of a response begins and ends, if all of it is there.
fn ends(read: &[u8]) -> Outcome<Option<(usize, usize)>> {
    let Some(head) = read.windows(4).position(|four| four == b"\r\n\r\n") else { return Ok(None) };
    let (body, head) = (head + 4, str::from_utf8(&read[..head])?);
    for (name, value) in head.lines().filter_map(|line| line.split_once(": ")) {
        if name.eq_ignore_ascii_case("content-length") {
            let end = body + value.parse::<usize>()?;
            return Ok((end <= read.len()).then_some((body, end)));
        }
        if name.eq_ignore_ascii_case("transfer-encoding") {
            return Ok(read[body..].ends_with(b"0\r\n\r\n").then_some((body, read.len())));
        }
    }
    Err(format!("the response has no length:\n{head}").into())
}

pub(crate) fn encoded(fields: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_response_ends_where_its_length_says() {
        let response = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
        assert_eq!(ends(response).unwrap(), Some((38, 40)));
        assert_eq!(ends(&response[..39]).unwrap(), None);
        assert_eq!(ends(&response[..30]).unwrap(), None);
    }

    #[test]
    fn a_chunked_response_ends_with_an_empty_chunk() {
        let response = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n";
        assert_eq!(ends(response).unwrap(), Some((47, 59)));
        assert_eq!(ends(&response[..54]).unwrap(), None);
    }

    #[test]
    fn a_response_without_a_length_is_a_failure() {
        assert!(ends(b"HTTP/1.1 200 OK\r\n\r\n").is_err());
    }
}
