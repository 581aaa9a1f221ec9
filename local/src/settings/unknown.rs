//! Names in the sources of settings that no setting has. Most often they are misspelled, and the default would count.

use super::Sources;
use crate::Failure;
use doorward_settings::{CONNECT, SERVE};

/// The settings of this program's commands. The files may hold those of all commands.
fn known() -> impl Iterator<Item = doorward_settings::Setting> {
    SERVE.into_iter().chain(CONNECT)
}

/// Refuses a key of `doorward.toml`, and a variable of `.env`, that no setting has.
pub(super) fn refuse(sources: &Sources) -> Result<(), Failure> {
    let keys: Vec<_> = known().map(|setting| setting.name.to_owned()).collect();
    let in_file = sources.file.keys().find_map(|key| unknown(key, &keys));
    let in_dotenv = variables(&sources.dotenv).next();
    let refused = |place, sentence: Option<String>| {
        sentence.map_or(Ok(()), |sentence| Err(Failure::new(place, format_args!("{sentence}, or remove it"))))
    };
    refused("doorward.toml", in_file).and(refused(".env", in_dotenv))
}

/// A sentence for each variable of the environment that begins with `DOORWARD_` and is no setting's. Another program may use
/// it, so it is not refused.
pub(super) fn warnings(sources: &Sources) -> Vec<String> {
    variables(&sources.environment).collect()
}

fn variables(variables: &std::collections::BTreeMap<String, String>) -> impl Iterator<Item = String> {
    let names: Vec<_> = known().map(|setting| setting.variable()).collect();
    let ours = variables.keys().filter(|name| name.starts_with("DOORWARD_"));
    ours.filter_map(move |name| unknown(name, &names))
}

/// The sentence about a name that is not known, with the nearest known name.
fn unknown(name: &str, known: &[String]) -> Option<String> {
    if known.iter().any(|known| known == name) {
        return None;
    }
    let nearest = known.iter().min_by_key(|known| distance(name, known));
    let nearest = nearest.filter(|known| distance(name, known) <= name.chars().count().div_ceil(2));
    let hint = nearest.map_or("see doorward serve --help".to_owned(), |known| format!("write {known}"));
    Some(format!("there is no setting {name:?}; {hint}"))
}

/// The number of characters that have to be inserted, removed or replaced (the Levenshtein distance).
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<_> = other.chars().collect();
    let mut row: Vec<_> = (0..=other.len()).collect();
    for (index, a) in one.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], index + 1);
        for (column, b) in other.iter().enumerate() {
            let replaced = diagonal + usize::from(a != *b);
            diagonal = row[column + 1];
            row[column + 1] = replaced.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sources(environment: &str, dotenv: &str, file: &str) -> Sources {
        let variables = |text: &str| {
            let pairs = text.lines().filter_map(|line| line.split_once('='));
            pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
        };
        Sources {
            environment: variables(environment),
            dotenv: variables(dotenv),
            file: file.parse().unwrap(),
        }
    }

    #[test]
    fn an_unknown_name_in_a_file_is_refused_with_the_nearest_known_name() {
        for (dotenv, file, expected) in [
            ("", "isuer = 'x'", "doorward.toml: there is no setting \"isuer\"; write issuer, or remove it"),
            ("", "[serve]\nissuer = 'x'", "doorward.toml: there is no setting \"serve\"; write"),
            (
                "",
                "resource-digest = 'x'",
                "doorward.toml: there is no setting \"resource-digest\"; write resource-secret",
            ),
            (
                "",
                "zzzzzzzz = 1",
                "doorward.toml: there is no setting \"zzzzzzzz\"; see doorward serve --help",
            ),
            ("DOORWARD_USER=a:b", "", ".env: there is no setting \"DOORWARD_USER\"; write DOORWARD_USERS"),
            ("DOORWARD_ISUER=a", "", ".env: there is no setting \"DOORWARD_ISUER\"; write DOORWARD_ISSUER"),
        ] {
            let refused = refuse(&sources("", dotenv, file)).unwrap_err().to_string();
            assert!(refused.starts_with(expected), "{refused}");
        }
    }

    #[test]
    fn known_names_and_those_of_other_programs_are_accepted() {
        let dotenv = "DOORWARD_USERNAME=a\nDOORWARD_USERS=a:b\nOAUTH_AUTH_PORT=1\nOTHER=1";
        assert!(refuse(&sources("DOORWARD_TABLE=t", dotenv, "issuer = 'x'\nusername = 'a'")).is_ok());
    }

    #[test]
    fn an_unknown_variable_of_the_environment_has_a_warning() {
        let told = warnings(&sources("DOORWARD_ISUER=x\nDOORWARD_ISSUER=x\nHOME=/", "", ""));
        assert_eq!(told, ["there is no setting \"DOORWARD_ISUER\"; write DOORWARD_ISSUER"]);
    }

    #[test]
    fn a_distance_counts_insertions_removals_and_replacements() {
        for (one, other, expected) in [
            ("", "", 0),
            ("a", "", 1),
            ("", "ab", 2),
            ("isuer", "issuer", 1),
            ("kitten", "sitting", 3),
            ("ü", "u", 1),
        ] {
            assert_eq!((distance(one, other), distance(other, one)), (expected, expected), "{one} {other}");
        }
    }
}
