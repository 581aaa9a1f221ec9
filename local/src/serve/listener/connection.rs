//! One connection, from its acceptance to its end.

use super::exchange::Timed;
use super::progress::{Progress, Watched};
use super::watching::Open;
use super::{Common, Peer, Received};
use crate::serve::shutdown::Stage;
use bytes::Bytes;
use http::{Request, Response};
use http_body::Body;
use hyper::server::conn::http1;
use hyper::service::Service;
use hyper_util::rt::TokioIo;
use std::convert::Infallible;
use std::error::Error;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::task::{Poll, ready};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::{OwnedSemaphorePermit, watch};
use tokio::time::{Instant, sleep_until};

/// The buffer of a connection, in bytes. A request's head has to fit, or gets 431. hyper's own limit is 400 KiB, and the buffer
/// grows towards it while a large body arrives.
const BUFFER: usize = 16 * 1024;

/// A connection's place among the others.
pub(super) struct Connection {
    pub(super) common: Arc<Common>,
    /// Is given back when the connection ends.
    pub(super) place: OwnedSemaphorePermit,
    pub(super) peer: Peer,
}

impl Connection {
    /// Serves until the client or the server closes the connection.
    pub(super) async fn serve<T, S, B>(
        self,
        io: T,
        service: S,
        mut stage: watch::Receiver<Stage>,
        mut listener: watch::Receiver<()>,
    ) where
        T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
        S: Service<Request<Received>, Response = Response<B>, Error = Infallible> + Clone + Send + 'static,
        S::Future: Send + 'static,
        B: Body<Data = Bytes> + Send + Unpin + 'static,
        B::Error: Into<Box<dyn Error + Send + Sync>>,
    {
        let Self { common, place, peer } = self;
        let _open = common.watch.clone().map(Open::begin);
        let progress = Progress::new();
        let service = Timed { service, common: common.clone(), progress: progress.clone(), peer };
        let io = TokioIo::new(Watched { io, progress: progress.clone() });
        // hyper's limit of a head counts from the end of the answer before, so an idle connection would end with it.
        let mut http = http1::Builder::new();
        http.header_read_timeout(None).max_buf_size(BUFFER);
        let mut connection = pin!(http.serve_connection(io, service));
        let mut timer = pin!(sleep_until(Instant::now()));
        let mut full = pin!(common.is_full.notified());
        let mut draining = pin!(stage.wait_for(|stage| *stage != Stage::Serving));
        let mut is_draining = false;
        let mut is_wanted = false;
        let mut ended = pin!(listener.changed());
        poll_fn(|context| {
            if !is_draining && draining.as_mut().poll(context).is_ready() {
                is_draining = true;
                connection.as_mut().graceful_shutdown();
            }
            if connection.as_mut().poll(context).is_ready() || ended.as_mut().poll(context).is_ready() {
                return Poll::Ready(());
            }
            if full.as_mut().poll(context).is_ready() {
                is_wanted = true;
                full.set(common.is_full.notified());
                // Registers with the new notification.
                let _ = full.as_mut().poll(context);
            }
            // Also when it becomes idle later, while a client still waits for a place.
            if is_wanted && progress.is_idle() && common.connections.available_permits() == 0 {
                return Poll::Ready(());
            }
            loop {
                let Some(deadline) = progress.deadline(&common.limits) else { return Poll::Pending };
                // A timer that fires too early is set again. To set it for each phase of each request costs more.
                if deadline < timer.deadline() || timer.is_elapsed() {
                    timer.as_mut().reset(deadline);
                }
                ready!(timer.as_mut().poll(context));
                if progress.deadline(&common.limits).is_some_and(|deadline| deadline <= Instant::now()) {
                    return Poll::Ready(());
                }
            }
        })
        .await;
        drop(place);
    }
}
