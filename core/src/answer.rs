//! Request routing: the function that every adapter calls to find the endpoint for a request and answer it.

use crate::endpoint::{self, CorsPolicy, Endpoint};
use crate::ports::Deadline;
use crate::protocol::Refusal;
use crate::server::Server;
use crate::wire::{self, Request, Response, correlation, cors};
use bytes::Bytes;
use http::{HeaderValue, Method, StatusCode, header};

/// The maximum size of a request body, in bytes. Adapters stop reading there.
pub const MAX_BODY: usize = 64 * 1024;

/// Answers a request to the authorization server. If the request's extensions have a [`Deadline`], outbound requests end
/// before it.
pub async fn answer(server: Server, request: Request) -> Response {
    among(&endpoint::ALL, server, request).await
}

/// Answers a request with one of `endpoints`, for adapters that serve only these.
pub async fn among(endpoints: &[&'static Endpoint], server: Server, request: Request) -> Response {
    let server = server.until(Deadline::of(request.extensions()));
    let mut response = at_its_place(endpoints, server.clone(), request).await;
    correlation::mark(&mut response, &*server.entropy);
    response
}

async fn at_its_place(endpoints: &[&'static Endpoint], server: Server, request: Request) -> Response {
    let path = request.uri().path();
    let Some(endpoint) = endpoints.iter().find(|endpoint| endpoint.route.is(path, &server.config)) else {
        return Refusal::not_found("no endpoint has this path").json(&server);
    };
    let origin = request.headers().get(header::ORIGIN).cloned();
    let mut response = validate(server, endpoint, request).await;
    match endpoint.cors {
        CorsPolicy::Public => cors::publish(&mut response),
        CorsPolicy::Clients => cors::allow(&mut response, origin.as_ref()),
        CorsPolicy::SameOrigin => {}
    }
    response
}

async fn validate(server: Server, endpoint: &Endpoint, request: Request) -> Response {
    if request.method() == Method::OPTIONS && endpoint.cors != CorsPolicy::SameOrigin {
        return cors::preflight();
    }
    if !endpoint.methods.contains(request.method()) {
        return method_not_allowed(endpoint.methods);
    }
    if request.body().len() > MAX_BODY {
        return too_large(&server);
    }
    if request.method() == Method::HEAD {
        return head(server, endpoint, request).await;
    }
    (endpoint.answer)(server, request).await
}

/// The response to a request whose body is larger than [`MAX_BODY`], for adapters that stop reading there.
pub fn too_large(server: &Server) -> Response {
    Refusal::content_too_large("the body is larger than the maximum of 64 KiB").json(server)
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
