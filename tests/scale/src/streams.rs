//! Open event streams through a gateway.

use crate::http::Connection;
use crate::load::{Callers, Kind};
use crate::population::{Population, RESOURCE};
use crate::server::{SECRET, Server};
use std::path::Path;
use std::process::{Child, Command};
use std::sync::Arc;
use std::time::{Duration, Instant};

const PORT: u16 = 29_221;
/// Streams of one user: less than the 32 that a user may have.
const OF_A_USER: usize = 30;
/// Streams that are opened at the same time. The head of each takes a second.
const AT_ONCE: usize = 512;
const GRANTS: u64 = 4000;

/// The process behind the gateway. It ends with this value.
struct Upstream(Child);

impl Drop for Upstream {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Opens this many streams, and measures the process beside and after them.
pub(crate) async fn measure(count: usize) {
    let place = std::env::temp_dir().join(format!("doorward-scale-{}", std::process::id()));
    drop(Server::start(&place, PORT));
    let filled = Command::new(std::env::current_exe().unwrap())
        .args(["fill", place.to_str().unwrap(), &GRANTS.to_string()])
        .status();
    assert!(filled.unwrap().success());
    let port = (PORT + 2).to_string();
    let child = Command::new(std::env::current_exe().unwrap()).args(["upstream", &port]).spawn();
    let _upstream = Upstream(child.unwrap());
    let population = Arc::new(Population::of(&place, GRANTS));
    run(&place, &population, count).await;
    std::fs::remove_dir_all(place).unwrap();
}

async fn run(place: &Path, population: &Arc<Population>, count: usize) {
    // A quarter of the connections is closed to streams.
    let connections = count.div_ceil(3) * 4;
    let (resource, url) =
        (format!("http://127.0.0.1:{}/mcp", PORT + 1), format!("http://127.0.0.1:{}/mcp", PORT + 2));
    let arguments = [
        "--resource",
        &format!("{resource}=user"),
        "--upstream",
        &format!("{resource}={url}"),
        "--resource",
        &format!("{RESOURCE}=user"),
        "--resource-secret",
        &format!("{RESOURCE}={SECRET}"),
        "--connections",
        &connections.to_string(),
    ];
    let server = Server::with(place, PORT, &arguments);
    let mut callers = Callers::connect(server.address, population, 0).await;
    let span = |_, time: Duration| time < Duration::from_secs(5);
    callers.run(Kind::Introspect, span).await;
    let alone = callers.run(Kind::Introspect, span).await;
    drop(callers);
    let before = server.memory();
    let began = Instant::now();
    let mut open = Vec::new();
    while open.len() < count {
        let some = AT_ONCE.min(count - open.len());
        let opening = (open.len()..open.len() + some).map(|number| {
            let user = format!("user{}", number / OF_A_USER);
            let token = population.access_token(&format!("http://127.0.0.1:{PORT}"), &resource, &user);
            let address = server.mcp();
            tokio::spawn(async move { stream(address, &token).await })
        });
        for opening in opening.collect::<Vec<_>>() {
            let (connection, status) = opening.await.unwrap();
            assert_eq!(status, 200, "stream {}", open.len());
            open.push(connection);
        }
    }
    let took = began.elapsed();
    let after = server.memory();
    println!(
        "{count} streams, connections={connections}: opened in {:.1} s; {} file descriptors; {:.1} -> {:.1} MiB of its own, \
         {:.1} KiB a stream",
        took.as_secs_f64(),
        server.descriptors(),
        before.0,
        after.0,
        (after.0 - before.0) * 1024.0 / count as f64
    );
    let (cpu, idle) = (server.cpu(), Duration::from_secs(60));
    tokio::time::sleep(idle).await;
    println!(
        "CPU while idle: {:.2} % of a core",
        (server.cpu() - cpu).as_secs_f64() / idle.as_secs_f64() * 100.0
    );
    let mut callers = Callers::connect(server.address, population, 0).await;
    callers.run(Kind::Introspect, span).await;
    let beside = callers.run(Kind::Introspect, span).await;
    println!(
        "introspection, 16 connections: p50 {:.2} ms (without streams {:.2}), p99 {:.2} ms ({:.2})",
        beside.at(50.0),
        alone.at(50.0),
        beside.at(99.0),
        alone.at(99.0)
    );
    let token = population.access_token(&format!("http://127.0.0.1:{PORT}"), &resource, "another");
    let (_refused, status) = stream(server.mcp(), &token).await;
    println!("stream {}: {status}", count + 1);
    drop(callers);
    println!("SIGTERM: the process ended after {:.1} s", server.stop().as_secs_f64());
    drop(open);
}

/// Asks for a stream, and returns the connection and the status.
async fn stream(address: std::net::SocketAddr, token: &str) -> (Connection, u16) {
    let mut connection = Connection::open(address).await;
    let request = format!(
        "GET /mcp HTTP/1.1\r\nHost: {address}\r\nAccept: text/event-stream\r\nMCP-Protocol-Version: 2025-06-18\r\n\
         Authorization: Bearer {token}\r\n\r\n"
    );
    connection.send(&request).await;
    let (status, _) = connection.head().await;
    (connection, status)
}
