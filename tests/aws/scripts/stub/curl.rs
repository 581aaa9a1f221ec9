//! A request to the deployments of the stub, like curl.

use crate::state::State;
use crate::{Failure, Outcome};
use std::collections::BTreeMap;
use std::fs;

/// An answer: the status, the headers, the body.
type Answer = (u16, &'static str, String);

pub(crate) fn run(state: &State, arguments: &[String]) -> Outcome {
    let (url, options) = arguments.split_last().expect("a URL");
    let mut given = BTreeMap::new();
    let mut options = options.iter();
    while let Some(name) = options.next() {
        if !["--silent", "--show-error"].contains(&name.as_str()) {
            given.insert(name.as_str(), options.next().expect("a value").as_str());
        }
    }
    let (status, headers, body) = answer(state, url, given["--request"], given.get("--connect-to").copied())?;
    fs::write(given["--output"], body).expect("a body");
    fs::write(given["--dump-header"], headers).expect("headers");
    assert_eq!(given["--write-out"], "%{http_code}");
    Ok(status.to_string())
}

fn answer(state: &State, url: &str, method: &str, connect_to: Option<&str>) -> Result<Answer, Failure> {
    let issuer_of = |place: &str| state.outputs(place).remove(0).1;
    let found = |is_front: bool| {
        let mut stacks = state.stacks().filter(|(_, stack)| stack["is_front"] == is_front);
        stacks.find(|(place, _)| url.starts_with(&format!("{}/", issuer_of(place))))
    };
    let unknown = || Failure(6, format!("curl: (6) Could not resolve host: {url}"));
    let (place, stack) = found(false).ok_or_else(unknown)?;
    let issuer = issuer_of(place);
    let digest = &stack["parameters"]["DoorDigest"];
    if *digest != "" {
        let (_, front) = found(true).ok_or_else(unknown)?;
        let host = issuer.trim_start_matches("https://");
        let has_record = front["parameters"]["HostedZone"] != "";
        if !has_record && connect_to != Some(&format!("{host}:443:d1.cloudfront.net:443")) {
            return Err(unknown());
        }
        let secret = front["parameters"]["DoorSecret"].as_str().expect("a secret");
        if *digest != State::digest(secret) {
            return Ok((403, "", r#"{"error":"access_denied"}"#.to_owned()));
        }
    }
    let path = url.strip_prefix(&issuer).expect("a path");
    if state.0["keys"][place] != true {
        return Ok((503, "retry-after: 2\r\n", r#"{"error":"temporarily_unavailable"}"#.to_owned()));
    }
    if state.0["broken"] == path {
        return Ok((500, "", r#"{"message":"Internal Server Error"}"#.to_owned()));
    }
    let correlation = "HTTP/2 400\r\nDoorward-Correlation: 0123456789\r\n";
    Ok(match (method, path) {
        ("GET", "/.well-known/oauth-authorization-server") => {
            (200, correlation, format!(r#"{{"issuer":"{issuer}"}}"#))
        }
        ("POST", "/mcp") => (401, "", String::new()),
        // A page is no refusal: it has no event.
        ("GET", "/account") => (200, "", String::new()),
        ("GET", "/oauth/authorize" | "/oauth/userinfo") | ("POST", _) => (400, correlation, String::new()),
        _ => (404, "", String::new()),
    })
}
