//! An OAuth client that refreshes, and the browser in which its user signs in.

use crate::http::{Missing, Response, send};
use crate::server::USER;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use doorward::protocol::{Digest, paths};
use doorward_local::client::page::Form;
use form_urlencoded::Serializer;
use std::net::SocketAddr;

const REDIRECT_URI: &str = "http://127.0.0.1:7777/callback";
const VERIFIER: &str = "0123456789-0123456789-0123456789-0123456789";
const FORM: &str = "Content-Type: application/x-www-form-urlencoded\r\n";

/// The cookies of a user who signs in once.
#[derive(Default)]
pub(crate) struct Browser {
    cookies: Vec<String>,
}

pub(crate) struct Client {
    address: SocketAddr,
    id: String,
    refresh_token: String,
}

/// What became of a refresh that did not fail.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Refreshed {
    Yes,
    ResponseLost,
    NotConnected,
}

impl Client {
    /// Registers, and lets the user sign in and allow this client.
    pub(crate) fn connect(address: SocketAddr, browser: &mut Browser) -> Self {
        let metadata = format!(r#"{{"client_name":"Test","redirect_uris":["{REDIRECT_URI}"]}}"#);
        let json = "Content-Type: application/json\r\n";
        let registered = send(address, paths::REGISTER, json, Some(&metadata)).unwrap();
        let id = member(&registered, 201, "client_id");
        let code = browser.allow(address, &id);
        let tokens = [
            ("grant_type", "authorization_code"),
            ("client_id", &id),
            ("code", &code),
            ("redirect_uri", REDIRECT_URI),
            ("code_verifier", VERIFIER),
        ];
        let tokens = send(address, paths::TOKEN, FORM, Some(&encoded(tokens))).unwrap();
        Self { address, id, refresh_token: member(&tokens, 200, "refresh_token") }
    }

    /// Uses the refresh token. Keeps it when the response is lost.
    pub(crate) fn refresh(&mut self) -> Refreshed {
        let parameters = [
            ("grant_type", "refresh_token"),
            ("client_id", self.id.as_str()),
            ("refresh_token", &self.refresh_token),
        ];
        match send(self.address, paths::TOKEN, FORM, Some(&encoded(parameters))) {
            Ok(response) => {
                self.refresh_token = member(&response, 200, "refresh_token");
                Refreshed::Yes
            }
            Err(Missing::Ended) => Refreshed::ResponseLost,
            Err(Missing::NotConnected) => Refreshed::NotConnected,
        }
    }
}

impl Browser {
    /// Returns the authorization code.
    fn allow(&mut self, address: SocketAddr, client: &str) -> String {
        let challenge = URL_SAFE_NO_PAD.encode(Digest::of(VERIFIER).0);
        let query = encoded([
            ("response_type", "code"),
            ("client_id", client),
            ("redirect_uri", REDIRECT_URI),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
        ]);
        let mut page = self.send(address, &format!("{}?{query}", paths::AUTHORIZE), None);
        if page.body.contains("type=\"password\"") {
            let signed_in = self.submit(address, &page, "");
            let location = signed_in.header("location").next().unwrap_or_else(|| panic!("{signed_in:?}"));
            page = self.send(address, location.trim_start_matches(&format!("http://{address}")), None);
        }
        let allowed = self.submit(address, &page, "allow");
        let (_, query) = allowed
            .header("refresh")
            .find_map(|value| value.split_once("code="))
            .unwrap_or_else(|| panic!("{allowed:?}"));
        query.split('&').next().unwrap().to_owned()
    }

    fn submit(&mut self, address: SocketAddr, page: &Response, decision: &str) -> Response {
        let form = Form::first(&page.body).unwrap_or_else(|| panic!("{page:?}"));
        let form = form.fill("username", USER.0).fill("password", USER.1).press(decision);
        let target = format!("{}{}", paths::AUTHORIZE, form.action);
        let fields = form.fields.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        self.send(address, &target, Some(&encoded(fields)))
    }

    fn send(&mut self, address: SocketAddr, target: &str, form: Option<&str>) -> Response {
        let cookies = format!("{FORM}Cookie: {}\r\n", self.cookies.join("; "));
        let response = send(address, target, &cookies, form).unwrap();
        for cookie in response.header("set-cookie") {
            let pair = cookie.split(';').next().unwrap();
            let name = pair.split_once('=').unwrap().0;
            self.cookies.retain(|known| known.split_once('=').unwrap().0 != name);
            if !cookie.contains("Max-Age=0") {
                self.cookies.push(pair.to_owned());
            }
        }
        response
    }
}

fn encoded<'a>(parameters: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    Serializer::new(String::new()).extend_pairs(parameters).finish()
}

/// A member of a JSON response with this status.
fn member(response: &Response, status: u16, name: &str) -> String {
    assert_eq!(response.status, status, "{response:?}");
    let object: serde_json::Value = serde_json::from_str(&response.body).unwrap();
    object[name].as_str().unwrap_or_else(|| panic!("{response:?}")).to_owned()
}
