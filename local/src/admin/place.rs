//! The folder whose server or store a command is for. It has to exist: no command makes a store.

use crate::Failure;
use crate::settings::Sources;
use crate::state::{self, NotOne, StateFolder};
use doorward_settings::{DATA_DIR, IN_MEMORY, SECRET_FILE, Values};
use std::fs;
use std::path::{Path, PathBuf};

/// The folder of a store, and the file of its root secrets.
pub(super) struct Place {
    pub(super) folder: PathBuf,
    pub(super) secret: PathBuf,
    /// Whether no flag, variable or file names the folder.
    is_default: bool,
}

impl Place {
    /// Finds the folder: the one that is given, or the default that has a store.
    pub(super) fn find(values: &Values, sources: &Sources, uid: Option<u32>) -> Result<Self, Failure> {
        if values.is_on(&IN_MEMORY)? {
            return Err(Failure(
                "--in-memory: such a server takes no operators' commands; it ends with its users".to_owned(),
            ));
        }
        let candidates = match values.one(&DATA_DIR) {
            Some(given) => vec![PathBuf::from(given)],
            None => StateFolder::candidates(&sources.environment, uid),
        };
        let folder = first_of(&candidates, uid)?;
        let secret = values.one(&SECRET_FILE).map(PathBuf::from);
        let secret = secret.unwrap_or_else(|| StateFolder::at(&folder).secret());
        Ok(Self { folder, secret, is_default: values.one(&DATA_DIR).is_none() })
    }

    /// Says which folder a change was made in, if the operator named none: root has several.
    pub(super) fn sentence(&self) -> String {
        if self.is_default { format!("The folder is {}.\n", self.folder.display()) } else { String::new() }
    }
}

fn first_of(candidates: &[PathBuf], uid: Option<u32>) -> Result<PathBuf, Failure> {
    match StateFolder::with_store(candidates) {
        Ok(Some(folder)) => return Ok(folder.to_owned()),
        Ok(None) => {}
        Err(NotOne::Denied(folder)) => return Err(denied(folder, uid)),
        Err(NotOne::Two(first, second)) => return Err(state::two(first, second)),
    }
    let shown: Vec<_> = candidates.iter().map(|folder| folder.display().to_string()).collect();
    let place = match shown.as_slice() {
        [] => "there is no home directory for the state".to_owned(),
        [one] => format!("{one} has no store"),
        several => format!("none of these folders has a store: {}", several.join(", ")),
    };
    Err(Failure(format!(
        "{place}; give the folder of the server with --data-dir, or start doorward serve, which makes one unless it runs with \
         --in-memory"
    )))
}

/// The sentence for a user who may not use the folder.
pub(super) fn denied(folder: &Path, uid: Option<u32>) -> Failure {
    let who = uid.map_or_else(|| "this user".to_owned(), |uid| format!("the user {uid}"));
    Failure(match owner(folder) {
        Some(owner) => format!(
            "{}: belongs to the user {owner}, and {who} may not use it; run the command as that user or as root: sudo -u '#{owner}' \
             doorward admin …",
            folder.display()
        ),
        None => format!(
            "{}: {who} may not use it; run the command as root: sudo doorward admin …",
            folder.display()
        ),
    })
}

#[cfg(unix)]
fn owner(folder: &Path) -> Option<u32> {
    fs::metadata(folder).ok().map(|folder| std::os::unix::fs::MetadataExt::uid(&folder))
}

#[cfg(not(unix))]
fn owner(_folder: &Path) -> Option<u32> {
    None
}
