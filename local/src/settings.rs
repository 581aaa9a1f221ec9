//! Sources of settings on one machine: flags, environment, `.env` and `doorward.toml`, in this order of precedence.

mod unknown;

use crate::Failure;
use clap::{Arg, ArgAction, ArgMatches, Command};
use doorward_settings::{Setting, Values};
use std::collections::BTreeMap;

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

/// The sources of settings other than flags. `main` reads them.
#[derive(Default)]
pub struct Sources {
    /// The variables of the environment.
    pub environment: BTreeMap<String, String>,
    /// The variables of a `.env` file.
    pub dotenv: BTreeMap<String, String>,
    /// The content of `doorward.toml`.
    pub file: toml::Table,
}

impl Sources {
    /// A sentence for each variable of the environment that begins with `DOORWARD_` and is no setting's.
    pub fn warnings(&self) -> Vec<String> {
        unknown::warnings(self)
    }
}

/// Reads the values of these settings. Flags override the environment, which overrides `.env`, which overrides the
/// file.
///
/// # Errors
/// [`Failure`] when `doorward.toml` or `.env` has a name that is no setting's, or the file holds a value that is not text, a
/// number, a switch, or a list of these.
pub fn read(settings: &[Setting], flags: &ArgMatches, sources: &Sources) -> Result<Values, Failure> {
    unknown::refuse(sources)?;
    let mut values = Values::default();
    for setting in settings {
        let flag = flags.get_many::<String>(setting.name).map(|values| values.cloned().collect());
        let variable = || setting.read(&sources.environment).or_else(|| setting.read(&sources.dotenv));
        let found = match flag.or_else(variable) {
            None => entry(setting, &sources.file)?,
            found => found,
        };
        if let Some(found) = found {
            values.set(setting, found);
        }
    }
    Ok(values)
}

fn entry(setting: &Setting, file: &toml::Table) -> Result<Option<Vec<String>>, Failure> {
    let text = |value: &toml::Value| match value {
        toml::Value::String(text) => Ok(text.clone()),
        toml::Value::Integer(number) => Ok(number.to_string()),
        toml::Value::Boolean(switch) => Ok(switch.to_string()),
        _ => Err(Failure::new("doorward.toml", format_args!("{} must be text or a number", setting.name))),
    };
    match file.get(setting.name) {
        None => Ok(None),
        Some(toml::Value::Table(table)) if setting.structured => {
            let document = toml::to_string(table).map_err(|error| Failure::new("doorward.toml", error))?;
            Ok(Some(vec![document]))
        }
        Some(toml::Value::Array(list)) if setting.repeatable => {
            list.iter().map(text).collect::<Result<_, _>>().map(Some)
        }
        Some(value) => text(value).map(|value| Some(vec![value])),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use doorward_settings::{AUTH_HOST, AUTH_PORT, ISSUER, MCP_HOST, MCP_PORT, SERVE, TRUST, USER};

    fn values(
        arguments: &[&str],
        environment: &[(&str, &str)],
        dotenv: &[(&str, &str)],
        file: &str,
    ) -> Values {
        let map =
            |pairs: &[(&str, &str)]| pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        let sources =
            Sources { environment: map(environment), dotenv: map(dotenv), file: file.parse().unwrap() };
        let command = flags(Command::new("serve").no_binary_name(true), &SERVE);
        read(&SERVE, &command.get_matches_from(arguments), &sources).unwrap()
    }

    #[test]
    fn flags_win_over_environment_over_dotenv_over_file() {
        let file = "auth-port = 1\nmcp-port = 1\nissuer = \"file\"\nmcp-host = \"file\"";
        let dotenv =
            [("DOORWARD_AUTH_PORT", "2"), ("OAUTH_AUTH_SERVER", "dotenv"), ("DOORWARD_MCP_PORT", "2")];
        let values =
            values(&["--auth-port", "4"], &[("DOORWARD_AUTH_PORT", "3"), ("MCP_PORT", "3")], &dotenv, file);
        assert_eq!(values.one(&AUTH_PORT), Some("4"));
        assert_eq!(values.one(&MCP_PORT), Some("3"));
        assert_eq!(values.one(&ISSUER), Some("dotenv"));
        assert_eq!(values.one(&MCP_HOST), Some("file"));
        assert_eq!(values.one(&AUTH_HOST), None);
    }

    #[test]
    fn a_document_is_one_value_in_a_variable_and_a_table_in_the_file() {
        let read = |environment: &[(&str, &str)], file: &str| {
            let values = values(&[], environment, &[], file);
            values.one(&TRUST).map(|text| text.parse::<toml::Table>().unwrap())
        };
        let document = "[[issuer]]\nurl = \"https://a.example\"\n\n[[issuer]]\nurl = \"https://b.example\"\n";
        let in_file = document.replace("[[issuer]]", "[[trust.issuer]]");
        let expected = document.parse().ok();
        assert_eq!(read(&[("DOORWARD_TRUST", document)], ""), expected);
        assert_eq!(read(&[], &in_file), expected);
        assert_eq!(read(&[("DOORWARD_TRUST", " ")], &in_file), expected, "an empty variable is not set");
    }

    #[test]
    fn reading_refuses_an_unknown_key() {
        let sources = Sources { file: "isuer = 'x'".parse().unwrap(), ..Sources::default() };
        let command = flags(Command::new("serve").no_binary_name(true), &SERVE);
        let none: [&str; 0] = [];
        let refused = read(&SERVE, &command.get_matches_from(none), &sources).unwrap_err();
        assert!(refused.to_string().contains("write issuer"), "{refused}");
    }

    #[test]
    fn users_are_given_one_a_line_or_one_a_flag() {
        let users = |values: Values| values.all(&USER).to_vec();
        assert_eq!(users(values(&[], &[("DOORWARD_USERS", "a:1\n\n b:2\n")], &[], "")), ["a:1", "b:2"]);
        assert_eq!(users(values(&["--user", "a:1", "--user", "b:2"], &[], &[], "")), ["a:1", "b:2"]);
        assert_eq!(users(values(&[], &[], &[], "user = [\"a:1\", \"b:2\"]")), ["a:1", "b:2"]);
    }
}
