//! The keys of a deployment on AWS, in Parameter Store: the root in one parameter that operators' commands alone can
//! read, and the secrets of each purpose in one of their own, so that a function is given those of what it does.

mod entries;
mod function_keys;
mod roots;
mod service;

pub use entries::Entry;
pub use function_keys::{FunctionKeys, Needs};
pub use roots::{KeysError, Known, Roots};
pub use service::{ParameterStore, Unanswered};

use doorward::sealed::Purpose;
use std::time::Duration;

/// How old what a function holds may become before it is read again. A key that makes nothing before twice this time
/// has passed is accepted everywhere when it does.
pub const REREAD: Duration = Duration::from_secs(5 * 60);

/// From its making until a key makes things itself; more than twice [`REREAD`], for clocks that differ.
pub const WAIT: Duration = Duration::from_secs(15 * 60);

/// Under which names a deployment's parameters are.
#[derive(Clone, Debug)]
pub struct Names {
    path: String,
}

impl Names {
    /// Those below `path`, such as `/doorward/production`.
    pub fn below(path: impl Into<String>) -> Self {
        Self { path: path.into() }
    }

    /// The root secrets.
    pub fn root(&self) -> String {
        format!("{}/root", self.path)
    }

    /// The secrets of a purpose.
    pub fn of(&self, purpose: Purpose) -> String {
        format!("{}/{}", self.path, purpose.name())
    }

    /// The secret of the identity provider, as it is.
    pub fn provider_secret(&self) -> String {
        format!("{}/provider-secret", self.path)
    }

    /// The keys that verify access tokens, which are no secret.
    pub fn public_keys(&self) -> String {
        format!("{}/public-keys", self.path)
    }
}
