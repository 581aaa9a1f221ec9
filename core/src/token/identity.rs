//! The identity of a caller, which the gateway signs for the MCP server behind it.

use crate::jose::{Signer, SigningFailed, jwt};
use crate::ports::Timestamp;
use crate::protocol::{ClientId, Resource, Scope, Subject};
use serde::{Deserialize, Serialize};

/// The `typ` header. It differs from that of access tokens (RFC 8725 §3.11).
const TYPE: &str = "doorward-identity+jwt";

/// The claims of an identity.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// The issuer.
    pub iss: String,
    /// The user, or a client that acts for itself.
    pub sub: Subject,
    /// The resource. Identities for different resources differ, so an upstream cannot use one at another upstream.
    pub aud: Resource,
    /// The client.
    pub client_id: ClientId,
    /// The scopes of the access token.
    pub scope: Scope,
    /// When the user signed in.
    pub auth_time: Timestamp,
    /// The id of the grant, if it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gid: Option<String>,
    /// When the identity was signed.
    pub iat: Timestamp,
    /// When it expires: with the access token at the latest.
    pub exp: Timestamp,
}

impl Identity {
    /// Signs the identity.
    ///
    /// # Errors
    /// [`SigningFailed`] if the signer fails.
    pub fn sign(&self, signer: &dyn Signer) -> Result<String, SigningFailed> {
        jwt::sign(signer, TYPE, self)
    }
}
