//! A scripted server of HTTP+SSE.

use crate::PING;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// Express answers so where it has no route.
const NO_ROUTE: &str =
    "HTTP/1.1 404 Not Found\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: 4\r\n\r\n<p/>";

/// A server of HTTP+SSE. It answers GET with a given text and ends the stream, and takes messages at any other path than
/// that of the stream.
pub(crate) struct Upstream {
    pub(crate) authority: String,
    script: Arc<Mutex<Script>>,
}

#[derive(Default)]
struct Script {
    opened: String,
    then: Option<(Duration, String)>,
    requests: Vec<String>,
}

impl Upstream {
    pub(crate) async fn start(opened: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let authority = listener.local_addr().unwrap().to_string();
        let script = Arc::new(Mutex::new(Script { opened, ..Script::default() }));
        let of = script.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(answer(stream, of.clone()));
            }
        });
        Self { authority, script }
    }

    pub(crate) fn now_answers(&self, opened: String) {
        self.script.lock().unwrap().opened = opened;
    }

    pub(crate) fn then(&self, after: Duration, text: &str) {
        self.script.lock().unwrap().then = Some((after, text.to_owned()));
    }

    pub(crate) fn count(&self) -> usize {
        self.script.lock().unwrap().requests.len()
    }

    pub(crate) fn last(&self) -> String {
        self.script.lock().unwrap().requests.last().unwrap().clone()
    }
}

/// Answers one request, and closes the connection.
async fn answer(mut stream: TcpStream, script: Arc<Mutex<Script>>) {
    let mut request = String::new();
    while !request.contains("\r\n\r\n") || request.starts_with("POST") && !request.ends_with(PING) {
        let mut piece = [0; 4096];
        let Ok(length @ 1..) = stream.read(&mut piece).await else { return };
        request += str::from_utf8(&piece[..length]).unwrap();
    }
    let (opened, then) = {
        let mut script = script.lock().unwrap();
        script.requests.push(request.clone());
        (script.opened.clone(), script.then.clone())
    };
    let answered = match request.split(' ').next().unwrap() {
        "GET" => opened,
        _ if request.starts_with("POST /sse HTTP") => NO_ROUTE.to_owned(),
        _ if !request.starts_with("POST /messages/") => {
            "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 8\r\n\r\nAccepted".to_owned()
        }
        _ => "HTTP/1.1 202 Accepted\r\nContent-Type: text/plain\r\nContent-Length: 9\r\n\r\nAccepted\n"
            .to_owned(),
    };
    stream.write_all(answered.as_bytes()).await.unwrap();
    if let Some((after, text)) = then.filter(|_| request.starts_with("GET")) {
        tokio::time::sleep(after).await;
        let _ = stream.write_all(text.as_bytes()).await;
    }
}
