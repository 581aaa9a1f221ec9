//! Whether the store is broken: a write showed that the file or the disk is damaged.
//!
//! A failed sync is not tried again. The kernel may have dropped the pages and marked them clean, so a later sync would
//! succeed, and the log would have a hole at which recovery stops.

use doorward::store::StoreError;
use rusqlite::ErrorCode;
use tokio::sync::watch;

/// The first damage that a write found. It stays.
pub(crate) struct Health(watch::Sender<Option<String>>);

impl Default for Health {
    fn default() -> Self {
        Self(watch::Sender::new(None))
    }
}

impl Health {
    /// Notes the error of a write, if it shows damage. Returns whether it does.
    pub(crate) fn judge(&self, error: &rusqlite::Error) -> bool {
        let damage = matches!(
            error.sqlite_error_code(),
            Some(ErrorCode::SystemIoFailure | ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase)
        );
        if damage {
            self.0.send_if_modified(|known| known.is_none() && known.replace(error.to_string()).is_none());
        }
        damage
    }

    /// The error of every operation of a broken store.
    pub(crate) fn check(&self) -> Result<(), StoreError> {
        match &*self.0.borrow() {
            None => Ok(()),
            Some(damage) => Err(StoreError::new(format!("the store is broken: {damage}"))),
        }
    }

    pub(crate) async fn broken(&self) -> String {
        let mut watched = self.0.subscribe();
        let known = watched.wait_for(Option::is_some).await.expect("the sender is in `self`");
        known.clone().expect("it was waited for")
    }
}
