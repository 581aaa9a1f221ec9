//! Proxy before the authorization server that drops the response to the first refresh.

use std::future::Future;
use std::io::{Error, ErrorKind, Result};
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// The proxy. It listens at the address of the issuer.
pub(crate) struct Dropping {
    /// The issuer that the server must use: the address of the proxy.
    pub(crate) issuer: String,
    /// The address on which the server must listen.
    pub(crate) behind: SocketAddr,
    accident: Planned,
}

/// What happens before the client sees that its connection ends. It happens once.
pub(crate) type Accident = Pin<Box<dyn Future<Output = ()> + Send>>;

type Planned = Arc<Mutex<Option<Accident>>>;

impl Dropping {
    /// Starts a proxy. It drops no response until [`plan`](Self::plan) is called.
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let issuer = format!("http://{}", listener.local_addr().unwrap());
        // This listener is dropped at once, so that the server can use its port.
        let behind = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
        let accident = Planned::default();
        let planned = accident.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(forward(client, behind, planned.clone()));
            }
        });
        Self { issuer, behind, accident }
    }

    /// Drops the response to the next refresh.
    pub(crate) fn plan(&self, accident: impl Future<Output = ()> + Send + 'static) {
        *self.accident.lock().unwrap() = Some(Box::pin(accident));
    }

    /// Whether the planned response was dropped.
    pub(crate) fn has_dropped(&self) -> bool {
        self.accident.lock().unwrap().is_none()
    }
}

/// Forwards one request and its response. A response is dropped only after the server has processed the request.
async fn forward(mut client: TcpStream, behind: SocketAddr, planned: Planned) -> Result<()> {
    let (head, body) = read(&mut client).await?;
    let mut server = TcpStream::connect(behind).await?;
    server.write_all(closing(&head).as_bytes()).await?;
    server.write_all(&body).await?;
    let mut answer = Vec::new();
    server.read_to_end(&mut answer).await?;
    let is_answered_refresh = is_refresh(&head, &body) && answer.starts_with(b"HTTP/1.1 200 ");
    let accident = is_answered_refresh.then(|| planned.lock().unwrap().take()).flatten();
    if let Some(accident) = accident {
        accident.await;
        return Ok(());
    }
    client.write_all(&answer).await?;
    client.shutdown().await
}

/// Reads a request: its head, including the empty line at its end, and its body.
async fn read(client: &mut TcpStream) -> Result<(String, Vec<u8>)> {
    let mut request = Vec::new();
    loop {
        if client.read_buf(&mut request).await? == 0 {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        let Some(end) = request.windows(4).position(|window| window == b"\r\n\r\n") else { continue };
        let head = String::from_utf8(request[..end + 4].to_vec()).map_err(Error::other)?;
        let mut body = request.split_off(end + 4);
        let length = header(&head, "content-length").map_or(Ok(0), str::parse).map_err(Error::other)?;
        let read = body.len();
        body.resize(length, 0);
        client.read_exact(&mut body[read..]).await?;
        return Ok((head, body));
    }
}

fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    let mut fields = head.lines().filter_map(|line| line.split_once(':'));
    fields.find(|(field, _)| field.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
}

/// The same head with `connection: close`.
fn closing(head: &str) -> String {
    let stays = |line: &&str| !line.to_ascii_lowercase().starts_with("connection:");
    let lines: Vec<_> = head.trim_end().lines().filter(stays).collect();
    format!("{}\r\nconnection: close\r\n\r\n", lines.join("\r\n"))
}

fn is_refresh(head: &str, body: &[u8]) -> bool {
    head.starts_with("POST /oauth/token ")
        && form_urlencoded::parse(body).any(|(name, value)| name == "grant_type" && value == "refresh_token")
}
