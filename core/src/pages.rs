//! The pages that a person sees (askama, `core/templates`). No script; nothing is fetched from anywhere.

pub(crate) mod account;

use crate::protocol::authorization_request::AuthorizationRequest;
use crate::protocol::client::Introducer;
use crate::protocol::digest::Digest;
use crate::protocol::person_id::PersonId;
use crate::protocol::redirect_uri::Kind;
use crate::protocol::vendor::Vendor;
use crate::refusal::Refusal;
use crate::wire::{self, Response};
use askama::Template;
use base64::{Engine, engine::general_purpose::STANDARD};
use http::{HeaderName, HeaderValue, StatusCode, header};
use std::sync::LazyLock;

const STYLE: &str = include_str!("../templates/style.css");

/// The style's hash, so that no other style on a page counts (CSP Level 3 §2.3.1).
static STYLE_SOURCE: LazyLock<String> =
    LazyLock::new(|| format!("'sha256-{}'", STANDARD.encode(Digest::of(STYLE).0)));

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignIn<'a> {
    style: &'static str,
    /// What for, unless it is for the account's page.
    asked: Option<&'a AuthorizationRequest>,
    hint: Option<&'a PersonId>,
    form: &'a str,
    notice: Option<&'a str>,
}

#[derive(Template)]
#[template(path = "consent.html")]
struct Consent<'a> {
    style: &'static str,
    asked: &'a AuthorizationRequest,
    person: &'a PersonId,
    form: &'a str,
    notice: Option<&'a str>,
    scopes: Vec<&'a str>,
    is_local: bool,
    introducer: &'a Introducer,
    /// Whether any program on the person's machine could say that it is this client.
    is_anybodys: bool,
    /// Whose name it has taken.
    impersonated: Option<&'static Vendor>,
}

#[derive(Template)]
#[template(path = "answer.html")]
struct Answer<'a> {
    style: &'static str,
    asked: &'a AuthorizationRequest,
    url: &'a str,
}

#[derive(Template)]
#[template(path = "error.html")]
struct Failure<'a> {
    style: &'static str,
    refusal: &'a Refusal,
    correlation: &'a str,
    back: Option<Back<'a>>,
}

/// The way to the client, for the person to take or leave.
pub(crate) struct Back<'a> {
    pub(crate) url: String,
    pub(crate) destination: &'a str,
}

/// Asks who it is.
pub(crate) fn sign_in(asked: &AuthorizationRequest, form: &str, notice: Option<&str>) -> Response {
    let page = SignIn { style: STYLE, asked: Some(asked), hint: asked.login_hint.as_ref(), form, notice };
    html(StatusCode::OK, &page, "'self'")
}

/// The same, for the account's page.
pub(crate) fn sign_in_to_account(form: &str, notice: Option<&str>) -> Response {
    let page = SignIn { style: STYLE, asked: None, hint: None, form, notice };
    html(StatusCode::OK, &page, "'self'")
}

/// Asks whether to let the client in.
pub(crate) fn consent(
    asked: &AuthorizationRequest,
    person: &PersonId,
    form: &str,
    notice: Option<&str>,
) -> Response {
    let offered = asked.resource.scopes.iter().filter(|offered| asked.scope.covers(&offered.scope));
    let scopes = offered.map(|offered| offered.description.as_str()).collect();
    let is_local = asked.asker.redirect.kind() == Kind::Loopback;
    let introducer = asked.asker.client.introduced_by();
    let is_anybodys = asked.asker.redirect.kind() != Kind::Https && !asked.asker.client.is_confidential();
    let page = Consent {
        style: STYLE,
        asked,
        person,
        form,
        notice,
        scopes,
        is_local,
        introducer,
        is_anybodys,
        impersonated: Vendor::impersonated_by(&asked.asker.client, &asked.asker.redirect),
    };
    html(StatusCode::OK, &page, &format!("'self' {}", asked.asker.redirect.form_action()))
}

/// Shows the client's answer, to somebody whose browser cannot take it there.
pub(crate) fn answer(asked: &AuthorizationRequest, url: &str) -> Response {
    html(StatusCode::OK, &Answer { style: STYLE, asked, url }, "'none'")
}

/// Says what went wrong, to somebody who did nothing wrong.
pub(crate) fn error(refusal: &Refusal, correlation: &str, back: Option<Back<'_>>) -> Response {
    let page = Failure { style: STYLE, refusal, correlation, back };
    html(refusal.status(), &page, "'none'")
}

fn html(status: StatusCode, page: &impl Template, form_action: &str) -> Response {
    let body = page.render().expect("a page renders into memory");
    let style = &*STYLE_SOURCE;
    let policy = format!(
        "default-src 'none'; style-src {style}; form-action {form_action}; frame-ancestors 'none'; base-uri 'none'"
    );
    let policy = HeaderValue::try_from(policy).expect("sources are printable ASCII");
    let mut response = wire::respond(status, "text/html; charset=utf-8", body.into_bytes());
    let fixed: [(HeaderName, HeaderValue); 4] = [
        (header::CONTENT_SECURITY_POLICY, policy),
        (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    ];
    response.headers_mut().extend(fixed);
    response
}
