//! Client credentials: in the `Authorization` header or the form (RFC 6749 §2.3.1), or as an assertion (RFC 7521
//! §4.2).

use crate::client::assertion::{ASSERTION_TYPE, ClientAssertion};
use crate::protocol::{Parameters, Refusal};
use base64::{Engine, engine::general_purpose::STANDARD};
use http::{HeaderMap, header::AUTHORIZATION};
use std::fmt;

/// A client's id, and its proof. Not verified yet.
#[derive(Clone)]
pub struct ClientCredentials {
    /// The id that the client claims.
    pub id: String,
    /// The proof that it sends.
    pub proof: ClientProof,
}

/// The proof that a client sends.
#[derive(Clone)]
pub enum ClientProof {
    /// No proof: a public client.
    None,
    /// A client secret.
    Secret(String),
    /// A signed assertion.
    Assertion(Box<ClientAssertion>),
}

impl ClientCredentials {
    /// Reads the header or the form. A confidential client may use either, because some libraries use one for the
    /// first token request and the other for the refresh.
    ///
    /// # Errors
    /// `invalid_client` without credentials, `invalid_request` with credentials in two places (RFC 6749 §2.3).
    pub fn read(headers: &HeaderMap, form: &Parameters) -> Result<Self, Refusal> {
        let (id, secret) = (form.once("client_id")?, form.once("client_secret")?);
        let header = headers.get(AUTHORIZATION);
        if let Some(assertion) = form.once("client_assertion")? {
            let alone = header.is_none() && secret.is_none();
            return if alone { Self::assertion(id, assertion, form) } else { Err(in_two_ways()) };
        }
        let Some(header) = header else {
            let id = id.ok_or_else(|| Refusal::invalid_client("client_id is missing"))?;
            let proof = secret.map_or(ClientProof::None, |secret| ClientProof::Secret(secret.to_owned()));
            return Ok(Self { id: id.to_owned(), proof });
        };
        let basic = header.to_str().ok().and_then(Self::basic);
        let basic = basic
            .ok_or_else(|| Refusal::invalid_client("the Authorization header must have Basic credentials"))?;
        if secret.is_some() || id.is_some_and(|id| id != basic.id) {
            return Err(in_two_ways());
        }
        Ok(basic)
    }

    /// `client_id` is optional here, because the assertion contains it (RFC 7521 §4.2).
    fn assertion(id: Option<&str>, assertion: &str, form: &Parameters) -> Result<Self, Refusal> {
        if form.required("client_assertion_type")? != ASSERTION_TYPE {
            return Err(Refusal::invalid_request(format!("client_assertion_type must be {ASSERTION_TYPE}")));
        }
        let assertion = ClientAssertion::parse(assertion).ok_or_else(|| {
            Refusal::invalid_client("client_assertion must be a signed JWT with iss, sub, aud, exp and jti")
        })?;
        let id = id.unwrap_or(assertion.client()).to_owned();
        Ok(Self { id, proof: ClientProof::Assertion(Box::new(assertion)) })
    }

    /// RFC 7617 §2 with the form encoding of RFC 6749 §2.3.1. Ids and secrets that this server issues are the same
    /// with and without that encoding.
    fn basic(header: &str) -> Option<Self> {
        let (scheme, encoded) = header.split_once(' ')?;
        let decoded =
            STANDARD.decode(encoded.trim()).ok().filter(|_| scheme.eq_ignore_ascii_case("basic"))?;
        let decoded = String::from_utf8(decoded).ok()?;
        let (id, secret) = decoded.split_once(':')?;
        let secret = Some(decode(secret)).filter(|secret| !secret.is_empty());
        Some(Self { id: decode(id), proof: secret.map_or(ClientProof::None, ClientProof::Secret) })
    }
}

fn in_two_ways() -> Refusal {
    Refusal::invalid_request("the request authenticates the client in two ways; use one")
}

/// Decodes a form-encoded value.
fn decode(text: &str) -> String {
    form_urlencoded::parse(format!("={text}").as_bytes())
        .next()
        .map(|(_, value)| value.into_owned())
        .unwrap_or_default()
}

impl fmt::Debug for ClientCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ClientCredentials({}, …)", self.id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;
    use proptest::prelude::*;

    /// The id, and the secret if there is one.
    fn read(header: Option<&str>, form: &str) -> Result<(String, Option<String>), Refusal> {
        let mut headers = HeaderMap::new();
        headers.extend(header.map(|value| (AUTHORIZATION, HeaderValue::from_str(value).unwrap())));
        let read = ClientCredentials::read(&headers, &Parameters::parse(form.as_bytes()))?;
        let secret = if let ClientProof::Secret(secret) = read.proof { Some(secret) } else { None };
        Ok((read.id, secret))
    }

    #[test]
    fn a_client_says_who_it_is_in_one_place() {
        let basic = format!("Basic {}", STANDARD.encode("https%3A%2F%2Fa.example:a%20b"));
        let expected = ("https://a.example".to_owned(), Some("a b".to_owned()));
        assert_eq!(read(Some(&basic), ""), Ok(expected.clone()));
        assert_eq!(read(Some(&basic), "client_id=https://a.example"), Ok(expected.clone()));
        assert_eq!(read(None, "client_id=https://a.example&client_secret=a+b"), Ok(expected));
        assert_eq!(read(None, "client_id=a"), Ok(("a".to_owned(), None)));
        assert_eq!(read(Some(&basic), "client_secret=x").unwrap_err().code(), "invalid_request");
        assert_eq!(read(Some(&basic), "client_id=other").unwrap_err().code(), "invalid_request");
        for nothing in ["Basic", "Basic !", "Bearer YTpi", "Basic YQ=="] {
            assert_eq!(read(Some(nothing), "client_id=a").unwrap_err().code(), "invalid_client", "{nothing}");
        }
        assert_eq!(read(None, "").unwrap_err().code(), "invalid_client");
        let kind = format!("client_assertion_type={ASSERTION_TYPE}");
        for (form, code) in [
            ("client_id=a&client_assertion=x".to_owned(), "invalid_request"),
            ("client_id=a&client_assertion=x&client_assertion_type=y".to_owned(), "invalid_request"),
            (format!("client_assertion=x&client_secret=y&{kind}"), "invalid_request"),
            (format!("client_id=a&client_assertion=x.y.z&{kind}"), "invalid_client"),
        ] {
            assert_eq!(read(None, &form).unwrap_err().code(), code, "{form}");
        }
        let signed = format!("client_assertion=x&{kind}");
        assert_eq!(read(Some(&basic), &signed).unwrap_err().code(), "invalid_request");
    }

    proptest! {
        #[test]
        fn no_header_panics(bytes in proptest::collection::vec(any::<u8>(), 0..40), text in "(Basic )?[ -~]{0,40}") {
            let _ = read(Some(&format!("Basic {}", STANDARD.encode(bytes))), "");
            let _ = read(Some(&text), "");
        }
    }
}
