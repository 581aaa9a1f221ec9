//! JOSE: signed tokens, and the keys that sign and verify them (RFC 7515, RFC 7517, RFC 7518). Independent of OAuth.

mod announced;
mod jwk;
mod jwk_set;
pub mod jwt;
mod members;
mod object;
mod signer;
mod token_keys;

pub use announced::AnnouncedKeys;
pub use jwk::PublicKey;
pub use jwk_set::{ALGORITHMS, InvalidJwkSet, JwkSet};
pub(crate) use members::Members;
pub use object::Object;
pub use signer::{Signer, SigningFailed};
pub use token_keys::TokenKeys;
