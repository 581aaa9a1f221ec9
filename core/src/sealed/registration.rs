//! The content of the `client_id` from dynamic client registration (RFC 7591, appendix A.5.2).

use crate::protocol::{AuthMethod, ClientMetadata, ClientName, RegisteredRedirectUri};
use crate::sealed::keyring::{Carried, Kind, Purpose};
use crate::sealed::seal::{self, Signed};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// The metadata in a dynamic client's `client_id`. It is signed, so the server need not store or clean up
/// registrations (RFC 7591, appendix A.5.2). Equal metadata of public clients gives an equal `client_id`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Registration {
    /// The redirect URIs to which codes may be sent.
    pub redirect_uris: BTreeSet<RegisteredRedirectUri>,
    /// The name that the client claims.
    pub client_name: Option<ClientName>,
    /// How the client authenticates. `None` for a public client.
    pub confidential: Option<Confidential>,
}

/// The part of a confidential registration that makes its id and its secret unique.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confidential {
    /// The authentication method that the client registered.
    pub auth_method: AuthMethod,
    /// Random bits. Without them, an attacker could register the same metadata again and get the same secret.
    pub unique: [u8; 16],
}

impl Kind for Registration {
    const PURPOSE: Purpose = Purpose::ClientIds;
    const PREFIX: &'static str = "dw_client_";
    const VERSION: u8 = 1;
}

impl Carried for Registration {}
impl Signed for Registration {}

impl Registration {
    /// What a `client_id` claims to hold, without a check of who made it. For ids in values that this server made, where it
    /// has no key for client ids.
    pub(crate) fn claimed(id: &str) -> Option<Self> {
        seal::unverified(id)
    }

    /// Creates the content of the `client_id` for this metadata. `unique` draws random bits, for clients that get a
    /// secret.
    pub fn of(metadata: &ClientMetadata, unique: impl FnOnce() -> [u8; 16]) -> Self {
        let auth_method = metadata.auth_method;
        let confidential = || Confidential { auth_method, unique: unique() };
        Self {
            confidential: (auth_method != AuthMethod::None).then(confidential),
            redirect_uris: metadata.redirect_uris.iter().map(|uri| uri.registered().clone()).collect(),
            client_name: metadata.client_name.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_and_order_do_not_make_another_client() {
        let one =
            ClientMetadata::parse(br#"{"redirect_uris":["http://127.0.0.1:1/a","https://b.example/"]}"#)
                .unwrap();
        let other =
            ClientMetadata::parse(br#"{"redirect_uris":["https://b.example/","http://127.0.0.1:2/a"]}"#)
                .unwrap();
        assert_eq!(Registration::of(&one, || [0; 16]), Registration::of(&other, || [0; 16]));
    }
}
