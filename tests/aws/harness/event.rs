//! Lambda events: conversion of a request to an event, and of a function's answer to a response, in the payload format
//! 2.0 of HTTP APIs and function URLs.

use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use doorward::wire::{Request, Response};
use doorward_runtime::Function;
use http::{HeaderName, HeaderValue};
use lambda_http::lambda_runtime::{Context, LambdaEvent};
use serde_json::value::to_raw_value;
use serde_json::{Map, Value, json};

/// The event of a request.
pub fn of(request: &Request) -> Value {
    let (method, path) = (request.method().as_str(), request.uri().path());
    let mut headers = Map::new();
    let mut cookies = Vec::new();
    for name in request.headers().keys() {
        let values: Vec<_> = request.headers().get_all(name).iter().map(HeaderValue::as_bytes).collect();
        match name.as_str() {
            "cookie" => cookies.extend(values.iter().flat_map(|value| split(value))),
            name => {
                let joined = String::from_utf8_lossy(&values.join(&b","[..])).into_owned();
                headers.insert(name.to_owned(), Value::String(joined));
            }
        }
    }
    headers.entry("host").or_insert_with(|| "abc.lambda-url.eu-central-1.on.aws".into());
    let text = is_text(headers.get("content-type").and_then(Value::as_str).unwrap_or_default());
    let body = request.body();
    let body = match text.then(|| std::str::from_utf8(body).ok()).flatten() {
        Some(text) => text.to_owned(),
        None => STANDARD.encode(body),
    };
    let is_binary = !text || std::str::from_utf8(request.body()).is_err();
    json!({
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": request.uri().query().unwrap_or_default(),
        "cookies": cookies,
        "headers": headers,
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "abc",
            "domainName": "abc.lambda-url.eu-central-1.on.aws",
            "domainPrefix": "abc",
            "http": {
                "method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1", "userAgent": "test",
            },
            "requestId": "id",
            "routeKey": "$default",
            "stage": "$default",
            "time": "12/Mar/2026:19:03:58 +0000",
            "timeEpoch": 1_790_000_000_000_u64,
        },
        "body": body,
        "isBase64Encoded": is_binary,
    })
}

/// AWS sends only these media types as text. A form is sent as base64.
fn is_text(media_type: &str) -> bool {
    media_type.starts_with("application/json") || media_type.starts_with("text/")
}

fn split(cookies: &[u8]) -> Vec<String> {
    String::from_utf8_lossy(cookies).split("; ").map(str::to_owned).collect()
}

/// The response of a function to this event. `log` gets the response before it becomes an answer, with its events.
pub async fn answer(
    function: &Function,
    event: &Value,
    context: Context,
    log: impl Fn(&lambda_http::Response<lambda_http::Body>) + Sync,
) -> Response {
    let payload = to_raw_value(event).expect("an event");
    let answer = doorward_runtime::invoke(function, LambdaEvent::new(payload, context), log).await;
    response(&serde_json::from_str(answer.expect("an answer").get()).expect("an answer is JSON"))
}

/// The response of a function's answer.
pub fn response(answer: &Value) -> Response {
    let status =
        answer["statusCode"].as_u64().and_then(|status| u16::try_from(status).ok()).expect("a status");
    let body = answer["body"].as_str().unwrap_or_default();
    let body = match answer["isBase64Encoded"] == true {
        true => Bytes::from(STANDARD.decode(body).expect("base64")),
        false => Bytes::from(body.to_owned()),
    };
    let mut response = Response::new(body);
    *response.status_mut() = status.try_into().expect("a status");
    let single = answer["headers"].as_object().into_iter().flatten();
    let cookies = answer["cookies"].as_array().into_iter().flatten();
    let cookies = cookies.map(|cookie| ("set-cookie", cookie));
    for (name, value) in single.map(|(name, value)| (name.as_str(), value)).chain(cookies) {
        let value = HeaderValue::from_str(value.as_str().expect("text")).expect("a header");
        response.headers_mut().append(HeaderName::try_from(name).expect("a header"), value);
    }
    response
}
