//! A token of a workload that a request brings, as its grant (RFC 7523 §2.1) or as the authentication of its client (§2.2). Either
//! way it says which client the workload is.

use super::trusted::{read, untrusted, verify};
use crate::ports::Timestamp;
use crate::protocol::{ClientId, Mount, Refusal};
use crate::provider::{Assertion, Audience, Workload, WorkloadToken};
use crate::rules;
use crate::server::Server;

/// A token of a workload, of a trusted issuer. Its signature is not verified yet.
pub(crate) struct PresentedToken(WorkloadToken);

impl PresentedToken {
    /// Checks what costs nothing: the form of the token, and its issuer.
    pub(crate) fn of(server: &Server, assertion: Assertion) -> Result<Self, Refusal> {
        let token = WorkloadToken::of(assertion).map_err(|why| untrusted(&why))?;
        token.issuer(server.config.workloads().issuers()).map_err(|why| untrusted(&why))?;
        Ok(Self(token))
    }

    /// The same for a token that authenticates a client.
    pub(crate) fn read(server: &Server, text: &str) -> Result<Self, Refusal> {
        read(text).and_then(|assertion| Self::of(server, assertion)).map_err(as_authentication)
    }

    /// A token of a trusted issuer that authenticates a client, if the text is one.
    pub(crate) fn recognise(server: &Server, text: &str) -> Option<Self> {
        Assertion::parse(text).ok().and_then(|assertion| Self::of(server, assertion).ok())
    }

    /// The client that the workload is if the signature holds. Until then the refusal says nothing about the rules.
    pub(crate) fn client(&self, server: &Server) -> Result<ClientId, Refusal> {
        let client = self.0.client(server.config.workloads());
        client.map_err(|unfit| as_authentication(untrusted(unfit.reason())))
    }

    /// Checks the signature and the claims, and finds the rule that says which client the workload is.
    pub(crate) async fn verify(&self, server: &Server, now: Timestamp) -> Result<Workload, Refusal> {
        let Self(token) = self;
        let workloads = server.config.workloads();
        let issuer = token.issuer(workloads.issuers()).map_err(|why| untrusted(&why))?;
        verify(token.token(), issuer.issuer(), server, now).await?;
        let endpoint = server.url(Mount::Token);
        token.validate(workloads, issuer, Audience::Server(server.config.issuer(), &endpoint), now)
    }
}

/// The refusal of a token that authenticates a client: always `invalid_client` (RFC 7521 §4.2.1), unless it is no fault of the
/// client.
pub(crate) fn as_authentication(refusal: Refusal) -> Refusal {
    if refusal.is_passing() { refusal } else { refusal.by(&rules::WORKLOAD_AUTHENTICATION) }
}
