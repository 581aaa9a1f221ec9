//! Whether a client is who it says it is (OAuth 2.1 §2.4, §3.2.1).

use crate::client::{
    AssertionId, Authentication, ClientAssertion, ClientCredentials, ClientProof, PublishedKeys,
};
use crate::ports::Timestamp;
use crate::protocol::{ClientId, Digest, DocumentUrl, Parameters, Refusal, Scope};
use crate::server::Server;
use crate::store::Accepted;
use crate::wire::Request;
use subtle::ConstantTimeEq;

/// Whoever calls an endpoint of clients.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    /// The client it says it is.
    pub(crate) id: ClientId,
    /// What it has shown for that.
    evidence: Evidence,
    /// What it may have without any person.
    pub(crate) own_scope: Scope,
}

/// What a caller has shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Evidence {
    /// Nothing: it may be anybody, and what it brings has to be its own.
    Nothing,
    /// Its secret.
    Secret,
    /// A genuine assertion, which counts once it is [taken](Caller::settle).
    Assertion(AssertionId),
}

impl Caller {
    /// Takes what can be shown once only. The last thing before anything is done, so that what is refused for another
    /// reason costs the store nothing.
    pub(crate) async fn settle(&self, server: &Server) -> Result<(), Refusal> {
        let Evidence::Assertion(id) = self.evidence else { return Ok(()) };
        match server.store.accept(id).await {
            Ok(Accepted::Now) => Ok(()),
            Ok(Accepted::Already) => Err(Refusal::invalid_client("client_assertion was used already")),
            Err(error) => Err(Refusal::temporarily_unavailable(&error)),
        }
    }

    /// What things are bound to that belong to this client.
    pub(crate) fn digest(&self) -> Digest {
        Digest::of(&self.id.0)
    }

    /// Whether it may use what belongs to a client that has to authenticate, or not.
    pub(crate) fn may_be(&self, confidential: bool) -> Result<(), Refusal> {
        let may = self.evidence != Evidence::Nothing || !confidential;
        may.then_some(()).ok_or_else(|| Refusal::invalid_client("the client has keys and has to use one"))
    }
}

/// Whether a caller that has shown nothing is one that need not: for a client that is called by a URL, its document says.
pub(crate) async fn suffices(server: &Server, caller: &Caller) -> Result<(), Refusal> {
    if caller.evidence != Evidence::Nothing || !DocumentUrl::is_meant_by(&caller.id.0) {
        return Ok(());
    }
    let client = server.client(&caller.id.0).await.map_err(|no| no.to_client())?;
    caller.may_be(client.is_confidential())
}

/// The client of a request: a public one names itself, a confidential one shows its secret or signs.
pub(crate) async fn client(server: &Server, request: &Request, form: &Parameters) -> Result<Caller, Refusal> {
    let said = ClientCredentials::read(request.headers(), form)?;
    let id = ClientId(said.id);
    match (DocumentUrl::is_meant_by(&id.0), said.proof) {
        // Nothing is fetched for what anybody can say: whether the client has to authenticate is written in its code.
        (true, ClientProof::None) => {
            Ok(Caller { id, evidence: Evidence::Nothing, own_scope: Scope::default() })
        }
        (true, ClientProof::Secret(_)) => {
            Err(Refusal::invalid_client("a client with a document has no secret"))
        }
        (_, proof) => authenticate(server, id, &proof).await,
    }
}

async fn authenticate(server: &Server, id: ClientId, proof: &ClientProof) -> Result<Caller, Refusal> {
    let now = server.clock.now();
    let assertion = match proof {
        ClientProof::Assertion(assertion) => {
            let refused = |why: &str| Refusal::invalid_client(format!("client_assertion {why}"));
            Some((assertion, assertion.validate(&id, &server.config.issuer, now).map_err(refused)?))
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
            return Err(Refusal::invalid_client("the client registered without a secret"));
        }
        (Authentication::Keys(_) | Authentication::KeysOrNone(_), ..) => {
            return Err(Refusal::invalid_client("the client has keys and has to use one"));
        }
        (Authentication::DerivedSecret, ClientProof::Secret(secret), _) => {
            genuine(server.keys.client_secrets.belongs(&id.0, secret))?
        }
        (Authentication::Secret(known), ClientProof::Secret(secret), _) => {
            genuine(known.0.ct_eq(&Digest::of(secret).0).into())?
        }
        (_, ClientProof::None | ClientProof::Assertion(_), _) => {
            return Err(Refusal::invalid_client("the client has a secret and has to show it"));
        }
    };
    // Nobody but who has shown that it is the one speaks for itself.
    let own_scope = if evidence == Evidence::Nothing { Scope::default() } else { client.own_scope().clone() };
    Ok(Caller { id, evidence, own_scope })
}

fn genuine(is_theirs: bool) -> Result<Evidence, Refusal> {
    let wrong = || Refusal::invalid_client("the client_secret is not this client's");
    is_theirs.then_some(Evidence::Secret).ok_or_else(wrong)
}

/// Whether an assertion is one of these keys' (RFC 7523 §3).
async fn verify(
    server: &Server,
    keys: &PublishedKeys,
    assertion: &ClientAssertion,
    now: Timestamp,
) -> Result<(), Refusal> {
    let keys = server.keys_of(keys, assertion.key(), now).await;
    let keys = keys.map_err(|fetch_error| fetch_error.refusal("the client's jwks_uri"))?;
    let other = || Refusal::invalid_client("client_assertion is not signed by one of the client's keys");
    assertion.is_signed_by(&keys).then_some(()).ok_or_else(other)
}
