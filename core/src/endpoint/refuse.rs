//! How a refusal is told, in one place: as JSON to a client, as a page to a person, or by a redirect.

use crate::client::Asker;
use crate::language::Language;
use crate::pages::{self, Back};
use crate::protocol::{Kind, Refusal};
use crate::server::Server;
use crate::wire::{self, Event, Response, What, correlation};
use http::{HeaderValue, StatusCode, header};
use serde_json::json;

impl Refusal {
    /// Answers with JSON (RFC 6749 §5.2; RFC 7591 §3.2.2).
    pub fn json(self, server: &Server) -> Response {
        let mut response = wire::json(
            self.status(),
            &json!({ "error": self.code(), "error_description": self.description() }),
        );
        if self.status() == StatusCode::UNAUTHORIZED {
            // RFC 9110 §15.5.2: a 401 says how to do better.
            response
                .headers_mut()
                .insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Basic realm=\"doorward\""));
        }
        self.recorded(response, &correlation::id(&*server.entropy), None)
    }

    /// Answers with a page for the person at the browser.
    pub fn page(self, server: &Server, words: &'static Language) -> Response {
        let id = correlation::id(&*server.entropy);
        let response = pages::error(words, &self, &id, None);
        self.recorded(response, &id, None)
    }

    /// Tells the client of a request that no person has seen (OAuth 2.1 §4.1.2.1). A program on the person's machine is
    /// told by a redirect at once. Anybody can register a place on the web, and would make an open redirector of this
    /// server (OAuth 2.1 §7.12.2): there the person sees where the way leads, and takes it or not.
    pub(crate) fn before_consent(self, server: &Server, words: &'static Language, asker: &Asker) -> Response {
        let (url, id) = (self.url(server, asker), correlation::id(&*server.entropy));
        if asker.redirect.kind() == Kind::Loopback {
            return self.recorded(wire::see_other(&url), &id, Some(asker));
        }
        let back = Back { url, destination: asker.redirect.destination() };
        let response = pages::error(words, &self, &id, Some(back));
        self.recorded(response, &id, Some(asker))
    }

    /// Where the client is told (OAuth 2.1 §4.1.2.1).
    pub(crate) fn url(&self, server: &Server, asker: &Asker) -> String {
        let answer = [("error", self.code()), ("error_description", self.description())];
        asker.redirect.url(&answer, asker.state.as_deref(), &server.config.issuer)
    }

    fn recorded(self, mut response: Response, id: &str, asker: Option<&Asker>) -> Response {
        if response.status() == StatusCode::SERVICE_UNAVAILABLE {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("2"));
        }
        correlation::put(id, &mut response);
        let client = asker.map(|asker| asker.client.id().clone());
        let (code, reason) = (Some(self.code()), Some(self.reason().to_owned()));
        Event { client, code, reason, correlation: Some(id.to_owned()), ..Event::new(What::Refused) }
            .beside(response)
    }
}
