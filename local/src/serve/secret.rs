//! The root secrets of a local server: a file that only its owner can read, with one secret per line, the newest first.

mod file;

use crate::Failure;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use doorward::gateway::GatewayKeys;
use doorward::ports::{Clock, Entropy};
use doorward::sealed::{Keys, Purpose, RootSecret};
use doorward_signing::{Es256, SystemClock, SystemEntropy};
use std::path::Path;
use std::sync::Arc;

pub(crate) use file::{Line, SecretFile};

/// Root secrets. The newest makes new values. Values that the older ones made are accepted.
#[derive(Clone)]
pub(crate) struct Secrets {
    pub(crate) newest: RootSecret,
    pub(crate) older: Vec<RootSecret>,
}

impl Secrets {
    /// A random secret, which is lost when the process ends.
    pub(super) fn generate() -> Self {
        Self { newest: RootSecret::new(random()), older: Vec::new() }
    }

    /// The secrets in this file. If the file is missing, it is created with a random secret.
    pub(super) fn read_or_create(path: &Path) -> Result<Self, Failure> {
        let file = SecretFile::read(path)?.map_or_else(|| SecretFile::create(path, &random()), Ok)?;
        Ok(file.secrets(SystemClock.now()))
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
}

/// The fingerprints of the secrets in this file. A file that is missing has none.
pub(crate) fn fingerprints(path: &Path) -> Result<Vec<String>, Failure> {
    let file = SecretFile::read(path)?;
    let lines = file.iter().flat_map(SecretFile::lines);
    Ok(lines.map(|line| line.secret.fingerprint()).collect())
}

/// A new secret, to print once: 256 random bits in base64url, as a line of the secret file and every setting of a secret
/// accept it.
pub fn generate() -> String {
    URL_SAFE_NO_PAD.encode(random())
}

pub(crate) fn random() -> [u8; 32] {
    let mut bytes = [0; 32];
    SystemEntropy.fill(&mut bytes);
    bytes
}
