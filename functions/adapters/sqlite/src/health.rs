//! Whether writes reach the disk, and whether the store is broken: a write or a check showed that the file or the disk is damaged.
//!
//! A failed sync is not tried again. The kernel may have dropped the pages and marked them clean, so a later sync would
//! succeed, and the log would have a hole at which recovery stops.

use rusqlite::ErrorCode;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::sync::watch;

pub(crate) struct Health {
    /// The first damage that was found. It stays.
    damage: watch::Sender<Option<String>>,
    /// Whether the last commit failed, or one of its writes because the disk is full.
    is_failing: AtomicBool,
}

impl Default for Health {
    fn default() -> Self {
        Self { damage: watch::Sender::new(None), is_failing: AtomicBool::new(false) }
    }
}

impl Health {
    /// Notes an error, if it shows damage. Returns whether it does.
    pub(crate) fn judge(&self, error: &rusqlite::Error) -> bool {
        let damage = matches!(
            error.sqlite_error_code(),
            Some(ErrorCode::SystemIoFailure | ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase)
        );
        if damage {
            self.note(error.to_string());
        }
        damage
    }

    /// Notes damage of the file.
    pub(crate) fn note(&self, damage: String) {
        self.damage.send_if_modified(|known| known.is_none() && known.replace(damage).is_none());
    }

    /// The error of every operation of a broken store.
    pub(crate) fn check(&self) -> Result<(), String> {
        match &*self.damage.borrow() {
            None => Ok(()),
            Some(damage) => Err(format!("the store is broken: {damage}")),
        }
    }

    /// Notes whether the last commit failed.
    pub(crate) fn note_commit(&self, failed: bool) {
        self.is_failing.store(failed, Ordering::Relaxed);
    }

    pub(crate) fn is_failing(&self) -> bool {
        self.is_failing.load(Ordering::Relaxed)
    }

    pub(crate) async fn broken(&self) -> String {
        let mut watched = self.damage.subscribe();
        let known = watched.wait_for(Option::is_some).await.expect("the sender is in `self`");
        known.clone().expect("it was waited for")
    }
}
