//! One cell: callers at one server for some seconds, in a closed loop, and what both sides used of their CPUs.

use crate::Outcome;
use crate::operation::Caller;
use crate::process::Used;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

/// How long the callers run before the clock starts.
const WARM_UP: Duration = Duration::from_millis(200);

pub(crate) struct Cell {
    pub(crate) operations: u64,
    /// CPU time of the server for one operation, in microseconds.
    pub(crate) cost: f64,
    /// The shares of the time in which each side was running.
    pub(crate) server: f64,
    pub(crate) generator: f64,
}

#[derive(Default)]
struct Progress {
    operations: AtomicU64,
    is_over: AtomicBool,
}

/// Drives `callers` at a server that has used so much CPU time. It fails if one operation fails.
pub(crate) async fn run(
    callers: &mut Vec<Caller>,
    server: impl Fn() -> Outcome<Used>,
    time: Duration,
) -> Outcome<Cell> {
    let progress = Arc::<Progress>::default();
    let mut running = JoinSet::new();
    for mut caller in callers.drain(..) {
        let progress = progress.clone();
        running.spawn(async move {
            while !progress.is_over.load(Ordering::Relaxed) {
                caller.call().await?;
                progress.operations.fetch_add(1, Ordering::Relaxed);
            }
            Outcome::Ok(caller)
        });
    }
    sleep(WARM_UP).await;
    let counted = || progress.operations.load(Ordering::Relaxed);
    let (began, operations, used, here) = (Instant::now(), counted(), server()?, Used::here()?);
    sleep(time).await;
    let (elapsed, operations) = (began.elapsed().as_secs_f64(), counted() - operations);
    let (used, here) = (server()?.since(&used).as_secs_f64(), Used::here()?.since(&here).as_secs_f64());
    progress.is_over.store(true, Ordering::Relaxed);
    for caller in running.join_all().await {
        callers.push(caller?);
    }
    if operations == 0 {
        return Err("no operation was done".into());
    }
    let cost = used * 1e6 / operations as f64;
    Ok(Cell { operations, cost, server: used / elapsed, generator: here / elapsed })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::Exchange;
    use std::net::{Ipv4Addr, SocketAddr};
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::{TcpListener, TcpStream};

    /// A server that counts its responses. From a number on their status is 503.
    async fn server(failing_from: u64) -> (SocketAddr, Arc<AtomicU64>) {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let (address, count) = (listener.local_addr().unwrap(), Arc::<AtomicU64>::default());
        let counted = count.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(answer(stream, counted.clone(), failing_from));
            }
        });
        (address, count)
    }

    async fn answer(mut stream: TcpStream, count: Arc<AtomicU64>, failing_from: u64) {
        let mut request = [0; 1024];
        while stream.read(&mut request).await.is_ok_and(|read| read > 0) {
            let fails = count.fetch_add(1, Ordering::Relaxed) >= failing_from;
            let status = if fails { "503 Service Unavailable" } else { "200 OK" };
            let response = format!("HTTP/1.1 {status}\r\ncontent-length: 2\r\n\r\nok");
            if stream.write_all(response.as_bytes()).await.is_err() {
                break;
            }
        }
    }

    async fn callers(address: SocketAddr) -> Vec<Caller> {
        let request = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n".to_vec();
        Caller::of_floor(address, &[Exchange { request, response_bytes: 0 }]).await.unwrap()
    }

    #[tokio::test]
    async fn a_cell_counts_the_operations_of_its_time() {
        let (address, count) = server(u64::MAX).await;
        let mut callers = callers(address).await;
        let cell = run(&mut callers, Used::here, Duration::from_millis(20)).await.unwrap();
        assert_eq!(callers.len(), crate::CONNECTIONS);
        // Most were answered before the clock started.
        let answered = count.load(Ordering::Relaxed);
        assert!(0 < cell.operations && cell.operations < answered / 2, "{} of {answered}", cell.operations);
        assert!(0.0 < cell.server && cell.server < 2.0 && 0.0 < cell.cost);
    }

    #[tokio::test]
    async fn one_failed_operation_ends_the_run() {
        let (address, _) = server(1000).await;
        let cell = run(&mut callers(address).await, Used::here, Duration::from_millis(50)).await;
        assert!(cell.err().unwrap().to_string().contains("expected 200, got:\nHTTP/1.1 503"));
    }
}
