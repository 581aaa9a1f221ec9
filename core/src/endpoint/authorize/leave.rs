//! A person is about to leave for the identity provider, and sees first what for.

use super::Interaction;
use super::consent::Decision;
use crate::pages::{self, Notice};
use crate::protocol::{Parameters, PersonId, Refusal};
use crate::provider::{SignInRedirect, Upstream};
use crate::sealed::{Destination, Question};
use crate::wire::Response;

/// The request goes along in an address, sealed: CloudFront takes 8,192 bytes of one, path and query.
const MAX_QUERY: usize = 5_000;

impl Interaction {
    /// Who asks and for what stands on our own page before anybody leaves: the provider would ask nothing of somebody whom
    /// it knows, and a client that a link brought here would have them half-way in. The way is a link and no form, since a
    /// browser holds a form to our own list of places all along the provider's redirects (CSP Level 3, `form-action`).
    pub(super) async fn show_way(&self, upstream: Upstream<'_>, notice: Option<Notice>) -> Response {
        if self.asked.query.len() > MAX_QUERY {
            let refusal =
                Refusal::invalid_request("the request is longer than 5000 bytes, which is too long here");
            return refusal.before_consent(&self.server, self.language(), &self.asked.requester);
        }
        let (browser, cookie) = self.browser.bind(&self.server);
        let sign_in_redirect = SignInRedirect {
            destination: Destination::Request(self.asked.query.clone()),
            browser,
            login_hint: self.asked.login_hint.as_ref().map(PersonId::as_str),
            prompt: self.asked.prompt,
        };
        let link = match upstream.redirect_url(sign_in_redirect, self.now).await {
            Ok(url) => pages::ProviderLink { url, name: &upstream.settings.name },
            Err(why) => return Refusal::from(why).page(&self.server, self.language()),
        };
        self.page_in((browser, cookie), Question::SignIn, |form| {
            pages::leave(self.language(), &self.asked, &link, form, notice)
        })
    }

    /// The one thing that can be sent from that page: no.
    pub(super) async fn stay(&self, fields: &Parameters) -> Response {
        match Decision::parse(fields) {
            Some(Decision::Deny) => self.deny(None),
            _ => self.show_again(Notice::Choose).await,
        }
    }
}
