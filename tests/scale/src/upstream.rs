//! An MCP server with event streams, for the gateway: GET opens a stream that says nothing, POST answers at once.

use std::net::Ipv4Addr;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

const STREAM: &str = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n\
                      c\r\n: connected\n\r\n";
const RESULT: &str = r#"{"jsonrpc":"2.0","id":1,"result":{}}"#;

pub(crate) async fn serve(port: u16) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.unwrap();
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        tokio::spawn(answer(stream));
    }
}

/// Answers requests that arrive in one piece, until the gateway closes the connection.
async fn answer(mut stream: TcpStream) {
    let mut bytes = vec![0; 4096];
    while let Ok(read @ 1..) = stream.read(&mut bytes).await {
        let is_stream = bytes[..read].starts_with(b"GET");
        let result = format!(
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{RESULT}",
            RESULT.len()
        );
        let answer = if is_stream { STREAM } else { &result };
        if stream.write_all(answer.as_bytes()).await.is_err() {
            return;
        }
    }
}
