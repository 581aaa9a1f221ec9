//! The authorization code (RFC 6749 §1.3.1): what a person agreed to, sealed, for the client to bring back.

use crate::ports::Timestamp;
use crate::protocol::{ClientName, Digest, GrantId, Installation, PersonId, Proof, Resource, Scope};
use crate::sealed::keyring::{Carried, Kind, Purpose};
use crate::sealed::seal::Sealed;
use serde::{Deserialize, Serialize};

/// Everything that the token endpoint needs to know: nothing is stored until the code is spent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuthorizationCode {
    /// The grant that spending it creates; that it can be created once is why a code is spent once.
    pub grant: GrantId,
    /// The client it was issued to.
    pub client: Digest,
    /// What that client called itself when the person agreed.
    pub client_name: Option<ClientName>,
    /// Where the person agreed.
    pub installation: Option<Installation>,
    /// Whether that client has to authenticate. What a client's document says is known when a person is asked, and need
    /// not be fetched again when the code is brought.
    pub confidential: bool,
    /// The registered redirect URI it was sent to.
    pub redirect: Digest,
    /// What the client has to prove.
    pub proof: Proof,
    /// What the person agreed to.
    pub scope: Scope,
    /// Where the tokens may be used.
    pub resource: Resource,
    /// Who agreed.
    pub person: PersonId,
    /// When that person signed in.
    pub signed_in_at: Timestamp,
    /// From then on it is worthless.
    pub expires_at: Timestamp,
}

impl Kind for AuthorizationCode {
    const PURPOSE: Purpose = Purpose::Codes;
    const PREFIX: &'static str = "dw_code_";
    const VERSION: u8 = 3;
}

impl Carried for AuthorizationCode {}
impl Sealed for AuthorizationCode {}
