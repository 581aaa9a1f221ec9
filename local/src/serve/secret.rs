//! The root secrets of a local server: a file that only its owner can read, with one secret per line, the newest first.

use crate::Failure;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use doorward::gateway::GatewayKeys;
use doorward::ports::Entropy;
use doorward::sealed::{Keys, Purpose, RootSecret};
use doorward_signing::{Es256, SystemEntropy};
use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::Path;
use std::sync::Arc;

/// Root secrets. The newest makes new values. Values that the older ones made are accepted.
pub(super) struct Secrets {
    pub(super) newest: RootSecret,
    pub(super) older: Vec<RootSecret>,
}

impl Secrets {
    /// A random secret, which is lost when the process ends.
    pub(super) fn generate() -> Self {
        Self { newest: RootSecret::new(random()), older: Vec::new() }
    }

    /// The secrets in this file. If the file is missing, it is created with a random secret.
    pub(super) fn read_or_create(path: &Path) -> Result<Self, Failure> {
        let failure =
            |why: &dyn std::fmt::Display| Failure::new(format_args!("--secret-file {}", path.display()), why);
        match fs::read_to_string(path) {
            Ok(text) => {
                refuse_readers(path)?;
                Self::parse(&text).ok_or_else(|| failure(&"must have 32 bytes in base64url on every line"))
            }
            Err(error) if error.kind() == ErrorKind::NotFound => {
                create(path).map_err(|error| failure(&error))
            }
            Err(error) => Err(failure(&error)),
        }
    }

    /// The keys of gateways.
    pub(super) fn gateway_keys(&self) -> GatewayKeys {
        let keys = Keys::derive(&self.newest, &self.older);
        GatewayKeys {
            sessions: Arc::new(keys.upstream_sessions),
            endpoints: Arc::new(keys.legacy_endpoints),
            identities: Arc::new(Es256::new(&self.newest.derive(Purpose::Identities))),
        }
    }

    fn parse(text: &str) -> Option<Self> {
        let mut secrets = text.lines().map(|line| RootSecret::parse(line).ok());
        Some(Self { newest: secrets.next()??, older: secrets.collect::<Option<_>>()? })
    }
}

/// The fingerprints of the secrets in this file. A file that is missing has none.
pub(crate) fn fingerprints(path: &Path) -> Result<Vec<String>, Failure> {
    if !path.exists() {
        return Ok(Vec::new());
    }
    let secrets = Secrets::read_or_create(path)?;
    Ok(secrets.older.iter().chain([&secrets.newest]).map(RootSecret::fingerprint).collect())
}

/// If two processes start at the same time, one creates the file and the other fails. Start that one again.
fn create(path: &Path) -> std::io::Result<Secrets> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let secret = random();
    options.open(path)?.write_all(format!("{}\n", URL_SAFE_NO_PAD.encode(secret)).as_bytes())?;
    Ok(Secrets { newest: RootSecret::new(secret), older: Vec::new() })
}

/// Refuses a file that other users can read.
#[cfg(unix)]
fn refuse_readers(path: &Path) -> Result<(), Failure> {
    let mode = fs::metadata(path).map(|file| std::os::unix::fs::PermissionsExt::mode(&file.permissions()));
    match mode {
        Ok(mode) if mode & 0o077 == 0 => Ok(()),
        _ => Err(Failure(format!(
            "--secret-file {0}: other users can read it; run chmod 600 {0}",
            path.display()
        ))),
    }
}

#[cfg(not(unix))]
fn refuse_readers(_path: &Path) -> Result<(), Failure> {
    Ok(())
}

/// A new secret, to print once: 256 random bits in base64url, as a line of the secret file and every setting of a secret
/// accept it.
pub fn generate() -> String {
    URL_SAFE_NO_PAD.encode(random())
}

fn random() -> [u8; 32] {
    let mut bytes = [0; 32];
    SystemEntropy.fill(&mut bytes);
    bytes
}
