//! The grants of the measurement.

use doorward::ports::{Clock, Timestamp};
use doorward::protocol::{ClientId, GrantId, Profile, Resource, Scope, Subject};
use doorward::store::{Grant, Grants, Opened, State};
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;

/// Grants in the store.
pub(crate) const GRANTS: u64 = 100_000;

pub(crate) struct Now;

impl Clock for Now {
    fn now(&self) -> Timestamp {
        Timestamp(1_800_000_000)
    }
}

/// Its id is mixed, so that the pages of grants with near numbers are not all in one place.
pub(crate) fn grant(number: u64) -> Grant {
    let mut id = [0; 16];
    id[..8].copy_from_slice(&number.wrapping_mul(0x9E37_79B9_7F4A_7C15).to_be_bytes());
    id[8..].copy_from_slice(&number.to_be_bytes());
    let now = Now.now();
    Grant {
        id: GrantId(id),
        client: ClientId("dw_client_".to_owned() + &"x".repeat(190)),
        client_name: None,
        installation: None,
        subject: Subject::parse(&format!("user {}", number % 1000)).unwrap(),
        scope: Scope::parse("user files").unwrap(),
        resource: Resource::parse("https://mcp.example/mcp").unwrap(),
        signed_in_at: now,
        opened_at: now,
        expires_at: now.after(Duration::from_secs(7_776_000)),
        kept_until: now.after(Duration::from_secs(60)),
        state: State::opened(now),
        profile: Profile::default(),
        issuer: None,
    }
}

/// Opens all grants in an empty store.
pub(crate) async fn fill<S: Grants + 'static>(store: &Arc<S>) {
    let mut opening = JoinSet::new();
    for number in 0..GRANTS {
        let store = store.clone();
        opening.spawn(async move { store.open(grant(number)).await });
        if opening.len() == 256 {
            assert_eq!(opening.join_next().await.unwrap().unwrap().unwrap(), Opened::New);
        }
    }
    opening.join_all().await;
}
