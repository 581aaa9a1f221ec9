//! Client authentication (OAuth 2.1 §2.4, §3.2.1).

use crate::client::{
    AssertionId, Authentication, ClientAssertion, ClientCredentials, ClientProof, PublishedKeys,
};
use crate::ports::Timestamp;
use crate::protocol::{ClientDigest, ClientId, Digest, DocumentUrl, Mount, Parameters, Refusal, Scope};
use crate::server::Server;
use crate::store::Accepted;
use crate::wire::Request;
use subtle::ConstantTimeEq;

/// The client that calls the token or revocation endpoint.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    /// The client id, as the caller states it.
    pub(crate) id: ClientId,
    /// The proof that the caller gave.
    evidence: Evidence,
    /// The scopes that the client may use without a user; empty unless the caller is authenticated.
    pub(crate) own_scope: Scope,
}

/// The proof of a client's identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Evidence {
    /// None: any caller could claim this id. A code or token must therefore prove itself, and be bound to this
    /// client.
    Nothing,
    /// The correct client secret.
    Secret,
    /// A client assertion with a valid signature. Its id must still be [recorded](Caller::settle), against replay.
    Assertion(AssertionId),
}

impl Caller {
    /// Records the assertion's id in the store, which detects a replay. Call this last, directly before the action,
    /// so that a request that is refused for another reason costs no store operation.
    pub(crate) async fn settle(&self, server: &Server) -> Result<(), Refusal> {
        let Evidence::Assertion(id) = self.evidence else { return Ok(()) };
        match server.stores.assertions().accept(id).await {
            Ok(Accepted::Now) => Ok(()),
            Ok(Accepted::Already) => {
                Err(Refusal::invalid_client("client_assertion was already used (replay); sign a new one"))
            }
            Err(error) => Err(Refusal::temporarily_unavailable(&error)),
        }
    }

    /// The digest of the client id, to which codes and refresh tokens are bound.
    pub(crate) fn digest(&self) -> ClientDigest {
        ClientDigest::of(&self.id)
    }

    /// Whether the caller may use a code or token. `confidential` means: it belongs to a client that must
    /// authenticate.
    pub(crate) fn may_be(&self, confidential: bool) -> Result<(), Refusal> {
        let may = self.evidence != Evidence::Nothing || !confidential;
        may.then_some(())
            .ok_or_else(|| Refusal::invalid_client("the client must authenticate with private_key_jwt"))
    }
}

/// Checks that a caller without proof is a public client. For a Client ID Metadata Document (CIMD), the document
/// decides.
pub(crate) async fn suffices(server: &Server, caller: &Caller) -> Result<(), Refusal> {
    if caller.evidence != Evidence::Nothing || !DocumentUrl::is_meant_by(&caller.id.0) {
        return Ok(());
    }
    let client = server.client(&caller.id.0).await.map_err(|no| no.to_client())?;
    caller.may_be(client.is_confidential())
}

/// Authenticates the client of a request. A public client states its id. A confidential one sends a secret or an
/// assertion.
pub(crate) async fn client(server: &Server, request: &Request, form: &Parameters) -> Result<Caller, Refusal> {
    let said = ClientCredentials::read(request.headers(), form)?;
    let id = ClientId(said.id);
    match (DocumentUrl::is_meant_by(&id.0), said.proof) {
        // Anyone can send such a request, so no document is fetched for it. The code or refresh token says whether
        // its client must authenticate.
        (true, ClientProof::None) => {
            Ok(Caller { id, evidence: Evidence::Nothing, own_scope: Scope::default() })
        }
        (true, ClientProof::Secret(_)) => Err(Refusal::invalid_client(
            "a client with a metadata document has no secret; do not send client_secret",
        )),
        (_, proof) => authenticate(server, id, &proof).await,
    }
}

async fn authenticate(server: &Server, id: ClientId, proof: &ClientProof) -> Result<Caller, Refusal> {
    let now = server.clock.now();
    let assertion = match proof {
        ClientProof::Assertion(assertion) => {
            let refused = |why: &str| Refusal::invalid_client(format!("client_assertion {why}"));
            Some((
                assertion,
                assertion
                    .validate(&id, server.config.issuer(), &server.url(Mount::Token), now)
                    .map_err(refused)?,
            ))
        }
        ClientProof::None | ClientProof::Secret(_) => None,
    };
    let client = server.client(&id.0).await.map_err(|no| no.to_client())?;
    let evidence = match (client.authentication(), proof, assertion) {
        (Authentication::None | Authentication::KeysOrNone(_), ClientProof::None, _) => Evidence::Nothing,
        (Authentication::Keys(keys) | Authentication::KeysOrNone(keys), _, Some((assertion, id))) => {
            verify(server, keys, assertion, now).await?;
            Evidence::Assertion(id)
        }
        (Authentication::None, ..) => {
            return Err(Refusal::invalid_client(
                "the client is public; do not send client_secret or client_assertion",
            ));
        }
        (Authentication::Keys(_) | Authentication::KeysOrNone(_), ..) => {
            return Err(Refusal::invalid_client("the client must authenticate with private_key_jwt"));
        }
        (Authentication::DerivedSecret, ClientProof::Secret(secret), _) => {
            genuine(server.keys.client_secrets.belongs(&id.0, secret))?
        }
        (Authentication::Secret(known), ClientProof::Secret(secret), _) => {
            genuine(known.0.ct_eq(&Digest::of(secret).0).into())?
        }
        (_, ClientProof::None | ClientProof::Assertion(_), _) => {
            return Err(Refusal::invalid_client("the client must authenticate with its client_secret"));
        }
    };
    // Without authentication, a client gets no scopes of its own.
    let own_scope = if evidence == Evidence::Nothing { Scope::default() } else { client.own_scope().clone() };
    Ok(Caller { id, evidence, own_scope })
}

fn genuine(is_theirs: bool) -> Result<Evidence, Refusal> {
    let wrong = || Refusal::invalid_client("client_secret is wrong for this client");
    is_theirs.then_some(Evidence::Secret).ok_or_else(wrong)
}

/// Whether one of these keys made the assertion's signature (RFC 7523 §3).
async fn verify(
    server: &Server,
    keys: &PublishedKeys,
    assertion: &ClientAssertion,
    now: Timestamp,
) -> Result<(), Refusal> {
    let keys = server.keys_of(keys, assertion.key(), now).await;
    let keys = keys.map_err(|fetch_error| fetch_error.refusal("the client's jwks_uri"))?;
    let other = || Refusal::invalid_client("client_assertion is not signed with a key of the client");
    assertion.is_signed_by(&keys).then_some(()).ok_or_else(other)
}
