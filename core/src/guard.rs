//! The guard: what stands in front of an MCP endpoint, anybody's (RFC 6750; RFC 9728; MCP, Authorization).

use crate::config::Config;
use crate::jose::PublicKey;
use crate::ports::{Clock, Timestamp};
use crate::protocol::paths::{is_around, without_slash};
use crate::protocol::{
    BearerCredentials, Challenge, ClientId, Issuer, PersonId, ProtectedResource, Scope, ToolCall, Unreadable,
    is_loopback, metadata, paths, without_port,
};
use crate::store::{Grants, connections};
use crate::token::{AccessToken, Active, Introspect, IntrospectionUnavailable, InvalidToken, Verifier};
use crate::wire::{self, Event, EventKind, Response, cors};
use http::request::Parts;
use http::uri::Authority;
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use serde_json::json;
use std::sync::Arc;

/// Guards one resource. It needs public keys and a clock: no secret, and no store unless it is to ask one.
#[derive(Clone)]
pub struct Guard {
    resource: ProtectedResource,
    needed: Scope,
    issuer: Issuer,
    verify: Verify,
    clock: Arc<dyn Clock>,
}

/// How a token is judged.
#[derive(Clone)]
pub enum Verify {
    /// By its signature, with the issuer's public keys: nobody is asked, and a revoked grant shows when the token ends.
    Signed(Arc<Verifier>),
    /// The same, and then by the grant itself, where the guard stands beside the store: a revoked one shows at once.
    Store(Arc<Verifier>, Arc<dyn Grants>),
    /// By asking the issuer each time: a revoked grant shows at once.
    Introspection(Arc<dyn Introspect>),
}

/// Who was let in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Access {
    /// For whom the client speaks.
    pub person: PersonId,
    /// The client.
    pub client: ClientId,
    /// What it may do.
    pub scope: Scope,
    /// When the person signed in.
    pub signed_in_at: Timestamp,
    /// Until when.
    pub expires_at: Timestamp,
}

impl Verify {
    /// How a guard beside the store of this configuration judges tokens.
    pub fn of(config: &Config, keys: Vec<PublicKey>, store: Arc<dyn Grants>) -> Self {
        if config.immediate_revocation {
            Self::stored(config.issuer.clone(), keys, store)
        } else {
            Self::signed(config.issuer.clone(), keys)
        }
    }

    /// By signatures that `issuer` made with one of `keys`.
    pub fn signed(issuer: Issuer, keys: Vec<PublicKey>) -> Self {
        Self::Signed(Arc::new(Verifier::new(issuer, keys)))
    }

    /// The same, and by what `store` says of the grant.
    pub fn stored(issuer: Issuer, keys: Vec<PublicKey>, store: Arc<dyn Grants>) -> Self {
        Self::Store(Arc::new(Verifier::new(issuer, keys)), store)
    }
}

impl Guard {
    /// Guards `resource` with tokens that `issuer` issued. Every request needs the first scope that the resource
    /// offers: it is what clients are told to ask for.
    pub fn new(resource: ProtectedResource, issuer: Issuer, verify: Verify, clock: Arc<dyn Clock>) -> Self {
        let needed = resource.scopes.first().map(|offered| offered.scope.clone()).unwrap_or_default();
        Self { resource, needed, issuer, verify, clock }
    }

    /// What it guards.
    pub fn resource(&self) -> &ProtectedResource {
        &self.resource
    }

    /// Lets a request in that carries a token for this resource, with the scopes that its `message` needs, and does not
    /// come from a foreign page.
    ///
    /// # Errors
    /// The response to send instead: 403 for a foreign page, 401 with the challenge that starts a
    /// sign-in, or 403 when scopes are missing. The request's body has to be read, or its connection closed, before
    /// the response is sent: what is left unread would be taken for the next request.
    pub async fn admit(&self, request: &Parts, message: &[u8]) -> Result<Access, Response> {
        if self.is_foreign(request) {
            return Err(foreign());
        }
        self.validate(&request.headers, message).await.map_err(|refused| match refused {
            GuardError::Challenge(challenge) => self.refuse(&challenge),
            GuardError::Unavailable(why) => unanswered(&why),
        })
    }

    /// A page gives itself away by its `Origin` (MCP 2026-07-28, Transports, Security Warning). One that got itself the
    /// address of this machine by DNS rebinding is at home there, and gives itself away by its `Host`. Elsewhere the
    /// certificate does that, and the `Host` may be one that the way to this server put there.
    fn is_foreign(&self, request: &Parts) -> bool {
        let header = |name| request.headers.get(name).map(|value| value.to_str().unwrap_or_default());
        let host = header(header::HOST).or(request.uri.authority().map(Authority::as_str));
        let rebound = self.is_loopback() && !host.is_some_and(is_of_this_machine);
        rebound || header(header::ORIGIN).is_some_and(|page| !self.is_at_home(page))
    }

    /// Whether pages of this origin may call the resource: its own, and on one's own machine every page of it.
    fn is_at_home(&self, origin: &str) -> bool {
        let resource = &self.resource.resource;
        let of_this_machine = |host| self.is_loopback() && is_of_this_machine(host);
        origin.eq_ignore_ascii_case(resource.origin())
            || origin.strip_prefix("http://").is_some_and(of_this_machine)
    }

    fn is_loopback(&self) -> bool {
        is_loopback(without_port(self.resource.resource.authority()))
    }

    /// Answers a browser that asks whether a page may call the resource (Fetch, "CORS protocol"): before any token,
    /// since it sends none. Nothing when the request is no such question.
    pub fn preflight(&self, request: &Parts) -> Option<Response> {
        let mut response = (request.method == Method::OPTIONS).then(cors::preflight)?;
        if self.is_metadata(request) {
            cors::publish(&mut response);
        }
        Some(response)
    }

    /// Lets pages that may call the resource read `response`.
    pub fn open_to_browsers<B>(&self, request: &Parts, mut response: http::Response<B>) -> http::Response<B> {
        let origin = request.headers.get(header::ORIGIN);
        let at_home = origin.filter(|origin| origin.to_str().is_ok_and(|origin| self.is_at_home(origin)));
        cors::allow(&mut response, at_home);
        response
    }

    async fn validate(&self, headers: &HeaderMap, message: &[u8]) -> Result<Access, GuardError> {
        let token = match BearerCredentials::read(headers) {
            BearerCredentials::Bearer(token) => self.verify(token).await?,
            BearerCredentials::None => return Err(Challenge::Missing.into()),
            BearerCredentials::Malformed => {
                return Err(Challenge::InvalidRequest("one bearer token is expected").into());
            }
        };
        if token.aud != self.resource.resource {
            return Err(Challenge::InvalidToken("was issued for another resource").into());
        }
        let needed = self.needed.union(&self.needed_by(message));
        if !token.scope.covers(&needed) {
            return Err(Challenge::InsufficientScope(needed.union(&token.scope)).into());
        }
        Ok(Access {
            person: token.sub,
            client: token.client_id,
            scope: token.scope,
            signed_in_at: token.auth_time,
            expires_at: token.exp,
        })
    }

    /// What the tool needs that a message calls. What cannot be read here, and may be read otherwise further in, such as
    /// a member that is there twice or a batch, needs what all of them need.
    fn needed_by(&self, message: &[u8]) -> Scope {
        let tools = &self.resource.tools;
        if tools.is_empty() || message.is_empty() {
            return Scope::default();
        }
        match ToolCall::read(message) {
            Ok(call) => call.and_then(|call| tools.get(&*call.tool).cloned()).unwrap_or_default(),
            Err(Unreadable) => tools.values().fold(Scope::default(), |all, one| all.union(one)),
        }
    }

    async fn verify(&self, token: &str) -> Result<Active, GuardError> {
        let now = self.clock.now();
        match &self.verify {
            Verify::Signed(verifier) => Ok((*signed(verifier, token, now)?).clone().into()),
            Verify::Store(verifier, store) => {
                let token = signed(verifier, token, now)?;
                let holds = match token.grant() {
                    Some(grant) => connections::holds(&**store, grant, now).await,
                    None => Ok(false),
                };
                let holds = holds
                    .map_err(|error| GuardError::Unavailable(IntrospectionUnavailable(error.to_string())))?;
                let active = holds.then(|| (*token).clone().into());
                active.ok_or_else(|| Challenge::InvalidToken("is not active").into())
            }
            Verify::Introspection(issuer) => {
                let answer = issuer.introspect(token).await.map_err(GuardError::Unavailable)?;
                let active = answer.token.filter(|token| answer.active && now < token.exp);
                active.ok_or_else(|| Challenge::InvalidToken("is not active").into())
            }
        }
    }

    fn refuse(&self, challenge: &Challenge) -> Response {
        let metadata = format!("{}{}", self.resource.resource.origin(), self.metadata_path());
        let body = json!({ "error": challenge.code(), "error_description": challenge.sentence() });
        let mut response = wire::json(challenge.status(), &body);
        response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge.header(&metadata, &self.needed));
        response
    }

    /// Where the resource's metadata is: the well-known path with the resource's own behind it (RFC 9728 §3.1).
    fn metadata_path(&self) -> String {
        format!("{}{}", paths::PROTECTED_RESOURCE, self.resource.resource.path())
    }

    /// The resource's metadata, which the server that is guarded publishes in its own place and, for clients that
    /// look nowhere else, at the well-known path itself; nothing when something else was asked for.
    pub fn metadata_at(&self, request: &Parts) -> Option<Response> {
        let read = [Method::GET, Method::HEAD].contains(&request.method);
        if !read || !self.is_metadata(request) {
            return None;
        }
        let mut response = wire::document(&metadata::protected_resource(&self.resource, &self.issuer));
        cors::publish(&mut response);
        Some(response)
    }

    fn is_metadata(&self, request: &Parts) -> bool {
        let path = without_slash(request.uri.path());
        path == paths::PROTECTED_RESOURCE || path == without_slash(&self.metadata_path())
    }

    /// Sends clients on that take the guarded server for its own authorization server, as those of MCP 2025-03-26 do;
    /// nothing when something else was asked for, or when it is: then the issuer answers there.
    pub fn sent_on(&self, request: &Parts) -> Option<Response> {
        if self.resource.resource.origin() == self.issuer.as_str() {
            return None;
        }
        let place = self.place_at_the_issuer(without_slash(request.uri.path()))?;
        let query = request.uri.query().map(|query| format!("?{query}")).unwrap_or_default();
        // A query may hold bytes that no header can.
        let location =
            HeaderValue::from_bytes(format!("{}{query}", self.issuer.url(place)).as_bytes()).ok()?;
        // The method stays what it is, and so does the body: it is the issuer's to judge.
        let mut response = wire::respond(StatusCode::TEMPORARY_REDIRECT, "text/plain", Vec::new());
        response.headers_mut().insert(header::LOCATION, location);
        Some(response)
    }

    fn place_at_the_issuer(&self, path: &str) -> Option<&'static str> {
        let own = without_slash(self.resource.resource.path());
        let document = [paths::METADATA, paths::OPENID].into_iter().find(|place| is_around(place, path, own));
        document.or(match path {
            paths::OLD_AUTHORIZE => Some(paths::AUTHORIZE),
            paths::OLD_TOKEN => Some(paths::TOKEN),
            paths::OLD_REGISTER => Some(paths::REGISTER),
            _ => None,
        })
    }
}

fn signed(verifier: &Verifier, token: &str, now: Timestamp) -> Result<Arc<AccessToken>, GuardError> {
    verifier.verify(token, now).map_err(|InvalidToken(why)| Challenge::InvalidToken(why).into())
}

/// Why nobody is let in.
enum GuardError {
    /// The client can do better.
    Challenge(Challenge),
    /// The issuer could not be asked: not the client's fault, and no reason to sign in again.
    Unavailable(IntrospectionUnavailable),
}

impl From<Challenge> for GuardError {
    fn from(challenge: Challenge) -> Self {
        Self::Challenge(challenge)
    }
}

fn unanswered(reason: &IntrospectionUnavailable) -> Response {
    let sorry = "the token cannot be checked at the moment; try again in a few seconds";
    let body = json!({ "error": "temporarily_unavailable", "error_description": sorry });
    let mut response = wire::json(StatusCode::SERVICE_UNAVAILABLE, &body);
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("2"));
    let (code, reason) = (Some("temporarily_unavailable"), Some(reason.to_string()));
    Event { code, reason, ..Event::new(EventKind::Refused) }.beside(response)
}

fn foreign() -> Response {
    let why = "the request comes from a foreign page, or is meant for another host";
    wire::json(StatusCode::FORBIDDEN, &json!({ "error": "access_denied", "error_description": why }))
}

/// Whether a host is a name of this machine that no DNS can give away (RFC 6761 §6.3 for those below `localhost`).
fn is_of_this_machine(host: &str) -> bool {
    let name = without_port(host);
    is_loopback(name) || name.to_ascii_lowercase().ends_with(".localhost")
}
