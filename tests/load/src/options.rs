//! The command line.

use crate::operation::Operation;
use crate::process::Log;
use crate::{CONNECTIONS, Outcome};
use clap::builder::PossibleValuesParser;
use clap::{Arg, ArgMatches, Command, value_parser};
use std::path::PathBuf;
use std::time::Duration;

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum What {
    Operations,
    Passwords,
    Peers,
    Start,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Store {
    Memory,
    Sqlite,
}

pub(crate) struct Options {
    pub(crate) what: What,
    pub(crate) binary: PathBuf,
    /// Another `doorward`, which is driven in the same alternation.
    pub(crate) before: Option<PathBuf>,
    /// The folder of the floors.
    pub(crate) floors: PathBuf,
    pub(crate) time: Duration,
    pub(crate) rounds: usize,
    pub(crate) operations: Vec<Operation>,
    pub(crate) log: Log,
    pub(crate) store: Store,
}

impl Options {
    pub(crate) fn read() -> Outcome<Self> {
        Self::of(&command().get_matches())
    }

    fn of(matches: &ArgMatches) -> Outcome<Self> {
        let text = |name| matches.get_one::<String>(name).map(String::as_str);
        let path = |name| matches.get_one::<PathBuf>(name).map(std::path::absolute).transpose();
        let here = std::env::current_exe()?.parent().ok_or("this program is in no folder")?.to_owned();
        let what = match text("what") {
            Some("passwords") => What::Passwords,
            Some("peers") => What::Peers,
            Some("start") => What::Start,
            _ => What::Operations,
        };
        let rounds = matches.get_one::<u16>("rounds").copied().map(usize::from);
        let only = text("only");
        Ok(Self {
            what,
            binary: path("binary")?.unwrap_or_else(|| here.join("doorward")),
            before: path("before")?,
            floors: here,
            time: Duration::from_secs_f64(*matches.get_one("seconds").unwrap_or(&2.0)),
            rounds: rounds.unwrap_or(if what == What::Start { 30 } else { 5 }),
            operations: Operation::ALL
                .into_iter()
                .filter(|one| only.is_none_or(|only| only == one.name()))
                .collect(),
            log: match text("log") {
                Some("file") => Log::File,
                Some("pipe") => Log::Pipe,
                _ => Log::Null,
            },
            store: if text("store") == Some("sqlite") { Store::Sqlite } else { Store::Memory },
        })
    }

    /// A sentence with the conditions of a run of the operations.
    pub(crate) fn conditions(&self) -> String {
        let read = |path| std::fs::read_to_string(path).unwrap_or_default();
        let (processor, load) = (read("/proc/cpuinfo"), read("/proc/loadavg"));
        let model = processor.lines().find_map(|line| line.strip_prefix("model name\t: "));
        let log = match self.log {
            Log::Null => "/dev/null",
            Log::File => "a file",
            Log::Pipe => "a pipe",
        };
        let store = match self.store {
            Store::Memory => "memory",
            Store::Sqlite => "a file",
        };
        format!(
            "{} rounds of {} s, {CONNECTIONS} connections; log to {log}, grants in {store}; {}; load average {} before the run",
            self.rounds,
            self.time.as_secs_f64(),
            model.unwrap_or("unknown processor"),
            load.split(' ').next().unwrap_or_default(),
        )
    }

    /// The programs that are compared with the floors, and their names in the table.
    pub(crate) fn subjects(&self) -> Vec<(&'static str, &PathBuf)> {
        [("ours", &self.binary)]
            .into_iter()
            .chain(self.before.iter().map(|before| ("before", before)))
            .collect()
    }
}

fn command() -> Command {
    let choice = |name, values: &[&'static str], help| {
        let values = PossibleValuesParser::new(values.to_vec());
        Arg::new(name).long(name).value_parser(values).help(help)
    };
    let path = |name, help| {
        Arg::new(name).long(name).value_name("PATH").value_parser(value_parser!(PathBuf)).help(help)
    };
    Command::new("doorward-tests-load")
        .about("Drives the release binary of doorward beside its floors, and prints shares of the floor")
        .arg(
            choice(
                "what",
                &["operations", "passwords", "peers", "start"],
                "What is measured [default: operations]",
            )
            .long(None),
        )
        .arg(path("binary", "The doorward that is measured [default: beside this program]"))
        .arg(path("before", "Another doorward, driven in the same alternation"))
        .arg(
            Arg::new("seconds")
                .long("seconds")
                .value_parser(value_parser!(f64))
                .help("How long a cell takes [default: 2]"),
        )
        .arg(
            Arg::new("rounds")
                .long("rounds")
                .value_parser(value_parser!(u16).range(1..))
                .help("How often each cell runs [default: 5; of start 30]"),
        )
        .arg(choice("only", &Operation::ALL.map(Operation::name), "Only this operation"))
        .arg(choice("log", &["null", "file", "pipe"], "Where the log of doorward goes [default: null]"))
        .arg(choice("store", &["memory", "sqlite"], "Where its grants are [default: memory]"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_operation_can_be_chosen() {
        let options =
            |arguments: &[&str]| Options::of(&command().try_get_matches_from(arguments).unwrap()).unwrap();
        assert_eq!(options(&["load"]).operations.len(), Operation::ALL.len());
        let chosen = options(&["load", "--only", "sign-in", "--log", "pipe", "--store", "sqlite"]);
        assert!(chosen.operations == [Operation::SignIn]);
        assert!(chosen.log == Log::Pipe && chosen.store == Store::Sqlite);
        assert!(options(&["load", "start"]).what == What::Start);
    }
}
