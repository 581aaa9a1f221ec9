//! A server with metrics, which a test sends requests to.

use crate::over_http::{OverHttp, exchange};
use crate::sample::Samples;
use bytes::Bytes;
use doorward::store::MemoryStore;
use doorward::wire::Response;
use doorward_local::log::Log;
use doorward_local::serve::Listening;
use doorward_local::serve::shutdown::Stage;
use doorward_settings::{AUTH_PORT, DATA_DIR, MCP_PORT, OPS_LISTEN, Setting, USER, Values};
use harness::counting::Counting;
use harness::fakes::{TestClock, TestPasswords, TestWeb};
use harness::test_server::{NAME, PASSWORD, TestServer, get};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use tokio::sync::watch;
use tokio::task::JoinSet;

/// A server with its store in a folder that is deleted with this value.
pub(crate) struct Running {
    pub(crate) test: TestServer,
    pub(crate) auth: SocketAddr,
    pub(crate) mcp: SocketAddr,
    pub(crate) ops: SocketAddr,
    pub(crate) folder: PathBuf,
    pub(crate) stage: watch::Sender<Stage>,
    serving: JoinSet<()>,
}

impl Running {
    pub(crate) async fn start() -> Self {
        Self::with(&[]).await
    }

    /// A server with the user of the harness, and these settings.
    pub(crate) async fn with(settings: &[(&Setting, &str)]) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name =
            format!("doorward-metrics-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let folder = std::env::temp_dir().join(name);
        let user = format!("{NAME}:{PASSWORD}");
        let own = [
            (&AUTH_PORT, "0"),
            (&MCP_PORT, "0"),
            (&OPS_LISTEN, "127.0.0.1:0"),
            (&DATA_DIR, folder.to_str().unwrap()),
            (&USER, &user),
        ];
        let values = Values::of(own.into_iter().chain(settings.iter().copied()));
        let listening = Listening::start(&values, Log::to(std::io::sink())).await.unwrap();
        let address = |url: &str| url.split('/').nth(2).unwrap().parse().unwrap();
        let (auth, mcp) = (address(listening.issuer().as_str()), address(listening.resource().as_str()));
        let ops = listening.ops().unwrap();
        let test = TestServer::standing(
            Arc::new(OverHttp { auth, mcp }),
            listening.server().unwrap().clone(),
            Arc::new(TestClock::new()),
            Arc::new(Counting::of(MemoryStore::default())),
            Arc::new(TestWeb::default()),
            Arc::new(TestPasswords::default()),
        );
        let mut serving = JoinSet::new();
        let (stage, stages) = watch::channel(Stage::Serving);
        serving.spawn(async move {
            let _ = listening.run_until(stages).await;
        });
        Self { test, auth, mcp, ops, folder, stage, serving }
    }

    /// Reads the metrics.
    pub(crate) async fn scrape(&self) -> Samples {
        let response = self.monitor("/metrics").await;
        assert_eq!(response.status(), 200);
        Samples::read(std::str::from_utf8(response.body()).unwrap())
    }

    /// Asks the listener for monitoring.
    pub(crate) async fn monitor(&self, path: &str) -> Response {
        exchange(self.ops, &get(path)).await
    }

    /// Sends a request to a listener, as it is.
    pub(crate) async fn send(address: SocketAddr, method: &str, path: &str) -> u16 {
        let request = http::Request::builder().method(method).uri(path).body(Bytes::new()).unwrap();
        exchange(address, &request).await.status().as_u16()
    }

    /// Waits until the server has ended.
    pub(crate) async fn end(&mut self) {
        self.serving.join_next().await;
    }

    /// The file of the store, opened by another program.
    pub(crate) fn other_program(&self) -> rusqlite::Connection {
        rusqlite::Connection::open(self.folder.join("doorward.db")).unwrap()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.serving.abort_all();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}
