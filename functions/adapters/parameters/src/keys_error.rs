//! Errors of the commands about keys.

use crate::service::Unanswered;
use thiserror::Error;

/// The most bytes that a parameter holds (AWS Systems Manager User Guide, "Managing parameter tiers": standard).
pub(crate) const LIMIT: usize = 4096;

/// Why a command about keys failed.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum KeysError {
    /// No key has this time. `list-keys` shows all keys.
    #[error("no key has this time; list-keys shows all keys")]
    Unknown,
    /// The key is in use. Run `rotate-keys` first, and wait until the new key is in use.
    #[error("this key is in use; run rotate-keys, and wait until the new key is in use")]
    InUse,
    /// Another process changed the keys at the same time. Its change is in effect. This change is not; try again.
    #[error("another process changed the keys at the same time; run list-keys and try again")]
    Contended,
    /// Keys are published, and the parameter of the root secrets does not exist or is empty. Nothing was written.
    #[error(
        "keys are published, but the parameter {0} is missing or empty, and a new one would make every key invalid; nothing was changed; try again, restore the parameter from a copy, or delete the published parameters beside it to start anew"
    )]
    RootMissing(String),
    /// A parameter would be larger than Parameter Store allows. Nothing was written.
    #[error(
        "with {keys} keys, the parameter {parameter} would have {bytes} bytes, and Parameter Store takes {LIMIT}; nothing was changed; remove old keys with forget-key first"
    )]
    TooMany {
        /// The parameter's name.
        parameter: String,
        /// The number of keys.
        keys: usize,
        /// The length that its value would have.
        bytes: usize,
    },
    /// The store did not answer. `ensure-keys` completes a change that was interrupted.
    #[error(transparent)]
    Unanswered(#[from] Unanswered),
}
