//! Bearer tokens in HTTP headers (RFC 6750): reads `Authorization`, writes the `WWW-Authenticate` challenge.

use crate::protocol::scope::Scope;
use http::{HeaderMap, HeaderValue, StatusCode, header::AUTHORIZATION};

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

/// The characters of `b64token` (RFC 6750 §2.1), by byte. A table, because every call of an MCP server has a token.
static B64TOKEN: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < table.len() {
        table[byte] = matches!(
            byte as u8,
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'+' | b'/' | b'='
        );
        byte += 1;
    }
    table
};

impl<'a> BearerCredentials<'a> {
    /// Reads the header. Tokens in the query or in a form are ignored, because MCP forbids them.
    pub fn read(headers: &'a HeaderMap) -> Self {
        let mut values = headers.get_all(AUTHORIZATION).iter();
        match (values.next(), values.next()) {
            (None, _) => Self::None,
            (Some(value), None) => value.to_str().map_or(Self::Malformed, Self::parse),
            (Some(_), Some(_)) => Self::Malformed,
        }
    }

    /// `"Bearer" 1*SP b64token`. The scheme is case-insensitive (RFC 9110 §11.1).
    fn parse(value: &'a str) -> Self {
        let (scheme, token) = value.split_once(' ').unwrap_or((value, ""));
        if !scheme.eq_ignore_ascii_case("bearer") {
            return Self::None;
        }
        let token = token.trim_matches(' ');
        let sound = !token.is_empty() && token.bytes().all(|byte| B64TOKEN[usize::from(byte)]);
        if sound { Self::Bearer(token) } else { Self::Malformed }
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
    /// The HTTP status of the challenge.
    pub fn status(&self) -> StatusCode {
        match self {
            Self::Missing | Self::InvalidToken(_) => StatusCode::UNAUTHORIZED,
            Self::InvalidRequest(_) => StatusCode::BAD_REQUEST,
            Self::InsufficientScope(_) => StatusCode::FORBIDDEN,
        }
    }

    /// The error code (RFC 6750 §3.1). Without a token, the header has no code, but the response body needs one.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Missing | Self::InvalidToken(_) => "invalid_token",
            Self::InvalidRequest(_) => "invalid_request",
            Self::InsufficientScope(_) => "insufficient_scope",
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
            _ => format!("error=\"{}\", error_description=\"{}\", ", self.code(), self.sentence()),
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
        values.iter().filter_map(|value| Some((AUTHORIZATION, HeaderValue::from_str(value).ok()?))).collect()
    }

    #[test]
    fn one_bearer_token_is_read() {
        assert_eq!(BearerCredentials::read(&headers(&[])), BearerCredentials::None);
        assert_eq!(
            BearerCredentials::read(&headers(&["bEaReR  abc.d-e_f~+/=="])),
            BearerCredentials::Bearer("abc.d-e_f~+/==")
        );
        assert_eq!(BearerCredentials::read(&headers(&["Basic YTpi"])), BearerCredentials::None);
        for bad in
            [&["Bearer"][..], &["Bearer "], &["Bearer a b"], &["Bearer a,b"], &["Bearer a", "Bearer b"]]
        {
            assert_eq!(BearerCredentials::read(&headers(bad)), BearerCredentials::Malformed, "{bad:?}");
        }
    }

    proptest! {
        #[test]
        fn no_header_panics(value in "(Bearer )?\\PC{0,40}") {
            let _ = BearerCredentials::read(&headers(&[&value]));
        }
    }
}
