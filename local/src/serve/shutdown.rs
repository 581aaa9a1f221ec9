//! The end of the process: after the first signal running requests are answered, after the second it ends at once.

use crate::Failure;
use std::future::Future;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::sleep;

/// The stage of a server's life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Connections are accepted.
    Serving,
    /// No new connection is accepted, and running requests are answered.
    Draining,
    /// All connections are closed.
    Ended,
}

/// Follows SIGTERM and SIGINT. The first begins [`Stage::Draining`], for at most `drain`. The second begins
/// [`Stage::Ended`] at once.
///
/// # Errors
/// [`Failure`] when the process cannot listen for signals.
pub fn on_signals(drain: Duration) -> Result<watch::Receiver<Stage>, Failure> {
    let mut signals = Signals::listen().map_err(|error| Failure::new("listening for signals", error))?;
    let (sender, receiver) = watch::channel(Stage::Serving);
    tokio::spawn(async move {
        signals.next().await;
        let _ = sender.send(Stage::Draining);
        within(drain, signals.next()).await;
        let _ = sender.send(Stage::Ended);
        sender.closed().await;
    });
    Ok(receiver)
}

async fn within(time: Duration, signal: impl Future<Output = ()>) {
    tokio::select! {
        () = signal => {}
        () = sleep(time) => {}
    }
}

#[cfg(unix)]
struct Signals(tokio::signal::unix::Signal, tokio::signal::unix::Signal);

#[cfg(unix)]
impl Signals {
    fn listen() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self(signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?))
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.0.recv() => {}
            _ = self.1.recv() => {}
        }
    }
}

#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn listen() -> std::io::Result<Self> {
        Ok(Self)
    }

    async fn next(&mut self) {
        let _ = tokio::signal::ctrl_c().await;
    }
}
