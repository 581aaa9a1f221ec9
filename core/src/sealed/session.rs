//! The sign-in session: the user of a browser, sealed into a cookie.

use crate::ports::Timestamp;
use crate::protocol::PersonId;
use crate::sealed::keyring::{Carried, Kind, Purpose};
use crate::sealed::seal::Sealed;
use serde::{Deserialize, Serialize};

/// The session of a user who signed in. The server does not store it. Raising the user's epoch invalidates it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// The user.
    pub person: PersonId,
    /// The name to show, if it is not the id.
    pub called: Option<String>,
    /// The user's epoch at the sign-in. A newer epoch ends the session.
    pub epoch: u64,
    /// When the user signed in.
    pub signed_in_at: Timestamp,
}

impl Session {
    /// The name to show to the user.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_is_called_by_the_name_or_else_by_the_id() {
        let session = |called: Option<&str>| Session {
            person: PersonId::parse("alice").unwrap(),
            called: called.map(str::to_owned),
            epoch: 0,
            signed_in_at: Timestamp(7),
        };
        assert_eq!((session(None).name(), session(Some("Alice A.")).name()), ("alice", "Alice A."));
    }
}
