//! The authorization code (RFC 6749 §1.3.1): the user's consent, encrypted, which the client redeems for tokens.

use crate::ports::Timestamp;
use crate::protocol::{
    ClientDigest, ClientName, GrantId, Installation, PersonId, Profile, Proof, RedirectDigest, Resource,
    Scope,
};
use crate::sealed::content::if_there;
use crate::sealed::keyring::{Carried, Kind, Purpose};
use crate::sealed::seal::Sealed;
use serde::{Deserialize, Serialize};

/// The content of an authorization code: everything that the token endpoint needs. The server stores nothing until the
/// code is spent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuthorizationCode {
    /// The id of the grant that spending the code creates. The grant can be created only once, so the code can be
    /// spent only once (no replay).
    pub grant: GrantId,
    /// The digest of the id of the client that the code was issued to.
    pub client: ClientDigest,
    /// The client's name at the time of consent.
    pub client_name: Option<ClientName>,
    /// The browser and system in which the user consented.
    pub installation: Option<Installation>,
    /// Whether the client must authenticate. This was known at consent, so the server need not fetch the client's
    /// metadata document (CIMD) again when the code is redeemed.
    pub confidential: bool,
    /// The digest of the registered redirect URI that the code was sent to.
    pub redirect: RedirectDigest,
    /// What the client must prove (PKCE).
    pub proof: Proof,
    /// The scopes that the user consented to.
    pub scope: Scope,
    /// The resource at which the tokens may be used.
    pub resource: Resource,
    /// The user who consented.
    pub person: PersonId,
    /// When the user signed in.
    pub signed_in_at: Timestamp,
    /// When the code expires.
    pub expires_at: Timestamp,
    /// The user's epoch at the sign-in. Signing out everywhere raises the epoch, which invalidates the code. `None` in
    /// a code of version 0.1, which ends before this field.
    #[serde(deserialize_with = "if_there")]
    pub epoch: Option<u64>,
    /// What the client may read about the user. Empty in a code of an earlier version, which ends before this field.
    #[serde(deserialize_with = "if_there")]
    pub profile: Profile,
    /// The `nonce` of the authorization request, for the ID token. `None` also in a code of an earlier version.
    #[serde(deserialize_with = "if_there")]
    pub nonce: Option<String>,
}

impl Kind for AuthorizationCode {
    const PURPOSE: Purpose = Purpose::Codes;
    const PREFIX: &'static str = "dw_code_";
    const VERSION: u8 = 3;
}

impl Carried for AuthorizationCode {}
impl Sealed for AuthorizationCode {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::{ClientId, DisplayName, EmailAddress, RedirectUri};

    fn code() -> AuthorizationCode {
        let redirect = RedirectUri::parse("https://a.example/cb").unwrap();
        AuthorizationCode {
            grant: GrantId([1; 16]),
            client: ClientDigest::of(&ClientId("a".into())),
            client_name: None,
            installation: None,
            confidential: false,
            redirect: RedirectDigest::of(redirect.registered()),
            proof: Proof::None,
            scope: Scope::parse("email openid user").unwrap(),
            resource: Resource::parse("https://mcp.example/mcp").unwrap(),
            person: PersonId::parse("alice").unwrap(),
            signed_in_at: Timestamp(7),
            expires_at: Timestamp(60),
            epoch: Some(3),
            profile: Profile { email: EmailAddress::parse("a@b.example"), name: DisplayName::parse("A") },
            nonce: Some("n".to_owned()),
        }
    }

    fn read(bytes: &[u8]) -> AuthorizationCode {
        postcard::from_bytes(bytes).unwrap()
    }

    /// Each version ends after another field.
    #[test]
    fn a_code_that_ends_before_the_newer_fields_is_read_and_has_none_of_them() {
        let new = code();
        let bytes = postcard::to_allocvec(&new).unwrap();
        assert_eq!(read(&bytes), new);
        let nonce = postcard::to_allocvec(&new.nonce).unwrap().len();
        let without_nonce = AuthorizationCode { nonce: None, ..new.clone() };
        assert_eq!(read(&bytes[..bytes.len() - nonce]), without_nonce);
        let profile = postcard::to_allocvec(&new.profile).unwrap().len();
        let second = AuthorizationCode { profile: Profile::default(), ..without_nonce };
        assert_eq!(read(&bytes[..bytes.len() - nonce - profile]), second);
        let first = AuthorizationCode { epoch: None, ..second };
        assert_eq!(read(&bytes[..bytes.len() - nonce - profile - 2]), first, "the epoch has two bytes");
    }

    /// The longest code that a browser carries to a client is far shorter than what is read (8 KiB).
    #[test]
    fn a_code_with_the_longest_values_is_short_enough_for_a_url() {
        let long = AuthorizationCode {
            nonce: Some("n".repeat(255)),
            person: PersonId::parse(&"p".repeat(255)).unwrap(),
            ..code()
        };
        assert!(postcard::to_allocvec(&long).unwrap().len() * 4 / 3 < 2048);
    }
}
