//! The faults that are planted in the scripted server, as far as several lines make one.

use crate::script::{Answer, Asked, member};
use http::{HeaderName, HeaderValue, Method, StatusCode, header};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::Mutex;

pub(crate) fn is_server(asked: &Asked) -> bool {
    asked.path.starts_with("/.well-known/oauth-authorization-server")
        || asked.path.ends_with("/openid-configuration")
}

pub(crate) fn is_resource(asked: &Asked) -> bool {
    asked.path.starts_with("/.well-known/oauth-protected-resource")
}

/// Changes a member of the authorization server's metadata.
pub(crate) fn server(asked: &Asked, answer: &mut Answer, name: &str, value: Option<Value>) {
    if is_server(asked) {
        member(answer, name, value);
    }
}

pub(crate) fn refuse(answer: &mut Answer, error: &str) {
    *answer.status_mut() = StatusCode::BAD_REQUEST;
    *answer.body_mut() = json!({ "error": error }).to_string();
}

pub(crate) fn set(answer: &mut Answer, name: HeaderName, value: &str) {
    answer.headers_mut().insert(name, value.parse().unwrap());
}

/// The value of a parameter, in the query or the form.
pub(crate) fn value<'a>(asked: &'a Asked, name: &str) -> &'a str {
    [&asked.query, &asked.form].iter().find_map(|all| all.get(name)).map(String::as_str).unwrap_or_default()
}

/// Whether this is a request for an authorization page.
pub(crate) fn opens(asked: &Asked) -> bool {
    asked.path == "/authorize" && asked.method == Method::GET
}

/// Whether the sign-in form was accepted.
pub(crate) fn is_signed_in(asked: &Asked, answer: &Answer) -> bool {
    asked.path == "/authorize" && asked.method == Method::POST && answer.status() == StatusCode::FOUND
}

pub(crate) fn renames_the_challenge(_: &Asked, answer: &mut Answer) {
    if let Some(challenge) = answer.headers_mut().remove(header::WWW_AUTHENTICATE) {
        answer.headers_mut().insert("x-amzn-remapped-www-authenticate", challenge);
    }
}

/// The server answers with an error for the client.
pub(crate) fn sends_back(asked: &Asked, answer: &mut Answer, error: &str) {
    *answer.status_mut() = StatusCode::FOUND;
    set(
        answer,
        header::LOCATION,
        &format!("{}?error={error}&state={}", value(asked, "redirect_uri"), value(asked, "state")),
    );
}

/// The token of a lost response is refused, and its successor with it.
pub(crate) fn ends_at_a_retry(asked: &Asked, answer: &mut Answer) {
    if value(asked, "refresh_token") == "refreshx" {
        refuse(answer, "invalid_grant");
    }
}

/// The server says no scope, and refuses the scopes that a client has of its own.
pub(crate) fn knows_no_scope(asked: &Asked, answer: &mut Answer) {
    if asked.path == "/mcp" && asked.authorization.is_none() {
        let place = format!("{}/.well-known/oauth-protected-resource/mcp", asked.origin);
        set(answer, header::WWW_AUTHENTICATE, &format!("Bearer resource_metadata={place:?}"));
    }
    member(answer, "scopes_supported", None);
    if !value(asked, "scope").is_empty() {
        sends_back(asked, answer, "invalid_scope");
    }
}

/// An authorization request is spent when its page is shown.
pub(crate) fn shows_a_page_once(asked: &Asked, answer: &mut Answer) {
    static SHOWN: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());
    let request = ["client_id", "code_challenge", "resource"].map(|name| value(asked, name)).join(" ");
    if opens(asked) && value(asked, "state") == "doorward" && !SHOWN.lock().unwrap().insert(request) {
        refuse(answer, "invalid_request");
    }
}

/// A code is accepted at all times.
pub(crate) fn spends_no_code(asked: &Asked, answer: &mut Answer) {
    if value(asked, "code") == "code" {
        *answer.status_mut() = StatusCode::OK;
        *answer.body_mut() = json!({
            "access_token": "access", "token_type": "Bearer", "expires_in": 3600, "refresh_token": "refresh",
        })
        .to_string();
    }
}

/// The token of a sign-in with the named scope is not enough.
pub(crate) fn needs_another_scope(asked: &Asked, answer: &mut Answer) {
    if asked.authorization.as_deref() == Some("Bearer access") {
        *answer.status_mut() = StatusCode::FORBIDDEN;
        let challenge = r#"Bearer error="insufficient_scope", scope="admin""#;
        answer.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
    }
}

/// The second sign-in ends the tokens of the first, which refreshes before the second does.
pub(crate) fn ends_the_first_installation(asked: &Asked, answer: &mut Answer) {
    static ENDED: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());
    if value(asked, "refresh_token") == "refresh" && ENDED.lock().unwrap().insert(asked.origin.clone()) {
        refuse(answer, "invalid_grant");
    }
}
