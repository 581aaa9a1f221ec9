//! Store contract: tests, including race tests, that every implementation of the store traits must pass.

mod clients;
mod grants;
mod people;

pub use clients::*;
pub use doorward::store::Stores;
pub use grants::*;
pub use people::*;

/// The number of concurrent tasks in a race test.
const RACERS: u64 = 50;

/// Makes one test for each promise of the contract. The expression makes an empty store.
#[macro_export]
macro_rules! keeps_the_contract {
    ($store:expr) => {
        $crate::keeps_the_contract! {
            $crate::contract::Stores::of(std::sync::Arc::new($store));
            a_grant_is_opened_once,
            concurrent_opens_of_a_grant_have_one_winner,
            an_unknown_grant_stays_unknown,
            a_generation_is_used_once,
            the_latest_steps_of_a_grant_are_remembered,
            concurrent_uses_of_a_generation_have_one_winner,
            late_tokens_are_excused_for_one_head_per_interval,
            a_grant_in_doubt_still_rotates,
            a_closed_grant_stays_closed,
            an_introduced_person_is_found_unchanged,
            concurrent_introductions_of_a_person_have_one_winner,
            sign_in_attempts_are_counted_by_the_hour,
            concurrent_sign_in_attempts_keep_the_limit,
            a_sign_in_attempt_is_given_back_to_its_hour,
            a_counter_of_sign_in_attempts_is_reset,
            a_change_of_a_person_starts_a_new_epoch,
            concurrent_changes_of_a_person_each_raise_the_epoch,
            a_password_is_replaced_only_at_its_epoch,
            concurrent_replacements_of_a_password_have_one_winner,
            people_are_listed_by_name,
            grants_are_listed_by_person,
            a_client_is_enrolled_once,
            a_client_can_be_blocked_and_removed,
            clients_are_listed_by_id,
            blocks_are_added_and_removed_one_by_one,
            concurrent_blocks_all_count,
            a_copy_of_a_document_replaces_the_older,
            an_assertion_is_accepted_once,
            concurrent_uses_of_an_assertion_have_one_winner,
        }
    };
    ($stores:expr; $($promise:ident),* $(,)?) => {
        $(#[tokio::test(flavor = "multi_thread")]
        async fn $promise() {
            $crate::contract::$promise($stores).await;
        })*
    };
}
