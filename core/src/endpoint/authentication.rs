//! Client authentication (OAuth 2.1 §2.4, §3.2.1), in two steps. The first step reads the request, and asks nothing. The
//! endpoint then opens the code or token, and only if that is genuine and of this client, the second step looks the
//! client up. So a request that an attacker made up costs no fetch and no store operation.

use super::caller::{Caller, Evidence};
use super::proof::Proof;
use super::trusted::untrusted;
use super::workload::{PresentedToken, as_authentication};
use crate::client::{
    AssertionId, Authentication, Client, ClientAssertion, ClientCredentials, ClientProof, PublishedKeys,
};
use crate::ports::Timestamp;
use crate::protocol::{ClientDigest, ClientId, Digest, DocumentUrl, Parameters, Refusal};
use crate::rules;
use crate::server::{ClientPlace, Server};
use crate::wire::{self, Request};
use subtle::ConstantTimeEq;

/// The client that a request names, and its proof. The proof of a client that is in the store or has a metadata document
/// is not checked yet.
pub(crate) struct Claimant {
    /// The client id, as the request states it.
    pub(crate) id: ClientId,
    place: ClientPlace,
    proof: Proof,
}

/// What the comparison of a client with a proof leaves to do.
enum Judged<'a> {
    Proven(Evidence),
    /// The signature must be verified with one of these keys.
    Signed(&'a PublishedKeys, &'a ClientAssertion, AssertionId),
    /// The token of its platform must be verified, and be that of this client.
    OfPlatform(&'a PresentedToken),
}

impl Claimant {
    /// Reads the client of a request. A public client states its id. A confidential one sends a secret or an assertion.
    /// Nothing is fetched, and no store is asked. A client whose id or the configuration says all is compared with its
    /// proof already here.
    pub(crate) fn read(server: &Server, request: &Request, form: &Parameters) -> Result<Self, Refusal> {
        if let Some(claimant) = Self::of_workload(server, request, form)? {
            return Ok(claimant);
        }
        let said = credentials(server, request, form)?;
        let id = ClientId(said.id);
        let place = server.locate(&id.0).map_err(|no| no.to_client())?;
        let proof = match said.proof {
            ClientProof::None => Proof::Nothing,
            ClientProof::Secret(secret) => Proof::Secret(secret),
            ClientProof::Assertion(assertion) => Proof::of(server, &id, &place, assertion)?,
        };
        let claimant = Self { id, place, proof };
        if let ClientPlace::Here(known) = &claimant.place {
            claimant.compare(server, &known.client)?;
        }
        Ok(claimant)
    }

    /// A workload that shows a token of its platform. The platform does not know its id. Without one in the form, the rule says it
    /// that fits the claims, which are not verified yet.
    fn of_workload(server: &Server, request: &Request, form: &Parameters) -> Result<Option<Self>, Refusal> {
        if server.config.workloads().issuers().is_empty() {
            return Ok(None);
        }
        let Some(shown) = ClientCredentials::assertion(request.headers(), form)? else { return Ok(None) };
        let (id, token) = match form.once("client_id")? {
            Some(id) => {
                let known = server.config.clients().find(id);
                if known.is_none_or(|known| known.authentication != Authentication::Workload) {
                    return Ok(None);
                }
                (ClientId(id.to_owned()), PresentedToken::read(server, shown)?)
            }
            None => match PresentedToken::recognise(server, shown) {
                Some(token) => (token.client(server)?, token),
                None => return Ok(None),
            },
        };
        let place = server.locate(&id.0).map_err(|no| no.to_client())?;
        Ok(Some(Self { id, place, proof: Proof::Platform(Box::new(token)) }))
    }

    /// Refuses a token of a workload, which has neither codes nor refresh tokens. The refusal is that of a
    /// token that no rule fits: which rule fits is not told before the signature holds.
    pub(crate) fn may_redeem(&self) -> Result<(), Refusal> {
        match self.proof {
            Proof::Platform(_) => {
                Err(as_authentication(untrusted("a workload has no codes and no refresh tokens")))
            }
            _ => Ok(()),
        }
    }

    /// Checks the token of a workload before the request is answered, where the answer depends on the client: which rule fits is
    /// not told before the signature holds.
    pub(crate) async fn verify_workload(&self, server: &Server) -> Result<(), Refusal> {
        match &self.proof {
            Proof::Platform(token) => self.prove_workload(server, token).await.map(drop),
            _ => Ok(()),
        }
    }

    /// The digest of the client id, to which codes and refresh tokens are bound.
    pub(crate) fn digest(&self) -> ClientDigest {
        match &self.place {
            ClientPlace::Here(known) => known.digest,
            ClientPlace::Document(_) | ClientPlace::Stored(_) => ClientDigest::of(&self.id),
        }
    }

    /// Refuses a client that the operator has blocked, by all that is known of it without I/O.
    pub(crate) async fn admit(&self, server: &Server, now: Timestamp) -> Result<(), Refusal> {
        match &self.place {
            ClientPlace::Here(known) => server.admit_client(&known.client, now).await,
            ClientPlace::Document(_) | ClientPlace::Stored(_) => server.admit(&self.id, now).await,
        }
    }

    /// Authenticates the client of a genuine code or token. `confidential` is what that says about its client. So no
    /// document is fetched for a client that sends no assertion.
    pub(crate) async fn authenticate_for(
        self,
        server: &Server,
        confidential: bool,
    ) -> Result<Caller, Refusal> {
        let caller = match (&self.place, &self.proof) {
            (ClientPlace::Document(_), Proof::Misaddressed(why)) if confidential => {
                return Err(rules::ASSERTION_CLAIMS.refuse(why));
            }
            (ClientPlace::Document(_), Proof::Nothing | Proof::Secret(_) | Proof::Misaddressed(_)) => {
                self.caller(Evidence::Nothing, None)
            }
            _ => self.authenticate(server).await?,
        };
        // The code or token belongs to a client that must authenticate.
        let may = caller.is_authenticated() || !confidential;
        may.then_some(caller).ok_or_else(needs_keys)
    }

    /// Whether the client is called by the URL of its metadata document (CIMD).
    pub(crate) fn is_document(&self) -> bool {
        matches!(self.place, ClientPlace::Document(_))
    }

    /// Authenticates the client, which is looked up for it.
    pub(crate) async fn authenticate(self, server: &Server) -> Result<Caller, Refusal> {
        let client = server.look_up(&self.place).await.map_err(|no| no.to_client())?;
        self.prove(server, &client).await
    }

    /// The same, for a client that must use its keys if it publishes any, also where its document allows none.
    pub(crate) async fn authenticate_with_keys_if_any(&self, server: &Server) -> Result<Caller, Refusal> {
        let client = server.look_up(&self.place).await.map_err(|no| no.to_client())?;
        match (client.authentication(), &self.proof) {
            (Authentication::KeysOrNone(_), Proof::Nothing | Proof::Secret(_)) => Err(needs_keys()),
            (Authentication::KeysOrNone(_), Proof::Misaddressed(why)) => {
                Err(rules::ASSERTION_CLAIMS.refuse(why))
            }
            _ => self.prove(server, &client).await,
        }
    }

    /// Authenticates the client that was looked up.
    async fn prove(&self, server: &Server, client: &Client) -> Result<Caller, Refusal> {
        let evidence = match self.compare(server, client)? {
            Judged::Proven(evidence) => evidence,
            Judged::OfPlatform(token) => return self.prove_workload(server, token).await,
            Judged::Signed(keys, assertion, id) => {
                verify(server, keys, assertion, server.clock.now()).await?;
                Evidence::Assertion(id)
            }
        };
        Ok(self.caller(evidence, Some(client)))
    }

    /// Authenticates a workload. The rule that fits its token has to be of the client that the request names.
    async fn prove_workload(&self, server: &Server, token: &PresentedToken) -> Result<Caller, Refusal> {
        let verified = token.verify(server, server.clock.now()).await;
        verified
            .and_then(|workload| Caller::of_workload(workload, Some(&self.id.0)))
            .map_err(as_authentication)
    }

    /// Refuses a pre-registered client of the store whose proof is wrong, as far as that is known without a look at it.
    pub(crate) fn may_be_genuine(&self, server: &Server) -> Result<(), Refusal> {
        match (&self.place, &self.proof) {
            (ClientPlace::Stored(_), Proof::Nothing) => {
                Err(rules::CREDENTIALS_MISSING.refuse("this grant needs client authentication"))
            }
            (ClientPlace::Stored(_), Proof::Secret(secret)) => {
                genuine(secret.is(|text| server.keys.client_secrets.belongs(&self.id.0, text))).map(drop)
            }
            _ => Ok(()),
        }
    }

    /// Refuses a client that cannot act for itself (RFC 6749 §4.4), as far as that is known without a look at it: its
    /// document gives it no scope, and a client without proof gets none.
    pub(crate) fn may_act_alone(&self, server: &Server) -> Result<(), Refusal> {
        match (&self.place, &self.proof) {
            (ClientPlace::Document(_), _) => Err(rules::CREDENTIALS_NOT_ALLOWED
                .refuse("a client with a metadata document has no scope for client_credentials")),
            _ => self.may_be_genuine(server),
        }
    }

    /// Compares the proof with the client, without I/O.
    fn compare<'a>(&'a self, server: &Server, client: &'a Client) -> Result<Judged<'a>, Refusal> {
        match (client.authentication(), &self.proof) {
            (Authentication::Workload, Proof::Platform(token)) => Ok(Judged::OfPlatform(token)),
            (Authentication::Workload, _) | (_, Proof::Platform(_)) => Err(needs_platform()),
            // Some clients fill in a secret that no server gave them. The client is public all the same.
            (
                Authentication::None | Authentication::KeysOrNone(_),
                Proof::Nothing | Proof::Secret(_) | Proof::Misaddressed(_),
            ) => Ok(Judged::Proven(Evidence::Nothing)),
            (Authentication::None, Proof::Assertion(..)) => Err(rules::ASSERTION_UNEXPECTED
                .refuse("the client is public, or has no keys; do not send client_assertion")),
            (
                Authentication::Keys(keys) | Authentication::KeysOrNone(keys),
                Proof::Assertion(assertion, id),
            ) => Ok(Judged::Signed(keys, assertion, *id)),
            (Authentication::Keys(_), Proof::Nothing | Proof::Secret(_)) => Err(needs_keys()),
            (Authentication::Keys(_), Proof::Misaddressed(why)) => Err(rules::ASSERTION_CLAIMS.refuse(why)),
            (Authentication::DerivedSecret, Proof::Secret(secret)) => {
                genuine(secret.is(|text| server.keys.client_secrets.belongs(&self.id.0, text)))
            }
            (Authentication::Secret(known), Proof::Secret(secret)) => {
                genuine(secret.is(|text| known.0.ct_eq(&Digest::of(text).0).into()))
            }
            (
                Authentication::DerivedSecret | Authentication::Secret(_),
                Proof::Nothing | Proof::Assertion(..) | Proof::Misaddressed(_),
            ) => Err(rules::SECRET_MISSING.refuse("the client must authenticate with its client_secret")),
        }
    }

    /// Without authentication, a client gets no scopes of its own.
    fn caller(&self, evidence: Evidence, client: Option<&Client>) -> Caller {
        let is_nothing = evidence == Evidence::Nothing;
        let own_scope = client.filter(|_| !is_nothing).map(|client| client.own_scope().clone());
        let ignored = match self.proof {
            Proof::Secret(_) => Some("client_secret"),
            Proof::Misaddressed(_) => Some("client_assertion"),
            Proof::Nothing | Proof::Assertion(..) | Proof::Platform(_) => None,
        };
        let ignored = ignored.filter(|_| is_nothing);
        let name = client.and_then(Client::claimed_name).cloned();
        Caller { id: self.id.clone(), evidence, name, own_scope: own_scope.unwrap_or_default(), ignored }
    }
}

/// Reads the client id and the proof of a request. An id without form encoding may be a URL, which has colons of its own.
fn credentials(server: &Server, request: &Request, form: &Parameters) -> Result<ClientCredentials, Refusal> {
    let is_known = |id: &str| server.config.clients().find(id).is_some() || DocumentUrl::parse(id).is_ok();
    ClientCredentials::read(request.headers(), form, is_known)
}

/// The client id that a refused request states, for the log.
pub(crate) fn named_client(server: &Server, request: &Request) -> Option<String> {
    let form = wire::form(request).ok()?;
    let in_form = || form.once("client_id").ok().flatten().map(str::to_owned);
    credentials(server, request, &form).ok().map(|said| said.id).or_else(in_form)
}

fn needs_keys() -> Refusal {
    rules::ASSERTION_MISSING.refuse("the client must authenticate with private_key_jwt")
}

fn needs_platform() -> Refusal {
    let why = "the client must authenticate with a token of its platform: send it as client_assertion";
    rules::WORKLOAD_AUTHENTICATION.refuse(why)
}

fn genuine(is_theirs: bool) -> Result<Judged<'static>, Refusal> {
    let wrong = || rules::SECRET_WRONG.refuse("client_secret is wrong for this client");
    is_theirs.then_some(Judged::Proven(Evidence::Secret)).ok_or_else(wrong)
}

/// Whether one of these keys made the assertion's signature (RFC 7523 §3).
async fn verify(
    server: &Server,
    keys: &PublishedKeys,
    assertion: &ClientAssertion,
    now: Timestamp,
) -> Result<(), Refusal> {
    for doubted in [false, true] {
        let known = server.keys_of(keys, doubted, now).await;
        let known = known.map_err(|fetch_error| fetch_error.refusal("the client's jwks_uri"))?;
        if assertion.is_signed_by(&known) {
            return Ok(());
        }
    }
    Err(rules::ASSERTION_SIGNATURE.refuse("client_assertion is not signed with a key of the client"))
}
