//! A page as a response: its style, and the headers that protect it, for instance against clickjacking (CSP Level
//! 3).

use crate::language::Language;
use crate::protocol::Digest;
use crate::wire::{self, Response};
use askama::Template;
use base64::{Engine, engine::general_purpose::STANDARD};
use http::{HeaderName, HeaderValue, StatusCode, header};
use std::sync::LazyLock;

pub(super) const STYLE: &str = include_str!("../../templates/style.css");

/// The hash of the style. The browser applies no other style to a page (CSP Level 3 §2.3.1).
static STYLE_SOURCE: LazyLock<String> =
    LazyLock::new(|| format!("'sha256-{}'", STANDARD.encode(Digest::of(STYLE).0)));

pub(super) fn html(
    status: StatusCode,
    language: &Language,
    page: &impl Template,
    form_action: &str,
) -> Response {
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
        (header::CONTENT_LANGUAGE, HeaderValue::from_static(language.tag)),
        (header::VARY, HeaderValue::from_static("accept-language")),
        (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    ];
    response.headers_mut().extend(fixed);
    response
}
