//! A page as a response: its style, and the headers that protect it, for instance against clickjacking (CSP Level
//! 3).

use crate::config::Branding;
use crate::language::Language;
use crate::protocol::Digest;
use crate::wire::{self, Authenticator, Response};
use askama::Template;
use base64::{Engine, engine::general_purpose::STANDARD};
use http::{HeaderName, HeaderValue, StatusCode, header};
use std::borrow::Cow;

const STYLE: &str = include_str!("../../templates/style.css");

/// The style sheet of all pages of a server, and its hash for the policy. A hash takes longer than the rest of a policy.
pub(crate) struct Style {
    text: Cow<'static, str>,
    hash: String,
}

impl Style {
    /// The style sheet. Only light pages have the operator's accent: it is chosen for white text.
    pub(crate) fn of(branding: &Branding) -> Self {
        let text = match &branding.accent {
            None => Cow::Borrowed(STYLE),
            Some(accent) => Cow::Owned(format!(
                "{STYLE}@media not (prefers-color-scheme:dark){{:root{{--accent:{accent}}}}}"
            )),
        };
        let hash = STANDARD.encode(Digest::of(&*text).0);
        Self { text, hash }
    }
}

/// What all pages have in common: their language, and the operator's name, logo and accent colour.
#[derive(Clone, Copy)]
pub(crate) struct Look<'a> {
    pub(crate) language: &'static Language,
    pub(crate) branding: &'a Branding,
    pub(crate) style: &'a Style,
    /// The sign-in of the application that embeds this server.
    pub(crate) authenticator: Option<&'a dyn Authenticator>,
}

impl Look<'_> {
    /// The style sheet.
    pub(super) fn style(&self) -> &str {
        &self.style.text
    }

    /// The page as a response. `form_action` are the destinations that its forms may lead to.
    pub(super) fn html(&self, status: StatusCode, page: &impl Template, form_action: &str) -> Response {
        let body = page.render().expect("a page renders into memory");
        let policy = HeaderValue::try_from(self.policy(form_action)).expect("sources are printable ASCII");
        let mut response = wire::respond(status, "text/html; charset=utf-8", body.into_bytes());
        let fixed: [(HeaderName, HeaderValue); 6] = [
            (header::CONTENT_SECURITY_POLICY, policy),
            (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
            (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
            (header::CONTENT_LANGUAGE, HeaderValue::from_static(self.language.tag)),
            (header::VARY, HeaderValue::from_static("accept-language")),
            (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
        ];
        response.headers_mut().extend(fixed);
        response
    }

    /// The Content-Security-Policy. It forbids scripts, frames (clickjacking) and content from other origins. The
    /// style is allowed by its hash (CSP Level 3 §2.3.1).
    fn policy(&self, form_action: &str) -> String {
        let style = &self.style.hash;
        let images = if self.branding.logo.is_some() { "img-src data:; " } else { "" };
        format!(
            "default-src 'none'; style-src 'sha256-{style}'; {images}form-action {form_action}; frame-ancestors 'none'; \
             base-uri 'none'"
        )
    }
}
