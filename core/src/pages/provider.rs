//! The pages before and after a sign-in at the identity provider.

use crate::client::{AuthorizationRequest, Introducer};
use crate::language::Language;
use crate::pages::facts::{RequestFacts, answers_to};
use crate::pages::html::{STYLE, html};
use crate::pages::notice::Notice;
use crate::sealed::Destination;
use crate::wire::Response;
use askama::Template;
use http::StatusCode;

#[derive(Template)]
#[template(path = "leave.html")]
struct Leave<'a> {
    style: &'static str,
    language: &'static Language,
    asked: &'a AuthorizationRequest,
    link: &'a ProviderLink<'a>,
    form: &'a str,
    notice: Option<Notice>,
    facts: RequestFacts<'a>,
}

#[derive(Template)]
#[template(path = "leave_for_account.html")]
struct LeaveForAccount<'a> {
    style: &'static str,
    language: &'static Language,
    link: &'a ProviderLink<'a>,
    notice: Option<Notice>,
}

#[derive(Template)]
#[template(path = "turned_away.html")]
struct NotSignedIn<'a> {
    style: &'static str,
    language: &'static Language,
    why: SignInRejection<'a>,
    provider: &'a str,
    destination: &'a Destination,
    correlation: &'a str,
}

/// A link to the identity provider.
pub(crate) struct ProviderLink<'a> {
    pub(crate) url: String,
    pub(crate) name: &'a str,
}

/// Why a user who came back from the identity provider is not signed in.
#[derive(Clone, Copy)]
pub(crate) enum SignInRejection<'a> {
    /// The `state` has expired, or belongs to another browser.
    TooLate,
    /// The provider did not identify the user.
    NotIdentified,
    /// The account with this name may not sign in here.
    NotAllowed(&'a str),
}

/// Shows what the user is about to sign in for, at the identity provider.
pub(crate) fn leave(
    language: &'static Language,
    asked: &AuthorizationRequest,
    link: &ProviderLink<'_>,
    form: &str,
    notice: Option<Notice>,
) -> Response {
    let page =
        Leave { style: STYLE, language, asked, link, form, notice, facts: RequestFacts::of(asked, language) };
    html(StatusCode::OK, language, &page, &answers_to(asked))
}

/// Shows that the user is about to sign in for the account page.
pub(crate) fn leave_for_account(
    language: &'static Language,
    link: &ProviderLink<'_>,
    notice: Option<Notice>,
) -> Response {
    html(StatusCode::OK, language, &LeaveForAccount { style: STYLE, language, link, notice }, "'none'")
}

/// Tells a user who came back from the identity provider why they are not signed in.
pub(crate) fn turned_away(
    language: &'static Language,
    why: SignInRejection<'_>,
    provider: &str,
    destination: &Destination,
    correlation: &str,
) -> Response {
    let page = NotSignedIn { style: STYLE, language, why, provider, destination, correlation };
    html(StatusCode::FORBIDDEN, language, &page, "'none'")
}
