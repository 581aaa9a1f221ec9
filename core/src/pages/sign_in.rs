//! The page on which a user signs in with a password.

use crate::client::AuthorizationRequest;
use crate::language::Language;
use crate::pages::html::Look;
use crate::pages::notice::Notice;
use crate::protocol::PersonId;
use crate::wire::Response;
use askama::Template;
use http::StatusCode;

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignIn<'a> {
    look: Look<'a>,
    language: &'static Language,
    /// The request to sign in for. `None` for the account page.
    asked: Option<&'a AuthorizationRequest>,
    hint: Option<&'a PersonId>,
    form: &'a str,
    notice: Option<Notice>,
}

/// Asks the user to sign in for an authorization request.
pub(crate) fn sign_in(
    look: Look<'_>,
    asked: &AuthorizationRequest,
    form: &str,
    notice: Option<Notice>,
) -> Response {
    let page = SignIn {
        look,
        language: look.language,
        asked: Some(asked),
        hint: asked.login_hint.as_ref(),
        form,
        notice,
    };
    look.html(StatusCode::OK, &page, "'self'")
}

/// Asks the user to sign in for the account page.
pub(crate) fn sign_in_to_account(look: Look<'_>, form: &str, notice: Option<Notice>) -> Response {
    let page = SignIn { look, language: look.language, asked: None, hint: None, form, notice };
    look.html(StatusCode::OK, &page, "'self'")
}
