//! The page on which a user changes the password, and the page that says that it is changed.

use crate::language::Language;
use crate::pages::html::Look;
use crate::pages::notice::Notice;
use crate::wire::Response;
use askama::Template;
use http::StatusCode;

#[derive(Template)]
#[template(path = "password.html")]
struct ChangePassword<'a> {
    look: Look<'a>,
    language: &'static Language,
    /// The user's name, by which a password manager finds what to replace.
    person: &'a str,
    /// The shortest new password, in characters.
    least: usize,
    /// The path of the account page.
    account: &'a str,
    form: &'a str,
    notice: Option<Notice>,
}

#[derive(Template)]
#[template(path = "password_changed.html")]
struct PasswordChanged<'a> {
    look: Look<'a>,
    language: &'static Language,
    account: &'a str,
}

/// What the page for a change has besides its form token.
pub(crate) struct PasswordPage<'a> {
    pub(crate) person: &'a str,
    pub(crate) least: usize,
    pub(crate) account: &'a str,
    pub(crate) notice: Option<Notice>,
}

/// Asks the user for the current password and the new one.
pub(crate) fn change_password(look: Look<'_>, page: &PasswordPage<'_>, form: &str) -> Response {
    let PasswordPage { person, least, account, notice } = *page;
    let page = ChangePassword { look, language: look.language, person, least, account, form, notice };
    look.html(StatusCode::OK, &page, "'self'")
}

/// Says that the password is changed, and leads to the connections, which stay open.
pub(crate) fn password_changed(look: Look<'_>, account: &str) -> Response {
    look.html(StatusCode::OK, &PasswordChanged { look, language: look.language, account }, "'none'")
}
