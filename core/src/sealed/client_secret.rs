//! The secret of a confidential client (RFC 6749 §2.3.1): derived from its id, so that nothing is stored.

use crate::sealed::keyring::{Kind, Purpose};
use crate::sealed::seal::Derived;

/// Belongs to the `client_id` of a confidential registration, which holds random bits: nobody else can register the
/// same again and be shown it.
pub enum ClientSecret {}

impl Kind for ClientSecret {
    const PURPOSE: Purpose = Purpose::ClientSecrets;
    const PREFIX: &'static str = "dw_secret_";
    const VERSION: u8 = 1;
}

impl Derived for ClientSecret {}
