//! Where a client's answer goes: only a registered place can carry a code or an error (OAuth 2.1 §4.1.2).

use crate::protocol::{Digest, Issuer, RedirectKind, RedirectUri};

/// A place that a client registered. Nothing else can carry a code or an error, so that sending a browser to an
/// unregistered place does not compile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Redirect(pub(super) RedirectUri);

impl Redirect {
    /// The URL that answers an authorization request (RFC 6749 §4.1.2): what the URI's own query held, then
    /// `answer`, the client's `state`, and `iss`, which is never left out (RFC 9207 §2).
    pub fn url(&self, answer: &[(&str, &str)], state: Option<&str>, issuer: &Issuer) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(answer).extend_pairs(state.map(|state| ("state", state)));
        let query = query.append_pair("iss", issuer.as_str()).finish();
        let uri = self.0.as_str();
        let joint = match uri.split_once('?') {
            None => "?",
            Some((_, "")) => "",
            Some(_) => "&",
        };
        format!("{uri}{joint}{query}")
    }

    /// What binds a code to this place; a loopback port does not count.
    pub fn digest(&self) -> Digest {
        Digest::of(self.0.registered().as_str())
    }

    /// Who receives the code, for a person to read.
    pub fn destination(&self) -> &str {
        self.0.destination()
    }

    /// What kind of place it is.
    pub fn kind(&self) -> RedirectKind {
        self.0.kind()
    }

    /// The sources that a form's answer may lead to, as a Content-Security-Policy `form-action` list has them.
    ///
    /// Chromium holds every hop after a form against this list, not the first alone, and a client's callback may send
    /// the person on: a web client to another host of its own, a program on this machine to a page of its maker's.
    pub fn form_action(&self) -> String {
        match self.0.kind() {
            RedirectKind::Https => "https:".to_owned(),
            // A source list has no notation for IPv6 addresses (CSP Level 3 §2.3.1).
            RedirectKind::Loopback if self.0.destination().starts_with('[') => "https: http:".to_owned(),
            RedirectKind::Loopback => "https: http://127.0.0.1:* http://localhost:*".to_owned(),
            RedirectKind::PrivateUse => self.0.destination().to_owned(),
        }
    }
}
