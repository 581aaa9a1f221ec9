//! The page for a user who may not use the resource of a request.

use crate::client::AuthorizationRequest;
use crate::language::Language;
use crate::pages::html::Look;
use crate::rules::{self, Rule};
use crate::wire::Response;
use askama::Template;
use http::StatusCode;

#[derive(Template)]
#[template(path = "resource_denied.html")]
struct ResourceDenied<'a> {
    look: Look<'a>,
    language: &'static Language,
    asked: &'a AuthorizationRequest,
    person: &'a str,
    /// Whether another sign-in could have another result, because the provider was asked at the last one.
    may_sign_in_again: bool,
    form: &'a str,
    rule: &'static Rule,
    uri: &'a str,
    correlation: &'a str,
}

/// Tells the user that the account may not use the resource. The form tells the client, or changes the account.
pub(crate) fn resource_denied(
    look: Look<'_>,
    asked: &AuthorizationRequest,
    person: &str,
    may_sign_in_again: bool,
    (form, correlation, uri): (&str, &str, &str),
) -> Response {
    let (language, rule) = (look.language, &rules::USER_NOT_ALLOWED);
    let page =
        ResourceDenied { look, language, asked, person, may_sign_in_again, form, rule, uri, correlation };
    look.html(StatusCode::FORBIDDEN, &page, "'self'")
}
