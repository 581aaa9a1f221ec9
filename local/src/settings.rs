//! Settings: one list of names for flags, environment, `.env` and `doorward.toml`, in that order of precedence.

mod names;

pub use names::*;

use crate::Failure;
use clap::{Arg, ArgAction, ArgMatches, Command};
use std::collections::BTreeMap;

/// A setting that a command takes.
pub struct Setting {
    /// Its name: the flag, the key in `doorward.toml`, and behind `DOORWARD_` the environment variable.
    pub name: &'static str,
    /// What stands for the value in the help.
    pub(crate) value: &'static str,
    /// What it does.
    help: &'static str,
    /// May be given more than once; in the environment, one a line.
    repeatable: bool,
    /// As a flag it needs no value.
    switch: bool,
    /// The name that the tutorial's own programs read it by.
    tutorial: Option<&'static str>,
}

/// Adds a command's settings to its flags.
pub fn flags(command: Command, settings: &[Setting]) -> Command {
    command.args(settings.iter().map(|setting| {
        let action = if setting.repeatable { ArgAction::Append } else { ArgAction::Set };
        let arg = Arg::new(setting.name)
            .long(setting.name)
            .value_name(setting.value)
            .help(setting.help)
            .action(action);
        if setting.switch {
            arg.num_args(0..=1).require_equals(true).default_missing_value("true")
        } else {
            arg
        }
    }))
}

/// Where settings come from, besides flags: read by `main` and handed in.
#[derive(Default)]
pub struct Sources {
    /// The environment's variables.
    pub environment: BTreeMap<String, String>,
    /// Those of a `.env` file.
    pub dotenv: BTreeMap<String, String>,
    /// `doorward.toml`.
    pub file: toml::Table,
}

/// The values of one command's settings.
#[derive(Clone, Debug, Default)]
pub struct Settings(BTreeMap<&'static str, Vec<String>>);

impl Settings {
    /// Looks every setting up: flags win over the environment, it over `.env`, and that over the file.
    ///
    /// # Errors
    /// [`Failure`] when the file holds something that is not text, a number, or a list of text.
    pub fn read(settings: &[Setting], flags: &ArgMatches, sources: &Sources) -> Result<Self, Failure> {
        let mut values = BTreeMap::new();
        for setting in settings {
            let flag = flags.get_many::<String>(setting.name).map(|values| values.cloned().collect());
            let found = match flag.or_else(|| variable(setting, &sources.environment)) {
                None => variable(setting, &sources.dotenv)
                    .map_or_else(|| entry(setting, &sources.file), |v| Ok(Some(v)))?,
                found => found,
            };
            values.extend(found.map(|found| (setting.name, found)));
        }
        Ok(Self(values))
    }

    /// Settings from pairs, for who builds a server in a program.
    pub fn of<'a>(pairs: impl IntoIterator<Item = (&'a Setting, &'a str)>) -> Self {
        let mut values: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for (setting, value) in pairs {
            values.entry(setting.name).or_default().push(value.to_owned());
        }
        Self(values)
    }

    /// The same settings, with a default for one of them.
    #[must_use]
    pub fn or(mut self, setting: &Setting, default: Option<String>) -> Self {
        if let (None, Some(default)) = (self.one(setting), default) {
            self.0.insert(setting.name, vec![default]);
        }
        self
    }

    /// The value of a setting.
    pub fn one(&self, setting: &Setting) -> Option<&str> {
        self.all(setting).last().map(String::as_str)
    }

    /// Whether a switch is on.
    ///
    /// # Errors
    /// [`Failure`] when it is neither on nor off.
    pub fn is_on(&self, setting: &Setting) -> Result<bool, Failure> {
        match self.one(setting) {
            None | Some("false") => Ok(false),
            Some("true") => Ok(true),
            Some(_) => Err(Failure(format!("--{} is true or false", setting.name))),
        }
    }

    /// All values of a setting.
    pub fn all(&self, setting: &Setting) -> &[String] {
        self.0.get(setting.name).map_or(&[], Vec::as_slice)
    }
}

/// `DOORWARD_NAME`, in the plural where there may be several, or else the tutorial's name.
fn variable(setting: &Setting, variables: &BTreeMap<String, String>) -> Option<Vec<String>> {
    let plural = if setting.repeatable { "S" } else { "" };
    let name = format!("DOORWARD_{}{plural}", setting.name.replace('-', "_").to_ascii_uppercase());
    let value = variables.get(&name).or_else(|| variables.get(setting.tutorial?))?;
    let lines = value.lines().map(str::trim).filter(|line| !line.is_empty());
    Some(lines.map(str::to_owned).collect()).filter(|lines: &Vec<_>| !lines.is_empty())
}

fn entry(setting: &Setting, file: &toml::Table) -> Result<Option<Vec<String>>, Failure> {
    let text = |value: &toml::Value| match value {
        toml::Value::String(text) => Ok(text.clone()),
        toml::Value::Integer(number) => Ok(number.to_string()),
        toml::Value::Boolean(switch) => Ok(switch.to_string()),
        _ => {
            Err(Failure::new("doorward.toml", format_args!("{} is neither text nor a number", setting.name)))
        }
    };
    match file.get(setting.name) {
        None => Ok(None),
        Some(toml::Value::Array(list)) if setting.repeatable => {
            list.iter().map(text).collect::<Result<_, _>>().map(Some)
        }
        Some(value) => text(value).map(|value| Some(vec![value])),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(
        arguments: &[&str],
        environment: &[(&str, &str)],
        dotenv: &[(&str, &str)],
        file: &str,
    ) -> Settings {
        let map =
            |pairs: &[(&str, &str)]| pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        let sources =
            Sources { environment: map(environment), dotenv: map(dotenv), file: file.parse().unwrap() };
        let command = flags(Command::new("serve").no_binary_name(true), &SERVE);
        Settings::read(&SERVE, &command.get_matches_from(arguments), &sources).unwrap()
    }

    #[test]
    fn flags_win_over_environment_over_dotenv_over_file() {
        let file = "auth-port = 1\nmcp-port = 1\nissuer = \"file\"\nmcp-host = \"file\"";
        let dotenv =
            [("DOORWARD_AUTH_PORT", "2"), ("OAUTH_AUTH_SERVER", "dotenv"), ("DOORWARD_MCP_PORT", "2")];
        let settings =
            read(&["--auth-port", "4"], &[("DOORWARD_AUTH_PORT", "3"), ("MCP_PORT", "3")], &dotenv, file);
        assert_eq!(settings.one(&AUTH_PORT), Some("4"));
        assert_eq!(settings.one(&MCP_PORT), Some("3"));
        assert_eq!(settings.one(&ISSUER), Some("dotenv"));
        assert_eq!(settings.one(&MCP_HOST), Some("file"));
        assert_eq!(settings.one(&AUTH_HOST), None);
    }

    #[test]
    fn users_come_one_a_line_or_one_a_flag() {
        assert_eq!(read(&[], &[("DOORWARD_USERS", "a:1\n\n b:2\n")], &[], "").all(&USER), ["a:1", "b:2"]);
        assert_eq!(read(&["--user", "a:1", "--user", "b:2"], &[], &[], "").all(&USER), ["a:1", "b:2"]);
        assert_eq!(read(&[], &[], &[], "user = [\"a:1\", \"b:2\"]").all(&USER), ["a:1", "b:2"]);
    }
}
