//! Every store keeps the contract.

use doorward::store::memory::MemoryStore;
use harness::contract;
use std::sync::Arc;

macro_rules! contract {
    ($store:expr; $($promise:ident),* $(,)?) => {
        $(#[tokio::test(flavor = "multi_thread")]
        async fn $promise() {
            contract::$promise(Arc::new($store)).await;
        })*
    };
}

mod memory {
    use super::*;

    contract! {
        MemoryStore::default();
        a_grant_is_opened_once,
        of_racers_one_opens_a_grant,
        an_unknown_grant_stays_unknown,
        a_generation_is_used_once,
        of_racers_one_uses_a_generation,
        a_closed_grant_stays_closed,
        a_person_is_found_as_introduced,
        of_racers_one_introduces_a_person,
    }
}
