//! The pages before and after a sign-in at the identity provider.

use crate::client::{AuthorizationRequest, Introducer};
use crate::language::Language;
use crate::pages::facts::{Facts, answers_to};
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
    words: &'static Language,
    asked: &'a AuthorizationRequest,
    way: &'a Way<'a>,
    form: &'a str,
    notice: Option<Notice>,
    facts: Facts<'a>,
}

#[derive(Template)]
#[template(path = "leave_for_account.html")]
struct LeaveForAccount<'a> {
    style: &'static str,
    words: &'static Language,
    way: &'a Way<'a>,
    notice: Option<Notice>,
}

#[derive(Template)]
#[template(path = "turned_away.html")]
struct NotSignedIn<'a> {
    style: &'static str,
    words: &'static Language,
    why: TurnedAway<'a>,
    provider: &'a str,
    destination: &'a Destination,
    correlation: &'a str,
}

/// The way to the identity provider.
pub(crate) struct Way<'a> {
    pub(crate) url: String,
    pub(crate) name: &'a str,
}

/// Why somebody who came back from the identity provider is not signed in.
#[derive(Clone, Copy)]
pub(crate) enum TurnedAway<'a> {
    /// It is too late, or another browser.
    TooLate,
    /// The provider did not say who it is.
    Unanswered,
    /// The account of this name may not come in.
    NotAllowed(&'a str),
}

/// Says what somebody is about to sign in for, elsewhere.
pub(crate) fn leave(
    words: &'static Language,
    asked: &AuthorizationRequest,
    way: &Way<'_>,
    form: &str,
    notice: Option<Notice>,
) -> Response {
    let page = Leave { style: STYLE, words, asked, way, form, notice, facts: Facts::of(asked, words) };
    html(StatusCode::OK, words, &page, &answers_to(asked))
}

/// The same for the account's page.
pub(crate) fn leave_for_account(words: &'static Language, way: &Way<'_>, notice: Option<Notice>) -> Response {
    html(StatusCode::OK, words, &LeaveForAccount { style: STYLE, words, way, notice }, "'none'")
}

/// Says why somebody who came back is not signed in.
pub(crate) fn turned_away(
    words: &'static Language,
    why: TurnedAway<'_>,
    provider: &str,
    destination: &Destination,
    correlation: &str,
) -> Response {
    let page = NotSignedIn { style: STYLE, words, why, provider, destination, correlation };
    html(StatusCode::FORBIDDEN, words, &page, "'none'")
}
