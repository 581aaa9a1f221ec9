//! Every value that its holder carries, so that nothing is stored: the keys that seal, sign and derive, and what each
//! kind of value holds.

mod authorization_code;
mod client_secret;
mod departure;
mod form;
mod guess_place;
mod keyring;
mod keys;
mod known_browser;
mod known_id;
mod refresh_token;
mod registration;
mod seal;
mod session;

pub use authorization_code::AuthorizationCode;
pub use client_secret::ClientSecret;
pub use departure::{Departure, Destination};
pub use form::{Form, Question};
pub use guess_place::GuessPlace;
pub use keyring::{Carried, Kind, Purpose, PurposeSecret, Ring, RootSecret, Secrets};
pub use keys::Keys;
pub use known_browser::KnownBrowser;
pub use known_id::KnownId;
pub use refresh_token::RefreshToken;
pub use registration::{Confidential, Registration};
pub use seal::{Derived, Sealed, Signed};
pub use session::Session;
