//! The operations of the store: how long they take, which fail, and the outcomes that tell of attacks or of broken clients.

use super::histogram::{Histogram, Scale};
use super::table::Table;
use doorward::store::{AttemptSource, Excused, Reserved, Rotated, StoreError};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::registry::Registry;
use std::future::Future;
use std::time::Instant;
use strum::{IntoStaticStr, VariantArray};

/// From a read of memory, some microseconds, to a disk that hangs.
static SECONDS: Scale = Scale {
    bounds: &[
        10_000,
        100_000,
        500_000,
        1_000_000,
        5_000_000,
        25_000_000,
        100_000_000,
        250_000_000,
        1_000_000_000,
        5_000_000_000,
    ],
    per_unit: 1e9,
};

/// An operation of the store. Its name is that of the trait and of the method.
#[derive(Clone, Copy, Debug, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub(super) enum Operation {
    GrantsOpen,
    GrantsRotate,
    GrantsExcuse,
    GrantsDoubt,
    GrantsClose,
    GrantsFind,
    GrantsListOf,
    PeopleAdd,
    PeopleFind,
    PeopleChange,
    PeopleReplacePassword,
    PeopleList,
    ClientsAdd,
    ClientsFind,
    ClientsBlock,
    ClientsRemove,
    ClientsList,
    BlocksRead,
    BlocksSet,
    DocumentCopiesKeep,
    DocumentCopiesFind,
    AssertionsAccept,
    AttemptsReserve,
    AttemptsGiveBack,
    AttemptsReset,
    AttemptsRead,
    SignInsFind,
}

const ROTATIONS: [&str; 5] = ["next", "behind", "ahead", "closed", "unknown"];
const EXCUSES: [&str; 2] = ["yes", "no"];
const SOURCES: [&str; 2] = ["unknown_browser", "known_browser"];
const GUESSES: [&str; 3] = ["counted", "full", "given_back"];

/// Counts the operations of a store. A clone counts together with it.
#[derive(Clone)]
pub(super) struct StoreCounts {
    seconds: Table<Histogram, 1>,
    errors: Table<Counter, 1>,
    rotations: Table<Counter, 1>,
    excuses: Table<Counter, 1>,
    guesses: Table<Counter, 2>,
}

impl StoreCounts {
    pub(super) fn register(registry: &mut Registry) -> Self {
        let operations = || Operation::VARIANTS.iter().map(<&str>::from);
        let guesses = SOURCES.iter().flat_map(|from| GUESSES.map(|outcome| [(*from).into(), outcome.into()]));
        let all = Self {
            seconds: Table::of("operation", operations(), || Histogram::new(&SECONDS)),
            errors: Table::of("operation", operations(), Counter::default),
            rotations: Table::of("outcome", ROTATIONS, Counter::default),
            excuses: Table::of("outcome", EXCUSES, Counter::default),
            guesses: Table::new(["from", "outcome"], guesses, |_| Counter::default()),
        };
        let Self { seconds, errors, rotations, excuses, guesses } = all.clone();
        registry.register(
            "doorward_store_seconds",
            "The time of an operation of the store, with its time in the queue",
            seconds,
        );
        registry.register("doorward_store_errors", "Operations that the store did not answer", errors);
        registry.register(
            "doorward_rotations",
            "Refresh tokens that were presented, by their place in the chain",
            rotations,
        );
        registry.register("doorward_excuses", "Late refresh tokens, by whether they were excused", excuses);
        registry.register("doorward_guesses", "Changes of the counters of wrong passwords", guesses);
        all
    }

    /// Counts an operation.
    pub(super) async fn timed<T>(
        &self,
        operation: Operation,
        running: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        let began = Instant::now();
        let outcome = running.await;
        self.seconds.at(operation as usize).observe_time(began.elapsed());
        if outcome.is_err() {
            self.errors.at(operation as usize).inc();
        }
        outcome
    }

    pub(super) fn rotated(&self, outcome: &Rotated) {
        let number = match outcome {
            Rotated::Next { .. } => 0,
            Rotated::Behind { .. } => 1,
            Rotated::Ahead => 2,
            Rotated::Closed => 3,
            Rotated::Unknown => 4,
        };
        self.rotations.at(number).inc();
    }

    pub(super) fn excused(&self, outcome: Excused) {
        let number = match outcome {
            Excused::Yes => 0,
            Excused::No => 1,
        };
        self.excuses.at(number).inc();
    }

    pub(super) fn reserved(&self, from: AttemptSource, outcome: Reserved) {
        let number = match outcome {
            Reserved::Yes => 0,
            Reserved::Full => 1,
        };
        self.guesses.at(source(from) * GUESSES.len() + number).inc();
    }

    pub(super) fn given_back(&self, from: AttemptSource) {
        self.guesses.at(source(from) * GUESSES.len() + 2).inc();
    }
}

fn source(from: AttemptSource) -> usize {
    match from {
        AttemptSource::UnknownBrowser => 0,
        AttemptSource::KnownBrowser => 1,
    }
}
