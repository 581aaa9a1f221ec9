//! Which endpoint answers a request: the one routing function, which every adapter calls.

use crate::cors;
use crate::endpoint::{authorize, introspect, metadata, register, revoke, token};
use crate::paths;
use crate::protocol::protected_resource::Resources;
use crate::refusal::Refusal;
use crate::server::Server;
use crate::wire::{self, Request, Response};
use bytes::Bytes;
use http::{HeaderValue, Method, StatusCode, header};

/// The largest body that any endpoint reads, in bytes; adapters stop reading there.
pub const MAX_BODY: usize = 64 * 1024;

/// An endpoint of the authorization server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Endpoint {
    Metadata,
    OpenId,
    ProtectedResource,
    Jwks,
    Register,
    Authorize,
    Token,
    Introspect,
    Revoke,
}

/// Which pages' scripts may read an endpoint's answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Readers {
    /// Any page's: it is public, and the same for everybody.
    Anybody,
    /// Those of a client that runs in a page.
    Clients,
    /// None: people's browsers go there as whole pages, or it is for servers.
    NoPage,
}

impl Endpoint {
    fn at(path: &str, resources: &Resources) -> Option<Self> {
        match path {
            paths::JWKS => Some(Self::Jwks),
            paths::REGISTER => Some(Self::Register),
            paths::AUTHORIZE => Some(Self::Authorize),
            paths::TOKEN => Some(Self::Token),
            paths::INTROSPECT => Some(Self::Introspect),
            paths::REVOKE => Some(Self::Revoke),
            _ if is_document(path, paths::METADATA, resources) => Some(Self::Metadata),
            _ if is_document(path, paths::OPENID, resources) => Some(Self::OpenId),
            _ => path.starts_with(paths::PROTECTED_RESOURCE).then_some(Self::ProtectedResource),
        }
    }

    fn readers(self) -> Readers {
        match self {
            Self::Metadata | Self::OpenId | Self::ProtectedResource | Self::Jwks => Readers::Anybody,
            Self::Register | Self::Token | Self::Revoke => Readers::Clients,
            Self::Authorize | Self::Introspect => Readers::NoPage,
        }
    }

    /// As an `Allow` header lists them (RFC 9110 §10.2.1).
    fn methods(self) -> &'static str {
        match self {
            Self::Metadata | Self::OpenId | Self::ProtectedResource | Self::Jwks => "GET, HEAD",
            Self::Register | Self::Token | Self::Introspect | Self::Revoke => "POST",
            Self::Authorize => "GET, HEAD, POST",
        }
    }
}

/// Whether a client looks for a document here: at the root, or with a resource's path behind the well-known name
/// (RFC 8414 §3.1) or before it, as clients do that take the MCP server for its own authorization server.
fn is_document(path: &str, name: &str, resources: &Resources) -> bool {
    let around = |resource: &str| {
        path.strip_prefix(name) == Some(resource) || path.strip_suffix(name) == Some(resource)
    };
    path == name || resources.iter().any(|known| around(known.resource.path()))
}

/// Answers a request to the authorization server.
pub async fn answer(server: Server, request: Request) -> Response {
    let Some(endpoint) = Endpoint::at(request.uri().path(), &server.config.resources) else {
        return Refusal::not_found("there is nothing at this address").json(&server);
    };
    let origin = request.headers().get(header::ORIGIN).cloned();
    let mut response = judge(server, endpoint, request).await;
    match endpoint.readers() {
        Readers::Anybody => cors::publish(&mut response),
        Readers::Clients => cors::allow(&mut response, origin.as_ref()),
        Readers::NoPage => {}
    }
    response
}

async fn judge(server: Server, endpoint: Endpoint, request: Request) -> Response {
    if request.method() == Method::OPTIONS && endpoint.readers() != Readers::NoPage {
        return cors::preflight();
    }
    if !endpoint.methods().split(", ").any(|method| method == request.method().as_str()) {
        return method_not_allowed(endpoint.methods());
    }
    if request.body().len() > MAX_BODY {
        return too_large(&server);
    }
    if request.method() == Method::HEAD {
        return head(server, endpoint, request).await;
    }
    dispatch(server, endpoint, request).await
}

/// Answers a request whose body is larger than [`MAX_BODY`], for adapters that stop reading there.
pub fn too_large(server: &Server) -> Response {
    Refusal::content_too_large("the body is larger than 64 KiB").json(server)
}

async fn dispatch(server: Server, endpoint: Endpoint, request: Request) -> Response {
    match endpoint {
        Endpoint::Metadata => metadata::authorization_server(&server),
        Endpoint::OpenId => metadata::openid(&server),
        Endpoint::ProtectedResource => metadata::protected_resource(&server, &request),
        Endpoint::Jwks => metadata::jwks(&server),
        Endpoint::Register => register::register(&server, &request),
        Endpoint::Authorize => authorize::authorize(server, request).await,
        Endpoint::Token => token::token(server, request).await,
        Endpoint::Introspect => introspect::introspect(server, request).await,
        Endpoint::Revoke => revoke::revoke(server, request).await,
    }
}

/// What GET would answer, without its body (RFC 9110 §9.3.2).
async fn head(server: Server, endpoint: Endpoint, mut request: Request) -> Response {
    *request.method_mut() = Method::GET;
    let mut response = dispatch(server, endpoint, request).await;
    let length = HeaderValue::from(response.body().len());
    response.headers_mut().insert(header::CONTENT_LENGTH, length);
    *response.body_mut() = Bytes::new();
    response
}

fn method_not_allowed(methods: &'static str) -> Response {
    let mut response = wire::respond(StatusCode::METHOD_NOT_ALLOWED, "text/plain", Vec::new());
    response.headers_mut().insert(header::ALLOW, HeaderValue::from_static(methods));
    response
}
