//! The id of a pre-registered client. It is random and signed, so the server refuses a forged id without a store
//! operation.

use crate::sealed::keyring::{Carried, Derivation, Kind, Purpose};
use crate::sealed::seal::Signed;
use serde::{Deserialize, Serialize};

/// The content of the id of a pre-registered client: 128 random bits. The store holds everything else about the
/// client.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PreRegisteredClientId(pub [u8; 16]);

impl Kind for PreRegisteredClientId {
    const PURPOSE: Purpose = Purpose::ClientIds;
    const PREFIX: &'static str = "dw_known_";
    const VERSION: u8 = 1;
    const DERIVATION: Derivation = Derivation::Prefix;
}

impl Carried for PreRegisteredClientId {}
impl Signed for PreRegisteredClientId {}
