//! The listener for monitoring, and what it sees of the other listeners.

use crate::running::Running;
use doorward_local::log::Log;
use doorward_local::serve::Listening;
use doorward_local::serve::shutdown::Stage;
use doorward_settings::{AUTH_PORT, MCP_PORT, OPS_LISTEN, UPSTREAM, Values};
use harness::test_server::header;
use harness::upstream::{Upstream, answer, soon};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

#[tokio::test(flavor = "multi_thread")]
async fn it_serves_three_paths_for_reading() {
    let running = Running::start().await;
    let metrics = running.monitor("/metrics").await;
    assert_eq!(header(&metrics, "content-type"), "text/plain; version=0.0.4; charset=utf-8");
    for path in ["/live", "/ready"] {
        let answer = running.monitor(path).await;
        assert_eq!((answer.status().as_u16(), &answer.body()[..]), (200, &b"ok\n"[..]), "{path}");
    }
    for (method, path, status) in [
        ("HEAD", "/metrics", 200),
        ("POST", "/metrics", 405),
        ("DELETE", "/live", 405),
        ("GET", "/", 404),
        ("GET", "/health", 404),
        ("GET", "/oauth/jwks", 404),
        ("POST", "/nothing", 404),
    ] {
        assert_eq!(Running::send(running.ops, method, path).await, status, "{method} {path}");
    }
    assert_eq!(Running::send(running.auth, "GET", "/metrics").await, 404, "only there");
    let now = running.scrape().await;
    now.assert_counted("doorward_requests_total", &[("endpoint=other,status=404", 1)]);
}

/// DNS rebinding: the name of a web page leads to loopback.
#[tokio::test(flavor = "multi_thread")]
async fn on_loopback_it_answers_no_page_of_another_name() {
    let running = Running::start().await;
    for (host, status) in
        [("page.example:9464", "421"), ("localhost:9464", "200"), ("127.0.0.1", "200"), ("[::1]", "200")]
    {
        let mut stream = TcpStream::connect(running.ops).await.unwrap();
        let head = format!("GET /metrics HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n");
        stream.write_all(head.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{host}: {answer}");
        assert_eq!(answer.contains("doorward_"), status == "200", "{host}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn open_connections_and_requests_without_an_answer_are_counted() {
    let running = Running::start().await;
    let mut leaving = TcpStream::connect(running.auth).await.unwrap();
    let head = "POST /oauth/token HTTP/1.1\r\nhost: a\r\ncontent-length: 10\r\n\r\nhalf";
    leaving.write_all(head.as_bytes()).await.unwrap();
    let idle = TcpStream::connect(running.mcp).await.unwrap();
    let opened = async {
        while running.scrape().await.counted("doorward_connections").len() < 2 {
            tokio::task::yield_now().await;
        }
    };
    soon("two connections", opened).await;
    running
        .scrape()
        .await
        .assert_counted("doorward_connections", &[("listener=auth", 1), ("listener=mcp", 1)]);
    drop((leaving, idle));
    let closed = async {
        while !running.scrape().await.counted("doorward_connections").is_empty() {
            tokio::task::yield_now().await;
        }
    };
    soon("no connection", closed).await;
    let now = running.scrape().await;
    let counted = now.counted("doorward_requests_total");
    assert_eq!(counted.len(), 1, "{counted:?}");
    assert!(counted[0].0.starts_with("endpoint=/oauth/token,status="), "{counted:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_there_until_the_last_request_is_answered_and_says_that_the_server_ends() {
    let mut running = Running::start().await;
    let mut half = TcpStream::connect(running.auth).await.unwrap();
    half.write_all(b"POST /oauth/token HTTP/1.1\r\nhost: a\r\ncontent-length: 10\r\n\r\nhalf").await.unwrap();
    let opened = async {
        while running.scrape().await.counted("doorward_connections").is_empty() {
            tokio::task::yield_now().await;
        }
    };
    soon("a connection", opened).await;
    running.stage.send(Stage::Draining).unwrap();
    let told = async {
        loop {
            let ready = running.monitor("/ready").await;
            if ready.status() == 503 {
                break ready;
            }
            tokio::task::yield_now().await;
        }
    };
    assert_eq!(&soon("not ready", told).await.body()[..], b"the server is about to end\n");
    assert_eq!(running.monitor("/live").await.status(), 200);
    drop(half);
    soon("the end", running.end()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_to_a_gateway_have_its_resource() {
    let upstream = Upstream::answering(answer("200 OK", "content-type: application/json\r\n", b"{}")).await;
    let running = Running::with(&[(&UPSTREAM, &upstream.url())]).await;
    assert_eq!(Running::send(running.mcp, "POST", "/mcp").await, 401);
    assert_eq!(Running::send(running.mcp, "GET", "/elsewhere").await, 404);
    let now = running.scrape().await;
    let resource = format!("resource=http://{}/mcp,status=401", running.mcp);
    now.assert_counted("doorward_gateway_requests_total", &[(&resource, 1)]);
    now.assert_counted(
        "doorward_requests_total",
        &[("endpoint=mcp,status=401", 1), ("endpoint=other,status=404", 1)],
    );
}

#[tokio::test]
async fn the_address_of_another_server_is_refused_and_an_open_one_has_a_warning() {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port().to_string();
    let start = async |own: &str| {
        let settings = [(&AUTH_PORT, port.as_str()), (&MCP_PORT, "0"), (&OPS_LISTEN, own)];
        Listening::start(&Values::of(settings), Log::to(std::io::sink())).await
    };
    for host in ["127.0.0.1", "0.0.0.0", "localhost"] {
        let refused = start(&format!("{host}:{port}")).await.map(drop).unwrap_err().to_string();
        assert!(refused.contains("is the address of the authorization server"), "{refused}");
    }
    let open = start("0.0.0.0:0").await.unwrap();
    let warning = open.warnings.iter().find(|warning| warning.starts_with("--ops-listen 0.0.0.0:"));
    assert!(warning.is_some_and(|warning| warning.contains("no authentication")), "{:?}", open.warnings);
    drop(open);
    let closed = start("127.0.0.1:0").await.unwrap();
    assert!(closed.warnings.iter().all(|warning| !warning.contains("ops-listen")), "{:?}", closed.warnings);
}
