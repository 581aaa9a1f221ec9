//! A client and its user, who fills in the forms.

use crate::done;
use crate::fakes::PASSWORD;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use doorward::ports::Password;
use doorward::protocol::{Digest, PersonId, paths};
use doorward::server::Server;
use doorward::store::{Login, Person};
use doorward::wire::{Request, Response};
use http::{HeaderValue, header};
use serde_json::Value;
use std::collections::BTreeMap;

const VERIFIER: &str = "0123456789-0123456789-0123456789-0123456789";
/// Where a program on the user's machine listens.
pub(crate) const LOOPBACK: &str = "http://127.0.0.1:7777/callback";
/// The callback of a client that is a web service. Its name is compared with those of vendors.
pub(crate) const WEB: &str = "https://client.example/callback";
/// The software that sends the requests. A clone of it allocates nothing, as in a server.
const AGENT: HeaderValue = HeaderValue::from_static("python-httpx/0.28.1");
const FORM: &str = "application/x-www-form-urlencoded";

/// A registered client, and a user with a browser.
pub(crate) struct Client {
    id: String,
    callback: &'static str,
    cookies: BTreeMap<String, String>,
}

/// The tokens of a response.
pub(crate) struct Tokens {
    pub(crate) access: String,
    pub(crate) refresh: String,
}

/// The request of a client that registers.
pub(crate) fn registers(callback: &str) -> Request {
    let metadata = serde_json::json!({ "client_name": "Test client", "redirect_uris": [callback] });
    post(paths::REGISTER, "application/json", metadata.to_string())
}

impl Client {
    /// Registers a program on the user's machine, and adds a user to the server.
    pub(crate) fn of(server: &Server) -> Self {
        Self::at(server, LOOPBACK)
    }

    /// The same with another callback.
    pub(crate) fn at(server: &Server, callback: &'static str) -> Self {
        let password = done(server.passwords.hash(&Password::new(PASSWORD)));
        let alice = Person::new(PersonId::parse("alice").expect("a name"), Login::Password(password));
        let _ = done(server.stores.people().add(alice)).expect("a store in memory answers");
        let registered = json(&done(doorward::answer(server.clone(), registers(callback))));
        let id = registered["client_id"].as_str().expect("a client id").to_owned();
        Self { id, callback, cookies: BTreeMap::new() }
    }

    /// The URL at which the user signs in and allows the client.
    fn url(&self) -> String {
        let challenge = URL_SAFE_NO_PAD.encode(Digest::of(VERIFIER).0);
        let asked = [
            ("response_type", "code"),
            ("client_id", &self.id),
            ("redirect_uri", self.callback),
            ("state", "a state & more"),
            ("scope", "user"),
            ("resource", "https://mcp.example/mcp"),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
        ];
        format!("{}?{}", paths::AUTHORIZE, encoded(&asked))
    }

    /// The request for the page of the user.
    pub(crate) fn opens(&self) -> Request {
        self.with_cookies(get(&self.url()))
    }

    /// The request that submits the form of a page.
    pub(crate) fn submits(&self, page: &Response, answer: &[(&str, &str)]) -> Request {
        let form = field(page, "form");
        let fields = [&[("form", form.as_str())], answer].concat();
        self.with_cookies(post(&self.url(), FORM, encoded(&fields)))
    }

    /// Signs in, so that the next page asks for consent.
    pub(crate) fn sign_in(&mut self, server: &Server) {
        let page = self.send(server, self.opens());
        let signed_in = self.submits(&page, &[("username", "alice"), ("password", PASSWORD)]);
        assert_eq!(self.send(server, signed_in).status(), 303);
    }

    /// The page that asks for consent.
    pub(crate) fn consent_page(&mut self, server: &Server) -> Response {
        self.send(server, self.opens())
    }

    /// The request that redeems the code of this page.
    pub(crate) fn redeems(&self, allowed: &Response) -> Request {
        let refresh =
            allowed.headers().get("refresh").and_then(|value| value.to_str().ok()).unwrap_or_default();
        let query = refresh.split_once('?').expect("the user is sent to the client").1;
        let pairs = form_urlencoded::parse(query.as_bytes());
        let code = pairs.into_iter().find(|(name, _)| name == "code").expect("a code").1.into_owned();
        let fields = [
            ("grant_type", "authorization_code"),
            ("client_id", &self.id),
            ("code", &code),
            ("redirect_uri", self.callback),
            ("code_verifier", VERIFIER),
        ];
        post(paths::TOKEN, FORM, encoded(&fields))
    }

    /// The request that uses a refresh token.
    pub(crate) fn refreshes(&self, token: &str) -> Request {
        let fields = [("grant_type", "refresh_token"), ("client_id", &self.id), ("refresh_token", token)];
        post(paths::TOKEN, FORM, encoded(&fields))
    }

    /// Signs in, allows and redeems.
    pub(crate) fn tokens(&mut self, server: &Server) -> Tokens {
        self.sign_in(server);
        let page = self.consent_page(server);
        let allowed = self.send(server, self.submits(&page, &[("decision", "allow")]));
        Tokens::of(&done(doorward::answer(server.clone(), self.redeems(&allowed))))
    }

    /// Sends a request of the browser, and keeps the cookies of the response.
    pub(crate) fn send(&mut self, server: &Server, request: Request) -> Response {
        let response = done(doorward::answer(server.clone(), request));
        for cookie in response.headers().get_all(header::SET_COOKIE) {
            let pair = cookie.to_str().expect("a cookie").split(';').next().unwrap_or_default();
            let (name, value) = pair.split_once('=').expect("a cookie");
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
        response
    }

    fn with_cookies(&self, mut request: Request) -> Request {
        let cookies: Vec<_> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        if !cookies.is_empty() {
            let cookies = cookies.join("; ").parse().expect("cookies");
            request.headers_mut().insert(header::COOKIE, cookies);
        }
        request
    }
}

impl Tokens {
    pub(crate) fn of(response: &Response) -> Self {
        let tokens = json(response);
        let token = |name: &str| tokens[name].as_str().expect("a token").to_owned();
        Self { access: token("access_token"), refresh: token("refresh_token") }
    }
}

pub(crate) fn get(path: &str) -> Request {
    http::Request::get(path).header(header::USER_AGENT, AGENT).body(Default::default()).expect("a request")
}

pub(crate) fn post(path: &str, media_type: &str, body: String) -> Request {
    let request = http::Request::post(path).header(header::USER_AGENT, AGENT);
    let request = request.header(header::CONTENT_TYPE, media_type);
    request.body(body.into()).expect("a request")
}

pub(crate) fn encoded(pairs: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}

fn json(response: &Response) -> Value {
    serde_json::from_slice(response.body()).expect("JSON")
}

/// The value of a hidden field of a page.
fn field(page: &Response, name: &str) -> String {
    let text = str::from_utf8(page.body()).expect("a page");
    let after = text.split_once(&format!("name=\"{name}\" value=\"")).expect("a field").1;
    after.split('"').next().unwrap_or_default().to_owned()
}
