//! The JWT profile for access tokens (RFC 9068).

use crate::jose::{PublicKey, Signer, SigningFailed, jwt};
use crate::ports::Timestamp;
use crate::protocol::{ClientId, GrantId, PersonId, Resource, Scope};
use serde::{Deserialize, Serialize};

/// RFC 9068 §2.1.
const TYPE: &str = "at+jwt";
/// No token made here comes near it; longer ones are refused before any work is done on them.
const MAX_BYTES: usize = 8 * 1024;

/// The claims of an access token (RFC 9068 §2.2). The audience is one, and a string.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessToken {
    /// Who issued it.
    pub iss: String,
    /// For whom it speaks.
    pub sub: PersonId,
    /// Where it may be used.
    pub aud: Resource,
    /// Who may use it.
    pub client_id: ClientId,
    /// For what.
    pub scope: Scope,
    /// Since when.
    pub iat: Timestamp,
    /// Until when.
    pub exp: Timestamp,
    /// When the person signed in.
    pub auth_time: Timestamp,
    /// Which token this is, of all that were issued.
    pub jti: String,
    /// The grant it came from; base64url of 128 bits.
    pub gid: String,
}

impl AccessToken {
    /// Signs the token.
    ///
    /// # Errors
    /// [`SigningFailed`], as the signer says.
    pub fn sign(&self, signer: &dyn Signer) -> Result<String, SigningFailed> {
        jwt::sign(signer, TYPE, self)
    }

    /// Reads a token that `issuer` signed with one of `keys` and that has not expired (RFC 9068 §4). Whether it is for
    /// this resource is for the caller to ask.
    ///
    /// # Errors
    /// [`InvalidToken`], with the rule that was broken.
    pub fn verify(
        token: &str,
        keys: &[PublicKey],
        issuer: &str,
        now: Timestamp,
    ) -> Result<Self, InvalidToken> {
        let sized = (token.len() <= MAX_BYTES).then_some(token).ok_or(InvalidToken("is too long"))?;
        let claims: Self =
            jwt::verify(keys, TYPE, sized).ok_or(InvalidToken("was not issued by this server's key"))?;
        if claims.iss != issuer {
            return Err(InvalidToken("was issued by another server"));
        }
        if claims.exp <= now {
            return Err(InvalidToken("has expired"));
        }
        Ok(claims)
    }

    /// The grant it came from.
    pub fn grant(&self) -> Option<GrantId> {
        GrantId::parse(&self.gid)
    }
}

/// Why a token is not accepted, as the end of the sentence "the access token …".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidToken(pub &'static str);
