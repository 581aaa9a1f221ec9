//! The destination of a client's response. Only a registered redirect URI gets a code or an error (OAuth 2.1
//! §4.1.2).

use crate::protocol::{Issuer, RedirectDigest, RedirectKind, RedirectUri, print_pairs};

/// A redirect URI that a client registered. Only this type carries a code or an error, so an open redirect does not
/// compile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Redirect(pub(super) RedirectUri);

impl Redirect {
    /// The URL of the authorization response (RFC 6749 §4.1.2): the URI with its own query, then `answer`, the
    /// client's `state`, and always `iss` (RFC 9207 §2).
    pub fn url(&self, answer: &[(&str, &str)], state: Option<&str>, issuer: &Issuer) -> String {
        let mut query = String::new();
        let last = [state.map(|state| ("state", state)), Some(("iss", issuer.as_str()))];
        print_pairs(&mut query, answer.iter().copied().chain(last.into_iter().flatten()));
        let uri = self.0.as_str();
        let joint = match uri.split_once('?') {
            None => "?",
            Some((_, "")) => "",
            Some(_) => "&",
        };
        format!("{uri}{joint}{query}")
    }

    /// The digest that binds a code to this redirect URI. The port of a loopback URI does not count.
    pub fn digest(&self) -> RedirectDigest {
        RedirectDigest::of(self.0.registered())
    }

    /// The receiver of the code, for a user to read.
    pub fn destination(&self) -> &str {
        self.0.destination()
    }

    /// The kind of redirect URI.
    pub fn kind(&self) -> RedirectKind {
        self.0.kind()
    }
}
