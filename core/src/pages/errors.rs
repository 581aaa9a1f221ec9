//! The page with the error catalogue.

use crate::language::Language;
use crate::pages::html::Look;
use crate::rules::{CATALOGUE, Chapter};
use crate::wire::Response;
use askama::Template;
use http::StatusCode;

#[derive(Template)]
#[template(path = "errors.html")]
struct Errors<'a> {
    look: Look<'a>,
    language: &'static Language,
    catalogue: &'static [Chapter],
}

/// Shows every rule. The fragment of the URL is the name of one.
pub(crate) fn errors(look: Look<'_>) -> Response {
    let page = Errors { look, language: look.language, catalogue: &CATALOGUE };
    look.html(StatusCode::OK, &page, "'none'")
}

/// The parts of a text, and whether each is code: it is between backticks.
fn parts(text: &str) -> impl Iterator<Item = (bool, &str)> {
    text.split('`').enumerate().map(|(at, part)| (at % 2 == 1, part))
}
