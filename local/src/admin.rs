//! `doorward admin`: operators' commands on this host, for the server that runs or for the store of one that is stopped.

mod answer;
mod attempts;
mod discovered;
pub(crate) mod executor;
mod grammar;
pub(crate) mod keys;
pub(crate) mod password;
mod place;
#[cfg(unix)]
pub(crate) mod socket;
mod way;

use crate::Failure;
use crate::log::{Log, LogFormat};
use crate::settings::{self, Sources};
use crate::state;
use clap::{Arg, ArgAction, ArgMatches, Command};
use doorward_settings::{ADMIN, DATA_DIR, IN_MEMORY, SECRET_FILE};
use place::Place;
use serde_json::Value;
use std::io::{BufRead, Write};
use way::Way;

/// The name of the command that reads JSON.
const JSON_LINES: &str = "-";

const FOLDER: &str = "The server's data directory [default: as for serve; as root also /var/lib/doorward]";

/// What a command reads and writes.
pub struct Streams<'a> {
    /// JSON commands for `admin -`, or a password.
    pub input: &'a mut dyn BufRead,
    /// Whether the input is a terminal, at which a user types.
    pub is_terminal: bool,
    /// Answers.
    pub out: &'a mut dyn Write,
    /// The log of a store whose server is stopped.
    pub log: Log,
}

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Ended {
    /// All commands were executed.
    Done,
    /// A command was refused, and its answer says why.
    Refused,
}

/// The command for clap.
pub fn command() -> Command {
    let json = Arg::new("json").long("json").global(true).action(ArgAction::SetTrue);
    let lines = Command::new(JSON_LINES).about("Reads commands in JSON from standard input, one a line");
    settings::flags(Command::new("admin").about("Executes an operator's command, on this host"), &ADMIN)
        .mut_args(|arg| arg.global(true).help_heading("The server"))
        .mut_arg(DATA_DIR.name, |arg| arg.help(FOLDER))
        .mut_arg(SECRET_FILE.name, |arg| {
            arg.help("The server's secret file [default: secret in that folder]")
        })
        .mut_arg(IN_MEMORY.name, |arg| arg.hide(true))
        .arg(json.help("Prints the answer in JSON"))
        .subcommand_required(true)
        .subcommands(grammar::ALL.iter().map(grammar::Spec::command))
        .subcommand(lines)
}

/// Executes the command of these arguments.
///
/// # Errors
/// [`Failure`] when there is no way to the server or its store, when an argument cannot be read, and without `--json` also when
/// the command is refused.
pub async fn run(given: &ArgMatches, sources: &Sources, streams: Streams<'_>) -> Result<Ended, Failure> {
    let values = settings::read(&ADMIN, given, sources)?;
    let Some((name, arguments)) = given.subcommand() else { return Ok(Ended::Done) };
    let Streams { input, is_terminal, out, log } = streams;
    let log = log.in_format(LogFormat::of(&values)?);
    let read = || password::read(input, is_terminal);
    let command = grammar::spec_of(name).map(|spec| spec.json(arguments, read)).transpose()?;
    let uid = state::uid();
    let place = Place::find(&values, sources, uid)?;
    let mut way = Way::new(place, uid, log);
    let ended = match command {
        None => lines(&mut way, input, out).await,
        Some(command) => one(&mut way, name, command, arguments.get_flag("json"), out).await,
    };
    way.close()?;
    ended
}

/// Executes one command, and prints the whole answer.
async fn one(
    way: &mut Way,
    name: &str,
    command: Value,
    as_json: bool,
    out: &mut dyn Write,
) -> Result<Ended, Failure> {
    let answer = match answer::list_of(name) {
        None => way.ask(command).await?,
        Some(list) => all(way, command, list).await?,
    };
    let is_refused = is_refused(&answer);
    if !as_json && is_refused {
        let sentence = answer::plain(&answer["errorMessage"]);
        return Err(Failure(grammar::with_flags(name, &sentence)));
    }
    let text = match as_json {
        true => format!("{answer}\n"),
        false if answer::list_of(name).is_none() => {
            format!("{}{}", answer::text(name, &answer), way.place().sentence())
        }
        false => answer::text(name, &answer),
    };
    print(out, &text)?;
    Ok(if is_refused { Ended::Refused } else { Ended::Done })
}

/// Executes a command for each page of a list. The answer has the entries of all pages.
async fn all(way: &mut Way, mut command: Value, list: &str) -> Result<Value, Failure> {
    let mut answer = way.ask(command.clone()).await?;
    let mut next = next_of(&mut answer);
    while let Some(after) = next {
        command["after"] = after;
        let mut page = way.ask(command.clone()).await?;
        if is_refused(&page) {
            return Ok(page);
        }
        if let (Some(entries), Some(more)) = (answer[list].as_array_mut(), page[list].as_array_mut()) {
            entries.append(more);
        }
        next = next_of(&mut page);
    }
    Ok(answer)
}

/// After which entry the next page begins, if there is one.
fn next_of(page: &mut Value) -> Option<Value> {
    page.get_mut("after").map(Value::take).filter(|after| !after.is_null())
}

/// Executes the JSON command of each line, and prints an answer of one line for each.
async fn lines(way: &mut Way, input: &mut dyn BufRead, out: &mut dyn Write) -> Result<Ended, Failure> {
    let mut ended = Ended::Done;
    for line in input.lines() {
        let line = line.map_err(|error| Failure::new("reading standard input", error))?;
        if line.trim().is_empty() {
            continue;
        }
        let answer = match serde_json::from_str(&line) {
            Ok(command) => way.ask(command).await?,
            Err(error) => {
                executor::Executed::refused("NoCommand", &format_args!("the command is no JSON: {error}"))
                    .answer
            }
        };
        if is_refused(&answer) {
            ended = Ended::Refused;
        }
        print(out, &format!("{answer}\n"))?;
    }
    Ok(ended)
}

fn is_refused(answer: &Value) -> bool {
    !answer["errorType"].is_null()
}

fn print(out: &mut dyn Write, text: &str) -> Result<(), Failure> {
    let printed = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    printed.map_err(|error| Failure::new("printing the answer", error))
}
