//! The sign-in session: who sits at the browser, sealed into a cookie.

use crate::ports::Timestamp;
use crate::protocol::PersonId;
use crate::sealed::keyring::{Carried, Kind, Purpose};
use crate::sealed::seal::Sealed;
use serde::{Deserialize, Serialize};

/// A person who signed in. Nothing is stored; the person's epoch takes it back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// Who.
    pub person: PersonId,
    /// What they are called, where that is not their id.
    pub called: Option<String>,
    /// The person's epoch at that time: a newer one ends the session.
    pub epoch: u64,
    /// When.
    pub signed_in_at: Timestamp,
}

impl Session {
    /// What the person is called.
    pub fn name(&self) -> &str {
        self.called.as_deref().unwrap_or(self.person.as_str())
    }
}

impl Kind for Session {
    const PURPOSE: Purpose = Purpose::Sessions;
    const PREFIX: &'static str = "dw_session_";
    const VERSION: u8 = 2;
}

impl Carried for Session {}
impl Sealed for Session {}
