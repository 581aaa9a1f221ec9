//! SHA-256 digests of values that need not be carried or stored in full (FIPS 180-4).

use crate::protocol::client_id::ClientId;
use crate::protocol::redirect_uri::RegisteredRedirectUri;
use serde::{Deserialize, Serialize};

/// A SHA-256 digest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Digest(pub [u8; 32]);

impl Digest {
    /// The digest of `bytes`.
    pub fn of(bytes: impl AsRef<[u8]>) -> Self {
        let digest = ring::digest::digest(&ring::digest::SHA256, bytes.as_ref());
        Self(digest.as_ref().try_into().expect("SHA-256 is 32 bytes"))
    }
}

/// Defines digests of one kind of value each, so that none is compared with another kind.
macro_rules! digests {
    ($($(#[$doc:meta])* $name:ident($value:ident: $of:ty) $bytes:expr;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Digest);

        impl $name {
            /// The digest of this value.
            pub fn of($value: &$of) -> Self {
                Self(Digest::of($bytes))
            }
        }
    )*};
}

digests! {
    /// Binds a code or a refresh token to its client.
    ClientDigest(id: ClientId) &id.0;
    /// Binds a code to its redirect URI, in which a loopback port does not count.
    RedirectDigest(uri: RegisteredRedirectUri) uri.as_str();
    /// Binds a form or a provider state to a browser, by the value of its cookie.
    BrowserDigest(cookie: str) cookie;
    /// Binds a form to the authorization request, or the page, that it was shown for.
    RequestDigest(query: str) query;
}
