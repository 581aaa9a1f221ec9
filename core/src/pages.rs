//! The pages that a person sees (askama, `core/templates`). No script; nothing is fetched from anywhere.

pub(crate) mod account;
mod notice;

pub(crate) use notice::Notice;

use crate::language::Language;
use crate::protocol::authorization_request::{Asker, AuthorizationRequest};
use crate::protocol::client::Introducer;
use crate::protocol::departure::Destination;
use crate::protocol::digest::Digest;
use crate::protocol::person_id::PersonId;
use crate::protocol::protected_resource::OfferedScope;
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
    words: &'static Language,
    /// What for, unless it is for the account's page.
    asked: Option<&'a AuthorizationRequest>,
    hint: Option<&'a PersonId>,
    form: &'a str,
    notice: Option<Notice>,
}

#[derive(Template)]
#[template(path = "consent.html")]
struct Consent<'a> {
    style: &'static str,
    words: &'static Language,
    asked: &'a AuthorizationRequest,
    person: &'a str,
    form: &'a str,
    notice: Option<Notice>,
    facts: Facts<'a>,
}

#[derive(Template)]
#[template(path = "leave.html")]
struct Leave<'a> {
    style: &'static str,
    words: &'static Language,
    asked: &'a AuthorizationRequest,
    way: &'a Way<'a>,
    form: &'a str,
    notice: Option<Notice>,
    facts: Facts<'a>,
}

#[derive(Template)]
#[template(path = "leave_for_account.html")]
struct LeaveForAccount<'a> {
    style: &'static str,
    words: &'static Language,
    way: &'a Way<'a>,
    notice: Option<Notice>,
}

#[derive(Template)]
#[template(path = "turned_away.html")]
struct NotSignedIn<'a> {
    style: &'static str,
    words: &'static Language,
    why: TurnedAway<'a>,
    provider: &'a str,
    destination: &'a Destination,
    correlation: &'a str,
}

/// What is to be known of a request before it is answered.
struct Facts<'a> {
    scopes: Vec<String>,
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
    words: &'static Language,
    asked: &'a AuthorizationRequest,
    url: &'a str,
}

#[derive(Template)]
#[template(path = "error.html")]
struct Failure<'a> {
    style: &'static str,
    words: &'static Language,
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
pub(crate) fn sign_in(
    words: &'static Language,
    asked: &AuthorizationRequest,
    form: &str,
    notice: Option<Notice>,
) -> Response {
    let page =
        SignIn { style: STYLE, words, asked: Some(asked), hint: asked.login_hint.as_ref(), form, notice };
    html(StatusCode::OK, words, &page, "'self'")
}

/// The same, for the account's page.
pub(crate) fn sign_in_to_account(words: &'static Language, form: &str, notice: Option<Notice>) -> Response {
    let page = SignIn { style: STYLE, words, asked: None, hint: None, form, notice };
    html(StatusCode::OK, words, &page, "'self'")
}

/// Asks whether to let the client in.
pub(crate) fn consent(
    words: &'static Language,
    asked: &AuthorizationRequest,
    person: &str,
    form: &str,
    notice: Option<Notice>,
) -> Response {
    let page = Consent { style: STYLE, words, asked, person, form, notice, facts: Facts::of(asked, words) };
    html(StatusCode::OK, words, &page, &answers_to(asked))
}

/// Says what somebody is about to sign in for, elsewhere.
pub(crate) fn leave(
    words: &'static Language,
    asked: &AuthorizationRequest,
    way: &Way<'_>,
    form: &str,
    notice: Option<Notice>,
) -> Response {
    let page = Leave { style: STYLE, words, asked, way, form, notice, facts: Facts::of(asked, words) };
    html(StatusCode::OK, words, &page, &answers_to(asked))
}

/// The same for the account's page.
pub(crate) fn leave_for_account(words: &'static Language, way: &Way<'_>, notice: Option<Notice>) -> Response {
    html(StatusCode::OK, words, &LeaveForAccount { style: STYLE, words, way, notice }, "'none'")
}

/// Says why somebody who came back is not signed in.
pub(crate) fn turned_away(
    words: &'static Language,
    why: TurnedAway<'_>,
    provider: &str,
    destination: &Destination,
    correlation: &str,
) -> Response {
    let page = NotSignedIn { style: STYLE, words, why, provider, destination, correlation };
    html(StatusCode::FORBIDDEN, words, &page, "'none'")
}

/// What a scope allows, as the operator says it, or else as we do.
fn described(offered: &OfferedScope, words: &Language) -> String {
    let scope = offered.scope.to_string();
    offered.description.clone().unwrap_or_else(|| match scope.as_str() {
        "user" => words.see_who_you_are.to_string(),
        _ => words.use_permission.plain("scope", &scope),
    })
}

/// Where a form goes of which the client is told the answer.
fn answers_to(asked: &AuthorizationRequest) -> String {
    format!("'self' {}", asked.asker.redirect.form_action())
}

impl<'a> Facts<'a> {
    fn of(asked: &'a AuthorizationRequest, words: &Language) -> Self {
        let Asker { client, redirect, .. } = &asked.asker;
        let offered = asked.resource.scopes.iter().filter(|offered| asked.scope.covers(&offered.scope));
        Self {
            scopes: offered.map(|offered| described(offered, words)).collect(),
            is_local: redirect.kind() == Kind::Loopback,
            introducer: client.introduced_by(),
            is_anybodys: redirect.kind() != Kind::Https && !client.is_confidential(),
            impersonated: Vendor::impersonated_by(client, redirect),
        }
    }
}

/// Shows the client's answer, to somebody whose browser cannot take it there.
pub(crate) fn answer(words: &'static Language, asked: &AuthorizationRequest, url: &str) -> Response {
    html(StatusCode::OK, words, &Answer { style: STYLE, words, asked, url }, "'none'")
}

/// Says what went wrong, to somebody who did nothing wrong.
pub(crate) fn error(
    words: &'static Language,
    refusal: &Refusal,
    correlation: &str,
    back: Option<Back<'_>>,
) -> Response {
    let page = Failure { style: STYLE, words, refusal, correlation, back };
    html(refusal.status(), words, &page, "'none'")
}

fn html(status: StatusCode, words: &Language, page: &impl Template, form_action: &str) -> Response {
    let body = page.render().expect("a page renders into memory");
    let style = &*STYLE_SOURCE;
    let policy = format!(
        "default-src 'none'; style-src {style}; form-action {form_action}; frame-ancestors 'none'; base-uri 'none'"
    );
    let policy = HeaderValue::try_from(policy).expect("sources are printable ASCII");
    let mut response = wire::respond(status, "text/html; charset=utf-8", body.into_bytes());
    let fixed: [(HeaderName, HeaderValue); 6] = [
        (header::CONTENT_SECURITY_POLICY, policy),
        (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (header::CONTENT_LANGUAGE, HeaderValue::from_static(words.tag)),
        (header::VARY, HeaderValue::from_static("accept-language")),
        (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    ];
    response.headers_mut().extend(fixed);
    response
}
