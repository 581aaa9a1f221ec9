//! Drives the release binary of `doorward` beside its floors, in alternation in one run, and prints shares of the floor.
//! `docs/measure.md` says how to run it and how to read it.

mod cell;
mod client;
mod floor;
mod http;
mod operation;
mod operations;
mod options;
mod passwords;
mod peer;
mod peers;
mod process;
mod start;
mod statistics;
mod subject;

use options::{Options, What};
use process::Folder;
use std::error::Error;
use std::io::{Write, stdout};

type Failure = Box<dyn Error + Send + Sync>;
type Outcome<T> = Result<T, Failure>;

/// How many callers there are at once. Each has a connection of its own, and a user.
const CONNECTIONS: usize = 16;
const SERVER_CPU: usize = 0;
const GENERATOR_CPU: usize = 1;

// One thread: what it does not use is left to the server.
#[tokio::main(flavor = "current_thread")]
async fn main() -> Outcome<()> {
    let options = Options::read()?;
    let folder = Folder::new()?;
    match options.what {
        What::Operations => {
            process::move_to(GENERATOR_CPU)?;
            operations::run(&options, &folder).await
        }
        What::Peers => {
            process::move_to(GENERATOR_CPU)?;
            peers::run(&options, &folder).await
        }
        What::Passwords => passwords::run(&options, &folder).await,
        What::Start => start::run(&options, &folder).await,
    }
}

/// Prints at once: a run takes minutes.
fn say(text: &str) {
    let _ = writeln!(stdout(), "{text}");
}
