//! The keys of a deployment on AWS, in Parameter Store.
//!
//! One parameter holds the root secrets, which only the admin function can read. Each purpose has a parameter of its
//! own, so a function can read only the secrets that it needs.

mod entries;
mod function_keys;
mod keys_error;
mod publication;
mod roots;
mod service;

pub use entries::Entry;
pub use function_keys::{FunctionKeys, Needs};
pub use keys_error::KeysError;
pub use roots::{Ensured, Known, Roots};
pub use service::{Created, ParameterStore, Stored, Unanswered};

use doorward::sealed::Purpose;
use std::time::Duration;

/// TTL of the keys in a function: it reads them again after this time. A new key must not sign until 2 x `REREAD`
/// after publication, when every function has loaded it.
pub const REREAD: Duration = Duration::from_secs(5 * 60);

/// Key rotation: delay from the creation of a key until it signs. More than 2 x [`REREAD`], because clocks differ.
pub const WAIT: Duration = Duration::from_secs(15 * 60);

/// The names of a deployment's parameters.
#[derive(Clone, Debug)]
pub struct Names {
    path: String,
}

impl Names {
    /// The names below `path`, such as `/doorward/production`.
    pub fn below(path: impl Into<String>) -> Self {
        Self { path: path.into() }
    }

    /// The parameter of the root secrets.
    pub fn root(&self) -> String {
        format!("{}/root", self.path)
    }

    /// The parameter of a purpose's secrets.
    pub fn of(&self, purpose: Purpose) -> String {
        format!("{}/{}", self.path, purpose.name())
    }

    /// The parameter of the client secret at the identity provider. Its value is the secret itself, without JSON.
    pub fn provider_secret(&self) -> String {
        format!("{}/provider-secret", self.path)
    }

    /// The parameter of the headers that gateways add, one a line, as `[RESOURCE=]NAME: VALUE`. It is not JSON.
    pub fn upstream_headers(&self) -> String {
        format!("{}/upstream-headers", self.path)
    }

    /// The parameters of the issuers that the operator trusts, as parts of one TOML document: a parameter holds 4 KB. The
    /// document is not in the table, where one write would make an issuer trusted.
    pub fn trust(&self) -> [String; 3] {
        ["trust", "trust-2", "trust-3"].map(|part| format!("{}/{part}", self.path))
    }

    /// The parameter of the keys that verify identities. They are public.
    pub fn identity_keys(&self) -> String {
        format!("{}/identity-public-keys", self.path)
    }

    /// The parameter of the keys that verify access tokens. They are public.
    pub fn public_keys(&self) -> String {
        format!("{}/public-keys", self.path)
    }
}
