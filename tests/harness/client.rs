//! Test OAuth client: sends valid requests, or valid requests with some parameters changed.

use crate::person::Person;
use crate::test_server::{TestServer, get, header, json, parameter, post, post_json};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use doorward::protocol::{Digest, paths};
use doorward::wire::{Request, Response};

/// A registered client.
#[derive(Clone, Debug)]
pub struct Client {
    /// The client id.
    pub id: String,
    /// The redirect URI, which receives the authorization responses.
    pub redirect_uri: String,
}

/// The PKCE code verifier.
pub const VERIFIER: &str = "0123456789-0123456789-0123456789-0123456789";
/// The `state` that the authorization response must repeat.
pub const STATE: &str = "a state & more";

impl Client {
    /// Registers with a loopback redirect URI.
    pub async fn register(test: &TestServer) -> Self {
        Self::register_at(test, "http://127.0.0.1:7777/callback").await
    }

    /// Registers with this redirect URI.
    pub async fn register_at(test: &TestServer, redirect_uri: &str) -> Self {
        let metadata =
            serde_json::json!({ "client_name": "Test <b>client</b>", "redirect_uris": [redirect_uri] });
        let response = test.send(post_json(paths::REGISTER, &metadata.to_string())).await;
        assert_eq!(response.status(), 201, "{response:?}");
        let id = json(&response)["client_id"].as_str().expect("a client id").to_owned();
        Self { id, redirect_uri: redirect_uri.to_owned() }
    }

    /// The parameters of a valid authorization request.
    pub fn asks(&self) -> Vec<(String, String)> {
        let challenge = URL_SAFE_NO_PAD.encode(Digest::of(VERIFIER).0);
        let fixed = [
            ("response_type", "code"),
            ("client_id", &self.id),
            ("redirect_uri", &self.redirect_uri),
            ("state", STATE),
            ("scope", "user"),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
        ];
        fixed.map(|(name, value)| (name.to_owned(), value.to_owned())).into()
    }

    /// The URL of a valid authorization request.
    pub fn url(&self) -> String {
        self.url_with(&[])
    }

    /// The URL of an authorization request with some parameters changed. An empty value removes the parameter.
    pub fn url_with(&self, changes: &[(&str, &str)]) -> String {
        let mut parameters = self.asks();
        parameters.retain(|(name, _)| changes.iter().all(|(changed, _)| changed != name));
        let added = changes.iter().filter(|(_, value)| !value.is_empty());
        parameters.extend(added.map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish();
        format!("{}?{query}", paths::AUTHORIZE)
    }

    /// Sends `person` to the server to sign in and allow. Returns the authorization code.
    pub async fn obtain_code(&self, test: &TestServer, person: &mut Person) -> String {
        let back = person.let_in(test, &self.url()).await;
        parameter(&back, "code").unwrap_or_else(|| panic!("no code in {back}"))
    }

    /// A valid token request.
    pub fn redeems(&self, code: &str) -> Request {
        self.redeems_with(code, &[])
    }

    /// A token request with some parameters changed. An empty value removes the parameter.
    pub fn redeems_with(&self, code: &str, changes: &[(&str, &str)]) -> Request {
        let sound = [
            ("grant_type", "authorization_code"),
            ("client_id", &self.id),
            ("code", code),
            ("redirect_uri", &self.redirect_uri),
            ("code_verifier", VERIFIER),
        ];
        post(paths::TOKEN, &changed(&sound, changes))
    }

    /// A valid refresh request.
    pub fn refreshes(&self, refresh_token: &str) -> Request {
        self.refreshes_with(refresh_token, &[])
    }

    /// A refresh request with some parameters changed. An empty value removes the parameter.
    pub fn refreshes_with(&self, refresh_token: &str, changes: &[(&str, &str)]) -> Request {
        let sound = [
            ("grant_type", "refresh_token"),
            ("client_id", self.id.as_str()),
            ("refresh_token", refresh_token),
        ];
        post(paths::TOKEN, &changed(&sound, changes))
    }

    /// A valid revocation request.
    pub fn revokes(&self, token: &str) -> Request {
        self.revokes_with(token, &[])
    }

    /// A revocation request with some parameters changed. An empty value removes the parameter.
    pub fn revokes_with(&self, token: &str, changes: &[(&str, &str)]) -> Request {
        post(paths::REVOKE, &changed(&[("client_id", self.id.as_str()), ("token", token)], changes))
    }

    /// Runs the authorization code flow and returns both tokens.
    pub async fn obtain_tokens(&self, test: &TestServer, person: &mut Person) -> Tokens {
        let code = self.obtain_code(test, person).await;
        Tokens::of(&test.send(self.redeems(&code)).await)
    }

    /// Runs the authorization code flow and returns the access token.
    pub async fn obtain_token(&self, test: &TestServer, person: &mut Person) -> String {
        let code = self.obtain_code(test, person).await;
        access_token(&test.send(self.redeems(&code)).await)
    }
}

/// The tokens of a token response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tokens {
    /// The access token.
    pub access: String,
    /// The refresh token.
    pub refresh: String,
}

impl Tokens {
    /// Reads a successful token response.
    pub fn of(response: &Response) -> Self {
        let refresh = json(response)["refresh_token"].as_str().expect("a refresh token").to_owned();
        Self { access: access_token(response), refresh }
    }
}

/// The parameters with some changed. An empty value removes the parameter.
fn changed<'a>(sound: &[(&'a str, &'a str)], changes: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let kept = sound.iter().filter(|(name, _)| changes.iter().all(|(changed, _)| changed != name));
    kept.chain(changes.iter().filter(|(_, value)| !value.is_empty())).copied().collect()
}

/// The access token of a successful token response. Panics on any other response.
pub fn access_token(response: &Response) -> String {
    assert_eq!(response.status(), 200, "{response:?}");
    assert_eq!(header(response, "cache-control"), "no-store");
    json(response)["access_token"].as_str().expect("an access token").to_owned()
}

/// A call of the MCP server's tool, with an optional bearer token.
pub fn tool_call(token: Option<&str>, user_id: &str) -> Request {
    let arguments = serde_json::json!({ "user_id": user_id });
    let message = serde_json::json!({
        "jsonrpc": "2.0", "id": 1, "method": "tools/call",
        "params": { "name": "get_user_data", "arguments": arguments },
    });
    call(token, &message)
}

/// A message to the MCP server, with an optional bearer token.
pub fn call(token: Option<&str>, message: &serde_json::Value) -> Request {
    let mut request = post_json("/mcp", &message.to_string());
    let headers = [
        ("host", "mcp.example".to_owned()),
        ("accept", "application/json, text/event-stream".to_owned()),
        ("mcp-protocol-version", "2025-11-25".to_owned()),
    ];
    let authorization = token.map(|token| ("authorization", format!("Bearer {token}")));
    for (name, value) in headers.into_iter().chain(authorization) {
        request.headers_mut().insert(name, value.parse().expect("a header"));
    }
    request
}

/// The response of the authorization server to a GET without cookies.
pub async fn look(test: &TestServer, url: &str) -> Response {
    test.send(get(url)).await
}
