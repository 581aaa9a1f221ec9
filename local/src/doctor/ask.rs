//! A request of the doctor, and the response as it was seen.

use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use reqwest::Url;
use serde_json::{Map, Value};
use std::time::Duration;

/// Which redirects are followed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Follow {
    None,
    SameOrigin,
    /// Also to origins that nothing else names. For documents only: they are fetched without a secret.
    Anywhere,
}

/// A request.
#[derive(Clone)]
pub(super) struct Ask {
    pub(super) method: Method,
    pub(super) url: Url,
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
    pub(super) follow: Follow,
    /// Whether the refresh deadline holds, which is longer.
    pub(super) refreshes: bool,
}

impl Ask {
    pub(super) fn new(method: Method, url: &Url) -> Self {
        let (url, body) = (url.clone(), Vec::new());
        Self { method, url, headers: HeaderMap::new(), body, follow: Follow::SameOrigin, refreshes: false }
    }

    pub(super) fn get(url: &Url) -> Self {
        Self::new(Method::GET, url)
    }

    pub(super) fn json(url: &Url, value: &Value) -> Self {
        let mut ask = Self::new(Method::POST, url).with(header::CONTENT_TYPE, "application/json");
        ask.body = value.to_string().into_bytes();
        ask
    }

    pub(super) fn form(url: &Url, fields: &[(&str, &str)]) -> Self {
        let mut ask =
            Self::new(Method::POST, url).with(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        ask.body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish().into_bytes();
        ask.with(header::ACCEPT, "application/json").following(Follow::None)
    }

    /// Adds a header. A value that no header can have is left out.
    #[must_use]
    pub(super) fn with(mut self, name: HeaderName, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.insert(name, value);
        }
        self
    }

    #[must_use]
    pub(super) fn following(mut self, follow: Follow) -> Self {
        self.follow = follow;
        self
    }

    /// The request of a refresh.
    #[must_use]
    pub(super) fn refreshing(mut self) -> Self {
        self.refreshes = true;
        self
    }

    /// The place in a finding: the method and the URL without its query, which may hold secrets.
    pub(super) fn place(&self) -> String {
        let mut url = self.url.clone();
        url.set_query(None);
        format!("{} {url}", self.method)
    }
}

/// A response.
pub(super) struct Seen {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
    /// The URLs that redirects led to.
    pub(super) redirects: Vec<Url>,
}

impl Seen {
    /// The values of a header, joined (RFC 9110 §5.3).
    pub(super) fn header(&self, name: &str) -> Option<String> {
        let values = self.headers.get_all(name).iter().map(|value| String::from_utf8_lossy(value.as_bytes()));
        let values: Vec<_> = values.collect();
        (!values.is_empty()).then(|| values.join(", "))
    }

    pub(super) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The JSON object of the body. A byte order mark is ignored.
    pub(super) fn object(&self) -> Option<Map<String, Value>> {
        let body = self.body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&self.body);
        serde_json::from_slice(body).ok()
    }

    pub(super) fn is_json(&self) -> bool {
        let kind = self.header("content-type").unwrap_or_default().to_ascii_lowercase();
        let kind = kind.split(';').next().unwrap_or_default().trim();
        kind == "application/json" || kind.starts_with("application/") && kind.ends_with("+json")
    }

    pub(super) fn is_stored_nowhere(&self) -> bool {
        self.header("cache-control").is_some_and(|value| value.to_ascii_lowercase().contains("no-store"))
    }

    /// The status and the OAuth error of the body (RFC 6749 §5.2).
    pub(super) fn outcome(&self) -> String {
        let object = self.object().unwrap_or_default();
        let text = |name: &str| object.get(name).and_then(Value::as_str).map(str::to_owned);
        match (text("error"), text("error_description")) {
            (Some(error), Some(description)) => format!("{} {error}: {description}", self.status.as_u16()),
            (Some(error), None) => format!("{} {error}", self.status.as_u16()),
            _ => self.status.to_string(),
        }
    }
}

/// Why there is no response.
#[derive(Clone, Debug)]
pub(super) enum Fault {
    /// The certificate or the handshake.
    Tls(String),
    /// No connection.
    Unreachable(String),
    /// The address is private, or the origin was not named.
    OutOfReach(String),
    /// The response did not end in this time.
    Late(Duration),
    /// The response is not HTTP, ends early, or is larger than every limit.
    Broken(String),
    /// The time for the whole examination is over. No request was sent.
    Ended,
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Tls(why) => write!(f, "TLS: {why}"),
            Self::Unreachable(why) | Self::OutOfReach(why) | Self::Broken(why) => f.write_str(why),
            Self::Late(limit) => write!(f, "no complete response in {limit:?}"),
            Self::Ended => f.write_str("the time for the examination is over"),
        }
    }
}
