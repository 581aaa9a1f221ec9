//! The token in every form: it binds what a browser sends to the browser and the request the page was made for.

use crate::ports::Timestamp;
use crate::protocol::{Digest, PersonId};
use crate::sealed::keyring::{Carried, Kind, Purpose};
use crate::sealed::seal::Sealed;
use serde::{Deserialize, Serialize};

/// A form that was shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Form {
    /// What the page asked.
    pub question: Question,
    /// The authorization request it was asked for, or the account's page.
    pub request: Digest,
    /// The cookie of the browser it was shown in.
    pub browser: Digest,
    /// From then on the page has to be shown again.
    pub expires_at: Timestamp,
}

/// What a page asks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Question {
    /// Who are you?
    SignIn,
    /// What of the account is to be changed? Asked of this person.
    Account(PersonId),
    /// May this client in? Asked of this person: an answer is not taken from another.
    Consent(PersonId),
}

impl Kind for Form {
    const PURPOSE: Purpose = Purpose::Forms;
    const PREFIX: &'static str = "dw_form_";
    const VERSION: u8 = 2;
}

impl Carried for Form {}
impl Sealed for Form {}
