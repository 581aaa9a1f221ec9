//! Request routing: the function that every adapter calls to find the endpoint for a request and answer it.

use crate::endpoint::{self, CorsPolicy, Endpoint, Route};
use crate::ports::Deadline;
use crate::protocol::without_secrets;
use crate::rules;
use crate::server::Server;
use crate::wire::{self, Events, Request, Response, TraceId, correlation, cors};
use bytes::Bytes;
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};

/// The maximum size of a request body, in bytes. Adapters stop reading there.
pub const MAX_BODY: usize = 64 * 1024;

/// Answers a request to the authorization server. If the request's extensions have a [`Deadline`], outbound requests end
/// before it.
pub async fn answer(server: Server, request: Request) -> Response {
    among(&endpoint::ALL, server, request).await
}

/// Answers a request with one of `endpoints`, for adapters that serve only these. With an issuer on https, browsers then
/// use https for its host for one year (HSTS, RFC 6797 §6.1), but not for its subdomains.
pub async fn among(endpoints: &[&'static Endpoint], server: Server, request: Request) -> Response {
    let server = server.until(Deadline::of(request.extensions()));
    let caller = Caller::of(request.headers());
    let response = at_its_place(endpoints, server.clone(), request).await;
    completed(&server, response, &caller)
}

/// What a request says about where it comes from, for its events.
struct Caller {
    trace: Option<TraceId>,
    /// Read only if there is an event that has it.
    user_agent: Option<HeaderValue>,
}

impl Caller {
    fn of(headers: &HeaderMap) -> Self {
        Self { trace: TraceId::of(headers), user_agent: headers.get(header::USER_AGENT).cloned() }
    }
}

/// Adds the headers that every response has, and what every event has.
fn completed(server: &Server, mut response: Response, caller: &Caller) -> Response {
    correlation::mark(&mut response, &*server.entropy);
    Events::complete(&mut response, |event| {
        event.trace = caller.trace;
        event.come_from(caller.user_agent.as_ref());
    });
    if server.is_strictly_https() {
        let one_year = HeaderValue::from_static("max-age=31536000");
        response.headers_mut().insert(header::STRICT_TRANSPORT_SECURITY, one_year);
    }
    response
}

/// The response to a request that is refused by its head, whatever its body: no endpoint has its path, or the endpoint does
/// not accept its method. `None` for any other request. Adapters ask before they read the body, so that a refused body
/// takes no memory.
pub fn refused_by_head(server: &Server, head: &Parts) -> Option<Response> {
    let response = match endpoint_of(server, head) {
        None => no_endpoint(server, head.uri.path()),
        Some(endpoint) => {
            let response = refuse_method(endpoint, &head.method)?;
            endpoint.cors.open(response, head.headers.get(header::ORIGIN))
        }
    };
    Some(completed(server, response, &Caller::of(&head.headers)))
}

/// The endpoint of a request. The root has a page for browsers, and does not exist for programs: clients that take the
/// issuer for an MCP server probe it.
fn at(
    endpoints: &[&'static Endpoint],
    server: &Server,
    path: &str,
    (method, headers): (&Method, &HeaderMap),
) -> Option<&'static Endpoint> {
    let endpoint = endpoints.iter().find(|endpoint| endpoint.route.is(path, &server.config)).copied()?;
    let is_visit = || [Method::GET, Method::HEAD].contains(method) && wire::wants_html(headers);
    (endpoint.route != Route::Root || is_visit()).then_some(endpoint)
}

/// The endpoint that answers a request, or refuses its method. `None` for a path at which nothing is. Adapters ask for metrics.
pub fn endpoint_of(server: &Server, head: &Parts) -> Option<&'static Endpoint> {
    at(&endpoint::ALL, server, head.uri.path(), (&head.method, &head.headers))
}

fn no_endpoint(server: &Server, path: &str) -> Response {
    let reason = format!("no endpoint has the path {}", without_secrets(path));
    rules::NO_ENDPOINT.refuse("no endpoint has this path").for_operator(&reason).json(server)
}

async fn at_its_place(endpoints: &[&'static Endpoint], server: Server, request: Request) -> Response {
    let head = (request.method(), request.headers());
    let Some(endpoint) = at(endpoints, &server, request.uri().path(), head) else {
        return no_endpoint(&server, request.uri().path());
    };
    let origin = request.headers().get(header::ORIGIN).cloned();
    let response = validate(server, endpoint, request).await;
    endpoint.cors.open(response, origin.as_ref())
}

impl CorsPolicy {
    /// Sets the CORS headers of a response to a request from `origin`.
    fn open(self, mut response: Response, origin: Option<&HeaderValue>) -> Response {
        match self {
            Self::Public => cors::publish(&mut response),
            Self::Clients => cors::allow(&mut response, origin),
            Self::SameOrigin => {}
        }
        response
    }
}

/// The response to a method that the endpoint does not accept. A preflight request is always accepted.
fn refuse_method(endpoint: &Endpoint, method: &Method) -> Option<Response> {
    let is_preflight = method == Method::OPTIONS && endpoint.cors != CorsPolicy::SameOrigin;
    (!is_preflight && !endpoint.methods.contains(method)).then(|| method_not_allowed(endpoint.methods))
}

async fn validate(server: Server, endpoint: &Endpoint, request: Request) -> Response {
    if let Some(refused) = refuse_method(endpoint, request.method()) {
        return refused;
    }
    if request.method() == Method::OPTIONS {
        return cors::preflight();
    }
    if request.body().len() > MAX_BODY {
        return body_too_large(&server);
    }
    if request.method() == Method::HEAD {
        return head(server, endpoint, request).await;
    }
    (endpoint.answer)(server, request).await
}

/// The response to a request whose body is larger than [`MAX_BODY`], for adapters that stop reading there.
pub fn too_large(server: &Server, head: &Parts) -> Response {
    completed(server, body_too_large(server), &Caller::of(&head.headers))
}

fn body_too_large(server: &Server) -> Response {
    rules::BODY_TOO_LARGE.refuse("the body is larger than the maximum of 64 KiB").json(server)
}

/// The response to a request whose body did not arrive whole, for adapters that read it.
pub fn incomplete(server: &Server, head: &Parts) -> Response {
    let response = rules::BODY_BROKEN.refuse("the body did not arrive whole").json(server);
    completed(server, response, &Caller::of(&head.headers))
}

/// Answers HEAD: the response to GET without its body (RFC 9110 §9.3.2).
async fn head(server: Server, endpoint: &Endpoint, mut request: Request) -> Response {
    *request.method_mut() = Method::GET;
    let mut response = (endpoint.answer)(server, request).await;
    let length = HeaderValue::from(response.body().len());
    response.headers_mut().insert(header::CONTENT_LENGTH, length);
    *response.body_mut() = Bytes::new();
    response
}

fn method_not_allowed(methods: &[Method]) -> Response {
    let methods: Vec<_> = methods.iter().map(Method::as_str).collect();
    let allow = HeaderValue::try_from(methods.join(", ")).expect("methods are tokens");
    let mut response = wire::respond(StatusCode::METHOD_NOT_ALLOWED, "text/plain", Vec::new());
    response.headers_mut().insert(header::ALLOW, allow);
    response
}
