//! What a listener tells of its connections and requests, for metrics.

use http::request::Parts;
use http::{Request, StatusCode};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// The status of a request whose client left before the answer. No response has it.
const CLIENT_LEFT: StatusCode = match StatusCode::from_u16(499) {
    Ok(status) => status,
    Err(_) => StatusCode::REQUEST_TIMEOUT,
};

/// Is told of each connection and each request.
pub trait Watch: Send + Sync {
    /// A connection was accepted.
    fn opened(&self);

    /// A connection ended.
    fn closed(&self);

    /// What a request is counted as.
    fn series(&self, head: &Parts) -> Series;

    /// A request was answered. `took` is the time from its head until its answer begins.
    fn answered(&self, series: Series, status: StatusCode, took: Duration);
}

/// What a request is counted as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Series {
    /// The number of its endpoint.
    pub endpoint: usize,
    /// The number of the gateway that it went to.
    pub gateway: Option<usize>,
}

/// An open connection.
pub(super) struct Open(Arc<dyn Watch>);

impl Open {
    pub(super) fn begin(watch: Arc<dyn Watch>) -> Self {
        watch.opened();
        Self(watch)
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.closed();
    }
}

/// A request without an answer. Dropped, it is counted as one whose client left.
pub(super) struct Watching {
    watch: Arc<dyn Watch>,
    series: Series,
    began: Instant,
    status: StatusCode,
}

/// Begins to watch a request, if there is a watch.
pub(super) fn begin<B>(
    watch: Option<&Arc<dyn Watch>>,
    request: Request<B>,
) -> (Request<B>, Option<Watching>) {
    let Some(watch) = watch else { return (request, None) };
    let (head, body) = request.into_parts();
    let (watch, series) = (watch.clone(), watch.series(&head));
    let watching = Watching { watch, series, began: Instant::now(), status: CLIENT_LEFT };
    (Request::from_parts(head, body), Some(watching))
}

impl Watching {
    /// The answer begins.
    pub(super) fn answered(watching: Option<Self>, status: StatusCode) {
        if let Some(mut watching) = watching {
            watching.status = status;
        }
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        self.watch.answered(self.series, self.status, self.began.elapsed());
    }
}
