//! The page at the issuer's own address.

use crate::client::{CONNECT, ConnectSteps};
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
    /// The path of the error catalogue.
    errors: &'a str,
    connect: &'static [ConnectSteps],
    /// The address in the steps: that of the first resource.
    address: &'a str,
    /// The command that examines it.
    doctor: String,
}

/// Tells a user which MCP servers this server is for, how to connect a client, and where the connections are.
pub(crate) fn home(look: Look<'_>, resources: &Resources, account: &str, errors: &str) -> Response {
    let address = resources.default().resource.as_str();
    let page = Home {
        look,
        language: look.language,
        resources: resources.iter().collect(),
        account,
        errors,
        connect: &CONNECT,
        address,
        doctor: format!("doorward doctor {address}"),
    };
    let mut response = look.html(StatusCode::OK, &page, "'none'");
    response.headers_mut().insert(header::VARY, HeaderValue::from_static("accept-language, accept"));
    response
}
