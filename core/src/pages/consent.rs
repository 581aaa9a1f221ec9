//! The consent page, on which a user allows or denies a client, and the page that shows the response.

use crate::client::{AuthorizationRequest, Introducer};
use crate::language::Language;
use crate::pages::facts::{RequestFacts, answers_to};
use crate::pages::html::{STYLE, html};
use crate::pages::notice::Notice;
use crate::wire::Response;
use askama::Template;
use http::StatusCode;

#[derive(Template)]
#[template(path = "consent.html")]
struct Consent<'a> {
    style: &'static str,
    language: &'static Language,
    asked: &'a AuthorizationRequest,
    person: &'a str,
    form: &'a str,
    notice: Option<Notice>,
    facts: RequestFacts<'a>,
}

#[derive(Template)]
#[template(path = "answer.html")]
struct Answer<'a> {
    style: &'static str,
    language: &'static Language,
    asked: &'a AuthorizationRequest,
    url: &'a str,
}

/// Asks the user whether to allow the client.
pub(crate) fn consent(
    language: &'static Language,
    asked: &AuthorizationRequest,
    person: &str,
    form: &str,
    notice: Option<Notice>,
) -> Response {
    let page = Consent {
        style: STYLE,
        language,
        asked,
        person,
        form,
        notice,
        facts: RequestFacts::of(asked, language),
    };
    html(StatusCode::OK, language, &page, &answers_to(asked))
}

/// Shows the authorization response to a user whose browser cannot reach the client.
pub(crate) fn answer(language: &'static Language, asked: &AuthorizationRequest, url: &str) -> Response {
    html(StatusCode::OK, language, &Answer { style: STYLE, language, asked, url }, "'none'")
}
