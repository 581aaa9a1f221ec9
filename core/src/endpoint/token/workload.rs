//! The grant for tokens of workloads (RFC 7523 §2.1): a client that a rule of the operator knows by the token of its platform gets
//! a token for itself. From there on it is the client credentials grant.

use super::client_credentials::ClientCredentialsGrant;
use crate::endpoint::caller::Caller;
use crate::endpoint::trusted::replayed;
use crate::endpoint::workload::PresentedToken;
use crate::ports::Timestamp;
use crate::protocol::{Parameters, Refusal};
use crate::provider::Assertion;
use crate::rules;
use crate::server::Server;
use crate::wire::{Request, Response};
use http::header::AUTHORIZATION;

/// A token request with a token of a workload.
pub(super) struct WorkloadRequest {
    token: PresentedToken,
    form: Parameters,
}

impl WorkloadRequest {
    /// Reads the request. The assertion says which client it is of, so the client shows nothing else.
    pub(super) fn parse(
        server: &Server,
        request: &Request,
        form: Parameters,
        assertion: Assertion,
    ) -> Result<Self, Refusal> {
        let token = PresentedToken::of(server, assertion)?;
        let secret = form.once("client_secret")?.filter(|secret| !secret.is_empty());
        let shows = request.headers().contains_key(AUTHORIZATION) || secret.is_some();
        if shows || form.once("client_assertion")?.is_some() {
            let why =
                "the assertion says which client the workload is; send no other authentication of the client";
            return Err(rules::TWO_AUTHENTICATIONS.refuse(why));
        }
        Ok(Self { token, form })
    }

    pub(super) async fn run(self, server: &Server, now: Timestamp) -> Response {
        match self.caller(server, now).await {
            Ok(caller) => ClientCredentialsGrant::answer(server, caller, &self.form, replayed, now).await,
            Err(refusal) => refusal.json(server),
        }
    }

    async fn caller(&self, server: &Server, now: Timestamp) -> Result<Caller, Refusal> {
        let named = self.form.once("client_id")?;
        Caller::of_workload(self.token.verify(server, now).await?, named)
    }
}
