//! The CSRF token of every form. It binds the form to the browser and to the request that the page was made for.

use crate::ports::Timestamp;
use crate::protocol::{BrowserDigest, PersonId, RequestDigest};
use crate::sealed::keyring::{Carried, Kind, Purpose};
use crate::sealed::seal::Sealed;
use serde::{Deserialize, Serialize};

/// The content of a CSRF token: a form that was shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Form {
    /// What the page asks.
    pub question: Question,
    /// The digest of the authorization request that the form belongs to, or of the account page.
    pub request: RequestDigest,
    /// The digest of the cookie of the browser in which the form was shown.
    pub browser: BrowserDigest,
    /// When the token expires. After that, the server shows the page again.
    pub expires_at: Timestamp,
}

/// The question of a page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Question {
    /// To sign in.
    SignIn,
    /// To change the account of this user.
    Account(PersonId),
    /// To consent to a client, as this user. An answer of another user is refused.
    Consent(PersonId),
}

impl Kind for Form {
    const PURPOSE: Purpose = Purpose::Forms;
    const PREFIX: &'static str = "dw_form_";
    const VERSION: u8 = 2;
}

impl Carried for Form {}
impl Sealed for Form {}
