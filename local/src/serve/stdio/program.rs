//! A program that is an MCP server on its standard input and output: its command and its environment.

use super::process::Process;
use crate::Failure;
use doorward_settings::{CommandSettings, UPSTREAM_ENV};
use std::path::Path;
use std::process::Stdio;
use std::{env, fs, io};
use tokio::process::Command;

/// The variables of this process that a program gets. No other one passes: they may hold secrets.
const INHERITED: [&str; 3] = ["PATH", "HOME", "LANG"];
/// The variable with the user for whom the program runs.
const PERSON: &str = "DOORWARD_PERSON";

/// A program, and the variables that the operator gives it.
pub(super) struct Program {
    settings: CommandSettings,
}

impl Program {
    /// Checks that the files with values can be read.
    ///
    /// # Errors
    /// [`Failure`], with the variable and its file.
    pub(super) fn new(settings: CommandSettings) -> Result<Self, Failure> {
        let program = Self { settings };
        program
            .environment()
            .map_err(|error| Failure::new(format_args!("--{}", UPSTREAM_ENV.name), error))?;
        Ok(program)
    }

    /// The name of the program, without its arguments.
    pub(super) fn name(&self) -> &str {
        &self.settings.argv[0]
    }

    /// Whether the program is there, as far as this can be known without starting it.
    pub(super) fn is_there(&self) -> bool {
        let name = self.name();
        if name.contains('/') {
            return Path::new(name).exists();
        }
        let path = env::var_os("PATH").unwrap_or_default();
        env::split_paths(&path).any(|folder| folder.join(name).exists())
    }

    /// The variables, with the present content of files.
    fn environment(&self) -> io::Result<Vec<(&str, String)>> {
        let value = |(name, value): &(String, String)| -> io::Result<String> {
            let Some(path) = value.strip_prefix('@').filter(|path| path.starts_with('/')) else {
                return Ok(value.clone());
            };
            let content = fs::read_to_string(path).map_err(|error| {
                io::Error::other(format!("the value of {name}: the file {path} cannot be read: {error}"))
            })?;
            Ok(content.trim().to_owned())
        };
        self.settings.environment.iter().map(|pair| Ok((pair.0.as_str(), value(pair)?))).collect()
    }

    /// Starts the program for this user, in a process group of its own.
    pub(super) fn start(&self, person: Option<&str>) -> io::Result<Process> {
        let mut command = Command::new(self.name());
        command.args(&self.settings.argv[1..]).env_clear();
        for name in INHERITED {
            if let Some(value) = env::var_os(name) {
                command.env(name, value);
            }
        }
        command.envs(self.environment()?);
        if let Some(person) = person {
            command.env(PERSON, person);
        }
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        Process::start(command)
    }
}
