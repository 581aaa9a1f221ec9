//! The page on which a user chooses one of several identity providers.

use crate::client::{AuthorizationRequest, Introducer};
use crate::config::SignInProvider;
use crate::language::Language;
use crate::pages::facts::RequestFacts;
use crate::pages::html::Look;
use crate::pages::notice::Notice;
use crate::protocol::Profile;
use crate::wire::Response;
use askama::Template;
use http::StatusCode;

#[derive(Template)]
#[template(path = "provider_choice.html")]
struct ProviderChoicePage<'a> {
    look: Look<'a>,
    language: &'static Language,
    asked: &'a AuthorizationRequest,
    providers: &'a [SignInProvider],
    form: &'a str,
    notice: Option<Notice>,
    facts: RequestFacts<'a>,
}

#[derive(Template)]
#[template(path = "provider_choice_for_account.html")]
struct ProviderChoiceForAccount<'a> {
    look: Look<'a>,
    language: &'static Language,
    providers: &'a [SignInProvider],
    form: &'a str,
    notice: Option<Notice>,
}

/// Shows the authorization request for which the user is about to sign in, and where that is possible.
pub(crate) fn provider_choice(
    look: Look<'_>,
    asked: &AuthorizationRequest,
    providers: &[SignInProvider],
    form: &str,
    notice: Option<Notice>,
) -> Response {
    let (language, facts) = (look.language, RequestFacts::of(asked, &Profile::default(), look.language));
    let page = ProviderChoicePage { look, language, asked, providers, form, notice, facts };
    look.html(StatusCode::OK, &page, "'self'")
}

/// Shows where the user can sign in for the account page.
pub(crate) fn provider_choice_for_account(
    look: Look<'_>,
    providers: &[SignInProvider],
    form: &str,
    notice: Option<Notice>,
) -> Response {
    let page = ProviderChoiceForAccount { look, language: look.language, providers, form, notice };
    look.html(StatusCode::OK, &page, "'self'")
}
