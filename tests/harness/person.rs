//! Test user with a browser: keeps cookies, fills in forms, and follows the redirect after sign-in.

use crate::test_server::{NAME, PASSWORD, TestServer, get, header, post, text};
use doorward::wire::{Request, Response};
use doorward_local::client::page::Form;
use http::HeaderValue;
use std::collections::BTreeMap;

/// The `User-Agent` of every test user.
const USER_AGENT: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";

/// A user with a browser.
#[derive(Clone, Debug)]
pub struct Person {
    /// The user name for sign-in.
    pub name: String,
    /// The password for sign-in.
    pub password: String,
    /// The browser's cookies.
    pub cookies: BTreeMap<String, String>,
    /// The browser's `Accept-Language` header (RFC 9110 §12.5.4).
    pub languages: &'static str,
}

impl Person {
    /// The user that every test server knows, with a new browser.
    pub fn alice() -> Self {
        Self::new(NAME, PASSWORD)
    }

    /// Any user, with a new browser.
    pub fn new(name: &str, password: &str) -> Self {
        Self {
            name: name.to_owned(),
            password: password.to_owned(),
            cookies: BTreeMap::new(),
            languages: "en",
        }
    }

    /// Sends a request with the browser's headers and cookies. Stores the cookies of the response.
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

    /// Submits the form of an authorization page: the sign-in form, or the consent form with this decision.
    pub async fn submit(&mut self, test: &TestServer, page: &Response, decision: &str) -> Response {
        self.submit_at(test, doorward::protocol::paths::AUTHORIZE, page, decision).await
    }

    /// Submits the form of a page at `path`.
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

    /// Opens `url`, signs in if asked, and returns the consent page.
    pub async fn reach_consent(&mut self, test: &TestServer, url: &str) -> Response {
        let page = self.open(test, url).await;
        if !text(&page).contains("type=\"password\"") {
            return page;
        }
        let signed_in = self.submit(test, &page, "").await;
        assert_eq!(signed_in.status(), 303, "{}", text(&signed_in));
        self.open(test, header(&signed_in, "location")).await
    }

    /// Signs in if asked and allows the client. Returns the URL to which the browser is sent.
    pub async fn let_in(&mut self, test: &TestServer, url: &str) -> String {
        let page = self.reach_consent(test, url).await;
        let decided = self.submit(test, &page, "allow").await;
        assert_eq!(decided.status(), 200, "{}", text(&decided));
        sent_on(&decided).to_owned()
    }
}

/// The URL to which a form's answer sends the browser: the page leads there by itself. Empty for any other page.
pub fn sent_on(page: &Response) -> &str {
    header(page, "refresh").strip_prefix("0;url=").unwrap_or_default()
}

fn form(page: &Response) -> Form {
    Form::first(&text(page)).unwrap_or_else(|| panic!("no form on {}", text(page)))
}

/// The fields that the page's form sends when this button is pressed.
pub fn fields(page: &Response, button: &str) -> Vec<(String, String)> {
    form(page).press(button).fields
}
