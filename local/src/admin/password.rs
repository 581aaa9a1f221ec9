//! A password from standard input. Arguments and variables could be read by other processes, and stay in a shell's history.

use crate::Failure;
use std::io::{self, BufRead, Read};

/// The longest line that is read, in bytes.
const LONGEST: u64 = 4096;

/// Reads a password: one line of a pipe or a file, or twice at a terminal, which does not show it.
pub(super) fn read(input: &mut dyn BufRead, is_terminal: bool) -> Result<String, Failure> {
    if is_terminal { ask(|prompt| rpassword::prompt_password(prompt)) } else { line(input) }
}

/// Reads a password that exists already: once at a terminal.
pub(crate) fn known(input: &mut dyn BufRead, is_terminal: bool) -> Result<String, Failure> {
    if is_terminal {
        rpassword::prompt_password("Password: ").map_err(|error| Failure::new("reading the password", error))
    } else {
        line(input)
    }
}

fn ask(mut prompt: impl FnMut(&str) -> io::Result<String>) -> Result<String, Failure> {
    let failure = |error: io::Error| Failure::new("reading the password", error);
    let first = prompt("Password: ").map_err(failure)?;
    if first.is_empty() {
        return Err(Failure("the password is empty".to_owned()));
    }
    if prompt("The same again: ").map_err(failure)? == first {
        Ok(first)
    } else {
        Err(Failure("the two passwords differ; nothing was changed".to_owned()))
    }
}

fn line(input: &mut dyn BufRead) -> Result<String, Failure> {
    let mut text = String::new();
    let read = input.take(LONGEST).read_to_string(&mut text);
    read.map_err(|error| Failure::new("reading the password from standard input", error))?;
    let line = text.strip_suffix('\n').unwrap_or(&text);
    let line = line.strip_suffix('\r').unwrap_or(line);
    match line {
        "" => Err(Failure("standard input has no password; write one line".to_owned())),
        line if line.contains('\n') || text.len() as u64 == LONGEST => {
            Err(Failure("standard input has more than one line; the password is one line".to_owned()))
        }
        line => Ok(line.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pipe_has_one_line() {
        for (text, expected) in [
            ("wonderland\n", Ok("wonderland")),
            ("wonder land ", Ok("wonder land ")),
            ("wonderland\r\n", Ok("wonderland")),
            ("", Err("standard input has no password; write one line")),
            ("\n", Err("standard input has no password; write one line")),
            ("one\ntwo\n", Err("standard input has more than one line; the password is one line")),
        ] {
            let read = line(&mut text.as_bytes()).map_err(|failure| failure.0);
            assert_eq!(read.as_deref().map_err(String::as_str), expected, "{text:?}");
        }
        assert!(line(&mut &[b'a'; 5000][..]).is_err());
    }

    #[test]
    fn a_terminal_is_asked_twice() {
        let ask = |answers: [&str; 2]| {
            let mut answers = answers.into_iter();
            ask(|_| Ok(answers.next().unwrap().to_owned())).map_err(|failure| failure.0)
        };
        assert_eq!(ask(["wonderland", "wonderland"]).as_deref(), Ok("wonderland"));
        assert!(ask(["wonderland", "wanderland"]).unwrap_err().contains("differ"));
        assert!(ask(["", ""]).unwrap_err().contains("empty"));
    }
}
