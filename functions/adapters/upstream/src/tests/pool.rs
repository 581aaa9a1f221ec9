//! Connections are kept, and replaced when the upstream closes them.

use super::folder::Folder;
use super::origin::{Origin, serve, whole};
use super::{plain, post, send, text};
use crate::{Settings, Upstream};
use doorward::gateway::UpstreamFailure;
use doorward::protocol::Target;
use http::Version;
use http::header::HOST;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, UnixListener};

#[tokio::test]
async fn one_connection_serves_many_requests() {
    let origin = Origin::start(|_| whole("yes")).await;
    let upstream = plain(origin.port);
    for _ in 0..50 {
        assert_eq!(text(send(&upstream).await.unwrap()).await, "yes");
    }
    assert_eq!(origin.connections(), 1);
}

/// Over HTTP/1.1 each request in flight has a connection of its own.
#[tokio::test]
async fn more_requests_in_flight_than_allowed_are_refused() {
    let origin = Origin::start(|_| whole("yes")).await;
    let target = Target::Tcp { tls: false, host: "127.0.0.1".to_owned(), port: origin.port };
    let upstream = Upstream::new(target, Settings { in_flight: 2, ..Settings::default() }).unwrap();
    let open = [send(&upstream).await.unwrap(), send(&upstream).await.unwrap()];
    let refused = send(&upstream).await.map(drop);
    assert!(matches!(refused, Err(UpstreamFailure::Busy(_))), "{refused:?}");
    drop(open);
    send(&upstream).await.unwrap();
}

#[tokio::test]
async fn an_idle_connection_is_closed_before_a_server_would_close_it() {
    let origin = Origin::start(|_| whole("yes")).await;
    let upstream = plain(origin.port);
    text(send(&upstream).await.unwrap()).await;
    tokio::time::pause();
    // The pool looks at its connections at intervals of its limit.
    tokio::time::advance(Duration::from_millis(3100)).await;
    tokio::time::resume();
    text(send(&upstream).await.unwrap()).await;
    assert_eq!(origin.connections(), 2);
}

/// Keep-alive is promised (HTTP/1.1), and the connection is closed after each answer all the same.
#[tokio::test]
async fn an_upstream_that_closes_idle_connections_causes_no_failure() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let upstream = plain(listener.local_addr().unwrap().port());
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut head = [0; 1024];
                if stream.read(&mut head).await.is_ok() {
                    let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nyes").await;
                }
            });
        }
    });
    for call in 0..200 {
        let answer = send(&upstream).await.unwrap_or_else(|failure| panic!("call {call}: {failure}"));
        assert_eq!(text(answer).await, "yes");
    }
}

#[tokio::test]
async fn the_authority_of_the_uri_is_the_host_and_not_the_target() {
    let origin = Origin::start(|request| whole(request.headers()[HOST].as_bytes().to_vec())).await;
    let upstream = plain(origin.port);
    let mut request = post("{}");
    request.headers_mut().insert(HOST, "client.example".parse().unwrap());
    // Nor is the client's version that of the upstream.
    *request.version_mut() = Version::HTTP_2;
    let answer = upstream.send(request, super::LIMIT).await.unwrap();
    assert_eq!(text(answer).await, "mcp.internal:81");
}

#[tokio::test]
async fn a_static_header_replaces_that_of_the_request() {
    let origin = Origin::start(|request| {
        let keys = request.headers().get_all("x-api-key").iter();
        whole(keys.map(|key| key.to_str().unwrap()).collect::<Vec<_>>().join(", "))
    })
    .await;
    let report: crate::Report = Arc::new(|_| {});
    let headers = crate::StaticHeaders::new(["X-API-Key: ours"], &report).unwrap();
    let target = Target::Tcp { tls: false, host: "localhost".to_owned(), port: origin.port };
    let upstream = Upstream::new(target, Settings { headers, ..Settings::default() }).unwrap();
    let mut request = post("{}");
    request.headers_mut().insert("x-api-key", "theirs".parse().unwrap());
    assert_eq!(text(upstream.send(request, super::LIMIT).await.unwrap()).await, "ours");
}

#[tokio::test]
async fn a_unix_socket_is_an_upstream() {
    let folder = Folder::new();
    let listener = UnixListener::bind(folder.file("mcp.sock")).unwrap();
    tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        serve(stream, false, |request| whole(request.uri().to_string())).await;
    });
    let upstream = Upstream::new(Target::Unix(folder.file("mcp.sock")), Settings::default()).unwrap();
    for _ in 0..2 {
        assert_eq!(text(send(&upstream).await.unwrap()).await, "/mcp");
    }
}
