//! The pages that a person sees (askama, `core/templates`). No script; nothing is fetched from anywhere.

pub(crate) mod account;

use crate::protocol::authorization_request::{Asker, AuthorizationRequest};
use crate::protocol::client::Introducer;
use crate::protocol::departure::Destination;
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
    person: &'a str,
    form: &'a str,
    notice: Option<&'a str>,
    facts: Facts<'a>,
}

#[derive(Template)]
#[template(path = "leave.html")]
struct Leave<'a> {
    style: &'static str,
    asked: &'a AuthorizationRequest,
    way: &'a Way<'a>,
    form: &'a str,
    notice: Option<&'a str>,
    facts: Facts<'a>,
}

#[derive(Template)]
#[template(path = "leave_for_account.html")]
struct LeaveForAccount<'a> {
    style: &'static str,
    way: &'a Way<'a>,
    notice: Option<&'a str>,
}

#[derive(Template)]
#[template(path = "turned_away.html")]
struct NotSignedIn<'a> {
    style: &'static str,
    why: TurnedAway<'a>,
    provider: &'a str,
    destination: &'a Destination,
    correlation: &'a str,
}

/// What is to be known of a request before it is answered.
struct Facts<'a> {
    scopes: Vec<&'a str>,
    is_local: bool,
    introducer: &'a Introducer,
    /// Whether any program on the person's machine could say that it is this client.
    is_anybodys: bool,
    /// Whose name it has taken.
    impersonated: Option<&'static Vendor>,
}

/// The way to the identity provider.
pub(crate) struct Way<'a> {
    pub(crate) url: String,
    pub(crate) name: &'a str,
}

/// Why somebody who came back from the identity provider is not signed in.
#[derive(Clone, Copy)]
pub(crate) enum TurnedAway<'a> {
    /// It is too late, or another browser.
    TooLate,
    /// The provider did not say who it is.
    Unanswered,
    /// The account of this name may not come in.
    NotAllowed(&'a str),
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
    person: &str,
    form: &str,
    notice: Option<&str>,
) -> Response {
    let page = Consent { style: STYLE, asked, person, form, notice, facts: Facts::of(asked) };
    html(StatusCode::OK, &page, &answers_to(asked))
}

/// Says what somebody is about to sign in for, elsewhere.
pub(crate) fn leave(
    asked: &AuthorizationRequest,
    way: &Way<'_>,
    form: &str,
    notice: Option<&str>,
) -> Response {
    let page = Leave { style: STYLE, asked, way, form, notice, facts: Facts::of(asked) };
    html(StatusCode::OK, &page, &answers_to(asked))
}

/// The same for the account's page.
pub(crate) fn leave_for_account(way: &Way<'_>, notice: Option<&str>) -> Response {
    html(StatusCode::OK, &LeaveForAccount { style: STYLE, way, notice }, "'none'")
}

/// Says why somebody who came back is not signed in.
pub(crate) fn turned_away(
    why: TurnedAway<'_>,
    provider: &str,
    destination: &Destination,
    correlation: &str,
) -> Response {
    let page = NotSignedIn { style: STYLE, why, provider, destination, correlation };
    html(StatusCode::FORBIDDEN, &page, "'none'")
}

/// Where a form goes of which the client is told the answer.
fn answers_to(asked: &AuthorizationRequest) -> String {
    format!("'self' {}", asked.asker.redirect.form_action())
}

impl<'a> Facts<'a> {
    fn of(asked: &'a AuthorizationRequest) -> Self {
        let Asker { client, redirect, .. } = &asked.asker;
        let offered = asked.resource.scopes.iter().filter(|offered| asked.scope.covers(&offered.scope));
        Self {
            scopes: offered.map(|offered| offered.description.as_str()).collect(),
            is_local: redirect.kind() == Kind::Loopback,
            introducer: client.introduced_by(),
            is_anybodys: redirect.kind() != Kind::Https && !client.is_confidential(),
            impersonated: Vendor::impersonated_by(client, redirect),
        }
    }
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
