//! The store of a stopped server, filled through the code with which a server fills it.

use crate::population::Population;
use doorward::ports::PasswordHash;
use doorward::protocol::PersonId;
use doorward::store::{Added, Grants, Login, Opened, People, Person};
use doorward_signing::SystemClock;
use doorward_sqlite::SqliteStore;
use std::path::Path;
use std::sync::Arc;
use tokio::task::JoinSet;

/// Writes that wait at once: as many as one commit takes.
const AT_ONCE: usize = 256;
/// As long as a real one. Nothing signs in with it.
const HASH: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHRzYWx0c2FsdA$MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE";

pub(crate) fn open(folder: &Path) -> Arc<SqliteStore> {
    Arc::new(SqliteStore::open(folder, Arc::new(SystemClock)).unwrap())
}

/// Adds all users and opens all grants of a population.
pub(crate) async fn fill(folder: &Path, count: u64) {
    let (store, population) = (open(folder), Arc::new(Population::of(folder, count)));
    let mut filling = JoinSet::new();
    for number in 0..count {
        let (store, population) = (store.clone(), population.clone());
        filling.spawn(async move {
            let added = store.add(user(&population.user(number))).await.unwrap();
            assert!(matches!(added, Added::New | Added::Already));
            assert_eq!(store.open(population.grant(number)).await.unwrap(), Opened::New);
        });
        if filling.len() == AT_ONCE {
            filling.join_next().await.unwrap().unwrap();
        }
    }
    filling.join_all().await;
}

/// Opens grants that ended long ago, with the numbers behind those of the population.
pub(crate) async fn fill_with_ended(store: &Arc<SqliteStore>, population: &Arc<Population>, count: u64) {
    let mut filling = JoinSet::new();
    for number in population.count..population.count + count {
        let (store, population) = (store.clone(), population.clone());
        filling.spawn(async move {
            assert_eq!(store.open(population.ended(number)).await.unwrap(), Opened::New);
        });
        if filling.len() == AT_ONCE {
            filling.join_next().await.unwrap().unwrap();
        }
    }
    filling.join_all().await;
}

fn user(name: &str) -> Person {
    Person::new(PersonId::parse(name).unwrap(), Login::Password(PasswordHash::new(HASH)))
}

/// The size of the file without its log.
pub(crate) fn megabytes(folder: &Path) -> f64 {
    std::fs::metadata(folder.join("doorward.db")).unwrap().len() as f64 / 1e6
}
