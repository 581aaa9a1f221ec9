//! Requests that tests send, and what they read of responses and URLs.

use bytes::Bytes;
use doorward::wire::{Request, Response};

/// A GET.
pub fn get(uri: &str) -> Request {
    let request = http::Request::get(uri).body(Bytes::new());
    request.expect("a request")
}

/// A POST of a form.
pub fn post(uri: &str, fields: &[(&str, &str)]) -> Request {
    let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    let request = http::Request::post(uri).header("content-type", "application/x-www-form-urlencoded");
    request.body(Bytes::from(body)).expect("a request")
}

/// A POST of JSON.
pub fn post_json(uri: &str, body: &str) -> Request {
    let request = http::Request::post(uri).header("content-type", "application/json");
    request.body(Bytes::copy_from_slice(body.as_bytes())).expect("a request")
}

/// A header's text. It is empty if the header is missing.
pub fn header<'a>(response: &'a Response, name: &str) -> &'a str {
    response.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

/// The body as JSON. It is null if the body is not valid JSON.
pub fn json(response: &Response) -> serde_json::Value {
    serde_json::from_slice(response.body()).unwrap_or_default()
}

/// The body as text.
pub fn text(response: &Response) -> String {
    String::from_utf8_lossy(response.body()).into_owned()
}

/// The text of a page without its markup.
pub fn read_out(page: &Response) -> String {
    let text = text(page);
    text.split('<').map(|part| part.split_once('>').map_or(part, |(_, shown)| shown)).collect()
}

/// A parameter of a URL's query.
pub fn parameter(url: &str, name: &str) -> Option<String> {
    let query = url.split_once('?')?.1;
    form_urlencoded::parse(query.as_bytes())
        .find(|(known, _)| known == name)
        .map(|(_, value)| value.into_owned())
}
