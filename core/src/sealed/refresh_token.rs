//! The refresh token (OAuth 2.1 §1.3.2). It is determined by its grant and generation, so that the server can give out
//! the same token again without storing it.

use crate::ports::Timestamp;
use crate::protocol::{ClientDigest, GrantId, Resource, Scope};
use crate::sealed::keyring::{Carried, Kind, Purpose};
use crate::sealed::seal::Signed;
use serde::{Deserialize, Serialize};

/// The content of a refresh token. It is enough to refuse a forged, expired or foreign token without a store
/// operation, so such a token uses nothing up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefreshToken {
    /// The id of the grant that the token belongs to.
    pub grant: GrantId,
    /// The number of refreshes before this token.
    pub generation: u32,
    /// The digest of the id of the client that the token was issued to.
    pub client: ClientDigest,
    /// Whether the client must authenticate.
    pub confidential: bool,
    /// The scopes of the grant. A client may request fewer for one access token, and all of them again for the next.
    pub scope: Scope,
    /// The resource at which the access tokens may be used.
    pub resource: Resource,
    /// When the token expires: `idle-seconds` after it became the head, or at the end of the grant if that is earlier.
    /// The time follows from the grant's record, so a generation is one token, however often it is given out.
    pub expires_at: Timestamp,
}

impl Kind for RefreshToken {
    const PURPOSE: Purpose = Purpose::RefreshTokens;
    const PREFIX: &'static str = "dw_refresh_";
    const VERSION: u8 = 2;
}

impl RefreshToken {
    /// The token of the same grant with this generation and this expiry.
    pub fn at(&self, generation: u32, expires_at: Timestamp) -> Self {
        Self { generation, expires_at, ..self.clone() }
    }
}

impl Carried for RefreshToken {}
impl Signed for RefreshToken {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::ClientId;

    #[test]
    fn another_generation_is_of_the_same_grant() {
        let token = RefreshToken {
            grant: GrantId([1; 16]),
            generation: 3,
            client: ClientDigest::of(&ClientId("app".into())),
            confidential: true,
            scope: Scope::parse("read").unwrap(),
            resource: Resource::parse("https://mcp.example/mcp").unwrap(),
            expires_at: Timestamp(10),
        };
        let next = token.at(4, Timestamp(20));
        assert_eq!((next.generation, next.expires_at), (4, Timestamp(20)));
        assert_eq!(next.at(3, Timestamp(10)), token);
    }
}
