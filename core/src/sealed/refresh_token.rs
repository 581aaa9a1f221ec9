//! The refresh token (OAuth 2.1 §1.3.2): derived from its grant and generation, so that it can be given again.

use crate::ports::Timestamp;
use crate::protocol::{Digest, GrantId, Resource, Scope};
use crate::sealed::keyring::{Carried, Kind, Purpose};
use crate::sealed::seal::Signed;
use serde::{Deserialize, Serialize};

/// Everything that a refresh is judged by, so that a refused one asks no store and uses nothing up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefreshToken {
    /// The grant it comes from.
    pub grant: GrantId,
    /// How many refreshes came before it.
    pub generation: u32,
    /// The client it was issued to.
    pub client: Digest,
    /// Whether that client has to authenticate.
    pub confidential: bool,
    /// What the grant is for: an access token may have less, and the next one all of it again.
    pub scope: Scope,
    /// Where the access tokens may be used.
    pub resource: Resource,
    /// Its end: so long after it became the head, or that of the grant. It is a matter of the grant's record, so that a
    /// generation is one token, however often it is given out.
    pub expires_at: Timestamp,
}

impl Kind for RefreshToken {
    const PURPOSE: Purpose = Purpose::RefreshTokens;
    const PREFIX: &'static str = "dw_refresh_";
    const VERSION: u8 = 2;
}

impl RefreshToken {
    /// The token of the same grant with this generation and end.
    pub fn at(&self, generation: u32, expires_at: Timestamp) -> Self {
        Self { generation, expires_at, ..self.clone() }
    }
}

impl Carried for RefreshToken {}
impl Signed for RefreshToken {}
