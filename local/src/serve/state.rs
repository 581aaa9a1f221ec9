//! The state that a server keeps: its store and its root secrets, opened together.

use super::plan::Only;
use super::secret::Secrets;
use crate::Failure;
use crate::state::{Host, StateFolder};
use doorward::store::StoreError;
use doorward_settings::{DATA_DIR, IN_MEMORY, InvalidSetting, ONLY, Reason, SECRET_FILE, TUTORIAL, Values};
use doorward_signing::SystemClock;
use doorward_sqlite::SqliteStore;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Where a server keeps its state.
struct Place {
    /// The folder of the store. Without it, the store is in memory.
    folder: Option<StateFolder>,
    /// The file of the root secrets. Without it, there is one random secret.
    secret: Option<PathBuf>,
}

/// The store and the root secrets.
pub(super) struct State {
    /// The store in a file. Without it, the store is in memory.
    pub(super) store: Option<Arc<SqliteStore>>,
    pub(super) secrets: Secrets,
    /// The folder of the store, and the file of the root secrets.
    pub(super) paths: Option<(PathBuf, PathBuf)>,
    /// What the operator should know.
    pub(super) warnings: Vec<String>,
}

impl State {
    /// Opens the store and the secrets, and makes them if they are missing.
    pub(super) async fn open(values: &Values, host: &Host, only: Only) -> Result<Self, Failure> {
        let place = Place::of(values, host, only)?;
        let mut warnings = Vec::new();
        let Some(folder) = place.folder else {
            if only != Only::Mcp && !is_in_memory(values)? {
                warnings.push(LOST.to_owned());
            }
            let secrets =
                place.secret.map_or_else(|| Ok(Secrets::generate()), |path| Secrets::read_or_create(&path));
            return Ok(Self { store: None, secrets: secrets?, paths: None, warnings });
        };
        let store = SqliteStore::open(folder.path(), Arc::new(SystemClock));
        let store = store.map_err(|error| {
            // A user who tries the program needs no folder. A store that was in use must not be left for memory.
            let is_tried = values.one(&DATA_DIR).is_none() && !folder.was_used();
            let hint = if is_tried { "; --in-memory needs no folder" } else { "" };
            Failure(format!("--data-dir: {error}{hint}"))
        })?;
        warnings.extend(store.warning().map(str::to_owned));
        let secret = place.secret.unwrap_or_else(|| folder.secret());
        let secrets = matching(&store, folder.path(), &secret).await?;
        let paths = Some((folder.path().to_owned(), secret));
        Ok(Self { store: Some(Arc::new(store)), secrets, paths, warnings })
    }
}

impl Place {
    fn of(values: &Values, host: &Host, only: Only) -> Result<Self, Failure> {
        let given = values.one(&DATA_DIR).map(StateFolder::at);
        let in_memory = is_in_memory(values)?;
        if in_memory && given.is_some() {
            return Err(InvalidSetting::of(&IN_MEMORY, Reason::Excludes(DATA_DIR.name)).into());
        }
        if only == Only::Mcp && given.is_some() {
            return Err(InvalidSetting::of(&DATA_DIR, Reason::Excludes(ONLY.name)).into());
        }
        let folder = given.or_else(|| host.state.clone()).filter(|_| !in_memory);
        let secret = values.one(&SECRET_FILE).map(PathBuf::from);
        Ok(Self {
            secret: secret.or_else(|| folder.as_ref().map(StateFolder::secret)),
            folder: folder.filter(|_| only != Only::Mcp),
        })
    }
}

/// Whether the settings say that nothing is kept: the tutorial's users are known to all.
fn is_in_memory(values: &Values) -> Result<bool, Failure> {
    Ok(values.is_on(&IN_MEMORY)? || values.is_on(&TUTORIAL)?)
}

/// The secrets that the store belongs to. With others, all tokens and client ids would be refused.
async fn matching(store: &SqliteStore, folder: &Path, path: &Path) -> Result<Secrets, Failure> {
    let failure = |error: StoreError| unreadable(folder, &Failure(error.to_string()));
    let pair = store.pair().map_err(failure)?;
    if pair.is_some() && !path.exists() {
        let reason = "is missing, but this store belongs to a secret";
        return Err(foreign(folder, path, reason));
    }
    let secrets = Secrets::read_or_create(path)?;
    let newest = secrets.newest.fingerprint();
    match pair {
        Some(pair) if pair == newest => {}
        Some(pair) if secrets.older.iter().all(|older| older.fingerprint() != pair) => {
            return Err(foreign(folder, path, OTHER_SECRETS));
        }
        // New, or after a key rotation.
        Some(_) | None => store.set_pair(newest).await.map_err(failure)?,
    }
    Ok(secrets)
}

/// What is wrong with a secret file of another store.
pub(crate) const OTHER_SECRETS: &str = "holds other secrets than the one that this store belongs to";

/// The sentence about a secret file that is not that of the store, for the server and for operators' commands.
pub(crate) fn foreign(folder: &Path, path: &Path, reason: &str) -> Failure {
    Failure(format!(
        "--data-dir {}: the secret file {} {reason}; put back the secret file of this store, use another folder, or, if the \
         file is lost, run doorward admin new-secret --yes",
        folder.display(),
        path.display()
    ))
}

/// The sentence for a store that was opened, and cannot be read.
pub(super) fn unreadable(folder: &Path, failure: &Failure) -> Failure {
    Failure(format!(
        "--data-dir {}: {failure}; if the file doorward.db is damaged, run `doorward restore FILE` with a backup",
        folder.display()
    ))
}

const LOST: &str = "there is no home directory for the state, so users, clients and grants are in memory, and without a \
                    --secret-file the root secret too: they end with this process; to keep them, give --data-dir PATH \
                    (DOORWARD_DATA_DIR) on a disk that stays; to end this warning, give --in-memory";
