//! The error page, for a refusal.

use crate::language::Language;
use crate::pages::html::STYLE;
use crate::pages::html::html;
use crate::protocol::Refusal;
use crate::wire::Response;
use askama::Template;

#[derive(Template)]
#[template(path = "error.html")]
struct Failure<'a> {
    style: &'static str,
    language: &'static Language,
    refusal: &'a Refusal,
    correlation: &'a str,
    back: Option<ClientLink<'a>>,
}

/// A link to the client, which the user may follow.
pub(crate) struct ClientLink<'a> {
    pub(crate) url: String,
    pub(crate) destination: &'a str,
}

/// Tells the user what went wrong, and whose error it is.
pub(crate) fn error(
    language: &'static Language,
    refusal: &Refusal,
    correlation: &str,
    back: Option<ClientLink<'_>>,
) -> Response {
    let page = Failure { style: STYLE, language, refusal, correlation, back };
    html(refusal.status(), language, &page, "'none'")
}
