//! `doorward backup` and `doorward restore`: the store's file as a file elsewhere, and back.

use crate::Failure;
use crate::log::utc::Utc;
use crate::serve::secret;
use crate::settings::{self, Sources};
use crate::state::{self, NotOne, StateFolder};
use clap::{Arg, ArgAction, ArgMatches, Command};
use doorward::ports::{Clock, Timestamp};
use doorward_settings::{DATA_DIR, SECRET_FILE, Setting};
use doorward_signing::SystemClock;
use doorward_sqlite::{Backup, Contents, Restore};
use std::fmt::Display;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

const SETTINGS: [Setting; 2] = [DATA_DIR, SECRET_FILE];

/// The two commands.
pub fn commands() -> [Command; 2] {
    let with_settings = |name| {
        let command = settings::flags(Command::new(name), &SETTINGS);
        let command = command.mut_arg(DATA_DIR.name, |arg| {
            arg.help("The folder of the store [default: as for serve; as root also /var/lib/doorward]")
        });
        command.mut_arg(SECRET_FILE.name, |arg| {
            arg.help("The file of the root secret [default: secret in the folder of the store]")
        })
    };
    let file = |help| {
        Arg::new("file")
            .value_name("FILE")
            .required(true)
            .value_parser(clap::value_parser!(PathBuf))
            .help(help)
    };
    let switch = |name, help| Arg::new(name).long(name).action(ArgAction::SetTrue).help(help);
    [
        with_settings("backup")
            .about("Copies the store to a file, also while the server runs")
            .arg(file("The file to make, not in the folder of the store"))
            .arg(switch("replace", "Replaces the file if it exists")),
        with_settings("restore")
            .about("Puts a backup in the place of the store; the server must be stopped")
            .arg(file("The backup"))
            .arg(switch("close-grants", "Closes all grants, so that every client has to sign in again"))
            .arg(switch("other-secret", "Accepts a backup of another root secret, and closes all grants")),
    ]
}

/// Runs one of the two.
///
/// # Errors
/// [`Failure`] when it was not done, with what to do.
pub fn run(name: &str, flags: &ArgMatches, sources: &Sources, out: &mut impl Write) -> Result<(), Failure> {
    let place = Place::of(flags, sources)?;
    let file = flags.get_one::<PathBuf>("file").map_or(Path::new(""), PathBuf::as_path);
    let now = SystemClock.now();
    let text = match name {
        "backup" => back_up(&place, file, flags.get_flag("replace"), now)?,
        _ => restore(&place, file, flags, now)?,
    };
    out.write_all(text.as_bytes()).map_err(|error: io::Error| Failure::new("printing the outcome", error))
}

/// The folder of the store, and the file of its root secret.
struct Place {
    folder: PathBuf,
    secret: PathBuf,
}

impl Place {
    fn of(flags: &ArgMatches, sources: &Sources) -> Result<Self, Failure> {
        let values = settings::read(&SETTINGS, flags, sources)?;
        let given = values.one(&DATA_DIR).map(StateFolder::at);
        let found = if given.is_some() { given } else { existing(sources)? };
        let folder = found.ok_or_else(|| {
            Failure(
                "there is no home directory for the state; give the folder of the server with --data-dir"
                    .into(),
            )
        })?;
        let secret = values.one(&SECRET_FILE).map_or_else(|| folder.secret(), PathBuf::from);
        Ok(Self { folder: folder.path().to_owned(), secret })
    }
}

/// The default folder with a store. If there is none, the first that exists, in which a store can be restored.
fn existing(sources: &Sources) -> Result<Option<StateFolder>, Failure> {
    let all = StateFolder::candidates(&sources.environment, state::uid());
    match StateFolder::with_store(&all) {
        Ok(Some(folder)) | Err(NotOne::Denied(folder)) => Ok(Some(StateFolder::at(folder))),
        Ok(None) => Ok(all.iter().find(|folder| folder.is_dir()).or(all.first()).map(StateFolder::at)),
        Err(NotOne::Two(first, second)) => Err(state::two(first, second)),
    }
}

fn back_up(place: &Place, to: &Path, replace: bool, now: Timestamp) -> Result<String, Failure> {
    let made = Backup { folder: &place.folder, to, replace }
        .make(now)
        .map_err(|error| Failure(error.to_string()))?;
    let mut text = line("backup", format_args!("{}, {}", to.display(), size(made.bytes)));
    text += &holds(&made.contents, now, "");
    text += &line(
        "not in it",
        format_args!("the root secret; keep a copy of {} elsewhere", place.secret.display()),
    );
    Ok(text)
}

fn restore(place: &Place, from: &Path, flags: &ArgMatches, now: Timestamp) -> Result<String, Failure> {
    let other_secret = flags.get_flag("other-secret");
    let close_grants = other_secret || flags.get_flag("close-grants");
    let (folder, secret) = (&*place.folder, &*place.secret);
    let fingerprints = &*secret::fingerprints(secret)?;
    let restored = Restore { folder, from, secret, fingerprints, close_grants, other_secret }
        .make(now)
        .map_err(|error| Failure(error.to_string()))?;
    let mut text = line("restored", format_args!("{} from {}", folder.display(), from.display()));
    text += &holds(&restored.contents, now, ", all signed out");
    if close_grants {
        text += &line("closed grants", restored.closed);
    }
    for older in &restored.aside {
        text += &line("older file", older.display());
    }
    text += "\nWhat changed after the backup is lost:\n";
    text += match (other_secret, close_grants) {
        (true, _) => OTHER,
        (false, true) => CLOSED,
        (false, false) => OPEN,
    };
    text += LOST;
    Ok(text)
}

const CLOSED: &str = "- Every client has to sign in again.\n";
const OTHER: &str = "- Every client has to register and sign in again, except for pre-registered clients, which only sign in again.\n";
const OPEN: &str = "\
- A client that was allowed or has refreshed since has to sign in again.
- A grant that was closed since is open again, and a refresh token that was used since is accepted again. If one was stolen,
  restore again with --close-grants.
";
const LOST: &str = "\
- A user who was added since is missing, one who was disabled since is enabled, and a password that was changed since is the
  older one. The same holds for pre-registered clients and blocks.
";

/// The lines about what a store holds.
fn holds(contents: &Contents, now: Timestamp, of_users: &str) -> String {
    let mut text = line("users", format_args!("{}{of_users}", contents.users));
    text += &line("open grants", contents.open_grants);
    let newest = contents
        .newest
        .map(|newest| format!("{}, {} ago", Utc(newest), span(now.0.saturating_sub(newest.0))));
    text + &line("newest use", newest.unwrap_or_else(|| "none".to_owned()))
}

fn line(name: &str, value: impl Display) -> String {
    format!("{name:<14}{value}\n")
}

/// A time span in its largest whole unit.
fn span(seconds: u64) -> String {
    let units = [(86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second")];
    let (unit, name) = units.into_iter().find(|(unit, _)| seconds >= *unit).unwrap_or((1, "second"));
    let count = seconds / unit;
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {name}{plural}")
}

fn size(bytes: u64) -> String {
    match bytes {
        0..1_000_000 => format!("{} kB", bytes.div_ceil(1_000)),
        _ => format!("{:.1} MB", bytes as f64 / 1e6),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_is_told_in_its_largest_unit() {
        for (seconds, expected) in [
            (0, "0 seconds"),
            (1, "1 second"),
            (59, "59 seconds"),
            (60, "1 minute"),
            (3_599, "59 minutes"),
            (7_200, "2 hours"),
            (86_399, "23 hours"),
            (200_000, "2 days"),
        ] {
            assert_eq!(span(seconds), expected);
        }
    }

    #[test]
    fn a_size_is_told_in_kilobytes_or_megabytes() {
        for (bytes, expected) in
            [(1, "1 kB"), (999_999, "1000 kB"), (1_000_000, "1.0 MB"), (44_040_192, "44.0 MB")]
        {
            assert_eq!(size(bytes), expected);
        }
    }
}
