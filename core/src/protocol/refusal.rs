//! Refusals: errors with the error codes of the specifications.

use http::StatusCode;
use std::error::Error;

/// Why a request is refused. There is one constructor for each error code of the RFCs that this server uses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    status: StatusCode,
    code: &'static str,
    description: String,
    /// The precise reason, for the operator's log only.
    detail: Option<String>,
}

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident, $code:literal, $status:ident;)*) => {
        impl Refusal {
            /// The error codes. Some are there more than once.
            pub const CODES: &[&str] = &[$($code,)* "temporarily_unavailable", "server_error"];

            $($(#[$doc])*
            pub fn $name(description: impl AsRef<str>) -> Self {
                Self::new(StatusCode::$status, $code, description.as_ref())
            })*
        }
    };
}

codes! {
    /// RFC 6749 §4.1.2.1, §5.2.
    invalid_request, "invalid_request", BAD_REQUEST;
    /// RFC 6749 §5.2. On this error, clients register again.
    invalid_client, "invalid_client", UNAUTHORIZED;
    /// An unknown client id at the authorization endpoint. It is shown to the user, not sent by redirect, which
    /// prevents an open redirect (OAuth 2.1 §4.1.2.1).
    unknown_client, "invalid_client", BAD_REQUEST;
    /// RFC 6749 §5.2.
    invalid_grant, "invalid_grant", BAD_REQUEST;
    /// RFC 6749 §5.2.
    unauthorized_client, "unauthorized_client", BAD_REQUEST;
    /// RFC 6749 §5.2.
    unsupported_grant_type, "unsupported_grant_type", BAD_REQUEST;
    /// RFC 6749 §4.1.2.1.
    unsupported_response_type, "unsupported_response_type", BAD_REQUEST;
    /// RFC 6749 §4.1.2.1.
    invalid_scope, "invalid_scope", BAD_REQUEST;
    /// RFC 6749 §4.1.2.1: the user denied the request.
    access_denied, "access_denied", FORBIDDEN;
    /// OpenID Connect Core 1.0 §3.1.2.6: `prompt` is `none`, and no user is signed in.
    login_required, "login_required", BAD_REQUEST;
    /// OpenID Connect Core 1.0 §3.1.2.6: `prompt` is `none`, and the user must be asked for consent.
    consent_required, "consent_required", BAD_REQUEST;
    /// A wrong password in the query of an authorization request, which only the tutorial mode reads. The tutorial's
    /// own server answers with the same code.
    wrong_password, "access_denied", UNAUTHORIZED;
    /// OpenID Connect Core 1.0 §3.1.2.6, §6.1: a request object (RFC 9101).
    request_not_supported, "request_not_supported", BAD_REQUEST;
    /// OpenID Connect Core 1.0 §3.1.2.6, §6.2: a request object by reference (RFC 9101), or a pushed request (RFC 9126).
    request_uri_not_supported, "request_uri_not_supported", BAD_REQUEST;
    /// OpenID Connect Core 1.0 §3.1.2.6, §7.2.1: metadata of the client in the request.
    registration_not_supported, "registration_not_supported", BAD_REQUEST;
    /// RFC 8707 §2.
    invalid_target, "invalid_target", BAD_REQUEST;
    /// RFC 7591 §3.2.2.
    invalid_redirect_uri, "invalid_redirect_uri", BAD_REQUEST;
    /// RFC 7591 §3.2.2.
    invalid_client_metadata, "invalid_client_metadata", BAD_REQUEST;
    /// A form whose CSRF token is not valid for this browser and this request.
    stale_form, "invalid_request", FORBIDDEN;
    /// RFC 9110 §15.5.5.
    not_found, "not_found", NOT_FOUND;
    /// RFC 9110 §15.5.14.
    content_too_large, "invalid_request", PAYLOAD_TOO_LARGE;
    /// RFC 9110 §15.5.16.
    unsupported_media_type, "invalid_request", UNSUPPORTED_MEDIA_TYPE;
}

impl Refusal {
    fn new(status: StatusCode, code: &'static str, description: &str) -> Self {
        Self { status, code, description: printable(description), detail: None }
    }

    /// The store or the signer did not answer (RFC 6749 §4.1.2.1). `detail` is for the operator's log only.
    pub fn temporarily_unavailable(detail: &dyn Error) -> Self {
        let sorry = "the server cannot answer at the moment; try again in a few seconds";
        Self::unavailable(sorry, detail.to_string())
    }

    /// Another server that this one depends on did not answer. `detail` is for the operator's log only.
    pub(crate) fn unavailable(sorry: &str, detail: String) -> Self {
        let refusal = Self::new(StatusCode::SERVICE_UNAVAILABLE, "temporarily_unavailable", sorry);
        Self { detail: Some(detail), ..refusal }
    }

    /// This server cannot answer until the operator has fixed something (RFC 6749 §4.1.2.1). `detail` is for the
    /// operator's log only.
    pub(crate) fn broken(sorry: &str, detail: String) -> Self {
        Self { detail: Some(detail), ..Self::new(StatusCode::BAD_GATEWAY, "server_error", sorry) }
    }

    /// The same refusal, with a reason for the operator's log that says more.
    pub(crate) fn for_operator(self, reason: &str) -> Self {
        Self { detail: Some(printable(reason)), ..self }
    }

    /// The same refusal as a page for the user. Status 401 becomes 400, because the browser must not ask for
    /// credentials.
    pub(crate) fn for_page(self) -> Self {
        let status =
            if self.status == StatusCode::UNAUTHORIZED { StatusCode::BAD_REQUEST } else { self.status };
        Self { status, ..self }
    }

    /// The error code.
    pub fn code(&self) -> &'static str {
        self.code
    }

    /// The description that the client gets.
    pub fn description(&self) -> &str {
        &self.description
    }

    /// The reason in the operator's log. It can be more precise than the description that the client gets.
    pub fn reason(&self) -> &str {
        self.detail.as_deref().unwrap_or(&self.description)
    }

    /// Whether the same request can succeed in a few seconds.
    pub(crate) fn is_passing(&self) -> bool {
        self.status == StatusCode::SERVICE_UNAVAILABLE
    }

    /// The HTTP status, if the refusal is not sent by a redirect.
    pub fn status(&self) -> StatusCode {
        self.status
    }
}

/// Shortens a text from a request for an error message, so that a second value has room beside it.
pub(crate) fn shortened(text: &str) -> String {
    const MOST: usize = 80;
    match text.char_indices().nth(MOST) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}...", &text[..end]),
    }
}

/// Replaces characters that an `error_description` must not contain (RFC 6749 §5.2), and truncates to 300 characters.
/// Text that is shortened from a request can contain any character.
fn printable(text: &str) -> String {
    let allowed = |c: char| matches!(c, ' '..='!' | '#'..='[' | ']'..='~');
    text.chars().take(300).map(|c| if allowed(c) { c } else { '?' }).collect()
}
