//! The page before the redirect to an identity provider, which shows the user the client and its request, and the choice if
//! there are several providers.

use super::Interaction;
use super::consent::Decision;
use crate::config::SignInProvider;
use crate::endpoint::provider_redirect::ProviderRedirect;
use crate::pages::{self, Notice};
use crate::protocol::{Parameters, PersonId, Prompt, Refusal};
use crate::provider::{SignInRedirect, Upstream};
use crate::rules;
use crate::sealed::{Destination, Question};
use crate::wire::Response;

/// The maximum length of the query in bytes. The sealed request is a part of the provider URL's `state`, which
/// comes back in the callback's URL, and CloudFront accepts 8,192 bytes of path and query.
const MAX_QUERY: usize = 5_000;

impl Interaction {
    /// Shows the client and its request on our own page before the redirect. The provider asks a signed-in user
    /// nothing, so a link from an attacker could otherwise take a user through half of the sign-in. The way to the
    /// provider is a link and not a form, because CSP `form-action` applies to every redirect that follows a form
    /// (CSP Level 3, `form-action`), and our policy lists only our own places.
    pub(super) async fn show_provider_link(
        &self,
        upstream: Upstream<'_>,
        notice: Option<Notice>,
    ) -> Response {
        if self.asked.query.len() > MAX_QUERY {
            return self.too_long();
        }
        let (browser, cookies) = self.browser.bind(&self.server);
        let sign_in_redirect = SignInRedirect {
            destination: Destination::Request(self.asked.query.clone()),
            browser,
            login_hint: self.asked.login_hint.as_ref().map(PersonId::as_str),
            prompt: self.prompt_there(),
        };
        let link = match upstream.redirect_url(sign_in_redirect, self.now).await {
            Ok(url) => pages::ProviderLink { url, name: upstream.provider.name() },
            Err(why) => return Refusal::from(why).page(&self.server, self.browser.language),
        };
        self.page_in((browser, cookies), Question::SignIn, |form| {
            pages::provider_link(self.look(), &self.asked, &link, form, notice)
        })
    }

    /// The same page with a button for each of several providers. It asks none of them for its metadata, so that none of them
    /// delays it. The answer to the form is a page that the browser leaves by itself, which ends what `form-action` applies to.
    pub(super) fn show_provider_choice(
        &self,
        providers: &[SignInProvider],
        notice: Option<Notice>,
    ) -> Response {
        if self.asked.query.len() > MAX_QUERY {
            return self.too_long();
        }
        self.page(Question::SignIn, |form| {
            pages::provider_choice(self.look(), &self.asked, providers, form, notice)
        })
    }

    /// The `prompt` for a provider. It may know the user from a sign-in that is too old for the client (`max_age`).
    fn prompt_there(&self) -> Prompt {
        if self.asked.max_age.is_some() { Prompt::Login } else { self.asked.prompt }
    }

    fn too_long(&self) -> Response {
        let refusal = rules::REQUEST_TOO_LONG
            .refuse("the authorization request is longer than the maximum of 5000 bytes");
        refusal.before_consent(&self.server, self.browser.language, &self.asked.requester)
    }

    /// Handles the form of these pages: deny, or go to one of several providers.
    pub(super) async fn answer_provider_link(&self, fields: &Parameters) -> Response {
        if let Some(Decision::Deny) = Decision::parse(fields) {
            return self.deny(None);
        }
        let redirect = ProviderRedirect {
            server: &self.server,
            browser: &self.browser,
            destination: Destination::Request(self.asked.query.clone()),
            login_hint: self.asked.login_hint.as_ref().map(PersonId::as_str),
            prompt: self.prompt_there(),
            now: self.now,
        };
        match redirect.answer(fields).await {
            Some(response) => response,
            None => self.show_again(Notice::Choose).await,
        }
    }
}
