//! Tests of the fetcher against hostile hosts and responses: SSRF, DNS rebinding, endless bodies and slow servers.

use async_trait::async_trait;
use doorward::client::{Fetch, FetchError, MAX_DOCUMENT_BYTES};
use doorward::protocol::DocumentUrl;
use doorward_outbound::{Fetcher, Limits, Lookup};
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// Longer than any fetch in these tests that ends by itself.
const LIMITS: Limits = Limits { connect: Duration::from_secs(10), total: Duration::from_secs(20) };
/// What the caller of a fetch has left.
const LIMIT: Duration = Duration::from_secs(20);
/// For fetches that never end by themselves.
const SHORT: Limits = Limits { connect: Duration::from_millis(200), total: Duration::from_millis(400) };

/// A resolver that ignores the name, and returns one address after another.
struct Names {
    addresses: Vec<&'static str>,
    asked: AtomicUsize,
}

#[async_trait]
impl Lookup for Names {
    async fn addresses(&self, _: &str) -> io::Result<Vec<SocketAddr>> {
        let turn = self.asked.fetch_add(1, Ordering::SeqCst);
        let address = self.addresses[turn.min(self.addresses.len() - 1)];
        Ok(vec![SocketAddr::new(address.parse().expect("an address"), 0)])
    }
}

fn names(addresses: &[&'static str]) -> Arc<Names> {
    Arc::new(Names { addresses: addresses.to_vec(), asked: AtomicUsize::new(0) })
}

fn url(text: &str) -> DocumentUrl {
    DocumentUrl::parse(text).expect("a document's URL")
}

/// A server on this machine that sends `bytes` to every caller, `times` times, with a pause after each.
async fn server(bytes: Vec<u8>, times: usize, pause: Duration) -> (u16, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let callers = Arc::new(AtomicUsize::new(0));
    let counted = callers.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            counted.fetch_add(1, Ordering::SeqCst);
            tokio::spawn(send(stream, bytes.clone(), times, pause));
        }
    });
    (port, callers)
}

/// The head of the request that a fetch sends.
async fn request() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let server = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.expect("a caller");
        let mut request = vec![0; 2048];
        let length = stream.read(&mut request).await.expect("a request");
        stream.write_all(&document("", "{}")).await.expect("an answer");
        String::from_utf8_lossy(&request[..length]).to_ascii_lowercase()
    });
    fetch(port).await.expect("a response");
    server.await.expect("a request")
}

#[tokio::test]
async fn a_fetch_asks_for_plain_json_and_shows_nothing() {
    let request = request().await;
    assert!(request.contains("\r\naccept: application/json\r\n"), "{request}");
    assert!(request.contains("\r\naccept-encoding: identity\r\n"), "{request}");
    for secret in ["authorization", "cookie", "referer"] {
        assert!(!request.contains(secret), "{request}");
    }
}

async fn send(mut stream: TcpStream, bytes: Vec<u8>, times: usize, pause: Duration) -> io::Result<()> {
    let mut request = [0; 2048];
    let _ = stream.read(&mut request).await?;
    for _ in 0..times {
        stream.write_all(&bytes).await?;
        tokio::time::sleep(pause).await;
    }
    Ok(())
}

fn document(headers: &str, body: &str) -> Vec<u8> {
    format!("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n{headers}\r\n{body}")
        .into_bytes()
}

async fn fetch(port: u16) -> Result<doorward::wire::Response, FetchError> {
    fetch_within(LIMITS, port).await
}

async fn fetch_within(limits: Limits, port: u16) -> Result<doorward::wire::Response, FetchError> {
    let fetcher = Fetcher::new(limits, names(&["192.0.2.1"]));
    fetcher.fetch(&url(&format!("http://127.0.0.1:{port}/client.json")), LIMIT).await
}

#[tokio::test]
async fn a_name_whose_addresses_are_not_public_is_not_reached() {
    let (port, callers) = server(document("", "{}"), 1, Duration::ZERO).await;
    for address in [
        "127.0.0.1",
        "0.0.0.0",
        "10.0.0.1",
        "169.254.169.254",
        "192.168.0.1",
        "::1",
        "::ffff:127.0.0.1",
        "::",
        "fd00:ec2::254",
        "fe80::1",
        "64:ff9b::7f00:1",
        "2002:7f00:1::",
    ] {
        let fetcher = Fetcher::new(LIMITS, names(&[address]));
        let refused = fetcher.fetch(&url(&format!("https://app.example:{port}/client.json")), LIMIT).await;
        let refused = refused.expect_err("it is not public");
        assert_eq!(
            refused,
            FetchError::Invalid("its host name has no public IP address".into()),
            "{address}"
        );
    }
    assert_eq!(callers.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn an_address_in_disguise_is_not_a_host() {
    let (port, callers) = server(document("", "{}"), 1, Duration::ZERO).await;
    let names = names(&["127.0.0.1"]);
    let fetcher = Fetcher::new(LIMITS, names.clone());
    for host in [
        "2130706433",
        "0x7f000001",
        "0x7f.0.0.1",
        "0177.0.0.1",
        "127.1",
        "127.0.1",
        "%31%32%37.0.0.1",
        "8.8.8.8",
        "[2606:4700::1111]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[::]",
        "0.0.0.0",
        "10.0.0.1",
        "localhost.",
    ] {
        let text = format!("https://{host}:{port}/client.json");
        let Ok(url) = DocumentUrl::parse(&text) else { continue };
        let refused = fetcher
            .fetch(&url, LIMIT)
            .await
            .expect_err("its host is an IP address, or has no public address");
        assert!(matches!(refused, FetchError::Invalid(_)), "{host}: {refused:?}");
    }
    assert_eq!(callers.load(Ordering::SeqCst), 0);
}

/// DNS rebinding: a fetch looks the name up once, and connects to the address that was checked.
#[tokio::test]
async fn a_name_that_changes_its_meaning_is_believed_once() {
    let (port, callers) = server(document("", "{}"), 1, Duration::ZERO).await;
    let names = names(&["127.0.0.1", "127.0.0.2", "10.0.0.1"]);
    let fetcher = Fetcher::new(LIMITS, names.clone());
    let on_this_machine = fetcher.fetch(&url(&format!("http://localhost:{port}/client.json")), LIMIT).await;
    assert_eq!(on_this_machine.expect("a response").status(), 200);
    assert_eq!((names.asked.load(Ordering::SeqCst), callers.load(Ordering::SeqCst)), (1, 1));
    for asked in [2, 3] {
        let refused = fetcher.fetch(&url(&format!("https://app.example:{port}/client.json")), LIMIT).await;
        assert!(matches!(refused, Err(FetchError::Invalid(_))), "{refused:?}");
        assert_eq!((names.asked.load(Ordering::SeqCst), callers.load(Ordering::SeqCst)), (asked, 1));
    }
}

/// Otherwise the fetched URL would differ from the URL that the client id is compared with.
#[tokio::test]
async fn a_url_that_browsers_write_otherwise_is_not_even_looked_up() {
    let names = names(&["127.0.0.1"]);
    let fetcher = Fetcher::new(LIMITS, names.clone());
    for text in ["https://app.example:443/client.json", "https://app.example:0443/client.json"] {
        assert!(matches!(fetcher.fetch(&url(text), LIMIT).await, Err(FetchError::Invalid(_))), "{text}");
    }
    assert_eq!(names.asked.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn a_document_comes_as_it_is_and_nothing_is_shown_for_it() {
    let (port, callers) = server(document("Cache-Control: max-age=60\r\n", "{}"), 1, Duration::ZERO).await;
    let response = fetch(port).await.expect("a response");
    assert_eq!((response.status().as_u16(), &response.body()[..]), (200, &b"{}"[..]));
    assert_eq!(response.headers()["cache-control"], "max-age=60");
    assert_eq!(callers.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_redirect_is_an_answer_and_not_a_way() {
    let (elsewhere, callers) = server(document("", "{}"), 1, Duration::ZERO).await;
    let redirect =
        format!("HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:{elsewhere}/\r\nContent-Length: 0\r\n\r\n");
    let (port, _) = server(redirect.into_bytes(), 1, Duration::ZERO).await;
    assert_eq!(fetch(port).await.expect("a response").status(), 302);
    assert_eq!(callers.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn an_endless_body_is_left_where_it_is_too_long() {
    let begin = document("", &" ".repeat(16 * 1024));
    let (port, _) = server(begin, 1_000_000, Duration::ZERO).await;
    let refused = fetch(port).await.expect_err("it is endless");
    assert_eq!(refused, FetchError::Invalid("it is longer than the maximum of 32 KiB".into()));
    let (port, _) = server(document("", &" ".repeat(MAX_DOCUMENT_BYTES)), 1, Duration::ZERO).await;
    assert_eq!(fetch(port).await.expect("just short enough").body().len(), MAX_DOCUMENT_BYTES);
}

/// No decompression, so a small response cannot expand in memory (decompression bomb).
#[tokio::test]
async fn a_compressed_body_stays_compressed() {
    let (port, _) = server(document("Content-Encoding: gzip\r\n", "\u{1f}packed"), 1, Duration::ZERO).await;
    let response = fetch(port).await.expect("a response");
    assert_eq!(response.headers()["content-encoding"], "gzip");
    assert_eq!(&response.body()[..], "\u{1f}packed".as_bytes());
}

#[tokio::test]
async fn slow_bytes_hold_nobody_longer_than_the_limit() {
    for (bytes, times) in
        [(document("", ""), 1), (b"HTTP/1.1 200 OK\r\nX: y\r\n".to_vec(), 1), (document("", " "), 1000)]
    {
        let (port, _) = server(bytes, times, Duration::from_secs(60)).await;
        let begun = Instant::now();
        let refused = fetch_within(SHORT, port).await.expect_err("it never ends");
        assert!(matches!(refused, FetchError::Unavailable(_)), "{refused:?}");
        assert!(begun.elapsed() < LIMITS.total, "{:?}", begun.elapsed());
    }
}

#[tokio::test]
async fn a_server_that_is_away_or_speaks_no_http_is_no_fault_of_the_clients() {
    let (port, _) = server(b"hello\r\n\r\n".to_vec(), 1, Duration::ZERO).await;
    assert!(matches!(fetch(port).await, Err(FetchError::Unavailable(_))));
    assert!(matches!(fetch(1).await, Err(FetchError::Unavailable(_))));
}
