//! The person at the browser: keeps cookies, fills forms, and follows redirects until one leads away.

use crate::test_server::{NAME, PASSWORD, TestServer, get, header, post, text};
use doorward::wire::{Request, Response};
use doorward_local::client::page::Form;
use http::HeaderValue;
use std::collections::BTreeMap;

/// What everybody's browser says that it is.
const USER_AGENT: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";

/// Somebody with a browser.
#[derive(Clone, Debug)]
pub struct Person {
    /// The name to sign in with.
    pub name: String,
    /// The password to sign in with.
    pub password: String,
    /// The browser's cookies.
    pub cookies: BTreeMap<String, String>,
    /// What the browser asks pages to be in (RFC 9110 §12.5.4).
    pub languages: &'static str,
}

impl Person {
    /// The person that every house knows, with a fresh browser.
    pub fn alice() -> Self {
        Self::new(NAME, PASSWORD)
    }

    /// Somebody, with a fresh browser.
    pub fn new(name: &str, password: &str) -> Self {
        Self {
            name: name.to_owned(),
            password: password.to_owned(),
            cookies: BTreeMap::new(),
            languages: "en",
        }
    }

    /// Sends a request as the browser would, and keeps the cookies of the answer.
    pub async fn send(&mut self, test: &TestServer, mut request: Request) -> Response {
        if !self.cookies.is_empty() {
            let cookies: Vec<_> =
                self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
            request.headers_mut().insert("cookie", cookies.join("; ").parse().expect("cookies"));
        }
        request.headers_mut().insert("user-agent", USER_AGENT.parse().expect("a header"));
        request.headers_mut().insert("accept-language", HeaderValue::from_static(self.languages));
        let response = test.send(request).await;
        for cookie in response.headers().get_all("set-cookie").iter().filter_map(|value| value.to_str().ok())
        {
            let (name, value) =
                cookie.split(';').next().and_then(|pair| pair.split_once('=')).expect("a cookie");
            if cookie.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        response
    }

    /// Opens a page.
    pub async fn open(&mut self, test: &TestServer, url: &str) -> Response {
        self.send(test, get(url)).await
    }

    /// Sends the form of an authorization page, signed in as this person or with this decision.
    pub async fn submit(&mut self, test: &TestServer, page: &Response, decision: &str) -> Response {
        self.submit_at(test, doorward::protocol::paths::AUTHORIZE, page, decision).await
    }

    /// Sends the form of a page that is there.
    pub async fn submit_at(
        &mut self,
        test: &TestServer,
        path: &str,
        page: &Response,
        decision: &str,
    ) -> Response {
        let form = form(page).fill("username", &self.name).fill("password", &self.password).press(decision);
        let fields: Vec<_> =
            form.fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let action = format!("{path}{}", form.action);
        self.send(test, post(&action, &fields)).await
    }

    /// Opens a page, signs in if it asks, and comes to the consent page.
    pub async fn reach_consent(&mut self, test: &TestServer, url: &str) -> Response {
        let page = self.open(test, url).await;
        if !text(&page).contains("type=\"password\"") {
            return page;
        }
        let signed_in = self.submit(test, &page, "").await;
        assert_eq!(signed_in.status(), 303, "{}", text(&signed_in));
        self.open(test, header(&signed_in, "location")).await
    }

    /// Signs in where asked and lets the client in; comes back with the URL that the browser is sent to.
    pub async fn let_in(&mut self, test: &TestServer, url: &str) -> String {
        let page = self.reach_consent(test, url).await;
        let decided = self.submit(test, &page, "allow").await;
        assert_eq!(decided.status(), 303, "{}", text(&decided));
        header(&decided, "location").to_owned()
    }
}

fn form(page: &Response) -> Form {
    Form::first(&text(page)).unwrap_or_else(|| panic!("no form on {}", text(page)))
}

/// What a page's form sends when this button is pressed.
pub fn fields(page: &Response, button: &str) -> Vec<(String, String)> {
    form(page).press(button).fields
}
