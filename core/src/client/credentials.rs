//! Client credentials: in the `Authorization` header or the form (RFC 6749 §2.3.1), or as an assertion (RFC 7521
//! §4.2).

use crate::client::assertion::{ASSERTION_TYPE, ClientAssertion};
use crate::protocol::{Parameters, Refusal};
use crate::rules;
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
    Secret(PresentedSecret),
    /// A signed assertion.
    Assertion(Box<ClientAssertion>),
}

/// A client secret as a request presents it. In the `Authorization` header, it is form-encoded (RFC 6749 §2.3.1), but
/// many clients leave that out. So there are two readings.
#[derive(Clone)]
pub struct PresentedSecret {
    read: String,
    /// The text before decoding, if it is another.
    as_sent: Option<String>,
}

impl PresentedSecret {
    /// Whether one of the readings is the client's secret.
    pub fn is(&self, genuine: impl Fn(&str) -> bool) -> bool {
        genuine(&self.read) || self.as_sent.as_deref().is_some_and(genuine)
    }

    fn new(read: String, as_sent: &str) -> Self {
        let as_sent = (as_sent != read).then(|| as_sent.to_owned());
        Self { read, as_sent }
    }
}

/// How many colons of a header are tried as the end of an id that was not encoded.
const MAX_COLONS: usize = 16;

impl ClientCredentials {
    /// Reads the header or the form. A confidential client may use either, because some libraries use one for the
    /// first token request and the other for the refresh. `is_known` tells whether an id is of the configuration. It
    /// decides how a header is read whose client did not encode an id with a colon, such as a URL.
    ///
    /// # Errors
    /// `invalid_client` without credentials, `invalid_request` with credentials in two places (RFC 6749 §2.3).
    pub fn read(
        headers: &HeaderMap,
        form: &Parameters,
        is_known: impl Fn(&str) -> bool,
    ) -> Result<Self, Refusal> {
        let (id, secret) = (form.once("client_id")?, form.once("client_secret")?);
        let header = headers.get(AUTHORIZATION);
        if let Some(assertion) = Self::assertion(headers, form)? {
            return Self::of_assertion(id, assertion);
        }
        let Some(header) = header else {
            let id = id.ok_or_else(|| rules::CLIENT_ID_MISSING.refuse("client_id is missing"))?;
            return Ok(Self::of(
                id.to_owned(),
                secret.unwrap_or_default().to_owned(),
                secret.unwrap_or_default(),
            ));
        };
        let basic = header.to_str().ok().and_then(|header| Self::basic(header, is_known));
        let basic = basic.ok_or_else(|| {
            rules::BASIC_MALFORMED.refuse("the Authorization header must have Basic credentials")
        })?;
        if secret.is_some() || id.is_some_and(|id| id != basic.id) {
            return Err(in_two_ways());
        }
        Ok(basic)
    }

    /// The text of the assertion with which the client authenticates, if it does so (RFC 7521 §4.2).
    ///
    /// # Errors
    /// `invalid_request` with credentials in two places (RFC 6749 §2.3), or for an assertion of another type.
    pub fn assertion<'a>(headers: &HeaderMap, form: &'a Parameters) -> Result<Option<&'a str>, Refusal> {
        let Some(assertion) = form.once("client_assertion")? else { return Ok(None) };
        if headers.contains_key(AUTHORIZATION) || form.once("client_secret")?.is_some() {
            return Err(in_two_ways());
        }
        if form.required("client_assertion_type")? != ASSERTION_TYPE {
            return Err(
                rules::ASSERTION_TYPE.refuse(format!("client_assertion_type must be {ASSERTION_TYPE}"))
            );
        }
        Ok(Some(assertion))
    }

    /// `client_id` is optional here, because the assertion contains it (RFC 7521 §4.2).
    fn of_assertion(id: Option<&str>, assertion: &str) -> Result<Self, Refusal> {
        let assertion = ClientAssertion::parse(assertion).ok_or_else(|| {
            rules::ASSERTION_MALFORMED
                .refuse("client_assertion must be a signed JWT with iss, sub, aud, exp and jti")
        })?;
        let id = id.unwrap_or(assertion.client()).to_owned();
        Ok(Self { id, proof: ClientProof::Assertion(Box::new(assertion)) })
    }

    /// RFC 7617 §2 with the form encoding of RFC 6749 §2.3.1. If that gives no known id, the text is read without the
    /// encoding: it is split at the last colon before which there is a known id. So neither the id nor the secret of a
    /// known client needs the encoding.
    fn basic(header: &str, is_known: impl Fn(&str) -> bool) -> Option<Self> {
        let (scheme, encoded) = header.split_once(' ')?;
        let decoded =
            STANDARD.decode(encoded.trim()).ok().filter(|_| scheme.eq_ignore_ascii_case("basic"))?;
        let decoded = String::from_utf8(decoded).ok()?;
        let (id, secret) = decoded.split_once(':')?;
        let encoded = Self::of(decode(id), decode(secret), secret);
        if is_known(&encoded.id) {
            return Some(encoded);
        }
        let colons = decoded.rmatch_indices(':').take(MAX_COLONS);
        let mut splits = colons.map(|(at, _)| (&decoded[..at], &decoded[at + 1..]));
        let plain = splits.find(|(id, _)| is_known(id));
        Some(plain.map_or(encoded, |(id, secret)| Self::of(id.to_owned(), secret.to_owned(), secret)))
    }

    /// An empty secret is none.
    fn of(id: String, secret: String, as_sent: &str) -> Self {
        let proof = match secret.is_empty() {
            true => ClientProof::None,
            false => ClientProof::Secret(PresentedSecret::new(secret, as_sent)),
        };
        Self { id, proof }
    }
}

fn in_two_ways() -> Refusal {
    rules::TWO_AUTHENTICATIONS.refuse("the request authenticates the client in two ways; use one")
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
        let is_known = |id: &str| ["https://a.example/mcp", "https://a.example", "a+b"].contains(&id);
        let read = ClientCredentials::read(&headers, &Parameters::parse(form.as_bytes()), is_known)?;
        let secret = if let ClientProof::Secret(secret) = read.proof { Some(secret.read) } else { None };
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

    #[test]
    fn an_id_with_a_colon_need_not_be_encoded() {
        let url = "https://a.example/mcp";
        for (sent, id, secret) in [
            ("https://a.example/mcp:secret", url, "secret"),
            ("https://a.example/mcp:a:b", url, "a:b"),
            ("https://a.example/mcp:a%20b+c", url, "a%20b+c"),
            ("https%3A%2F%2Fa.example%2Fmcp:a%20b", url, "a b"),
            ("https://a.example:8443/x", "https://a.example", "8443/x"),
            ("a+b:c", "a+b", "c"),
            ("https://b.example:secret", "https", "//b.example:secret"),
        ] {
            let basic = format!("Basic {}", STANDARD.encode(sent));
            assert_eq!(read(Some(&basic), "").unwrap(), (id.to_owned(), Some(secret.to_owned())), "{sent}");
        }
        let many = format!("Basic {}", STANDARD.encode(format!("{url}:{}", ":".repeat(MAX_COLONS))));
        assert_eq!(read(Some(&many), "").unwrap().0, "https");
    }

    #[test]
    fn a_secret_in_the_header_is_read_with_and_without_encoding() {
        let headers = |sent: &str| {
            let basic = format!("Basic {}", STANDARD.encode(sent));
            HeaderMap::from_iter([(AUTHORIZATION, HeaderValue::from_str(&basic).unwrap())])
        };
        for (sent, secret) in [("a:x+y%2F", "x+y%2F"), ("a:x+y%2F", "x y/"), ("a:x", "x")] {
            let form = Parameters::parse(b"");
            let read = ClientCredentials::read(&headers(sent), &form, |_| false).unwrap();
            let ClientProof::Secret(presented) = read.proof else { panic!("no secret") };
            assert!(presented.is(|text| text == secret) && !presented.is(|text| text == "other"), "{sent}");
        }
    }

    proptest! {
        #[test]
        fn no_header_panics(bytes in proptest::collection::vec(any::<u8>(), 0..40), text in "(Basic )?[ -~]{0,40}") {
            let _ = read(Some(&format!("Basic {}", STANDARD.encode(bytes))), "");
            let _ = read(Some(&text), "");
        }
    }
}
