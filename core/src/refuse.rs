//! How a refusal is told, in one place: as JSON to a client, as a page to a person, or by a redirect.

use crate::entropy::draw;
use crate::event::{Event, What};
use crate::pages;
use crate::protocol::client::Redirect;
use crate::refusal::Refusal;
use crate::server::Server;
use crate::wire::{self, Response};
use http::{HeaderValue, StatusCode, header};
use serde_json::json;

impl Refusal {
    /// Answers with JSON (RFC 6749 §5.2; RFC 7591 §3.2.2).
    pub fn json(self, server: &Server) -> Response {
        let incident = incident(server);
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
        self.recorded(response, incident)
    }

    /// Answers with a page for the person at the browser.
    pub fn page(self, server: &Server) -> Response {
        let incident = incident(server);
        let response = pages::error(&self, &incident);
        self.recorded(response, incident)
    }

    /// Answers by way of the client's redirect URI (OAuth 2.1 §4.1.2.1).
    pub fn redirect(self, server: &Server, redirect: &Redirect, state: Option<&str>) -> Response {
        let answer = [("error", self.code()), ("error_description", self.description())];
        let response = wire::see_other(&redirect.url(&answer, state, &server.config.issuer));
        self.recorded(response, incident(server))
    }

    fn recorded(self, mut response: Response, incident: String) -> Response {
        if response.status() == StatusCode::SERVICE_UNAVAILABLE {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("2"));
        }
        let reason = self.reason().to_owned();
        let what = if self.code() == "access_denied" { What::Denied } else { What::Refused };
        let event = Event {
            code: Some(self.code()),
            reason: Some(reason),
            incident: Some(incident),
            ..Event::new(what)
        };
        event.beside(response)
    }
}

/// The id that a person can read out and an operator can look up.
fn incident(server: &Server) -> String {
    let bytes: [u8; 5] = draw(&*server.entropy);
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
