//! Fake GitHub. Its answers have the shapes of GitHub's documentation (REST API 2022-11-28). It was written from the documentation,
//! not recorded at github.com.

use crate::provider::{CLIENT, SECRET};
use crate::test_server::{parameter, provider_secret};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::response::Response;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use doorward::config::{Allowed, GitHubSettings, ProviderId};
use doorward::protocol::Digest;
use http::HeaderMap;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};
use tokio::net::TcpListener;

/// A fake GitHub Enterprise Server. Clones share their state.
#[derive(Clone)]
pub struct GitHub {
    url: String,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    codes: HashMap<String, Code>,
    tokens: HashMap<String, Code>,
    drawn: u32,
    answers: HashMap<String, (u16, Value)>,
    headers: Vec<(&'static str, &'static str)>,
    asked: Vec<String>,
}

#[derive(Clone)]
struct Code {
    redirect_uri: String,
    challenge: String,
    scope: String,
    user: User,
}

/// A user of GitHub.
#[derive(Clone, Debug)]
pub struct User {
    /// The numeric id, which never changes.
    pub id: u64,
    /// The login, which can change, and then be another user's.
    pub login: &'static str,
    /// The answer of `GET /user/emails`.
    pub emails: Value,
    /// The organizations in which the user has a membership, and its state.
    pub memberships: Vec<(&'static str, &'static str)>,
}

impl User {
    /// A user with one address, which is primary and verified.
    pub fn new(id: u64, login: &'static str, email: &str) -> Self {
        Self { id, login, emails: json!([address(email, true, true)]), memberships: Vec::new() }
    }

    /// The same user with a membership in this state.
    #[must_use]
    pub fn member_of(mut self, organization: &'static str, state: &'static str) -> Self {
        self.memberships.push((organization, state));
        self
    }
}

/// An item of the answer of `GET /user/emails`.
pub fn address(email: &str, primary: bool, verified: bool) -> Value {
    json!({ "email": email, "primary": primary, "verified": verified, "visibility": primary.then_some("private") })
}

impl GitHub {
    /// Starts a GitHub on a free port.
    pub async fn start() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let github = Self { url, state: Arc::default() };
        let here = github.clone();
        let answer = async move |request: Request| here.answer(request).await;
        tokio::spawn(async { axum::serve(listener, Router::new().fallback(answer)).await });
        github
    }

    /// The URL.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The settings for our server, with the id `github` and these rules for which users may sign in.
    pub fn settings(&self, allow: &str) -> GitHubSettings {
        let allowed = Allowed::parse(allow).expect("rules");
        let settings = GitHubSettings::new(&self.url, CLIENT, allowed).expect("a URL").with_name("GitHub");
        settings.with_id(ProviderId::parse("github").expect("an id")).with_secret(provider_secret())
    }

    /// Has every later request to this path, without its query, answered so, with these headers.
    pub fn answer_with(
        &self,
        path: &str,
        status: u16,
        body: Value,
        headers: &[(&'static str, &'static str)],
    ) {
        let mut state = self.state();
        state.answers.insert(path.to_owned(), (status, body));
        state.headers = headers.to_vec();
    }

    /// Answers as usual again.
    pub fn recover(&self) {
        self.state().answers.clear();
    }

    /// The requested paths since the last call of this function.
    pub fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.state().asked)
    }

    /// Signs in this user, who allows what is asked for. Returns the URL to which the browser is redirected.
    pub fn sign_in(&self, url: &str, user: &User) -> String {
        let sent = |name: &str| parameter(url, name).unwrap_or_else(|| panic!("no {name} in {url}"));
        assert!(url.starts_with(&format!("{}/login/oauth/authorize?", self.url)), "{url}");
        assert_eq!(
            (sent("client_id"), sent("code_challenge_method")),
            (CLIENT.to_owned(), "S256".to_owned())
        );
        let (redirect_uri, challenge) = (sent("redirect_uri"), sent("code_challenge"));
        let code = Code { redirect_uri, challenge, scope: sent("scope"), user: user.clone() };
        let mut state = self.state();
        state.drawn += 1;
        let name = format!("{:020x}", state.drawn);
        let iss = format!("{}/login/oauth", self.url);
        let answer = [("code", name.as_str()), ("state", &sent("state")), ("iss", &iss)];
        let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(answer).finish();
        let back = format!("{}?{query}", code.redirect_uri);
        state.codes.insert(name, code);
        back
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("the lock is not poisoned")
    }

    async fn answer(&self, request: Request) -> Response {
        let (parts, body) = request.into_parts();
        let body = to_bytes(body, 65_536).await.expect("a short body");
        let mut state = self.state();
        let path = parts.uri.path().to_owned();
        state.asked.push(path.clone());
        if !parts.headers.contains_key("user-agent") {
            return plain(
                403,
                "Request forbidden by administrative rules. Please make sure your request has a User-Agent header",
            );
        }
        if let Some((status, body)) = state.answers.get(&path) {
            let response = with_headers(json_response(*status, body), &state.headers);
            return response;
        }
        match path.as_str() {
            "/login/oauth/access_token" => token(&mut state, &parts.headers, &body),
            _ => match path.strip_prefix("/api/v3") {
                Some(path) => api(&state, &parts.headers, path),
                None => json_response(404, &json!({})),
            },
        }
    }
}

/// Errors have status 200, and what is not asked for as JSON comes as a form.
fn token(state: &mut State, headers: &HeaderMap, body: &[u8]) -> Response {
    let sent: HashMap<_, _> = form_urlencoded::parse(body).into_owned().collect();
    let of = |name: &str| sent.get(name).map(String::as_str).unwrap_or_default();
    let told = |error: &str, description: &str| {
        let documented = "https://docs.github.com/apps/oauth-apps/maintaining-oauth-apps/troubleshooting";
        json_response(
            200,
            &json!({ "error": error, "error_description": description, "error_uri": documented }),
        )
    };
    if (of("client_id"), of("client_secret")) != (CLIENT, SECRET) {
        return told(
            "incorrect_client_credentials",
            "The client_id and/or client_secret passed are incorrect.",
        );
    }
    let challenge = URL_SAFE_NO_PAD.encode(Digest::of(of("code_verifier")).0);
    let Some(code) = state.codes.remove(of("code")).filter(|code| code.challenge == challenge) else {
        return told("bad_verification_code", "The code passed is incorrect or expired.");
    };
    if code.redirect_uri != of("redirect_uri") {
        let why = "The redirect_uri MUST match the registered callback URL for this application.";
        return told("redirect_uri_mismatch", why);
    }
    let (token, scope) = (format!("gho_{}", of("code")), code.scope.split(' ').collect::<Vec<_>>().join(","));
    state.tokens.insert(token.clone(), code);
    let tokens = [("access_token", token.as_str()), ("scope", &scope), ("token_type", "bearer")];
    if headers.get("accept").is_none_or(|accept| accept != "application/json") {
        return plain(200, &form_urlencoded::Serializer::new(String::new()).extend_pairs(tokens).finish());
    }
    json_response(
        200,
        &Value::Object(tokens.map(|(name, value)| (name.to_owned(), value.into())).into_iter().collect()),
    )
}

fn api(state: &State, headers: &HeaderMap, path: &str) -> Response {
    let authorization = headers.get("authorization").and_then(|value| value.to_str().ok());
    let token = authorization.and_then(|value| value.strip_prefix("Bearer "));
    let Some(Code { user, scope, .. }) = token.and_then(|token| state.tokens.get(token)) else {
        return refused(401, "Bad credentials");
    };
    let has = |wanted: &str| scope.split(' ').any(|scope| scope == wanted);
    match path {
        "/user" => json_response(
            200,
            &json!({
                "login": user.login,
                "id": user.id,
                "node_id": "MDQ6VXNlcjE=",
                "type": "User",
                "site_admin": false,
                "name": "A name that says nothing",
                "company": null,
                "email": "public@elsewhere.example",
            }),
        ),
        "/user/emails" if has("user:email") => json_response(200, &user.emails),
        "/user/emails" => refused(404, "Not Found"),
        _ => match path.strip_prefix("/user/memberships/orgs/") {
            Some(_) if !has("read:org") => {
                refused(403, "You need at least read:org scope or user scope to view memberships.")
            }
            Some(name) => membership(user, name),
            None => refused(404, "Not Found"),
        },
    }
}

fn membership(user: &User, name: &str) -> Response {
    let known = user.memberships.iter().find(|(organization, _)| organization.eq_ignore_ascii_case(name));
    let Some((organization, state)) = known else { return refused(404, "Not Found") };
    json_response(
        200,
        &json!({
            "state": state,
            "role": "member",
            "organization": { "login": organization, "id": 1, "node_id": "MDEyOk9yZ2FuaXphdGlvbjE=" },
            "user": { "login": user.login, "id": user.id, "type": "User" },
        }),
    )
}

fn refused(status: u16, message: &str) -> Response {
    json_response(status, &json!({ "message": message, "documentation_url": "https://docs.github.com/rest" }))
}

fn json_response(status: u16, value: &Value) -> Response {
    let response =
        http::Response::builder().status(status).header("content-type", "application/json; charset=utf-8");
    response.body(Body::from(value.to_string())).expect("a response")
}

fn plain(status: u16, text: &str) -> Response {
    let response = http::Response::builder().status(status).header("content-type", "text/plain");
    response.body(Body::from(text.to_owned())).expect("a response")
}

fn with_headers(mut response: Response, headers: &[(&'static str, &'static str)]) -> Response {
    for (name, value) in headers {
        response.headers_mut().insert(*name, http::HeaderValue::from_static(value));
    }
    response
}
