//! The pages before and after a sign-in at the identity provider.

use crate::client::{AuthorizationRequest, Introducer};
use crate::language::Language;
use crate::pages::facts::RequestFacts;
use crate::pages::html::Look;
use crate::pages::notice::Notice;
use crate::protocol::Paths;
use crate::sealed::Destination;
use crate::wire::Response;
use askama::Template;
use http::StatusCode;

#[derive(Template)]
#[template(path = "provider_link.html")]
struct ProviderLinkPage<'a> {
    look: Look<'a>,
    language: &'static Language,
    asked: &'a AuthorizationRequest,
    link: &'a ProviderLink<'a>,
    form: &'a str,
    notice: Option<Notice>,
    facts: RequestFacts<'a>,
}

#[derive(Template)]
#[template(path = "provider_link_for_account.html")]
struct ProviderLinkForAccount<'a> {
    look: Look<'a>,
    language: &'static Language,
    link: &'a ProviderLink<'a>,
    notice: Option<Notice>,
}

#[derive(Template)]
#[template(path = "sign_in_rejected.html")]
struct NotSignedIn<'a> {
    look: Look<'a>,
    language: &'static Language,
    why: SignInRejection<'a>,
    provider: &'a str,
    /// The URL at which the user can try again.
    again: String,
    another_account: String,
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

/// Shows the authorization request for which the user is about to sign in at the identity provider.
pub(crate) fn provider_link(
    look: Look<'_>,
    asked: &AuthorizationRequest,
    link: &ProviderLink<'_>,
    form: &str,
    notice: Option<Notice>,
) -> Response {
    let page = ProviderLinkPage {
        look,
        language: look.language,
        asked,
        link,
        form,
        notice,
        facts: RequestFacts::of(asked, look.language),
    };
    look.html(StatusCode::OK, &page, "'self'")
}

/// Shows that the user is about to sign in for the account page.
pub(crate) fn provider_link_for_account(
    look: Look<'_>,
    link: &ProviderLink<'_>,
    notice: Option<Notice>,
) -> Response {
    look.html(
        StatusCode::OK,
        &ProviderLinkForAccount { look, language: look.language, link, notice },
        "'none'",
    )
}

/// Tells a user who came back from the identity provider why they are not signed in.
pub(crate) fn sign_in_rejected(
    look: Look<'_>,
    why: SignInRejection<'_>,
    provider: &str,
    destination: &Destination,
    paths: &Paths,
    correlation: &str,
) -> Response {
    let (again, another_account) = (destination.url(paths), destination.with_another_account(paths));
    let page =
        NotSignedIn { look, language: look.language, why, provider, again, another_account, correlation };
    look.html(StatusCode::FORBIDDEN, &page, "'none'")
}
