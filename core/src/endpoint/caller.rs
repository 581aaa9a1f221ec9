//! A client that has authenticated, or needs not to, and the proof that it gave (OAuth 2.1 §2.4).

use super::trusted::replayed;
use super::workload::as_authentication;
use crate::client::AssertionId;
use crate::protocol::{ClientId, ClientName, Digest, Refusal, Scope};
use crate::provider::Workload;
use crate::rules;
use crate::server::Server;
use crate::store::Accepted;

/// The client that calls the token or revocation endpoint.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    /// The client id, as the caller states it.
    pub(crate) id: ClientId,
    /// The proof that the caller gave.
    pub(super) evidence: Evidence,
    /// The client's name, as the client stated it.
    pub(crate) name: Option<ClientName>,
    /// The scopes that the client may use without a user; empty unless the caller is authenticated.
    pub(crate) own_scope: Scope,
    /// A parameter that the caller sent and that does not count, for the event.
    pub(crate) ignored: Option<&'static str>,
}

/// The proof of a client's identity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Evidence {
    /// None: any caller could claim this id. A code or token must therefore prove itself, and be bound to this
    /// client.
    Nothing,
    /// The correct client secret.
    Secret,
    /// A client assertion with a valid signature. Its id must still be [recorded](Caller::settle), against replay.
    Assertion(AssertionId),
    /// A token of its platform, which a rule of the operator fits. The same holds for its id.
    Workload(Box<Workload>),
}

impl Caller {
    /// The client that a workload is, by the rule that fits its token. If the request names a client, it has to be that one.
    pub(crate) fn of_workload(workload: Workload, named: Option<&str>) -> Result<Self, Refusal> {
        let client = workload.client.clone();
        if named.is_some_and(|named| named != client.0) {
            let told =
                rules::WORKLOAD_OTHER_CLIENT.refuse("client_id is not the client that the workload is");
            return Err(
                told.for_operator(&format!("client_id names another client, and the workload is {client}"))
            );
        }
        let (name, own_scope) = (ClientName::parse(&client.0), workload.scope.clone());
        Ok(Self {
            id: client,
            evidence: Evidence::Workload(Box::new(workload)),
            name,
            own_scope,
            ignored: None,
        })
    }

    /// Records the assertion's id in the store, which detects a replay. Call this last, directly before the action,
    /// so that a request that is refused for another reason costs no store operation.
    pub(crate) async fn settle(&self, server: &Server) -> Result<(), Refusal> {
        let (id, again) = match &self.evidence {
            Evidence::Nothing | Evidence::Secret => return Ok(()),
            Evidence::Assertion(id) => {
                let why = "client_assertion was already used (replay); sign a new one";
                (*id, rules::ASSERTION_REPLAYED.refuse(why))
            }
            Evidence::Workload(workload) => {
                let Some(once) = workload.once else { return Ok(()) };
                let id = AssertionId { digest: Digest::of(once.0), expires_at: workload.expires_at };
                (id, as_authentication(replayed()))
            }
        };
        match server.stores.assertions().accept(id).await {
            Ok(Accepted::Now) => Ok(()),
            Ok(Accepted::Already) => Err(again),
            Err(error) => Err(Refusal::temporarily_unavailable(&error)),
        }
    }

    /// Whether the caller has proven who it is.
    pub(crate) fn is_authenticated(&self) -> bool {
        self.evidence != Evidence::Nothing
    }

    /// The workload that the client is.
    pub(crate) fn workload(&self) -> Option<&Workload> {
        match &self.evidence {
            Evidence::Workload(workload) => Some(workload),
            Evidence::Nothing | Evidence::Secret | Evidence::Assertion(_) => None,
        }
    }
}
