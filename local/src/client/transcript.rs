//! The transcript of all requests and responses, with secrets shortened.

use crate::Failure;
use http::{HeaderMap, StatusCode};
use reqwest::{Client, RequestBuilder, Url};
use serde_json::Value;
use std::error::Error;
use std::io::Write;

/// Sends requests, and writes each request and response to the output.
pub(super) struct Transcript<'a> {
    out: &'a mut (dyn Write + Send),
    http: Client,
    step: Option<u8>,
}

/// A response.
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: String,
}

/// The maximum length of a value in characters. Longer values are shortened, and so are all secrets.
const SHORT: usize = 64;
/// What is before the URL in a `Refresh` header without delay.
pub(super) const REFRESH: &str = "0;url=";
const SECRETS: [&str; 7] =
    ["access_token", "code", "code_verifier", "form", "password", "refresh_token", "client_secret"];

impl<'a> Transcript<'a> {
    pub(super) fn new(out: &'a mut (dyn Write + Send)) -> Result<Self, Failure> {
        let http = doorward_outbound::http().map_err(|error| Failure(error.to_string()))?;
        Ok(Self { out, http, step: None })
    }

    pub(super) fn http(&self) -> &Client {
        &self.http
    }

    /// The number of the current step.
    pub(super) fn current(&self) -> Option<u8> {
        self.step
    }

    /// Starts the next step.
    pub(super) fn step(&mut self, title: &str) {
        let number = self.step.map_or(1, |step| step + 1);
        self.step = Some(number);
        self.line(format_args!("\n{number}) {title}"));
    }

    /// Adds a remark.
    pub(super) fn say(&mut self, remark: impl std::fmt::Display) {
        self.line(format_args!("   {remark}"));
    }

    /// Sends a request, and writes the request and the response to the output.
    pub(super) async fn send(&mut self, request: RequestBuilder) -> Result<Answer, Failure> {
        let request = request.build().map_err(|error| Failure::new("building the request", error))?;
        self.say(format_args!("→ {} {}", request.method(), shorten_url(request.url())));
        if let Some(body) = request.body().and_then(reqwest::Body::as_bytes) {
            self.say(format_args!("  {}", shorten_body(&String::from_utf8_lossy(body))));
        }
        let response = self
            .http
            .execute(request)
            .await
            .map_err(|error| Failure::new("the server did not answer", cause(&error)))?;
        let (status, headers) = (response.status(), response.headers().clone());
        let body = response.text().await.map_err(|error| Failure::new("reading the answer", error))?;
        self.say(format_args!("← {status}"));
        for name in ["www-authenticate", "location", "refresh"] {
            for value in headers.get_all(name).iter().filter_map(|value| value.to_str().ok()) {
                self.say(format_args!("  {name}: {}", shorten_header(value)));
            }
        }
        if headers.get("content-type").is_some_and(|kind| kind.as_bytes().starts_with(b"application/json")) {
            self.say(format_args!("  {}", shorten_body(&body)));
        }
        Ok(Answer { status, headers, body })
    }

    /// Writes a line. A write error is ignored, because the client must continue when the output is closed.
    fn line(&mut self, text: impl std::fmt::Display) {
        let _ = writeln!(self.out, "{text}");
    }
}

impl Answer {
    /// The JSON object of a successful response.
    pub(super) fn object(&self) -> Result<serde_json::Map<String, Value>, Failure> {
        match serde_json::from_str(&self.body) {
            Ok(Value::Object(object)) if self.status.is_success() => Ok(object),
            Ok(Value::Object(object)) => {
                let text = |name| object.get(name).and_then(Value::as_str).unwrap_or_default();
                Err(Failure(format!("{} {}: {}", self.status, text("error"), text("error_description"))))
            }
            _ => Err(Failure(format!("the server answered {} without a JSON object", self.status))),
        }
    }
}

/// The first cause, such as a refused connection. The errors around it say only that the request failed.
fn cause(error: &dyn Error) -> &dyn Error {
    error.source().map_or(error, cause)
}

/// A text member of a JSON object.
pub(super) fn text(object: &serde_json::Map<String, Value>, name: &str) -> Result<String, Failure> {
    let value = object.get(name).and_then(Value::as_str).map(str::to_owned);
    value.ok_or_else(|| Failure(format!("the response has no {name}")))
}

/// A URL with readable parameters and shortened secrets.
pub(super) fn shorten_url(url: &Url) -> String {
    let mut place = url.clone();
    place.set_query(None);
    match url.query() {
        None => place.to_string(),
        Some(query) => format!("{place}?{}", shorten_pairs(query)),
    }
}

/// A header value with shortened secrets, if it is a URL or a refresh that leads to one.
fn shorten_header(value: &str) -> String {
    let (before, url) = value.strip_prefix(REFRESH).map_or(("", value), |url| (REFRESH, url));
    url.parse().map_or_else(|_| value.to_owned(), |url| format!("{before}{}", shorten_url(&url)))
}

fn shorten_body(body: &str) -> String {
    match serde_json::from_str::<Value>(body) {
        Ok(mut value) => {
            shorten_value(&mut value);
            value.to_string()
        }
        Err(_) => shorten_pairs(body),
    }
}

fn shorten_value(value: &mut Value) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                match member {
                    Value::String(text) => *text = shorten(name, text),
                    other => shorten_value(other),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(shorten_value),
        _ => {}
    }
}

fn shorten_pairs(query: &str) -> String {
    let pairs = form_urlencoded::parse(query.as_bytes());
    pairs.map(|(name, value)| format!("{name}={}", shorten(&name, &value))).collect::<Vec<_>>().join(" & ")
}

fn shorten(name: &str, value: &str) -> String {
    let keep = match (name, value.chars().count()) {
        ("password", _) => 0,
        (name, length) if SECRETS.contains(&name) => (length / 4).min(12),
        (_, length) if length > SHORT => 20,
        _ => return value.to_owned(),
    };
    value.chars().take(keep).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_shortened_wherever_they_stand() {
        let secret = "s3cret".repeat(10);
        for shown in [
            shorten_url(&format!("https://a.example/cb?code={secret}&state=x").parse().unwrap()),
            shorten_header(&format!("https://a.example/cb?code={secret}&state=x")),
            shorten_header(&format!("0;url=claude://x/cb?code={secret}&state=x")),
            shorten_body(&format!("password={secret}&username=me")),
            shorten_body(&format!(r#"{{"a":[{{"access_token":"{secret}"}}]}}"#)),
        ] {
            assert!(!shown.contains(&secret[..16]), "{shown}");
        }
        assert_eq!(shorten("password", "123456"), "…");
    }
}
