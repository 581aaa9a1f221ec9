//! A browser in which a person has signed in before: it may still try when strangers have guessed too often.

use crate::protocol::PersonId;
use crate::sealed::keyring::{Carried, Kind, Purpose};
use crate::sealed::seal::Sealed;
use serde::{Deserialize, Serialize};

/// Whose browser it is. It signs nobody in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnownBrowser {
    /// The person who signed in last.
    pub person: PersonId,
    /// The person's epoch then: who is signed out everywhere is known nowhere.
    pub epoch: u64,
}

impl Kind for KnownBrowser {
    const PURPOSE: Purpose = Purpose::Sessions;
    const PREFIX: &'static str = "dw_browser_";
    const VERSION: u8 = 1;
}

impl Carried for KnownBrowser {}
impl Sealed for KnownBrowser {}
