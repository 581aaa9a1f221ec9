//! HTTP requests and responses, and the functions by which endpoints read and write them.

use crate::protocol::{Parameters, Refusal};
use crate::rules;
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use serde::Serialize;

/// A request with its complete body.
pub type Request = http::Request<Bytes>;
/// A response with its complete body. Its events are in its extensions ([`crate::wire::event::Events`]).
pub type Response = http::Response<Bytes>;

/// The parameters in the query of the request.
pub fn query(request: &Request) -> Parameters {
    Parameters::parse(request.uri().query().unwrap_or_default().as_bytes())
}

/// The parameters of the form in the body (RFC 6749, appendix B).
///
/// # Errors
/// `invalid_request` (415) if the body has another media type.
pub fn form(request: &Request) -> Result<Parameters, Refusal> {
    is_of_type(request.headers(), "application/x-www-form-urlencoded")
        .then(|| Parameters::parse(request.body()))
        .ok_or_else(|| rules::MEDIA_TYPE.refuse("the body must be application/x-www-form-urlencoded"))
}

/// Whether `Content-Type` is this media type. Parameters such as `charset` are ignored.
pub fn is_of_type(headers: &HeaderMap, media_type: &str) -> bool {
    let sent = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = sent.split(';').next().unwrap_or_default();
    essence.trim().eq_ignore_ascii_case(media_type)
}

/// Whether the caller is a browser that shows a page: `Accept` names HTML. Programs do not.
pub(crate) fn wants_html(headers: &HeaderMap) -> bool {
    let accept = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    accept.contains("text/html")
}

/// Whether `Content-Type` is JSON, including types that end in `+json` (RFC 6839 §3.1).
pub(crate) fn is_json(headers: &HeaderMap) -> bool {
    let sent = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = sent.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    essence == "application/json" || essence.starts_with("application/") && essence.ends_with("+json")
}

/// The first `Content-Encoding` other than `identity`, which changes nothing (RFC 9110 §8.4, §12.5.3).
pub(crate) fn content_encoding(headers: &HeaderMap) -> Option<String> {
    let values = headers.get_all(header::CONTENT_ENCODING).iter();
    let mut codings = values.flat_map(|value| value.as_bytes().split(|byte| *byte == b','));
    let changes = |coding: &[u8]| {
        let coding = coding.trim_ascii();
        !coding.is_empty() && !coding.eq_ignore_ascii_case(b"identity")
    };
    codings
        .find(|coding| changes(coding))
        .map(|coding| String::from_utf8_lossy(coding.trim_ascii()).into_owned())
}

/// The body of a JSON document without the byte order mark that some servers put before it (RFC 8259 §8.1).
pub(crate) fn without_bom(json: &[u8]) -> &[u8] {
    json.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(json)
}

/// The names and values of the cookies, in the order of the browser: the oldest first (RFC 6265 §5.4). There may be
/// several of one name, if hosts share a domain.
pub fn cookies(request: &Request) -> impl Iterator<Item = (&str, &str)> {
    // Other servers on this host or domain may set cookies that are not UTF-8. They must not hide ours.
    let headers = request.headers().get_all(header::COOKIE).iter().map(HeaderValue::as_bytes);
    let pairs = headers
        .flat_map(|value| value.split(|byte| *byte == b';'))
        .filter_map(|pair| str::from_utf8(pair).ok());
    pairs.filter_map(|pair| pair.trim().split_once('='))
}

/// A JSON response that must not be cached (RFC 6749 §5.1).
pub fn json(status: StatusCode, value: &impl Serialize) -> Response {
    json_text(status, serialized(value))
}

/// The same for a text that is JSON already.
pub(crate) fn json_text(status: StatusCode, json: impl Into<Bytes>) -> Response {
    let mut response = respond(status, "application/json", json);
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// A public JSON document, with a cache TTL of five minutes.
pub fn document(value: &impl Serialize) -> Response {
    document_of(serialized(value))
}

/// The bytes of a JSON value.
pub(crate) fn serialized(value: &impl Serialize) -> Bytes {
    serde_json::to_vec(value).expect("responses are plain data").into()
}

/// The response with a public JSON document.
pub(super) fn document_of(json: Bytes) -> Response {
    let mut response = respond(StatusCode::OK, "application/json", json);
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=300"));
    response
}

/// Gives a page that answers a refused form the status 403. A redirect to a sign-in keeps its status.
pub fn refuse_page(response: &mut Response) {
    if response.status() == StatusCode::OK {
        *response.status_mut() = StatusCode::FORBIDDEN;
    }
}

/// Redirects the browser with status 303, which makes it send a GET. Not 302, and never 307: with these, the browser
/// may send a form's password to the new URL (RFC 9700 §4.12).
pub fn see_other(url: &str) -> Response {
    let mut response = respond(StatusCode::SEE_OTHER, "text/plain", Vec::new());
    let location = HeaderValue::try_from(url).expect("redirects are parsed URIs with an encoded query");
    response.headers_mut().insert(header::LOCATION, location);
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response.headers_mut().insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    response
}

/// A response with this status, media type and body.
pub fn respond(status: StatusCode, media_type: &'static str, body: impl Into<Bytes>) -> Response {
    let mut response = Response::new(body.into());
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    response.headers_mut().insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}
