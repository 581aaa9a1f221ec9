//! Client authentication (OAuth 2.1 §2.4, §3.2.1), in two steps. The first step reads the request, and asks nothing. The
//! endpoint then opens the code or token, and only if that is genuine and of this client, the second step looks the
//! client up. So a request that an attacker made up costs no fetch and no store operation.

use crate::client::{
    AssertionId, Authentication, Client, ClientAssertion, ClientCredentials, ClientProof, PresentedSecret,
    PublishedKeys,
};
use crate::config::AssertionAudience;
use crate::ports::Timestamp;
use crate::protocol::{
    ClientDigest, ClientId, ClientName, Digest, DocumentUrl, Mount, Parameters, Refusal, Scope,
};
use crate::rules;
use crate::server::{ClientPlace, Server};
use crate::store::Accepted;
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

/// The proof that a request brings. Of an assertion, all but the signature is checked.
enum Proof {
    Nothing,
    Secret(PresentedSecret),
    Assertion(Box<ClientAssertion>, AssertionId),
    /// An assertion of a client with a document for the token endpoint, which is no audience. It proves nothing. The text
    /// says what is wrong with it.
    Misaddressed(String),
}

/// The client that calls the token or revocation endpoint.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    /// The client id, as the caller states it.
    pub(crate) id: ClientId,
    /// The proof that the caller gave.
    evidence: Evidence,
    /// The client's name, as the client stated it.
    pub(crate) name: Option<ClientName>,
    /// The scopes that the client may use without a user; empty unless the caller is authenticated.
    pub(crate) own_scope: Scope,
    /// A parameter that the caller sent and that does not count, for the event.
    pub(crate) ignored: Option<&'static str>,
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

/// What the comparison of a client with a proof leaves to do.
enum Judged<'a> {
    Proven(Evidence),
    /// The signature must be verified with one of these keys.
    Signed(&'a PublishedKeys, &'a ClientAssertion, AssertionId),
}

impl Proof {
    /// Checks all of an assertion but the signature.
    ///
    /// Some hosted clients sign for the token endpoint, and their documents also allow `none`. Such an assertion is ignored, as a
    /// filled-in secret is, and not accepted: a malicious server could have collected it.
    fn of(
        server: &Server,
        id: &ClientId,
        place: &ClientPlace,
        assertion: Box<ClientAssertion>,
    ) -> Result<Self, Refusal> {
        let (issuer, now, token_endpoint) =
            (server.config.issuer(), server.clock.now(), server.url(Mount::Token));
        let is_document = matches!(place, ClientPlace::Document(_));
        let is_allowed =
            !is_document && server.config.assertion_audience() == AssertionAudience::TokenEndpoint;
        let other = is_allowed.then_some(token_endpoint.as_str());
        match assertion.validate(id, issuer, other, now) {
            Ok(valid) => Ok(Self::Assertion(assertion, valid)),
            Err(why) => {
                let why = format!("client_assertion {why}");
                let misaddressed =
                    is_document && assertion.validate(id, issuer, Some(&token_endpoint), now).is_ok();
                if misaddressed {
                    Ok(Self::Misaddressed(why))
                } else {
                    Err(rules::ASSERTION_CLAIMS.refuse(why))
                }
            }
        }
    }
}

impl Claimant {
    /// Reads the client of a request. A public client states its id. A confidential one sends a secret or an assertion.
    /// Nothing is fetched, and no store is asked. A client whose id or the configuration says all is compared with its
    /// proof already here.
    pub(crate) fn read(server: &Server, request: &Request, form: &Parameters) -> Result<Self, Refusal> {
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
        caller.may_be(confidential)?;
        Ok(caller)
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
            Judged::Signed(keys, assertion, id) => {
                verify(server, keys, assertion, server.clock.now()).await?;
                Evidence::Assertion(id)
            }
        };
        Ok(self.caller(evidence, Some(client)))
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
            Proof::Nothing | Proof::Assertion(..) => None,
        };
        let ignored = ignored.filter(|_| is_nothing);
        let name = client.and_then(Client::claimed_name).cloned();
        Caller { id: self.id.clone(), evidence, name, own_scope: own_scope.unwrap_or_default(), ignored }
    }
}

impl Caller {
    /// Records the assertion's id in the store, which detects a replay. Call this last, directly before the action,
    /// so that a request that is refused for another reason costs no store operation.
    pub(crate) async fn settle(&self, server: &Server) -> Result<(), Refusal> {
        let Evidence::Assertion(id) = self.evidence else { return Ok(()) };
        match server.stores.assertions().accept(id).await {
            Ok(Accepted::Now) => Ok(()),
            Ok(Accepted::Already) => Err(rules::ASSERTION_REPLAYED
                .refuse("client_assertion was already used (replay); sign a new one")),
            Err(error) => Err(Refusal::temporarily_unavailable(&error)),
        }
    }

    /// Whether the caller has proven who it is.
    pub(crate) fn is_authenticated(&self) -> bool {
        self.evidence != Evidence::Nothing
    }

    /// Whether the caller may use a code or token. `confidential` means: it belongs to a client that must
    /// authenticate.
    fn may_be(&self, confidential: bool) -> Result<(), Refusal> {
        let may = self.is_authenticated() || !confidential;
        may.then_some(()).ok_or_else(needs_keys)
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
