//! The HTML pages for users (askama, `core/templates`). They contain no script, and load nothing from other URLs.

pub(crate) mod account;
mod consent;
mod error;
mod errors;
mod facts;
mod home;
mod html;
mod no_cookies;
mod notice;
mod onward;
mod password;
mod provider;
mod provider_choice;
mod resource_denied;
mod scope;
mod sign_in;

pub(crate) use consent::{answer, consent};
pub(crate) use error::{ClientLink, error};
pub(crate) use errors::errors;
pub(crate) use home::home;
pub(crate) use html::{Look, Style};
pub(crate) use no_cookies::no_cookies;
pub(crate) use notice::Notice;
pub(crate) use onward::onward;
pub(crate) use password::{PasswordPage, change_password, password_changed};
pub(crate) use provider::{
    ProviderLink, SignInRejection, provider_link, provider_link_for_account, sign_in_rejected,
};
pub(crate) use provider_choice::{provider_choice, provider_choice_for_account};
pub(crate) use resource_denied::resource_denied;
pub(crate) use sign_in::{sign_in, sign_in_to_account};
