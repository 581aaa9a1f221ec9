//! The way from a form to another server: a page that the browser leaves by itself, instead of a redirect.
//!
//! Chromium checks every redirect that follows a form against the CSP `form-action` of the page with the form, the
//! redirects of other servers included (CSP Level 3, `form-action`). A client's callback may redirect to any scheme and
//! host, so no list can be right. A page ends the chain: what follows it is a new navigation.

use crate::language::Language;
use crate::pages;
use crate::protocol::Mount;
use crate::server::Server;
use crate::wire::{Request, Response};
use http::{HeaderValue, Method, StatusCode, header};
use std::future::Future;

/// Answers a request to an endpoint with forms. If a form's answer redirects the browser to anything but a page of this
/// server, the browser gets a page that leads there. An answer to GET stays a redirect.
pub(super) async fn from_forms<F: Future<Output = Response>>(
    server: Server,
    request: Request,
    answer: fn(Server, Request) -> F,
) -> Response {
    if request.method() != Method::POST {
        return answer(server, request).await;
    }
    let language = Language::of(request.headers());
    let answered = answer(server.clone(), request).await;
    match answered.headers().get(header::LOCATION).filter(|url| !is_ours(&server, url)) {
        Some(url) => {
            let page = pages::onward(server.look(language), server.config.issuer(), url);
            in_place_of(answered, page)
        }
        None => answered,
    }
}

/// Whether a redirect leads to a page of this server that answers with a page.
fn is_ours(server: &Server, url: &HeaderValue) -> bool {
    let path = url.as_bytes().split(|byte| *byte == b'?').next().unwrap_or_default();
    [Mount::Authorize, Mount::Account].into_iter().any(|mount| server.path(mount).as_bytes() == path)
}

/// The page, with the cookies and the events of the redirect.
fn in_place_of(redirect: Response, page: Response) -> Response {
    let (mut parts, _) = redirect.into_parts();
    parts.status = StatusCode::OK;
    parts.headers.remove(header::LOCATION);
    for (name, value) in page.headers() {
        parts.headers.insert(name, value.clone());
    }
    Response::from_parts(parts, page.into_body())
}
