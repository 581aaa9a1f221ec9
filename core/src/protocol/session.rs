//! The sign-in session: who sits at the browser, sealed into a cookie.

use crate::clock::Timestamp;
use crate::keyring::{Carried, Kind, Purpose};
use crate::protocol::person_id::PersonId;
use crate::seal::Sealed;
use serde::{Deserialize, Serialize};

/// A person who signed in. Nothing is stored; the person's epoch takes it back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// Who.
    pub person: PersonId,
    /// The person's epoch at that time: a newer one ends the session.
    pub epoch: u64,
    /// When.
    pub signed_in_at: Timestamp,
}

impl Kind for Session {
    const PURPOSE: Purpose = Purpose::Sessions;
    const PREFIX: &'static str = "dw_session_";
    const VERSION: u8 = 1;
}

impl Carried for Session {}
impl Sealed for Session {}
