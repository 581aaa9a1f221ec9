//! Why clients do not connect: each pain is provoked. The line of the log, what the user or the client gets, and the finding of
//! `doorward doctor` on a server with the same fault name the cause and the cure. The page `docs/pains.md` has the same rows:
//! `DOORWARD_WRITE=1 cargo test --test pains` writes it.

#![expect(clippy::unwrap_used, reason = "a test that cannot continue panics")]

mod checks;
mod evidence;
mod page;
mod plants;
mod row;
mod rows;
#[path = "../doctor/script.rs"]
mod script;

use row::{Doctor, Line, Pain};
use std::collections::BTreeSet;

/// The pains that real clients, users and operators were seen to have. They were gathered first, so their numbers are these.
const GATHERED: u8 = 34;

fn all() -> impl Iterator<Item = &'static Pain> {
    rows::CHAPTERS.iter().flat_map(|chapter| chapter.pains)
}

#[test]
fn each_pain_that_was_gathered_has_a_row() {
    let numbers: BTreeSet<_> = all().map(|pain| pain.number).collect();
    assert_eq!(numbers.len(), all().count(), "a number is there twice");
    assert!((1..=GATHERED).all(|number| numbers.contains(&number)), "{numbers:?}");
}

/// A row without any of the three would tell a reader nothing.
#[test]
fn each_pain_is_told_somewhere() {
    for pain in all() {
        let is_silent = matches!(pain.line, Line::Quiet(_)) && matches!(pain.doctor, Doctor::NotVisible(_));
        assert!(!is_silent || pain.rule.is_some(), "{}: {}", pain.number, pain.symptom);
    }
}

/// One test for each chapter, so that they run side by side.
macro_rules! chapters {
    ($($name:ident $index:literal)*) => {$(
        #[tokio::test]
        async fn $name() {
            checks::check(rows::CHAPTERS[$index].pains).await;
        }
    )*
        const TESTED: usize = [$($index),*].len();
    };
}

chapters! {
    discovery 0
    registration 1
    errors 2
    documents 3
    sign_in 4
    provider 5
    after_allow 6
    again 7
    calls 8
    operator 9
}

#[test]
fn each_chapter_is_tested() {
    assert_eq!(TESTED, rows::CHAPTERS.len());
}
