//! The id of a client that an operator made known. It is drawn, and signed: a made-up one asks nobody.

use crate::sealed::keyring::{Carried, Kind, Purpose};
use crate::sealed::seal::Signed;
use serde::{Deserialize, Serialize};

/// What the id of a client carries of which the store knows everything else.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PreRegisteredClientId(pub [u8; 16]);

impl Kind for PreRegisteredClientId {
    const PURPOSE: Purpose = Purpose::ClientIds;
    const PREFIX: &'static str = "dw_known_";
    const VERSION: u8 = 1;
}

impl Carried for PreRegisteredClientId {}
impl Signed for PreRegisteredClientId {}
