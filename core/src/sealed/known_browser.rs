//! The cookie of a known browser, in which a user has signed in before. Known browsers have a rate limit of their own,
//! so that a brute force attack on a name from other browsers does not lock the user out.

use crate::protocol::PersonId;
use crate::sealed::keyring::{Carried, Derivation, Kind, Purpose};
use crate::sealed::seal::Sealed;
use serde::{Deserialize, Serialize};

/// The content of the cookie. It is not a session: it signs no user in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnownBrowser {
    /// The user who signed in last.
    pub person: PersonId,
    /// The user's epoch at that time. Signing out everywhere raises the epoch, which invalidates this cookie.
    pub epoch: u64,
}

impl Kind for KnownBrowser {
    const PURPOSE: Purpose = Purpose::Sessions;
    const PREFIX: &'static str = "dw_browser_";
    const VERSION: u8 = 1;
    const DERIVATION: Derivation = Derivation::Prefix;
}

impl Carried for KnownBrowser {}
impl Sealed for KnownBrowser {}
