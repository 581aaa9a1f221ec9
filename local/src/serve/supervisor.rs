//! What the supervisor of the process is told: systemd, by `sd_notify`(3). Without one, nothing is sent.

#[cfg(unix)]
use sd_notify::NotifyState;
use std::time::Duration;

/// The process serves.
pub(super) fn ready() {
    #[cfg(unix)]
    send(NotifyState::Ready);
}

/// The process is about to end.
pub(super) fn stopping() {
    #[cfg(unix)]
    send(NotifyState::Stopping);
}

/// The process is alive. A supervisor with a watchdog that does not hear it in time starts the process again.
pub(super) fn alive() {
    #[cfg(unix)]
    send(NotifyState::Watchdog);
}

/// How long the watchdog waits, if there is one.
pub(super) fn watchdog() -> Option<Duration> {
    #[cfg(unix)]
    return sd_notify::watchdog_enabled();
    #[cfg(not(unix))]
    None
}

/// A supervisor that does not listen is no reason to end.
#[cfg(unix)]
fn send(state: NotifyState<'_>) {
    let _ = sd_notify::notify(&[state]);
}
