//! All programs of this server: how many run, and their end together with the server.

use doorward::gateway::UpstreamFailure;
use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

/// The most programs of this server.
const MAX: u32 = 16;

/// All programs of this server. A clone shares everything.
#[derive(Clone)]
pub struct Programs {
    places: Arc<Semaphore>,
    /// Whether the server ends. The programs end too when the last clone is dropped.
    is_over: Arc<watch::Sender<bool>>,
}

impl Programs {
    /// No program runs yet.
    pub fn new() -> Self {
        Self { places: Arc::new(Semaphore::new(MAX as usize)), is_over: Arc::new(watch::Sender::new(false)) }
    }

    /// A place for one more program, and the end of the server.
    pub(super) fn place(&self) -> Result<(OwnedSemaphorePermit, watch::Receiver<bool>), UpstreamFailure> {
        let place = self.places.clone().try_acquire_owned().ok();
        let place = place.filter(|_| !*self.is_over.borrow());
        let place = place.ok_or(UpstreamFailure::Busy("16 programs are running"))?;
        Ok((place, self.is_over.subscribe()))
    }

    /// Ends all programs, and waits until their process groups have ended.
    pub async fn end(&self) {
        self.is_over.send_replace(true);
        let _ = self.places.acquire_many(MAX).await;
    }
}

impl Default for Programs {
    fn default() -> Self {
        Self::new()
    }
}
