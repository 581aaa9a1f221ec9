//! The gateway: an OAuth guard in front of an MCP server that knows nothing of OAuth. It judges the head of a request
//! and one bounded message, and says what the upstream and the client get. Adapters move the bytes.
//!
//! The gateway is no MCP client and no MCP server. It serialises no JSON again, so methods and members that it does not
//! know pass. Only headers on a list pass, in both directions. It stores nothing: the client carries the session id of
//! the upstream under a MAC, and the endpoint of the older transport under a seal.

mod answer;
mod endpoint;
mod exchange;
mod forward;
mod headers;
mod identity;
mod limits;
mod recent;
mod refusal;

pub use exchange::{Answered, Content, Entered, Forwarded, NamedEndpoint, Sent};
pub use headers::{InvalidHeaderName, forwarded_name, static_name};
pub use identity::IdentityForm;
pub use limits::{RequestPlace, UserLimits};
pub use refusal::{Unread, UpstreamFailure};

use crate::guard::Guard;
use crate::jose::Signer;
use crate::ports::Entropy;
use crate::protocol::{Digest, Issuer, Resource, UpstreamUrl};
use crate::sealed::{LegacyEndpoint, Ring, UpstreamSession};
use crate::wire::{Event, Response, TraceId, correlation, cors};
use http::request::Parts;
use http::uri::Authority;
use http::{HeaderName, HeaderValue, Method, StatusCode, Uri, header};
use identity::CallerIdentity;
use std::fmt::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// The largest message, in bytes. The MCP SDKs read no larger one by default.
pub const MAX_MESSAGE: usize = 4 * 1024 * 1024;

/// An MCP server behind the gateway, and what the operator decided about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upstream {
    /// Its URL.
    pub url: UpstreamUrl,
    /// The host and port for the `Host` header, if they are not those of the URL.
    pub host: Option<Authority>,
    /// Request headers that pass, besides those of MCP. [`forwarded_name`] reads them.
    pub forward: Vec<HeaderName>,
    /// What it is told of the caller.
    pub identity: IdentityForm,
}

/// The keys of gateways. All processes that serve a resource need the same.
#[derive(Clone)]
pub struct GatewayKeys {
    /// Binds session ids.
    pub sessions: Arc<Ring<UpstreamSession>>,
    /// Seals endpoints of HTTP+SSE.
    pub endpoints: Arc<Ring<LegacyEndpoint>>,
    /// Signs identities. The issuer publishes its public key.
    pub identities: Arc<dyn Signer>,
}

/// The gateway of one resource. A clone shares everything.
#[derive(Clone)]
pub struct Gateway {
    guard: Guard,
    upstream: Arc<Upstream>,
    host: Authority,
    uri: Uri,
    /// The URI to which the upstream redirects, if only the slash at its end is missing or too much.
    other_slash: Option<Uri>,
    /// Whether the upstream has redirected there.
    is_redirected: Arc<AtomicBool>,
    sessions: Arc<Ring<UpstreamSession>>,
    endpoints: Arc<Ring<LegacyEndpoint>>,
    identity: Arc<CallerIdentity>,
    /// The headers that every request gets, besides `Via`.
    added: Arc<[(HeaderName, HeaderValue)]>,
    /// The entry of this gateway in `Via` (RFC 9110 §7.6.3).
    via: HeaderValue,
    limits: Option<Arc<UserLimits>>,
    /// Whether a client may open a stream with GET.
    has_get: bool,
    /// The name of this gateway in `Via` (RFC 9110 §7.6.3).
    pseudonym: String,
    correlations: Arc<correlation::Ids>,
    entropy: Arc<dyn Entropy>,
}

impl Gateway {
    /// Puts `guard` in front of `upstream`.
    pub fn new(
        guard: Guard,
        issuer: &Issuer,
        upstream: Upstream,
        keys: GatewayKeys,
        entropy: Arc<dyn Entropy>,
    ) -> Self {
        let host = upstream.host.clone().unwrap_or_else(|| upstream.url.authority().clone());
        let pseudonym = pseudonym(issuer);
        Self {
            uri: upstream.url.request_uri(&host),
            other_slash: upstream.url.other_slash(&host),
            is_redirected: Arc::default(),
            identity: Arc::new(CallerIdentity::new(
                upstream.identity,
                issuer.clone(),
                guard.resource().resource.clone(),
                keys.identities,
            )),
            limits: None,
            has_get: true,
            sessions: keys.sessions,
            endpoints: keys.endpoints,
            added: added(&guard.resource().resource, &host),
            via: HeaderValue::try_from(format!("1.1 {pseudonym}")).expect("a pseudonym is a token"),
            pseudonym,
            correlations: Arc::new(correlation::Ids::new(&*entropy)),
            entropy,
            host,
            upstream: Arc::new(upstream),
            guard,
        }
    }

    /// Limits what each user does. All gateways of a process share the limits.
    #[must_use]
    pub fn limited_by(self, limits: Arc<UserLimits>) -> Self {
        Self { limits: Some(limits), ..self }
    }

    /// Answers GET with 405, so clients go on without a stream of their own (MCP 2025-11-25, Transports, Listening for
    /// Messages from the Server). For a process that is paid by the second.
    #[must_use]
    pub fn without_get(self) -> Self {
        Self { has_get: false, ..self }
    }

    /// The guard in front of the upstream.
    pub fn guard(&self) -> &Guard {
        &self.guard
    }

    /// The response to a request that does not go to the upstream, whatever its token: several hosts (400), a CORS preflight, the resource's
    /// metadata, a request for the authorization server, another path (404) or another method (405). `None` for any
    /// other request: [enter](Self::enter) with it.
    pub fn beside(&self, head: &Parts) -> Option<Response> {
        // A proxy in front may have read another one (RFC 9112 §3.2).
        if head.headers.get_all(header::HOST).iter().nth(1).is_some() {
            let why = "the request must have one Host header";
            return Some(refusal::refuse(StatusCode::BAD_REQUEST, "invalid_request", why));
        }
        self.guard.answer(head).map(|response| self.with_forwarded(head, response)).or_else(|| {
            if !self.guard.is_for(head) {
                let why = format!("the MCP server is at {}", self.guard.resource().resource);
                return Some(refusal::refuse(StatusCode::NOT_FOUND, "not_found", &why));
            }
            match (&head.method, self.has_get) {
                (&Method::POST | &Method::DELETE, _) | (&Method::GET, true) => None,
                (_, true) => Some(refusal::not_allowed("POST, GET, DELETE")),
                (_, false) => Some(refusal::not_allowed("POST, DELETE")),
            }
        })
    }

    /// The response to a preflight request for the resource, with the names of `upstream-forward`: a page may send the headers
    /// that pass (Fetch, "CORS-preflight fetch").
    fn with_forwarded(&self, head: &Parts, mut response: Response) -> Response {
        if head.method == Method::OPTIONS && self.guard.is_for(head) {
            cors::allow_headers(&mut response, &self.upstream.forward);
        }
        response
    }

    /// Checks the head of a request, before its body is read: its origin and its token. A POST is counted among the calls of its
    /// user.
    ///
    /// # Errors
    /// The response to send instead, as [`Guard::admit`] says, or 400 for a `Connection` header that names a header which the
    /// upstream needs, or 429 for a user who makes too many calls. Read the body or close the connection before.
    pub async fn enter(&self, head: &Parts) -> Result<Entered, Response> {
        let access = self.guard.admit(head, b"").await?;
        if let Some(name) = headers::of_both_ends(&head.headers) {
            let why = format!("the Connection header must not name {name}");
            return Err(refusal::refuse(StatusCode::BAD_REQUEST, "invalid_request", &why));
        }
        let trace = TraceId::of(&head.headers);
        let entered = Entered { access: Arc::new(access), correlation: self.correlations.next(), trace };
        match &self.limits {
            Some(limits) if head.method == Method::POST => match limits.call(entered.access()) {
                Ok(()) => Ok(entered),
                Err(too_many) => Err(refusal::too_many_calls(&entered, head, too_many)),
            },
            _ => Ok(entered),
        }
    }

    /// The event of a call that went to the upstream, for a log of calls. `None` if the message calls no tool. `took` is
    /// the time until the answer began.
    pub fn tool_called(&self, sent: &Sent, status: StatusCode, took: Duration) -> Option<Event> {
        let event = self.guard.tool_called(&sent.access, sent.call.as_ref()?, status, took);
        Some(Event { correlation: Some(sent.correlation.clone()), trace: sent.trace, ..event })
    }

    /// Whether the request is for the resource, or for its own metadata.
    pub fn is_about(&self, head: &Parts) -> bool {
        self.guard.is_for(head) || self.guard.is_own_metadata(head)
    }

    /// Whether the request is for metadata at the well-known path itself, on the host of the resource.
    pub fn is_metadata_of_host(&self, head: &Parts) -> bool {
        self.guard.is_metadata(head) && self.has_host(head)
    }

    /// Whether the request names the host and port of the resource (RFC 9110 §7.2). In the absolute form they are those of the
    /// target (RFC 9112 §3.2.2).
    pub fn has_host(&self, head: &Parts) -> bool {
        let host = head.headers.get(header::HOST).and_then(|host| host.to_str().ok());
        let host = head.uri.authority().map(Authority::as_str).or(host);
        host.is_some_and(|host| self.guard.resource().resource.is_at(host))
    }

    /// The response to a request whose body was not read. Close the connection after it.
    pub fn unread(&self, entered: &Entered, why: Unread) -> Response {
        let is_reported = why != Unread::Share
            || self.limits.as_ref().is_none_or(|limits| limits.is_reported(&entered.access));
        refusal::unread(entered, why, is_reported)
    }

    /// The response when the upstream gave no answer.
    pub fn failed(&self, sent: &Sent, why: &UpstreamFailure) -> Response {
        refusal::unanswered(sent, why)
    }

    /// The URI of the upstream.
    fn uri(&self) -> &Uri {
        let other = self.other_slash.as_ref().filter(|_| self.is_redirected.load(Ordering::Relaxed));
        other.unwrap_or(&self.uri)
    }
}

/// The headers that every request to the upstream gets.
fn added(resource: &Resource, host: &Authority) -> Arc<[(HeaderName, HeaderValue)]> {
    let scheme = if resource.origin().starts_with("https:") { "https" } else { "http" };
    let all = [
        (header::ACCEPT_ENCODING, "identity"),
        (HeaderName::from_static("x-forwarded-proto"), scheme),
        (HeaderName::from_static("x-forwarded-host"), resource.authority()),
        (header::HOST, host.as_str()),
    ];
    let value = |text| HeaderValue::try_from(text).expect("URLs are printable ASCII");
    all.map(|(name, text)| (name, value(text))).into()
}

/// The name of the gateways of an issuer in `Via`.
fn pseudonym(issuer: &Issuer) -> String {
    let mut name = "doorward-".to_owned();
    for byte in &Digest::of(issuer.as_str()).0[..4] {
        let _ = write!(name, "{byte:02x}");
    }
    name
}
