//! The page on which a person lets a client in or not, and the one that shows the answer.

use crate::client::{AuthorizationRequest, Introducer};
use crate::language::Language;
use crate::pages::facts::{Facts, answers_to};
use crate::pages::html::{STYLE, html};
use crate::pages::notice::Notice;
use crate::wire::Response;
use askama::Template;
use http::StatusCode;

#[derive(Template)]
#[template(path = "consent.html")]
struct Consent<'a> {
    style: &'static str,
    words: &'static Language,
    asked: &'a AuthorizationRequest,
    person: &'a str,
    form: &'a str,
    notice: Option<Notice>,
    facts: Facts<'a>,
}

#[derive(Template)]
#[template(path = "answer.html")]
struct Answer<'a> {
    style: &'static str,
    words: &'static Language,
    asked: &'a AuthorizationRequest,
    url: &'a str,
}

/// Asks whether to let the client in.
pub(crate) fn consent(
    words: &'static Language,
    asked: &AuthorizationRequest,
    person: &str,
    form: &str,
    notice: Option<Notice>,
) -> Response {
    let page = Consent { style: STYLE, words, asked, person, form, notice, facts: Facts::of(asked, words) };
    html(StatusCode::OK, words, &page, &answers_to(asked))
}

/// Shows the client's answer, to somebody whose browser cannot take it there.
pub(crate) fn answer(words: &'static Language, asked: &AuthorizationRequest, url: &str) -> Response {
    html(StatusCode::OK, words, &Answer { style: STYLE, words, asked, url }, "'none'")
}
