//! The secret of a confidential client (RFC 6749 §2.3.1). It is derived from the client id, so nothing is stored.

use crate::sealed::keyring::{Kind, Purpose};
use crate::sealed::seal::Derived;

/// The secret that belongs to the `client_id` of a confidential registration. The id contains random bits, so another
/// caller who registers the same metadata gets another id and another secret.
pub enum ClientSecret {}

impl Kind for ClientSecret {
    const PURPOSE: Purpose = Purpose::ClientSecrets;
    const PREFIX: &'static str = "dw_secret_";
    const VERSION: u8 = 1;
}

impl Derived for ClientSecret {}
