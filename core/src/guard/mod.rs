//! The guard: bearer token checks in front of any MCP endpoint (RFC 6750; RFC 9728; MCP, Authorization).

mod discovery;
mod message;
mod refusals;
mod rendered;
mod verify;

use crate::ports::{Clock, Deadline, Timestamp};
use crate::protocol::paths::without_slash;
use crate::protocol::{
    BearerCredentials, Challenge, ClientId, GrantId, Issuer, Paths, ProtectedResource, Scope, Subject,
    ToolCall, is_loopback, without_port,
};
use crate::token::RemoteKeys;
use crate::wire::{CalledTool, Event, EventKind, HttpClient, Response, cors};
use http::request::Parts;
use http::uri::Authority;
use http::{Method, StatusCode, header};
pub(crate) use message::is_plain;
use message::needed_by;
pub use message::refuse_message;
use rendered::RenderedAnswers;
use std::sync::Arc;
use std::time::Duration;
pub use verify::Verify;
use verify::{GuardError, Lacking};

/// Guards one resource. It needs public keys and a clock, but no secret. It needs a store only for
/// [`Verify::Store`].
#[derive(Clone)]
pub struct Guard {
    resource: ProtectedResource,
    needed: Scope,
    issuer: Issuer,
    issuer_paths: Paths,
    verify: Verify,
    clock: Arc<dyn Clock>,
    rendered: Arc<RenderedAnswers>,
}

/// The authorization of an admitted request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Access {
    /// The user for whom the client acts.
    pub subject: Subject,
    /// The client.
    pub client: ClientId,
    /// The grant of the token. `None` if the token was introspected.
    pub grant: Option<GrantId>,
    /// The scopes of the token, as they were granted.
    pub scope: Scope,
    /// The scopes of the token together with those that they imply ([`ProtectedResource::implied`]). Check these for
    /// what the request may do.
    pub effective_scope: Scope,
    /// When the user signed in, if that is known.
    pub signed_in_at: Option<Timestamp>,
    /// When the token expires.
    pub expires_at: Timestamp,
}

impl Guard {
    /// Guards `resource` with tokens of `issuer`. Every request needs the first scope that the resource offers. The
    /// challenge tells clients to ask for that scope.
    pub fn new(resource: ProtectedResource, issuer: Issuer, verify: Verify, clock: Arc<dyn Clock>) -> Self {
        let issuer_paths = Paths::of_issuer(&issuer);
        let needed = resource.scopes.first().map(|offered| offered.scope.clone()).unwrap_or_default();
        Self { resource, needed, issuer, issuer_paths, verify, clock, rendered: Arc::default() }
    }

    /// Guards `resource` with the keys that its issuer publishes. For an MCP server that runs apart from the
    /// authorization server. `http` fetches the keys.
    pub fn remote(
        resource: ProtectedResource,
        issuer: Issuer,
        http: Arc<dyn HttpClient>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let keys = Arc::new(RemoteKeys::new(issuer.clone(), http, clock.clone()));
        Self::new(resource, issuer, Verify::Remote(keys), clock)
    }

    /// Sets the paths of the issuer's endpoints, if they are not the defaults. Clients that take the guarded server
    /// for its own authorization server are redirected there.
    #[must_use]
    pub fn with_issuer_paths(self, issuer_paths: Paths) -> Self {
        Self { issuer_paths, ..self }
    }

    /// The time, by the clock of the guard.
    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The guarded resource.
    pub fn resource(&self) -> &ProtectedResource {
        &self.resource
    }

    /// The event of a call that this guard admitted, for a log of calls. `took` is the time until the answer began.
    pub fn tool_called(&self, access: &Access, call: &ToolCall, status: StatusCode, took: Duration) -> Event {
        let called = CalledTool {
            resource: self.resource.resource.clone(),
            tool: call.tool.clone(),
            status: status.as_u16(),
            milliseconds: took.as_millis(),
        };
        Event {
            person: access.subject.person().cloned(),
            client: Some(access.client.clone()),
            grant: access.grant,
            call: Some(called),
            ..Event::new(EventKind::ToolCalled)
        }
    }

    /// Whether the request is for the guarded resource: its path, with or without a slash at the end. Users and clients add and
    /// remove this slash.
    pub fn is_for(&self, request: &Parts) -> bool {
        without_slash(request.uri.path()) == without_slash(self.resource.resource.path())
    }

    /// Admits a request that has a token for this resource, with the scopes that its `message` needs, and that does
    /// not come from a page of a foreign origin.
    ///
    /// # Errors
    /// The response to send instead: 403 for a foreign page, 401 with the challenge that starts a sign-in, 400 or 415
    /// for a message that cannot be read for certain (only if tools need scopes), 403 when scopes are missing or the user
    /// may not use the resource ([`ProtectedResource::users`]), or 503 when the token cannot be checked. Read the
    /// request's body or close its connection before you send the response. Otherwise the rest of the body is taken for
    /// the next request (request smuggling).
    pub async fn admit(&self, request: &Parts, message: &[u8]) -> Result<Access, Response> {
        if self.is_foreign(request) {
            return Err(self.foreign(request));
        }
        self.validate(request, message).await.map_err(|refused| self.refused(request, &refused))
    }

    /// Admits the message of a request whose head [`Guard::admit`] admitted with an empty message. So a request without a good
    /// token is refused before its body is read, and the token is verified once.
    ///
    /// # Errors
    /// 400 or 415 for a message that cannot be read for certain, and 403 when the token lacks a scope that it needs.
    pub fn admit_message(&self, request: &Parts, access: &Access, message: &[u8]) -> Result<(), Response> {
        self.covers(request, access, message).map_err(|refused| self.refused(request, &refused))
    }

    /// Whether the request comes from a foreign page. The `Origin` header shows that (MCP 2026-07-28, Transports,
    /// Security Warning). After DNS rebinding to this machine, the browser takes page and server for one origin,
    /// but the `Host` header shows the page's name. So `Host` is checked for a loopback resource. Elsewhere the TLS
    /// certificate prevents DNS rebinding, and a proxy may have set another `Host`.
    fn is_foreign(&self, request: &Parts) -> bool {
        let all = |name| {
            let values = request.headers.get_all(name).iter();
            values.map(|value| value.to_str().unwrap_or_default())
        };
        let mut hosts = all(header::HOST).chain(request.uri.authority().map(Authority::as_str)).peekable();
        let rebound = self.is_loopback() && (hosts.peek().is_none() || !hosts.all(is_of_this_machine));
        rebound || all(header::ORIGIN).any(|page| !self.is_allowed_origin(page))
    }

    /// Whether pages of this origin may call the resource: its own, and those of the configuration. For a loopback resource,
    /// all HTTP origins of this machine may.
    fn is_allowed_origin(&self, origin: &str) -> bool {
        let resource = &self.resource.resource;
        let of_this_machine = |host| self.is_loopback() && is_of_this_machine(host);
        origin.eq_ignore_ascii_case(resource.origin())
            || self.resource.origins.iter().any(|allowed| allowed.as_str() == origin)
            || origin.strip_prefix("http://").is_some_and(of_this_machine)
    }

    fn is_loopback(&self) -> bool {
        is_loopback(without_port(self.resource.resource.authority()))
    }

    /// Answers a CORS preflight request (Fetch, "CORS protocol"). It has no token, so call this before the token
    /// check. `None` if the request is no preflight request.
    fn preflight(&self, request: &Parts) -> Option<Response> {
        let mut response =
            (request.method == Method::OPTIONS).then(|| cors::preflight_of_mcp(&request.headers))?;
        if self.is_metadata(request) {
            cors::publish(&mut response);
        }
        Some(response)
    }

    /// Sets the CORS headers that let allowed origins read `response`.
    pub fn open_to_browsers<B>(&self, request: &Parts, mut response: http::Response<B>) -> http::Response<B> {
        let origin = request.headers.get(header::ORIGIN);
        let at_home =
            origin.filter(|origin| origin.to_str().is_ok_and(|origin| self.is_allowed_origin(origin)));
        cors::allow(&mut response, at_home);
        response
    }

    async fn validate(&self, request: &Parts, message: &[u8]) -> Result<Access, GuardError> {
        let verified = match BearerCredentials::read(&request.headers) {
            BearerCredentials::Bearer(token) => {
                self.verify.verify(token, self.clock.now(), &Deadline::of(&request.extensions)).await?
            }
            BearerCredentials::None => return Err(Challenge::Missing.into()),
            BearerCredentials::Malformed => {
                return Err(Challenge::InvalidRequest(
                    "the request must have one valid bearer token in one Authorization header",
                )
                .into());
            }
        };
        let claims = verified.claims();
        if *claims.audience != self.resource.resource {
            return Err(Challenge::InvalidToken("was issued for another resource").into());
        }
        // Before the scopes: a token with more of them would not help.
        if self.resource.users.exclude(claims.subject) {
            return Err(GuardError::Excluded(Box::new(verified)));
        }
        let access = Access {
            subject: claims.subject.clone(),
            client: claims.client.clone(),
            grant: claims.grant,
            effective_scope: self.resource.implied.expand(claims.scope),
            scope: claims.scope.clone(),
            signed_in_at: claims.signed_in_at,
            expires_at: claims.expires_at,
        };
        self.covers(request, &access, message)?;
        Ok(access)
    }

    /// Checks that a token's scope is enough for the message.
    fn covers(&self, request: &Parts, access: &Access, message: &[u8]) -> Result<(), GuardError> {
        let for_tool = needed_by(&self.resource.tools, &request.headers, message)?;
        let effective = &access.effective_scope;
        if effective.covers(&self.needed) && effective.covers(&for_tool) {
            return Ok(());
        }
        let needed = self.needed.union(&for_tool);
        Err(GuardError::Lacking(Box::new(Lacking {
            subject: access.subject.clone(),
            client: access.client.clone(),
            grant: access.grant,
            held: access.scope.clone(),
            needed,
        })))
    }
}

/// Whether a host always means this machine, so that no DNS answer can change it (RFC 6761 §6.3 for names below
/// `localhost`).
fn is_of_this_machine(host: &str) -> bool {
    let name = without_port(host);
    is_loopback(name) || name.to_ascii_lowercase().ends_with(".localhost")
}
