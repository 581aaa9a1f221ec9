//! What the `client_id` of a dynamically registered client carries (RFC 7591, appendix A.5.2).

use crate::protocol::{AuthMethod, ClientMetadata, ClientName, RegisteredRedirectUri};
use crate::sealed::keyring::{Carried, Kind, Purpose};
use crate::sealed::seal::Signed;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// What a dynamic client's `client_id` is: signed, so that nothing needs to be stored, lost or cleaned up
/// (RFC 7591, appendix A.5.2). Equal metadata gives an equal `client_id`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Registration {
    /// Where its codes may go.
    pub redirect_uris: BTreeSet<RegisteredRedirectUri>,
    /// The name it claims.
    pub client_name: Option<ClientName>,
    /// How it authenticates, if it does.
    pub confidential: Option<Confidential>,
}

/// What makes a registration one of its kind, and its secret nobody else's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confidential {
    /// How the client said that it authenticates.
    pub auth_method: AuthMethod,
    /// Random bits: without them anybody could register the same metadata again and be shown the secret.
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
    /// What the `client_id` of this metadata has to carry; `unique` are random bits, for clients that get a secret.
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
