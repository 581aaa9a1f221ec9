//! Whether a client is who it says it is (OAuth 2.1 §2.4, §3.2.1).

use crate::clock::Timestamp;
use crate::protocol::client::{Authentication, Client, ClientId};
use crate::protocol::client_assertion::ClientAssertion;
use crate::protocol::client_document::{DocumentUrl, PublishedKeys};
use crate::protocol::credentials::{Credentials, Shown};
use crate::protocol::digest::Digest;
use crate::protocol::parameters::Parameters;
use crate::protocol::scope::Scope;
use crate::refusal::Refusal;
use crate::server::Server;
use crate::store::Accepted;
use crate::wire::Request;
use subtle::ConstantTimeEq;

/// Whoever calls an endpoint of clients.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    /// The client it says it is.
    pub(crate) id: ClientId,
    /// Whether it has shown that. One that has not may be anybody, and what it brings has to be its own.
    authenticated: bool,
    /// What it may have without any person.
    pub(crate) own_scope: Scope,
}

impl Caller {
    /// What things are bound to that belong to this client.
    pub(crate) fn digest(&self) -> Digest {
        Digest::of(&self.id.0)
    }

    /// Whether it may use what belongs to a client that has to authenticate, or not.
    pub(crate) fn may_be(&self, confidential: bool) -> Result<(), Refusal> {
        let may = self.authenticated || !confidential;
        may.then_some(()).ok_or_else(|| Refusal::invalid_client("the client has keys and has to use one"))
    }
}

/// Whether a caller that has shown nothing is one that need not: for a client that is called by a URL, its document says.
pub(crate) async fn suffices(server: &Server, caller: &Caller) -> bool {
    if caller.authenticated || !DocumentUrl::is_meant_by(&caller.id.0) {
        return true;
    }
    server.client(&caller.id.0).await.is_ok_and(|client| !client.is_confidential())
}

/// The client of a request: a public one names itself, a confidential one shows its secret or signs.
pub(crate) async fn client(server: &Server, request: &Request, form: &Parameters) -> Result<Caller, Refusal> {
    let said = Credentials::read(request.headers(), form)?;
    if let Shown::Nothing = said.shown
        && DocumentUrl::is_meant_by(&said.id)
    {
        // Nothing is fetched for what anybody can say: whether the client has to authenticate is written in its code.
        return Ok(Caller { id: ClientId(said.id), authenticated: false, own_scope: Scope::default() });
    }
    let client = server.client(&said.id).await.map_err(|no| no.to_client())?;
    let authenticated = match (client.authentication(), &said.shown) {
        (Authentication::None | Authentication::KeysOrNone(_), Shown::Nothing) => false,
        (Authentication::Keys(keys) | Authentication::KeysOrNone(keys), Shown::Assertion(assertion)) => {
            prove(server, &client, keys, assertion, server.clock.now()).await?;
            true
        }
        (Authentication::None, _) => {
            return Err(Refusal::invalid_client("the client registered without a secret"));
        }
        (Authentication::Keys(_) | Authentication::KeysOrNone(_), _) => {
            return Err(Refusal::invalid_client("the client has keys and has to use one"));
        }
        (Authentication::DerivedSecret, Shown::Secret(secret)) => {
            genuine(server.keys.client_secrets.belongs(&said.id, secret))?
        }
        (Authentication::Secret(known), Shown::Secret(secret)) => {
            genuine(known.0.ct_eq(&Digest::of(secret).0).into())?
        }
        (_, Shown::Nothing | Shown::Assertion(_)) => {
            return Err(Refusal::invalid_client("the client has a secret and has to show it"));
        }
    };
    // Nobody but who has shown that it is the one speaks for itself.
    let own_scope = if authenticated { client.own_scope().clone() } else { Scope::default() };
    Ok(Caller { id: client.id().clone(), authenticated, own_scope })
}

fn genuine(is_theirs: bool) -> Result<bool, Refusal> {
    is_theirs.then_some(true).ok_or_else(|| Refusal::invalid_client("the client_secret is not this client's"))
}

/// Takes an assertion, once (RFC 7523 §3). The store is asked last: what is made up costs it nothing.
async fn prove(
    server: &Server,
    client: &Client,
    keys: &PublishedKeys,
    assertion: &ClientAssertion,
    now: Timestamp,
) -> Result<(), Refusal> {
    let refused = |why: &str| Refusal::invalid_client(format!("client_assertion {why}"));
    let id = assertion.judge(client.id(), &server.config.issuer, now).map_err(refused)?;
    let keys = server.documents.keys(keys, assertion.key(), now).await;
    let keys = keys.map_err(|unfetched| Refusal::unfetched(&unfetched, "the client's jwks_uri"))?;
    if !assertion.is_signed_by(&keys) {
        return Err(refused("is not signed by one of the client's keys"));
    }
    match server.store.accept(id).await {
        Ok(Accepted::Now) => Ok(()),
        Ok(Accepted::Already) => Err(refused("was used already")),
        Err(error) => Err(Refusal::temporarily_unavailable(&error)),
    }
}
