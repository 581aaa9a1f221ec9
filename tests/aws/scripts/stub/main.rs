//! Stub of the AWS CLI and of curl, for the tests of the scripts in `infra/`. It keeps a state in the directory
//! `STUB_STATE`, records every call, and fails at the call that the test has chosen.

mod aws;
mod curl;
mod state;

use serde_json::json;
use state::State;
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::{env, fs};

/// Why a call fails: the exit status, and what it says.
struct Failure(u8, String);

/// What a call prints, or why it fails.
type Outcome = Result<String, Failure>;

fn main() -> ExitCode {
    let directory = PathBuf::from(env::var("STUB_STATE").expect("STUB_STATE is a directory"));
    let mut arguments = env::args();
    let program = arguments.next().expect("a name");
    let program = program.rsplit('/').next().expect("a name").to_owned();
    let arguments: Vec<String> = arguments.collect();

    let calls = directory.join("calls");
    let number = fs::read_to_string(&calls).unwrap_or_default().lines().count();
    let mut log = fs::OpenOptions::new().create(true).append(true).open(&calls).expect("a log of the calls");
    writeln!(log, "{}", json!([program, arguments])).expect("the call is recorded");

    let chosen =
        |when: &str| fs::read_to_string(directory.join(when)).is_ok_and(|at| at == number.to_string());
    let outcome = if chosen("fail-before") {
        Err(Failure(255, format!("stub: call {number} fails before it does anything")))
    } else {
        let mut state = State::read(&directory);
        let outcome = match program.as_str() {
            "aws" => aws::run(&mut state, &arguments),
            "curl" => curl::run(&state, &arguments),
            other => panic!("no stub of {other}"),
        };
        state.write(&directory);
        match chosen("fail-after") {
            true => Err(Failure(255, format!("stub: call {number} fails after it has done everything"))),
            false => outcome,
        }
    };
    match outcome {
        Ok(printed) => {
            write!(io::stdout(), "{printed}").expect("the output is read");
            ExitCode::SUCCESS
        }
        Err(Failure(status, why)) => {
            writeln!(io::stderr(), "{why}").expect("the output is read");
            ExitCode::from(status)
        }
    }
}
