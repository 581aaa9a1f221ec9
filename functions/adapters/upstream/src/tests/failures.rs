//! Upstreams that do not answer.

use super::folder::Folder;
use super::{LIMIT, plain, post, send};
use crate::{Settings, Upstream};
use doorward::gateway::UpstreamFailure;
use doorward::protocol::Target;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::time::Instant;

/// The reason why this host cannot be reached.
async fn unreachable(tls: bool, host: &str, loopback: bool) -> String {
    let target = Target::Tcp { tls, host: host.to_owned(), port: 1 };
    let upstream = Upstream::new(target, Settings { loopback, ..Settings::default() }).unwrap();
    match send(&upstream).await {
        Err(UpstreamFailure::Unreachable(reason)) => reason,
        other => panic!("{host}: {other:?}"),
    }
}

/// An upstream that reads the head of a request, writes this and waits until the connection is closed.
async fn scripted(answer: &'static [u8]) -> (Upstream, tokio::task::JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let upstream = plain(listener.local_addr().unwrap().port());
    let script = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut read = [0; 1024];
        let _ = stream.read(&mut read).await;
        let _ = stream.write_all(answer).await;
        while stream.read(&mut read).await.is_ok_and(|length| length > 0) {}
    });
    (upstream, script)
}

#[tokio::test]
async fn an_absent_upstream_is_unreachable() {
    assert!(unreachable(false, "127.0.0.1", true).await.contains("Connection refused"));
    let folder = Folder::new();
    let upstream = Upstream::new(Target::Unix(folder.file("absent.sock")), Settings::default()).unwrap();
    let Err(UpstreamFailure::Unreachable(reason)) = send(&upstream).await else { panic!("it is absent") };
    assert!(reason.contains("No such file"), "{reason}");
}

#[tokio::test]
async fn forbidden_addresses_are_not_connected_to() {
    for metadata in ["169.254.169.254", "fe80::1", "fd00:ec2::254"] {
        assert!(unreachable(true, metadata, true).await.contains("forbidden"), "{metadata}");
    }
    for public in ["8.8.8.8", "2606:4700::1111", "169.254.169.254"] {
        assert!(unreachable(false, public, true).await.contains("use https"), "{public}");
    }
    assert!(unreachable(true, "localhost", false).await.contains("forbidden"));
    assert!(unreachable(true, "localhost", true).await.contains("Connection refused"));
}

#[tokio::test]
async fn what_is_no_http_is_unreachable() {
    let (upstream, _) = scripted(b"220 mail.example ESMTP\r\n\r\n").await;
    let Err(UpstreamFailure::Unreachable(reason)) = send(&upstream).await else { panic!("it is no HTTP") };
    assert_eq!(reason, "invalid HTTP version parsed");
}

#[tokio::test]
async fn a_silent_upstream_is_late_and_its_connection_is_closed() {
    let (upstream, script) = scripted(b"").await;
    let failure = upstream.send(post("secret"), Duration::from_millis(50)).await.unwrap_err();
    assert_eq!(failure, UpstreamFailure::Late("no answer within 0.05 s".to_owned()));
    tokio::time::timeout(Duration::from_secs(1), script).await.expect("it is closed").unwrap();
}

/// The handshake of TLS takes part of the time for connecting.
#[tokio::test]
async fn a_connection_has_five_seconds() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let target = Target::Tcp { tls: true, host: "localhost".to_owned(), port };
    let upstream = Upstream::new(target, Settings::default()).unwrap();
    let sent = tokio::spawn(async move { upstream.send(post("{}"), LIMIT * 100).await });
    let (_stream, _) = listener.accept().await.unwrap();
    tokio::time::pause();
    let began = Instant::now();
    let failure = sent.await.unwrap().unwrap_err();
    assert_eq!(failure, UpstreamFailure::Late("no connection within 5 s".to_owned()));
    assert_eq!(began.elapsed().as_secs_f32().round(), 5.0);
}
