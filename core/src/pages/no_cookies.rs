//! The page for a browser that sent no cookie.

use crate::language::Language;
use crate::pages::html::Look;
use crate::rules::{self, Rule};
use crate::wire::Response;
use askama::Template;
use http::StatusCode;

#[derive(Template)]
#[template(path = "no_cookies.html")]
struct NoCookies<'a> {
    look: Look<'a>,
    language: &'static Language,
    again: &'a str,
    rule: &'static Rule,
    uri: &'a str,
    correlation: &'a str,
}

/// Tells the user that this server needs cookies. `again` is the URL at which the user can try again. `uri` is that of the rule in
/// the error catalogue.
pub(crate) fn no_cookies(look: Look<'_>, again: &str, (correlation, uri): (&str, &str)) -> Response {
    let rule = &rules::COOKIES_MISSING;
    let page = NoCookies { look, language: look.language, again, rule, uri, correlation };
    look.html(StatusCode::FORBIDDEN, &page, "'none'")
}
