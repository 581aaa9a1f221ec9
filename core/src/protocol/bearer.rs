//! Bearer tokens in HTTP headers (RFC 6750): reads `Authorization`, writes the `WWW-Authenticate` challenge.

use crate::protocol::scope::Scope;
use crate::rules::{self, Rule};
use http::{HeaderMap, HeaderValue, header::AUTHORIZATION};

/// The content of a request's `Authorization` header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BearerCredentials<'a> {
    /// No such header, or a header of another scheme.
    None,
    /// One bearer token (RFC 6750 §2.1).
    Bearer(&'a str),
    /// An invalid bearer token, or more than one header.
    Malformed,
}

/// Whether all bytes are characters of `b64token` (RFC 6750 §2.1). Every call of an MCP server has a token, so this has no early
/// end: the compiler then compares many bytes at once.
fn is_b64token(token: &[u8]) -> bool {
    // From `-` to `9` there are `-`, `.`, `/` and the digits.
    let is_character = |byte: u8| {
        byte.is_ascii_alphabetic()
            | (b'-'..=b'9').contains(&byte)
            | (byte == b'+')
            | (byte == b'=')
            | (byte == b'_')
            | (byte == b'~')
    };
    token.iter().fold(!token.is_empty(), |all, byte| all & is_character(*byte))
}

impl<'a> BearerCredentials<'a> {
    /// Reads the header. Tokens in the query or in a form are ignored, because MCP forbids them.
    pub fn read(headers: &'a HeaderMap) -> Self {
        let mut values = headers.get_all(AUTHORIZATION).iter();
        match (values.next(), values.next()) {
            (None, _) => Self::None,
            (Some(value), None) => Self::parse(value),
            (Some(_), Some(_)) => Self::Malformed,
        }
    }

    /// `"Bearer" 1*SP b64token`. The scheme is case-insensitive (RFC 9110 §11.1).
    fn parse(value: &'a HeaderValue) -> Self {
        let Ok(text) = str::from_utf8(value.as_bytes()) else { return Self::Malformed };
        let (scheme, token) = text.split_once(' ').unwrap_or((text, ""));
        if !scheme.eq_ignore_ascii_case("bearer") {
            return value.to_str().map_or(Self::Malformed, |_| Self::None);
        }
        let token = token.trim_matches(' ');
        if is_b64token(token.as_bytes()) { Self::Bearer(token) } else { Self::Malformed }
    }
}

/// Why a protected resource refuses a request (RFC 6750 §3.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Challenge {
    /// The request has no token. The challenge carries no error code, because the request is not wrong.
    Missing,
    /// The request is malformed.
    InvalidRequest(&'static str),
    /// The token is not accepted.
    InvalidToken(&'static str),
    /// The token lacks a scope that the call needs (step-up authorization). Holds the needed scopes and the token's
    /// own scopes together, so a client that requests exactly these loses none.
    InsufficientScope(Scope),
}

impl Challenge {
    /// The rule in the error catalogue, with the HTTP status and the error code (RFC 6750 §3.1). Without a token, the header
    /// has no code, but the response body needs one.
    pub fn rule(&self) -> &'static Rule {
        match self {
            Self::Missing => &rules::TOKEN_MISSING,
            Self::InvalidToken(_) => &rules::TOKEN_INVALID,
            Self::InvalidRequest(_) => &rules::TOKEN_MALFORMED,
            Self::InsufficientScope(_) => &rules::SCOPE_INSUFFICIENT,
        }
    }

    /// A sentence that describes the error.
    pub fn sentence(&self) -> String {
        match self {
            Self::Missing => {
                "an access token is required; the resource metadata names the authorization server".to_owned()
            }
            Self::InvalidRequest(why) => (*why).to_owned(),
            Self::InvalidToken(why) => format!("the access token {why}"),
            Self::InsufficientScope(_) => "the access token lacks a required scope".to_owned(),
        }
    }

    /// The `WWW-Authenticate` header (RFC 6750 §3; RFC 9728 §5.1): the URL of the metadata, and the scopes to
    /// request. These are the `usual` scopes, unless the call needs more.
    pub fn header(&self, metadata: &str, usual: &Scope) -> HeaderValue {
        let scope = if let Self::InsufficientScope(scope) = self { scope } else { usual };
        let error = match self {
            Self::Missing => String::new(),
            _ => format!("error=\"{}\", error_description=\"{}\", ", self.rule().code, self.sentence()),
        };
        let value = format!("Bearer {error}resource_metadata=\"{metadata}\", scope=\"{scope}\"");
        HeaderValue::try_from(value).expect("URLs and scopes are printable ASCII")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn headers(values: &[&str]) -> HeaderMap {
        values
            .iter()
            .filter_map(|value| Some((AUTHORIZATION, HeaderValue::from_bytes(value.as_bytes()).ok()?)))
            .collect()
    }

    #[test]
    fn one_bearer_token_is_read() {
        assert_eq!(BearerCredentials::read(&headers(&[])), BearerCredentials::None);
        assert_eq!(
            BearerCredentials::read(&headers(&["bEaReR  abc.d-e_f~+/=="])),
            BearerCredentials::Bearer("abc.d-e_f~+/==")
        );
        assert_eq!(BearerCredentials::read(&headers(&["Basic YTpi"])), BearerCredentials::None);
        for bad in [
            &["Bearer"][..],
            &["Bearer "],
            &["Bearer a b"],
            &["Bearer a,b"],
            &["Bearer a\tb"],
            &["Bearer \ta"],
            &["Bearer é"],
            &["Basic é"],
            &["Bearer a", "Bearer b"],
        ] {
            assert_eq!(BearerCredentials::read(&headers(bad)), BearerCredentials::Malformed, "{bad:?}");
        }
    }

    #[test]
    fn the_characters_of_a_token_are_those_of_the_rfc() {
        let characters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+/=";
        for byte in 0..=u8::MAX {
            assert_eq!(is_b64token(&[b'a', byte, b'a']), characters.as_bytes().contains(&byte), "{byte}");
        }
        assert!(!is_b64token(b""));
    }

    proptest! {
        #[test]
        fn no_header_panics(value in "(Bearer )?\\PC{0,40}") {
            let _ = BearerCredentials::read(&headers(&[&value]));
        }
    }
}
