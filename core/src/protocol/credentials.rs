//! How a client says who it is: in the `Authorization` header or in the form (RFC 6749 §2.3.1).

use crate::protocol::parameters::Parameters;
use crate::refusal::Refusal;
use base64::{Engine, engine::general_purpose::STANDARD};
use http::{HeaderMap, header::AUTHORIZATION};
use std::fmt;

/// An id and, from whoever has one, a secret.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    /// Who it says it is.
    pub id: String,
    /// What it proves that with.
    pub secret: Option<String>,
}

impl Credentials {
    /// Reads either place. A confidential client may use whichever it likes: libraries mix them up between the first
    /// token and its refresh.
    ///
    /// # Errors
    /// `invalid_client` when nothing is said, `invalid_request` when it is said twice (RFC 6749 §2.3).
    pub fn read(headers: &HeaderMap, form: &Parameters) -> Result<Self, Refusal> {
        let (id, secret) = (form.once("client_id")?, form.once("client_secret")?);
        let Some(header) = headers.get(AUTHORIZATION) else {
            let id = id.ok_or_else(|| Refusal::invalid_client("client_id is missing"))?;
            return Ok(Self { id: id.to_owned(), secret: secret.map(str::to_owned) });
        };
        let basic = header.to_str().ok().and_then(Self::basic);
        let basic = basic
            .ok_or_else(|| Refusal::invalid_client("the Authorization header holds no Basic credentials"))?;
        if secret.is_some() || id.is_some_and(|id| id != basic.id) {
            return Err(Refusal::invalid_request("the client authenticates in two ways at once"));
        }
        Ok(basic)
    }

    /// RFC 7617 §2 with the encoding of RFC 6749 §2.3.1, which changes nothing of what this server gives out.
    fn basic(header: &str) -> Option<Self> {
        let (scheme, encoded) = header.split_once(' ')?;
        let decoded =
            STANDARD.decode(encoded.trim()).ok().filter(|_| scheme.eq_ignore_ascii_case("basic"))?;
        let decoded = String::from_utf8(decoded).ok()?;
        let (id, secret) = decoded.split_once(':')?;
        let secret = decode(secret);
        Some(Self { id: decode(id), secret: Some(secret).filter(|secret| !secret.is_empty()) })
    }
}

/// A value of a form.
fn decode(text: &str) -> String {
    form_urlencoded::parse(format!("={text}").as_bytes())
        .next()
        .map(|(_, value)| value.into_owned())
        .unwrap_or_default()
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Credentials({}, …)", self.id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;
    use proptest::prelude::*;

    fn read(header: Option<&str>, form: &str) -> Result<Credentials, Refusal> {
        let mut headers = HeaderMap::new();
        headers.extend(header.map(|value| (AUTHORIZATION, HeaderValue::from_str(value).unwrap())));
        Credentials::read(&headers, &Parameters::parse(form.as_bytes()))
    }

    #[test]
    fn a_client_says_who_it_is_in_one_place() {
        let basic = format!("Basic {}", STANDARD.encode("https%3A%2F%2Fa.example:a%20b"));
        let expected = Credentials { id: "https://a.example".into(), secret: Some("a b".into()) };
        assert_eq!(read(Some(&basic), ""), Ok(expected.clone()));
        assert_eq!(read(Some(&basic), "client_id=https://a.example"), Ok(expected.clone()));
        assert_eq!(read(None, "client_id=https://a.example&client_secret=a+b"), Ok(expected));
        assert_eq!(read(None, "client_id=a"), Ok(Credentials { id: "a".into(), secret: None }));
        assert_eq!(read(Some(&basic), "client_secret=x").unwrap_err().code(), "invalid_request");
        assert_eq!(read(Some(&basic), "client_id=other").unwrap_err().code(), "invalid_request");
        for nothing in ["Basic", "Basic !", "Bearer YTpi", "Basic YQ=="] {
            assert_eq!(read(Some(nothing), "client_id=a").unwrap_err().code(), "invalid_client", "{nothing}");
        }
        assert_eq!(read(None, "").unwrap_err().code(), "invalid_client");
    }

    proptest! {
        #[test]
        fn no_header_panics(bytes in proptest::collection::vec(any::<u8>(), 0..40), text in "(Basic )?[ -~]{0,40}") {
            let _ = read(Some(&format!("Basic {}", STANDARD.encode(bytes))), "");
            let _ = read(Some(&text), "");
        }
    }
}
