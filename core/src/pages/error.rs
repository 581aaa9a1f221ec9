//! The error page, for a refusal.

use crate::language::Language;
use crate::pages::html::Look;
use crate::protocol::Refusal;
use crate::wire::Response;
use askama::Template;

#[derive(Template)]
#[template(path = "error.html")]
struct Failure<'a> {
    look: Look<'a>,
    language: &'static Language,
    refusal: &'a Refusal,
    correlation: &'a str,
    /// The rule in the error catalogue.
    uri: &'a str,
    back: Option<ClientLink<'a>>,
}

/// A link to the client, which the user may follow.
pub(crate) struct ClientLink<'a> {
    pub(crate) url: String,
    pub(crate) destination: &'a str,
}

/// Tells the user what went wrong, and who caused the error.
pub(crate) fn error(
    look: Look<'_>,
    refusal: &Refusal,
    (correlation, uri): (&str, &str),
    back: Option<ClientLink<'_>>,
) -> Response {
    let page = Failure { look, language: look.language, refusal, correlation, uri, back };
    look.html(refusal.status(), &page, "'none'")
}
