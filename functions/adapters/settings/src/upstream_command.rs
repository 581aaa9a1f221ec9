//! The forms of `upstream-command` and `upstream-env`: a program, and the variables of its environment.

use crate::error::Reason;
use crate::names::{UPSTREAM_COMMAND, UPSTREAM_ENV};

/// The variables that the gateway sets itself.
const OWN: [&str; 1] = ["DOORWARD_PERSON"];

/// A program that is an MCP server on its standard input and output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommandSettings {
    /// The program and its arguments. The arguments may be secrets.
    pub argv: Vec<String>,
    /// Names and values of variables. The values are secrets, or `@/PATH` of a file that has one.
    pub environment: Vec<(String, String)>,
}

/// Splits a command into words, as a shell reads quotes and backslashes. A word that begins
/// with `#` ends the command. Nothing else of a shell has a meaning: no variable, no pipe, no pattern.
pub(crate) fn argv(line: &str) -> Result<Vec<String>, Reason> {
    let words = shlex::split(line).filter(|words| words.first().is_some_and(|program| !program.is_empty()));
    // The program gets each word as a C string.
    let words = words.filter(|words| words.iter().all(|word| !word.contains('\0')));
    let words = words.ok_or(Reason::Form(UPSTREAM_COMMAND.value))?;
    match words[0].contains("://") {
        true => Err(Reason::UnknownResource(UPSTREAM_COMMAND.value)),
        false => Ok(words),
    }
}

/// Reads `NAME=VALUE`.
pub(crate) fn variable(text: &str, others: &[(String, String)]) -> Result<(String, String), Reason> {
    let (name, value) = text.split_once('=').ok_or(Reason::Form(UPSTREAM_ENV.value))?;
    let is_name = !name.is_empty()
        && !name.starts_with(|first: char| first.is_ascii_digit())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    let is_new = !OWN.contains(&name) && others.iter().all(|(other, _)| other != name);
    match is_name && is_new && !value.contains('\0') {
        true => Ok((name.to_owned(), value.to_owned())),
        false => Err(Reason::Form("[RESOURCE=]NAME=VALUE with a new name of letters, digits and _")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_split_as_a_shell_reads_quotes_and_no_more() {
        for (line, words) in [
            ("npx -y server", vec!["npx", "-y", "server"]),
            (r#"a "b c" 'd "e' f\ g"#, vec!["a", "b c", "d \"e", "f g"]),
            ("a $HOME `id` | b > c ; d && e * ~", {
                vec!["a", "$HOME", "`id`", "|", "b", ">", "c", ";", "d", "&&", "e", "*", "~"]
            }),
            ("a ''", vec!["a", ""]),
        ] {
            assert_eq!(argv(line).unwrap(), words, "{line}");
        }
        for bad in ["", "  ", "a 'b", "'' b", "a \0", "https://b.example/mcp=npx"] {
            assert!(argv(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_variable_has_a_name_of_its_own() {
        let read = |text| variable(text, &[("TAKEN".to_owned(), String::new())]).ok();
        for (text, name, value) in [("A=b", "A", "b"), ("_a1=", "_a1", ""), ("A=b=c", "A", "b=c")] {
            assert_eq!(read(text), Some((name.to_owned(), value.to_owned())), "{text}");
        }
        for bad in ["A", "=b", "1A=b", "A B=c", "A-B=c", "TAKEN=x", "DOORWARD_PERSON=bob", "A=\0"] {
            assert_eq!(read(bad), None, "{bad:?}");
        }
    }
}
