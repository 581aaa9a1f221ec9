//! The `state` with which somebody is sent to the identity provider (OpenID Connect Core 1.0 §3.1.2.1): it carries what
//! they were about to do, and all that makes their return theirs.

use crate::ports::{Entropy, Timestamp, draw};
use crate::protocol::{Digest, Parameters, Prompt, paths};
use crate::sealed::keyring::{Carried, Kind, Purpose};
use crate::sealed::seal::Sealed;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};

/// Somebody on the way to the provider. It is sealed, so that the provider learns neither the verifier nor what for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProviderState {
    /// What they were about to do.
    pub destination: Destination,
    /// What the provider was told to ask.
    pub prompt: Prompt,
    /// The cookie of the browser in which they left: the return is taken from no other.
    pub browser: Digest,
    /// From then on they have to leave again.
    pub expires_at: Timestamp,
    /// Of which the nonce and the PKCE verifier are made.
    secret: [u8; 32],
}

/// What somebody was about to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Destination {
    /// Answer this authorization request.
    Request(String),
    /// Look at their account.
    Account,
}

impl Destination {
    /// Where it is.
    pub fn url(&self) -> String {
        self.with(|asked| asked)
    }

    /// Where it goes on for somebody who has just signed in.
    pub fn after_sign_in(&self) -> String {
        self.with(|asked| asked.without("prompt"))
    }

    /// Where it begins again for somebody who wants to be somebody else.
    pub fn with_another_account(&self) -> String {
        self.with(|asked| asked.without("prompt").and("prompt", "select_account"))
    }

    /// The same, for a provider that knows no choice of accounts.
    pub fn with_another_sign_in(&self) -> String {
        self.with(|asked| asked.without("prompt").and("prompt", "login"))
    }

    fn with(&self, change: impl Fn(Parameters) -> Parameters) -> String {
        let (path, query) = match self {
            Self::Request(query) => (paths::AUTHORIZE, query.as_str()),
            Self::Account => (paths::ACCOUNT, ""),
        };
        let query = change(Parameters::parse(query.as_bytes())).query();
        if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
    }
}

impl ProviderState {
    /// Draws what makes the return theirs.
    pub fn new(
        destination: Destination,
        prompt: Prompt,
        browser: Digest,
        expires_at: Timestamp,
        entropy: &dyn Entropy,
    ) -> Self {
        Self { destination, prompt, browser, expires_at, secret: draw(entropy) }
    }

    /// What the ID token has to repeat (OpenID Connect Core 1.0 §15.5.2).
    pub fn nonce(&self) -> String {
        self.part("nonce")
    }

    /// What the code has to be redeemed with (RFC 7636 §4.1): 43 characters.
    pub fn verifier(&self) -> String {
        self.part("verifier")
    }

    /// Its challenge (RFC 7636 §4.2).
    pub fn challenge(&self) -> String {
        URL_SAFE_NO_PAD.encode(Digest::of(self.verifier()).0)
    }

    /// Neither part can be found from the other.
    fn part(&self, label: &str) -> String {
        URL_SAFE_NO_PAD.encode(Digest::of([&self.secret, label.as_bytes()].concat()).0)
    }
}

impl Kind for ProviderState {
    const PURPOSE: Purpose = Purpose::Forms;
    const PREFIX: &'static str = "dw_away_";
    const VERSION: u8 = 1;
}

impl Carried for ProviderState {}
impl Sealed for ProviderState {}
