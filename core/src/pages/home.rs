//! The page at the issuer's own address.

use crate::language::Language;
use crate::pages::html::Look;
use crate::protocol::{ProtectedResource, Resources};
use crate::wire::Response;
use askama::Template;
use http::{HeaderValue, StatusCode, header};

#[derive(Template)]
#[template(path = "home.html")]
struct Home<'a> {
    look: Look<'a>,
    language: &'static Language,
    resources: Vec<&'a ProtectedResource>,
    /// The path of the account page.
    account: &'a str,
}

/// Tells a user which MCP servers this server is for, and where the connections are.
pub(crate) fn home(look: Look<'_>, resources: &Resources, account: &str) -> Response {
    let page = Home { look, language: look.language, resources: resources.iter().collect(), account };
    let mut response = look.html(StatusCode::OK, &page, "'none'");
    response.headers_mut().insert(header::VARY, HeaderValue::from_static("accept-language, accept"));
    response
}
