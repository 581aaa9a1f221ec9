//! A gateway that runs in this process, and what clients hear from it.

use crate::upstream::Upstream;
use doorward::ports::{Clock, Timestamp};
use doorward::protocol::{ClientId, PersonId, Resource, Scope};
use doorward::server::Server;
use doorward::token::AccessToken;
use doorward_local::log::Log;
use doorward_local::serve::Listening;
use doorward_settings::{AUTH_PORT, MCP_PORT, RESOURCE, UPSTREAM, Values};
use doorward_signing::SystemClock;
use harness::written::Written;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// A gateway that runs in this process, with the resources `/mcp` and `/notes` before one upstream.
pub(crate) struct Gateway {
    pub(crate) resource: Resource,
    server: Server,
    pub(crate) log: Written,
}

impl Gateway {
    pub(crate) async fn before(upstream: &Upstream) -> Self {
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let origin = format!("http://127.0.0.1:{port}");
        let url = format!("http://{}/sse", upstream.authority);
        let (mcp, notes) = (format!("{origin}/mcp=user"), format!("{origin}/notes=user"));
        let notes_url = format!("{origin}/notes={url}");
        let port = port.to_string();
        let values = Values::of([
            (&AUTH_PORT, "0"),
            (&MCP_PORT, port.as_str()),
            (&RESOURCE, mcp.as_str()),
            (&RESOURCE, notes.as_str()),
            (&UPSTREAM, url.as_str()),
            (&UPSTREAM, notes_url.as_str()),
        ]);
        let log = Written::default();
        let listening = Listening::start(&values, Log::to(log.clone())).await.unwrap();
        let (resource, server) = (listening.resource().clone(), listening.server().unwrap().clone());
        tokio::spawn(listening.run());
        Self { resource, server, log }
    }

    pub(crate) async fn send(
        &self,
        user: &str,
        client: &str,
        method: &str,
        query: &str,
        body: &str,
    ) -> String {
        self.send_to("/mcp", (user, client), method, query, body).await
    }

    /// Sends a request on a connection of its own, and reads all that comes.
    pub(crate) async fn send_to(
        &self,
        path: &str,
        (user, client): (&str, &str),
        method: &str,
        query: &str,
        body: &str,
    ) -> String {
        let host = self.resource.authority();
        let resource = Resource::parse(&format!("{}{path}", self.resource.origin())).unwrap();
        let mut stream = TcpStream::connect(host).await.unwrap();
        let request = format!(
            "{method} {path}{query} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nAuthorization: Bearer {}\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            self.token(resource, user, client),
            body.len()
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        let read = timeout(Duration::from_secs(20), stream.read_to_end(&mut answer)).await;
        read.unwrap().unwrap();
        unchunked(&String::from_utf8(answer).unwrap())
    }

    /// Opens a stream. The error is the response that is no stream.
    pub(crate) async fn open(&self, user: &str) -> Result<TcpStream, String> {
        let host = self.resource.authority();
        let mut stream = TcpStream::connect(host).await.unwrap();
        let token = self.token(self.resource.clone(), user, "app");
        let request = format!("GET /mcp HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut piece = [0; 2048];
        let length = stream.read(&mut piece).await.unwrap();
        let head = String::from_utf8_lossy(&piece[..length]).into_owned();
        if head.starts_with("HTTP/1.1 200 ") { Ok(stream) } else { Err(head) }
    }

    fn token(&self, aud: Resource, user: &str, client: &str) -> String {
        let now = SystemClock.now();
        let token = AccessToken {
            iss: self.server.config.issuer().to_string(),
            sub: PersonId::parse(user).unwrap().into(),
            aud,
            client_id: ClientId(client.to_owned()),
            scope: Scope::parse("user").unwrap(),
            iat: now,
            exp: now.after(Duration::from_secs(3600)),
            auth_time: Some(Timestamp(now.0 - 60)),
            jti: "token".to_owned(),
            gid: "AAAAAAAAAAAAAAAAAAAAAA".to_owned(),
        };
        token.sign(self.server.token_keys.signer().unwrap()).unwrap()
    }
}

/// What a test reads at the end of a body that was not cut.
pub(crate) const ENDED: &str = "<ended>";

/// An answer without the sizes of its chunks.
fn unchunked(answer: &str) -> String {
    let (head, mut rest) = answer.split_once("\r\n\r\n").unwrap();
    if !head.contains("transfer-encoding: chunked") {
        return answer.to_owned();
    }
    let mut whole = format!("{head}\r\n\r\n");
    while let Some((size, from)) = rest.split_once("\r\n") {
        let size = usize::from_str_radix(size, 16).unwrap();
        if size == 0 {
            return whole + ENDED;
        }
        whole += &from[..size];
        rest = &from[size + 2..];
    }
    whole
}
