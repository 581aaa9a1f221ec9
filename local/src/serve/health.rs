//! Whether this process can serve. A probe asks the store now and then, so that a question costs nothing.

use super::shutdown::Stage;
use super::supervisor;
use crate::log::Log;
use bytes::Bytes;
use doorward_sqlite::SqliteStore;
use http::request::Parts;
use http::{HeaderValue, Method, Response, StatusCode, header};
use http_body_util::Full;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::{MissedTickBehavior, interval, timeout};

/// The path at which it is told, on every listener.
const PATH: &str = "/health";
/// The time between two probes. A supervisor's watchdog may need a shorter one.
const EVERY: Duration = Duration::from_secs(5);
/// How long the store may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// Whether requests can be served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Readiness {
    Ready,
    /// A write fails, for example because the disk is full.
    Failing,
    /// The store does not answer in time.
    Silent,
    /// The process is about to end.
    Ending,
}

/// The last readiness. A clone sees the same.
#[derive(Clone)]
pub(super) struct Health(watch::Receiver<Readiness>);

/// Keeps the readiness up to date.
pub(super) struct Probe {
    readiness: watch::Sender<Readiness>,
    store: Option<Arc<SqliteStore>>,
    log: Log,
}

impl Health {
    /// A probe of the store, and what it finds. Without a store in a file there is nothing that can fail.
    pub(super) fn of(store: Option<Arc<SqliteStore>>, log: Log) -> (Self, Probe) {
        let (sender, receiver) = watch::channel(Readiness::Ready);
        (Self(receiver), Probe { readiness: sender, store, log })
    }

    /// The answer to a request for the health of this process, if it is one.
    pub(super) fn answer(&self, head: &Parts) -> Option<Response<Full<Bytes>>> {
        Self::is_asked(head).then(|| self.response())
    }

    /// Whether a request asks for the health, on a listener without a resource at this path.
    pub(super) fn is_asked(head: &Parts) -> bool {
        head.uri.path() == PATH && [Method::GET, Method::HEAD].contains(&head.method)
    }

    /// The answer to a question for the health.
    pub(super) fn response(&self) -> Response<Full<Bytes>> {
        self.0.borrow().response()
    }
}

impl Probe {
    /// What it finds.
    pub(super) fn health(&self) -> Health {
        Health(self.readiness.subscribe())
    }

    /// Probes until `stage` ends serving, and then says that the process is ending. It tells the supervisor what it needs to know.
    pub(super) async fn run(self, mut stage: watch::Receiver<Stage>) {
        supervisor::ready();
        let every = supervisor::watchdog().map_or(EVERY, |limit| EVERY.min(limit / 2));
        let mut ticks = interval(every);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let probing = async {
            loop {
                ticks.tick().await;
                self.probe().await;
            }
        };
        tokio::select! {
            () = probing => {}
            _ = stage.wait_for(|stage| *stage != Stage::Serving) => {}
        }
        supervisor::stopping();
        self.readiness.send_replace(Readiness::Ending);
    }

    async fn probe(&self) {
        let asked = async {
            match &self.store {
                None => Ok(()),
                Some(store) => store.probe().await,
            }
        };
        let (now, reason) = match timeout(PATIENCE, asked).await {
            Ok(Ok(())) => (Readiness::Ready, String::new()),
            Ok(Err(error)) => (Readiness::Failing, error.to_string()),
            Err(_) => (Readiness::Silent, format!("no answer within {} seconds", PATIENCE.as_secs())),
        };
        // A process whose store is silent may hang. One whose disk is full is not helped by a new start.
        if now != Readiness::Silent {
            supervisor::alive();
        }
        if self.readiness.send_replace(now) != now {
            self.log.store_health(&reason);
        }
    }
}

impl Readiness {
    fn response(self) -> Response<Full<Bytes>> {
        let (status, text) = match self {
            Self::Ready => (StatusCode::OK, "ok\n"),
            Self::Failing => (StatusCode::SERVICE_UNAVAILABLE, "the store cannot write; see the log\n"),
            Self::Silent => (StatusCode::SERVICE_UNAVAILABLE, "the store does not answer; see the log\n"),
            Self::Ending => (StatusCode::SERVICE_UNAVAILABLE, "the server is about to end\n"),
        };
        let mut response = Response::new(Full::from(text));
        *response.status_mut() = status;
        let fields = [(header::CONTENT_TYPE, "text/plain"), (header::CACHE_CONTROL, "no-store")];
        response.headers_mut().extend(fields.map(|(name, value)| (name, HeaderValue::from_static(value))));
        response
    }
}
