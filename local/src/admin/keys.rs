//! The operator's commands for root secrets, which are in a file on this host.

use crate::Failure;
use crate::serve::secret::{Line, SecretFile, Secrets, random};
use crate::serve::state::{OTHER_SECRETS, foreign};
use async_trait::async_trait;
use doorward::jose::Signer;
use doorward::operator::{OperatorKeys, Output};
use doorward::ports::{Clock, Timestamp};
use doorward::sealed::{Keys, Purpose};
use doorward::server::Server;
use doorward::store::StoreError;
use doorward::wire::{Event, EventKind};
use doorward_signing::{Es256, SystemClock};
use doorward_sqlite::SqliteStore;
use serde::Deserialize;
use serde_json::{Value, json};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use strum::VariantNames;
use thiserror::Error;
use tokio::sync::Mutex;

/// How long the public keys of a new secret are published before it is used. Other servers may keep what is published for
/// five minutes, and Doorward's own guard keeps it for ten.
const WAIT: Duration = Duration::from_secs(15 * 60);

/// A command about root secrets. As JSON: `{"command": "rotate-keys"}`.
#[derive(Deserialize, VariantNames)]
#[serde(tag = "command", rename_all = "kebab-case", deny_unknown_fields)]
#[strum(serialize_all = "kebab-case")]
pub(super) enum KeyCommand {
    /// Lists the secrets by their ids, the newest first.
    ListKeys {},
    /// Adds a secret. A process that starts [`WAIT`] later uses it.
    RotateKeys {},
    /// Removes an old secret. What it made is refused.
    ForgetKey {
        /// The id of the secret.
        key: String,
    },
    /// Replaces all secrets by a new one. What they made is refused.
    NewSecret {
        /// Confirms the command.
        #[serde(default)]
        yes: bool,
    },
}

impl KeyCommand {
    /// The names of these commands.
    pub(super) const NAMES: &'static [&'static str] = Self::VARIANTS;
}

/// Why a command about root secrets failed.
#[derive(Debug, Error)]
pub(super) enum KeysRefused {
    #[error("no root secret has this id; see list-keys")]
    Unknown,
    #[error(
        "this root secret is in use; run rotate-keys, restart the server after the time that it names, and then forget this one"
    )]
    InUse,
    #[error("the newest root secret cannot be removed; new-secret replaces all of them")]
    Newest,
    #[error(
        "all clients have to register again, all users have to sign in again, and pre-registered clients have to be added again; \
         to do it, give --yes"
    )]
    Unconfirmed,
    /// The file as it is. Nothing was changed.
    #[error("{0}")]
    Unreadable(String),
    /// The file or the store. The change may have been made.
    #[error("{0}")]
    Failed(String),
}

impl From<Failure> for KeysRefused {
    fn from(Failure(sentence): Failure) -> Self {
        Self::Failed(sentence)
    }
}

impl From<StoreError> for KeysRefused {
    fn from(error: StoreError) -> Self {
        Self::Failed(error.to_string())
    }
}

/// The root secrets of a store: their file, and those of the server that runs.
pub(crate) struct RootKeys {
    folder: PathBuf,
    path: PathBuf,
    store: Arc<SqliteStore>,
    running: Option<Running>,
    /// One command changes the file at a time.
    turn: Mutex<()>,
}

/// A server that runs, with the secrets from its start.
pub(crate) struct Running {
    pub(crate) server: Server,
    pub(crate) secrets: Secrets,
}

impl RootKeys {
    /// The secrets of the store in this folder, in the file at `path`.
    pub(crate) fn new(
        folder: PathBuf,
        path: PathBuf,
        store: Arc<SqliteStore>,
        running: Option<Running>,
    ) -> Self {
        Self { folder, path, store, running, turn: Mutex::default() }
    }

    pub(super) async fn execute(&self, command: KeyCommand) -> Result<Output, KeysRefused> {
        let _turn = self.turn.lock().await;
        let now = SystemClock.now();
        let (file, restart_from) = match command {
            KeyCommand::ListKeys {} => {
                let file = self.file()?;
                return Ok(Output { answer: self.answer(&file, now), event: None });
            }
            KeyCommand::RotateKeys {} => self.rotate(now)?,
            KeyCommand::ForgetKey { key } => self.forget(&key, now).await?,
            KeyCommand::NewSecret { yes: false } => return Err(KeysRefused::Unconfirmed),
            KeyCommand::NewSecret { yes: true } => self.replace_all(now).await?,
        };
        let mut answer = self.answer(&file, now);
        if let Some(from) = restart_from {
            answer["restart_from"] = json!(from);
        }
        let ids: Vec<_> = file.lines().iter().map(|line| line.secret.fingerprint()).collect();
        let reason = Some(format!("keys {}", ids.join(", ")));
        Ok(Output { answer, event: Some(Event { reason, ..Event::new(EventKind::KeysChanged) }) })
    }

    /// The file, if the store belongs to one of its secrets.
    fn file(&self) -> Result<SecretFile, KeysRefused> {
        let unreadable = |Failure(sentence)| KeysRefused::Unreadable(sentence);
        let foreign = |reason| unreadable(foreign(&self.folder, &self.path, reason));
        let file = SecretFile::read(&self.path).map_err(unreadable)?.ok_or_else(|| foreign("is missing"))?;
        let is_of = |pair: &String| file.lines().iter().any(|line| line.secret.fingerprint() == *pair);
        match self.store.pair()? {
            Some(pair) if !is_of(&pair) => Err(foreign(OTHER_SECRETS)),
            Some(_) | None => Ok(file),
        }
    }

    /// The id of the secret that signs and seals now, or would if a server started now.
    fn maker(&self, file: &SecretFile, now: Timestamp) -> String {
        let running = self.running.as_ref().map(|running| &running.secrets.newest);
        running.unwrap_or(&file.maker(now).secret).fingerprint()
    }

    fn rotate(&self, now: Timestamp) -> Result<(SecretFile, Option<Timestamp>), KeysRefused> {
        let file = self.file()?;
        let from = now.after(WAIT);
        let line = Line::new(&random(), Some(from));
        let lines = std::iter::once(line.clone()).chain(file.lines().iter().cloned()).collect();
        let file = SecretFile::replace(file.path(), lines)?;
        if let Some(Running { server, .. }) = &self.running {
            let public = |purpose| Es256::new(&line.secret.derive(purpose)).public_key().clone();
            server.announced().add(public(Purpose::AccessTokens), public(Purpose::Identities));
        }
        Ok((file, Some(from)))
    }

    async fn forget(&self, id: &str, now: Timestamp) -> Result<(SecretFile, Option<Timestamp>), KeysRefused> {
        let file = self.file()?;
        let place = file.lines().iter().position(|line| line.secret.fingerprint() == id);
        let maker = self.maker(&file, now);
        match place {
            None => return Err(KeysRefused::Unknown),
            Some(_) if maker == id => return Err(KeysRefused::InUse),
            Some(0) => return Err(KeysRefused::Newest),
            Some(_) => {}
        }
        // The store may still belong to the secret that goes. Both files are good if the process ends between the two writes.
        self.store.set_pair(file.maker(now).secret.fingerprint()).await?;
        let lines = file.lines().iter().filter(|line| line.secret.fingerprint() != id).cloned().collect();
        Ok((SecretFile::replace(file.path(), lines)?, self.at_once(now)))
    }

    async fn replace_all(&self, now: Timestamp) -> Result<(SecretFile, Option<Timestamp>), KeysRefused> {
        let file = SecretFile::replace(&self.path, vec![Line::new(&random(), None)])?;
        // If the process ends here, the next start refuses the new secret, and the command can be repeated.
        self.store.set_pair(file.maker(now).secret.fingerprint()).await?;
        Ok((file, self.at_once(now)))
    }

    /// A server that runs has to be restarted at once. One that starts later reads the file.
    fn at_once(&self, now: Timestamp) -> Option<Timestamp> {
        self.running.is_some().then_some(now)
    }

    fn answer(&self, file: &SecretFile, now: Timestamp) -> Value {
        let (maker, next) = (self.maker(file, now), file.maker(now).secret.fingerprint());
        let listed = file.lines().iter().map(|line| {
            let id = line.secret.fingerprint();
            let state = match line.from {
                _ if id == maker => "in-use",
                _ if id == next => "after-restart",
                Some(from) if now < from => "waits",
                _ => "accepted",
            };
            json!({ "makes": id == maker, "state": state, "key": id, "from": line.from })
        });
        json!({ "keys": listed.collect::<Vec<_>>() })
    }

    /// The secrets for what a command makes: those of the server that runs, or those in the file.
    fn secrets(&self) -> Result<Secrets, KeysRefused> {
        if let Some(running) = &self.running {
            return Ok(running.secrets.clone());
        }
        Ok(self.file()?.secrets(SystemClock.now()))
    }
}

#[async_trait]
impl OperatorKeys for RootKeys {
    async fn keys(&self) -> Result<Keys, StoreError> {
        let secrets = self.secrets().map_err(StoreError::new)?;
        Ok(Keys::derive(&secrets.newest, &secrets.older))
    }
}
