//! Values that the client or the browser carries, so that the server need not store them: the content of each kind of
//! value, and the keys that seal (encrypt), sign and derive them.

mod attempt_bucket;
mod authorization_code;
mod cipher;
mod client_secret;
mod content;
mod form;
mod keyring;
mod keys;
#[cfg(test)]
mod kinds;
mod known_browser;
mod legacy_endpoint;
mod pre_registered_client_id;
mod provider_state;
mod refresh_token;
mod registration;
mod seal;
mod session;
mod upstream_session;

pub use attempt_bucket::AttemptBucket;
pub use authorization_code::AuthorizationCode;
pub use client_secret::ClientSecret;
pub use form::{Form, Question};
pub use keyring::{
    Carried, Derivation, InvalidSecret, Kind, Purpose, PurposeSecret, Ring, RootSecret, Secrets,
};
pub use keys::Keys;
pub use known_browser::KnownBrowser;
pub use legacy_endpoint::LegacyEndpoint;
pub use pre_registered_client_id::PreRegisteredClientId;
pub use provider_state::{Destination, ProviderState};
pub use refresh_token::RefreshToken;
pub use registration::{Confidential, Registration};
pub use seal::{Derived, Sealed, Signed};
pub use session::{RulesDigest, Session, Verdict};
pub use upstream_session::{SessionOwner, UpstreamSession};
