//! The arguments and the output of `doorward doctor`.

use super::report::Report;
use super::{Options, SignIn, examine};
use crate::Failure;
use crate::admin::password;
use clap::{Arg, ArgAction, ArgMatches, Command};
use std::io::{BufRead, Write};
use std::process::ExitCode;

/// What the command reads and writes.
pub struct Streams<'a> {
    /// The password.
    pub input: &'a mut dyn BufRead,
    /// Whether the input is a terminal, at which a user types.
    pub is_terminal: bool,
    /// The report.
    pub out: &'a mut dyn Write,
    /// What is said during the examination, and why there is no report.
    pub notes: &'a mut (dyn Write + Send),
}

/// The exit status when the arguments cannot be used or the URL cannot be reached, as for arguments that clap refuses.
const NOT_EXAMINED: u8 = 2;

/// The command for clap.
pub fn command(url: Arg) -> Command {
    let json = Arg::new("json").long("json").action(ArgAction::SetTrue).help("Prints the report in JSON");
    let username = Arg::new("username").long("username").value_name("NAME");
    let browser = Arg::new("browser").long("browser").action(ArgAction::SetTrue);
    Command::new("doctor")
        .about("Examines an MCP server and its authorization server from outside, as clients see them")
        .arg(url)
        .arg(json)
        .arg(
            username
                .help("Signs in with this name, and a password from standard input")
                .conflicts_with("browser"),
        )
        .arg(browser.help("Signs in with the browser of this machine"))
}

/// Examines the server, and prints the report. The exit status is 0 if no client stops, 1 if some do, and 2 if the URL cannot
/// be reached.
pub async fn run(given: &ArgMatches, streams: Streams<'_>) -> ExitCode {
    let Streams { input, is_terminal, out, notes } = streams;
    let report = async {
        let user = user(given, input, is_terminal).await?;
        let url = given.get_one::<String>("url").map(String::as_str).unwrap_or_default();
        examine(url, Options::usual(user)).await
    };
    match report.await {
        Ok(report) => {
            print(&report, given.get_flag("json"), out);
            if report.stops_clients() { ExitCode::FAILURE } else { ExitCode::SUCCESS }
        }
        Err(failure) => {
            let _ = writeln!(notes, "doorward: {failure}");
            ExitCode::from(NOT_EXAMINED)
        }
    }
}

async fn user(given: &ArgMatches, input: &mut dyn BufRead, is_terminal: bool) -> Result<SignIn, Failure> {
    match given.get_one::<String>("username") {
        Some(username) => {
            let password = password::known(input, is_terminal)?;
            Ok(SignIn::Scripted { username: username.clone(), password })
        }
        None if given.get_flag("browser") => SignIn::at_browser(Box::new(open)).await,
        None => Ok(SignIn::Skipped),
    }
}

/// Opens the default browser. If there is none, the user opens the printed URL.
fn open(url: &str) {
    let _ = writeln!(
        std::io::stderr(),
        "doorward: sign in with your browser. If none opens, open this address:\n{url}"
    );
    let _ = webbrowser::open(url);
}

/// A closed output is ignored: the exit status says the result too.
fn print(report: &Report, as_json: bool, out: &mut dyn Write) {
    let _ = if as_json { writeln!(out, "{}", report.json()) } else { write!(out, "{report}") };
}
