//! The page on which a user signs in with a password.

use crate::client::AuthorizationRequest;
use crate::language::Language;
use crate::pages::html::{STYLE, html};
use crate::pages::notice::Notice;
use crate::protocol::PersonId;
use crate::wire::Response;
use askama::Template;
use http::StatusCode;

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignIn<'a> {
    style: &'static str,
    language: &'static Language,
    /// The request to sign in for. `None` for the account page.
    asked: Option<&'a AuthorizationRequest>,
    hint: Option<&'a PersonId>,
    form: &'a str,
    notice: Option<Notice>,
}

/// Asks the user to sign in for an authorization request.
pub(crate) fn sign_in(
    language: &'static Language,
    asked: &AuthorizationRequest,
    form: &str,
    notice: Option<Notice>,
) -> Response {
    let page =
        SignIn { style: STYLE, language, asked: Some(asked), hint: asked.login_hint.as_ref(), form, notice };
    html(StatusCode::OK, language, &page, "'self'")
}

/// Asks the user to sign in for the account page.
pub(crate) fn sign_in_to_account(
    language: &'static Language,
    form: &str,
    notice: Option<Notice>,
) -> Response {
    let page = SignIn { style: STYLE, language, asked: None, hint: None, form, notice };
    html(StatusCode::OK, language, &page, "'self'")
}
