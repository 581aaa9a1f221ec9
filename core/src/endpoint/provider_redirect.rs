//! The redirect to the provider that the user has chosen among several. Only this one is asked for its metadata, so a provider that
//! does not answer concerns those alone who choose it.

use crate::browser::Browser;
use crate::endpoint::rejection::{Told, of_fault, reject};
use crate::ports::Timestamp;
use crate::protocol::{Parameters, Prompt};
use crate::provider::SignInRedirect;
use crate::sealed::Destination;
use crate::server::Server;
use crate::wire::{self, Response};
use http::header::SET_COOKIE;

/// A user who has chosen a provider, on a page of this server with a CSRF token.
pub(super) struct ProviderRedirect<'a> {
    pub(super) server: &'a Server,
    pub(super) browser: &'a Browser,
    pub(super) destination: Destination,
    pub(super) login_hint: Option<&'a str>,
    pub(super) prompt: Prompt,
    pub(super) now: Timestamp,
}

impl ProviderRedirect<'_> {
    /// Sends the browser to the provider that the form names. `None` if it names none.
    pub(super) async fn answer(self, fields: &Parameters) -> Option<Response> {
        let Self { server, browser, destination, login_hint, prompt, now } = self;
        let issuer = fields.once("provider").ok()??;
        let provider = server.providers().iter().find(|provider| provider.issuer() == issuer)?;
        let (digest, cookies) = browser.bind(server);
        let sign_in_redirect =
            SignInRedirect { destination: destination.clone(), browser: digest, login_hint, prompt };
        let mut response = match server.upstream(provider).redirect_url(sign_in_redirect, now).await {
            Ok(url) => wire::see_other(&url),
            Err(fault) => {
                let (why, reason) = of_fault(fault);
                let told = Told { person: None, reason };
                reject(server, browser.language, (why, provider.name()), Some(&destination), told)
            }
        };
        response.headers_mut().extend(cookies.into_iter().map(|cookie| (SET_COOKIE, cookie)));
        Some(response)
    }
}
