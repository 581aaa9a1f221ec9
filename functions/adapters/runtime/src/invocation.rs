//! One invocation: the raw event, its conversion to a request, and the answer.
//!
//! `lambda_http` panics on events that do not become a URI, such as one with a quotation mark in the query. A panic ends
//! the process. So such an event is found before the conversion, and answered with 400.

use crate::function::Function;
use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use doorward::wire;
use http::uri::{Authority, Uri};
use http::{StatusCode, header};
use lambda_http::aws_lambda_events::apigw::ApiGatewayV2httpRequest;
use lambda_http::lambda_runtime::LambdaEvent;
use lambda_http::request::LambdaRequest;
use lambda_http::{Adapter, Body, Error, Response, Service, service_fn};
use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Value, json};
use url::Url;

/// Answers an event, in the payload format 2.0 of HTTP APIs and function URLs. `log` gets the response, with its events.
///
/// # Errors
/// [`Error`], if the response cannot be written as JSON.
pub async fn invoke(
    function: &Function,
    event: LambdaEvent<Box<RawValue>>,
    log: impl Fn(&Response<Body>) + Sync,
) -> Result<Box<RawValue>, Error> {
    let LambdaEvent { payload, context } = event;
    let Some(request) = convertible(&payload) else { return Ok(to_raw_value(&refusal())?) };
    let mut adapter = Adapter::from(service_fn(async |request| {
        let response = function.handle(request).await;
        log(&response);
        Ok::<_, Error>(response)
    }));
    let response = adapter.call(LambdaEvent::new(request, context)).await?;
    Ok(to_raw_value(&response)?)
}

/// The request of an event, if `lambda_http` can build it.
pub(crate) fn convertible(payload: &RawValue) -> Option<LambdaRequest> {
    match serde_json::from_str(payload.get()) {
        Ok(LambdaRequest::ApiGatewayV2(request)) if is_convertible(&request) => {
            Some(LambdaRequest::ApiGatewayV2(request))
        }
        _ => None,
    }
}

/// Whether `lambda_http` can build a request: it takes scheme and host from headers, and expects a valid URL, a valid
/// URI with the query, and valid base64.
fn is_convertible(request: &ApiGatewayV2httpRequest) -> bool {
    let text = |name: &str| request.headers.get(name).and_then(|value| value.to_str().ok());
    let scheme = text("x-forwarded-proto").unwrap_or("https");
    let host = text(header::HOST.as_str()).or(request.request_context.domain_name.as_deref());
    let (scheme, host) = host.map_or(("http", "localhost"), |host| (scheme, host));
    // Without this, a slash in the host would change the path.
    if Authority::try_from(host).is_err() {
        return false;
    }
    let path = request.raw_path.as_deref().unwrap_or_default();
    let Ok(url) = Url::parse(&format!("{scheme}://{host}{path}")) else { return false };
    let query = request.raw_query_string.as_deref().filter(|query| !query.is_empty());
    let uri = query.map_or_else(|| url.to_string(), |query| format!("{url}?{query}"));
    let body = request.body.as_deref().filter(|_| request.is_base64_encoded).unwrap_or_default();
    let is_base64 = STANDARD.decode(body).is_ok();
    Uri::try_from(uri).is_ok() && is_base64
}

/// The refusal of an event that is not a valid request.
pub(crate) fn refused() -> Response<Bytes> {
    let why = "the request's URL, Host header or body is not valid; percent-encode the query";
    let body = json!({ "error": "invalid_request", "error_description": why });
    wire::json(StatusCode::BAD_REQUEST, &body)
}

fn refusal() -> Value {
    let response = refused();
    let headers = response.headers().iter();
    let headers: serde_json::Map<_, _> = headers
        .filter_map(|(name, value)| Some((name.to_string(), Value::from(value.to_str().ok()?))))
        .collect();
    let body = String::from_utf8_lossy(response.body());
    json!({ "statusCode": 400, "headers": headers, "body": body, "isBase64Encoded": false, "cookies": [] })
}
