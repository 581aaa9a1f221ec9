//! The consent page, on which a user allows or denies a client, and the page that shows the response.

use crate::client::{AuthorizationRequest, Introducer};
use crate::language::Language;
use crate::pages::facts::RequestFacts;
use crate::pages::html::Look;
use crate::pages::notice::Notice;
use crate::protocol::Profile;
use crate::wire::Response;
use askama::Template;
use http::StatusCode;

#[derive(Template)]
#[template(path = "consent.html")]
struct Consent<'a> {
    look: Look<'a>,
    language: &'static Language,
    asked: &'a AuthorizationRequest,
    /// The path of the account page.
    account: &'a str,
    person: &'a str,
    form: &'a str,
    notice: Option<Notice>,
    facts: RequestFacts<'a>,
}

#[derive(Template)]
#[template(path = "answer.html")]
struct Answer<'a> {
    look: Look<'a>,
    language: &'static Language,
    url: &'a str,
}

/// Asks the user whether to allow the client.
pub(crate) fn consent(
    look: Look<'_>,
    asked: &AuthorizationRequest,
    account: &str,
    (person, profile): (&str, &Profile),
    form: &str,
    notice: Option<Notice>,
) -> Response {
    let page = Consent {
        look,
        language: look.language,
        account,
        asked,
        person,
        form,
        notice,
        facts: RequestFacts::of(asked, profile, look.language),
    };
    look.html(StatusCode::OK, &page, "'self'")
}

/// Shows the authorization response to a user whose browser cannot reach the client. The page instructs the user, so it
/// does not repeat the name that the client claims.
pub(crate) fn answer(look: Look<'_>, url: &str) -> Response {
    look.html(StatusCode::OK, &Answer { look, language: look.language, url }, "'none'")
}
