//! The `state` parameter of the request to the identity provider (OpenID Connect Core 1.0 §3.1.2.1). It carries the
//! user's destination, the browser to which the return is bound (CSRF protection), and the secret behind nonce and
//! PKCE verifier.

use crate::ports::{Entropy, Timestamp, draw};
use crate::protocol::{BrowserDigest, Digest, Mount, Parameters, Paths, Prompt};
use crate::sealed::keyring::{Carried, Derivation, Kind, Purpose};
use crate::sealed::seal::Sealed;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Deserializer, Serialize};

/// A sign-in at the identity provider that is under way. It is sealed, so that the provider sees neither the PKCE
/// verifier nor the destination.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProviderState {
    /// Where the user continues after the sign-in.
    pub destination: Destination,
    /// The `prompt` that was sent to the provider.
    pub prompt: Prompt,
    /// The digest of the browser's cookie. The server accepts the return only from this browser.
    pub browser: BrowserDigest,
    /// When the state expires. After that, the user must start the sign-in again.
    pub expires_at: Timestamp,
    /// Random bytes, from which the nonce and the PKCE verifier are derived.
    secret: [u8; 32],
    /// The issuer of the provider that the user was sent to: only its answer is accepted (mix-up attack, RFC 9700 §4.4).
    /// `None` in a state of an earlier version, which ends before this field, and had one provider.
    #[serde(deserialize_with = "if_there")]
    pub issuer: Option<String>,
}

/// Reads the last field, which older states do not have. The content is authenticated, so only its end can be missing.
fn if_there<'de, D: Deserializer<'de>>(content: D) -> Result<Option<String>, D::Error> {
    Ok(Option::deserialize(content).unwrap_or_default())
}

/// What the user wanted to do before the sign-in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Destination {
    /// To answer this authorization request, given as its query.
    Request(String),
    /// To open the account page.
    Account,
}

impl Destination {
    /// The path and query of the destination.
    pub fn url(&self, paths: &Paths) -> String {
        self.with(paths, |asked| asked)
    }

    /// The destination after a sign-in: without `prompt` and `max_age`, which have been done.
    pub fn after_sign_in(&self, paths: &Paths) -> String {
        self.with(paths, |asked| asked.without("prompt").without("max_age"))
    }

    /// The destination for a user who wants to use another account: with `prompt=select_account`.
    pub fn with_another_account(&self, paths: &Paths) -> String {
        self.with(paths, |asked| asked.without("prompt").and("prompt", "select_account"))
    }

    /// The same for a provider that does not support `select_account`: with `prompt=login`.
    pub fn with_another_sign_in(&self, paths: &Paths) -> String {
        self.with(paths, |asked| asked.without("prompt").and("prompt", "login"))
    }

    fn with(&self, paths: &Paths, change: impl Fn(Parameters) -> Parameters) -> String {
        let (path, query) = match self {
            Self::Request(query) => (paths.of(Mount::Authorize), query.as_str()),
            Self::Account => (paths.of(Mount::Account), ""),
        };
        let query = change(Parameters::parse(query.as_bytes())).query();
        if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
    }
}

impl ProviderState {
    /// Creates a state for the provider with this issuer, with new random bytes for nonce and PKCE verifier.
    pub fn new(
        issuer: &str,
        destination: Destination,
        prompt: Prompt,
        (browser, expires_at): (BrowserDigest, Timestamp),
        entropy: &dyn Entropy,
    ) -> Self {
        let issuer = Some(issuer.to_owned());
        Self { destination, prompt, browser, expires_at, secret: draw(entropy), issuer }
    }

    /// The nonce, which the ID token must contain (OpenID Connect Core 1.0 §15.5.2).
    pub fn nonce(&self) -> String {
        self.part("nonce")
    }

    /// The PKCE verifier for redeeming the code (RFC 7636 §4.1): 43 characters.
    pub fn verifier(&self) -> String {
        self.part("verifier")
    }

    /// The PKCE challenge (RFC 7636 §4.2).
    pub fn challenge(&self) -> String {
        URL_SAFE_NO_PAD.encode(Digest::of(self.verifier()).0)
    }

    /// Derives a part from the random bytes. One part does not reveal the other.
    fn part(&self, label: &str) -> String {
        URL_SAFE_NO_PAD.encode(Digest::of([&self.secret, label.as_bytes()].concat()).0)
    }
}

impl Kind for ProviderState {
    const PURPOSE: Purpose = Purpose::Forms;
    const PREFIX: &'static str = "dw_away_";
    const VERSION: u8 = 1;
    const DERIVATION: Derivation = Derivation::Prefix;
}

impl Carried for ProviderState {}
impl Sealed for ProviderState {}

#[cfg(test)]
mod tests {
    use super::*;

    struct Same;

    impl Entropy for Same {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(5);
        }
    }

    #[test]
    fn the_user_continues_where_the_sign_in_began() {
        let paths = Paths::default();
        let request = Destination::Request("client_id=a&prompt=login&max_age=9&state=x%26y".to_owned());
        assert_eq!(request.url(&paths), "/oauth/authorize?client_id=a&prompt=login&max_age=9&state=x%26y");
        assert_eq!(request.after_sign_in(&paths), "/oauth/authorize?client_id=a&state=x%26y");
        let other = "/oauth/authorize?client_id=a&max_age=9&state=x%26y&prompt";
        assert_eq!(request.with_another_account(&paths), format!("{other}=select_account"));
        assert_eq!(request.with_another_sign_in(&paths), format!("{other}=login"));
        assert_eq!(Destination::Account.url(&paths), "/account");
        assert_eq!(Destination::Account.with_another_sign_in(&paths), "/account?prompt=login");
    }

    #[test]
    fn nonce_and_verifier_come_from_the_secret_and_do_not_reveal_each_other() {
        let state = ProviderState::new(
            "https://idp.example",
            Destination::Account,
            Prompt::default(),
            (BrowserDigest::of("cookie"), Timestamp(7)),
            &Same,
        );
        let of = |label: &[u8]| URL_SAFE_NO_PAD.encode(Digest::of([&[5; 32], label].concat()).0);
        assert_eq!((state.nonce(), state.verifier()), (of(b"nonce"), of(b"verifier")));
        // RFC 7636 §4.2.
        assert_eq!(state.challenge(), URL_SAFE_NO_PAD.encode(Digest::of(state.verifier()).0));
        assert_ne!(state.challenge(), state.verifier());
    }

    #[test]
    fn a_state_that_ends_before_the_issuer_is_read_and_names_none() {
        #[derive(Serialize)]
        struct Before {
            destination: Destination,
            prompt: Prompt,
            browser: BrowserDigest,
            expires_at: Timestamp,
            secret: [u8; 32],
        }
        let (destination, browser) = (Destination::Account, BrowserDigest::of("cookie"));
        let before =
            Before { destination, prompt: Prompt::Login, browser, expires_at: Timestamp(7), secret: [5; 32] };
        let old: ProviderState = postcard::from_bytes(&postcard::to_allocvec(&before).unwrap()).unwrap();
        assert_eq!((old.prompt, old.expires_at, old.issuer), (Prompt::Login, Timestamp(7), None));
        let new = ProviderState::new(
            "https://idp.example",
            Destination::Account,
            Prompt::Login,
            (browser, Timestamp(7)),
            &Same,
        );
        let read: ProviderState = postcard::from_bytes(&postcard::to_allocvec(&new).unwrap()).unwrap();
        assert_eq!(read, new);
    }
}
