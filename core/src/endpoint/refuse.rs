//! The responses for a refusal: JSON for a client, a page for a user, or a redirect.

use crate::client::{Client, Requester};
use crate::language::Language;
use crate::pages::{self, ClientLink};
use crate::protocol::{Mount, RedirectKind, Refusal};
use crate::rules::{self, Rule};
use crate::server::Server;
use crate::wire::{self, Event, Response, correlation};
use http::{HeaderValue, StatusCode, header};
use serde_json::json;

impl Server {
    /// The URL of a rule in the error catalogue.
    pub(crate) fn explains(&self, rule: &Rule) -> String {
        format!("{}#{}", self.url(Mount::Errors), rule.name)
    }

    /// The page for a browser without our cookies, and the id on it. `again` is the URL at which the user can try again.
    pub(crate) fn ask_for_cookies(&self, language: &'static Language, again: &str) -> (Response, String) {
        let (id, uri) = (correlation::id(&*self.entropy), self.explains(&rules::COOKIES_MISSING));
        let mut page = pages::no_cookies(self.look(language), again, (&id, &uri));
        correlation::put(&id, &mut page);
        (page, id)
    }
}

impl Refusal {
    /// Answers with JSON (RFC 6749 §5.2; RFC 7591 §3.2.2).
    pub fn json(self, server: &Server) -> Response {
        let mut response = wire::json(
            self.status(),
            &json!({
                "error": self.code(),
                "error_description": self.description(),
                "error_uri": self.uri(server),
            }),
        );
        if self.status() == StatusCode::UNAUTHORIZED {
            // RFC 9110 §15.5.2: a 401 must name an authentication scheme.
            response
                .headers_mut()
                .insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Basic realm=\"doorward\""));
        }
        self.recorded(response, &correlation::id(&*server.entropy), None)
    }

    /// Answers with an error page for the user.
    pub fn page(self, server: &Server, language: &'static Language) -> Response {
        let id = correlation::id(&*server.entropy);
        let response = pages::error(server.look(language), &self, (&id, &self.uri(server)), None);
        self.recorded(response, &id, None)
    }

    /// Refuses a request before the user has consented (OAuth 2.1 §4.1.2.1). A client with a loopback redirect URI
    /// gets a redirect at once. For any other, the user gets a page with a link that shows its destination. An
    /// attacker can register a redirect URI on the web, so an automatic redirect would be an open redirect
    /// (OAuth 2.1 §7.12.2).
    pub(crate) fn before_consent(
        self,
        server: &Server,
        language: &'static Language,
        requester: &Requester,
    ) -> Response {
        let (url, id) = (self.url(server, requester), correlation::id(&*server.entropy));
        if requester.redirect.kind() == RedirectKind::Loopback {
            return self.recorded(wire::see_other(&url), &id, Some(requester));
        }
        let back = ClientLink { url, destination: requester.redirect.destination() };
        let response = pages::error(server.look(language), &self, (&id, &self.uri(server)), Some(back));
        self.recorded(response, &id, Some(requester))
    }

    /// The redirect URI with the error (OAuth 2.1 §4.1.2.1).
    pub(crate) fn url(&self, server: &Server, requester: &Requester) -> String {
        let uri = self.uri(server);
        let answer = [("error", self.code()), ("error_description", self.description()), ("error_uri", &uri)];
        requester.redirect.url(&answer, requester.state.as_deref(), server.config.issuer())
    }

    /// The rule in the error catalogue (`error_uri`, RFC 6749 §4.1.2.1, §5.2).
    fn uri(&self, server: &Server) -> String {
        server.explains(self.rule())
    }

    fn recorded(self, mut response: Response, id: &str, requester: Option<&Requester>) -> Response {
        if response.status() == StatusCode::SERVICE_UNAVAILABLE {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("2"));
        }
        correlation::put(id, &mut response);
        let client = requester.map(|requester| &requester.client);
        let client_name = client.and_then(Client::name_in_log);
        let client = client.map(|client| client.id().clone());
        let event = Event::refused(self.rule(), self.reason());
        Event { client, client_name, correlation: Some(id.to_owned()), ..event }.beside(response)
    }
}
