//! The contract of a store: what every implementation of the traits has to keep, with racers.

mod clients;
mod grants;
mod people;

pub use clients::*;
pub use grants::*;
pub use people::*;

/// How many race for one thing.
const RACERS: u64 = 50;

/// Puts every promise of the contract to a store, one test each.
#[macro_export]
macro_rules! keeps_the_contract {
    ($store:expr) => {
        $crate::keeps_the_contract! {
            $store;
            a_grant_is_opened_once,
            of_racers_one_opens_a_grant,
            an_unknown_grant_stays_unknown,
            a_generation_is_used_once,
            the_latest_steps_of_a_grant_are_remembered,
            of_racers_one_uses_a_generation,
            late_comers_are_excused_now_and_then,
            a_grant_in_doubt_goes_on,
            a_closed_grant_stays_closed,
            a_person_is_found_as_introduced,
            of_racers_one_introduces_a_person,
            guesses_are_counted_by_the_hour,
            no_racer_guesses_for_nothing,
            a_changed_person_is_in_a_new_epoch,
            no_racer_loses_an_epoch,
            people_are_listed_by_name,
            grants_are_listed_by_person,
            a_client_is_enrolled_once,
            a_client_can_be_taken_back,
            clients_are_listed_by_id,
            an_assertion_is_taken_once,
            of_racers_one_has_its_assertion_taken,
        }
    };
    ($store:expr; $($promise:ident),* $(,)?) => {
        $(#[tokio::test(flavor = "multi_thread")]
        async fn $promise() {
            $crate::contract::$promise(std::sync::Arc::new($store)).await;
        })*
    };
}
