//! Signatures, compared with those of AWS's own crate.

use super::{basic, sign};
use crate::{Account, Roots};
use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign as reference};
use aws_sigv4::sign::v4::SigningParams;
use http::{HeaderMap, Request};
use proptest::prelude::*;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

fn account(session_token: Option<String>) -> Account {
    Account {
        region: "eu-central-1".to_owned(),
        access_key_id: "AKIDEXAMPLE".to_owned(),
        secret_access_key: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY".to_owned(),
        session_token,
        domain: "amazonaws.com".to_owned(),
        endpoint: None,
        roots: Roots::Amazon,
    }
}

fn request(url: &str, body: &str) -> Request<String> {
    let request = Request::post(url).header("content-type", "application/x-amz-json-1.0");
    request.header("x-amz-target", "DynamoDB_20120810.GetItem").body(body.to_owned()).unwrap()
}

fn signed(url: &str, body: &str, token: Option<&str>, at: SystemTime) -> HeaderMap {
    let mut request = request(url, body);
    sign(&mut request, &account(token.map(str::to_owned)), "dynamodb", at).unwrap();
    request.headers().clone()
}

/// The headers that AWS's own crate adds.
fn expected(url: &str, body: &str, token: Option<&str>, at: SystemTime) -> HeaderMap {
    let Account { region, access_key_id, secret_access_key, .. } = account(None);
    let token = token.map(str::to_owned);
    let identity = Credentials::new(access_key_id, secret_access_key, token, None, "tests").into();
    let params = SigningParams::builder().identity(&identity).region(&region).name("dynamodb");
    let params = params.time(at).settings(SigningSettings::default()).build().unwrap().into();
    let mut request = request(url, body);
    let headers: Vec<_> =
        request.headers().iter().map(|(name, value)| (name.as_str(), value.to_str().unwrap())).collect();
    let body = SignableBody::Bytes(body.as_bytes());
    let signable = SignableRequest::new("POST", url, headers.into_iter(), body).unwrap();
    let (instructions, _) = reference(signable, &params).unwrap().into_parts();
    instructions.apply_to_request_http1x(&mut request);
    request.headers().clone()
}

proptest! {
    #[test]
    fn signatures_are_those_of_the_sdk(
        body in ".*",
        token in proptest::option::of("[!-~]{1,40}"),
        seconds in 0_u64..8_000_000_000,
        url in prop_oneof![
            Just("https://dynamodb.eu-central-1.amazonaws.com/"),
            Just("http://127.0.0.1:4566/"),
        ],
    ) {
        let at = UNIX_EPOCH + Duration::from_secs(seconds);
        let ours = signed(url, &body, token.as_deref(), at);
        for (name, value) in &expected(url, &body, token.as_deref(), at) {
            prop_assert_eq!(ours.get(name), Some(value), "{}", name);
        }
    }
}

#[test]
fn the_host_is_signed_as_it_is_sent() {
    let headers = signed("http://127.0.0.1:4566/", "{}", None, UNIX_EPOCH);
    assert_eq!(headers["host"], "127.0.0.1:4566");
    let authorization = headers["authorization"].to_str().unwrap();
    assert!(authorization.contains("SignedHeaders=content-type;host;x-amz-date;x-amz-target,"));
}

#[test]
fn times_are_written_in_the_basic_format() {
    for (seconds, expected) in
        [(0, "19700101T000000Z"), (1_440_938_160, "20150830T123600Z"), (951_782_400, "20000229T000000Z")]
    {
        assert_eq!(basic(UNIX_EPOCH + Duration::from_secs(seconds)), expected);
    }
}
