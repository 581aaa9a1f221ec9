//! The first step of a client: requests without a token, and with one that is not valid (RFC 9728 §5; RFC 6750 §3).

use super::PROTOCOL_VERSION;
use super::ask::{Ask, Fault, Seen};
use super::challenge;
use super::examination::Examination;
use super::rule::Rule;
use http::{Method, StatusCode, header};
use reqwest::Url;
use serde_json::{Value, json};

/// What the 401 says.
#[derive(Default)]
pub(super) struct Challenge {
    pub(super) metadata: Option<Url>,
    pub(super) scope: Option<String>,
}

/// The header under which API Gateway and function URLs of AWS hide a challenge.
const RENAMED: &str = "x-amzn-remapped-www-authenticate";
const MADE_UP: &str = "doorward-doctor-made-up-token";

/// A message of a client to the MCP server.
pub(super) fn message(url: &Url, message: &Value) -> Ask {
    Ask::json(url, message)
        .with(header::ACCEPT, "application/json, text/event-stream")
        .with(http::HeaderName::from_static("mcp-protocol-version"), PROTOCOL_VERSION)
}

/// The first message of a client.
pub(super) fn initialize(url: &Url) -> Ask {
    let client = json!({ "name": "doorward-doctor", "version": env!("CARGO_PKG_VERSION") });
    let parameters = json!({ "protocolVersion": PROTOCOL_VERSION, "capabilities": {}, "clientInfo": client });
    message(url, &json!({ "jsonrpc": "2.0", "id": 1, "method": "initialize", "params": parameters }))
}

fn list_tools(url: &Url) -> Ask {
    message(url, &json!({ "jsonrpc": "2.0", "id": 2, "method": "tools/list", "params": {} }))
}

/// How the server answers without a token.
pub(super) enum Answered {
    Challenged(Challenge),
    /// It needs no token.
    Open,
    /// It does not answer.
    Silent,
}

/// Asks without a token.
///
/// # Errors
/// [`Fault`] when the server does not answer at all.
pub(super) async fn examine(exam: &mut Examination) -> Result<Answered, Fault> {
    let url = exam.url.clone();
    let asks = [initialize(&url), list_tools(&url)];
    let first = match exam.probe.send(&asks[0]).await {
        // The server is there, so these are findings.
        Err(Fault::Tls(_) | Fault::Late(_) | Fault::Broken(_)) => exam.ask(&asks[0]).await,
        sent => Some(exam.watch(&asks[0], sent)?),
    };
    let second = exam.ask(&asks[1]).await;
    let (mut challenged, mut unchallenged) = (None, Answered::Silent);
    for (ask, seen) in asks.iter().zip([first, second]) {
        if let Some(to) = seen.as_ref().and_then(|seen| seen.redirects.last()) {
            exam.found(Rule::Redirect, &ask.place(), &format!("a redirect to {to}"));
        }
        match seen {
            Some(seen) if seen.status == StatusCode::UNAUTHORIZED => {
                challenged.get_or_insert((ask, seen));
            }
            Some(seen) if seen.status.is_success() => {
                exam.found(Rule::OpenServer, &ask.place(), &seen.status.to_string());
                unchallenged = Answered::Open;
            }
            Some(seen) => {
                exam.found(Rule::No401, &ask.place(), &seen.outcome());
                challenged.get_or_insert((ask, seen));
            }
            None => {}
        }
    }
    let Some((ask, seen)) = challenged else { return Ok(unchallenged) };
    let challenge = read(exam, ask, &seen);
    made_up_token(exam, &url).await;
    let stream = Ask::get(&url).with(header::ACCEPT, "text/event-stream");
    exam.try_out(&stream).await;
    exam.try_out(&Ask::new(Method::HEAD, &url)).await;
    Ok(Answered::Challenged(challenge))
}

fn read(exam: &mut Examination, ask: &Ask, seen: &Seen) -> Challenge {
    let said = seen.header("www-authenticate");
    let parameters = said.as_deref().and_then(challenge::bearer);
    let parameter = |name: &str| parameters.as_deref().and_then(|all| challenge::parameter(all, name));
    let metadata = parameter("resource_metadata").and_then(|place| Url::parse(place).ok());
    let renamed = seen.header(RENAMED);
    if metadata.is_none() {
        match (&said, renamed) {
            (None, Some(renamed)) => {
                exam.found(Rule::ChallengeRenamed, &ask.place(), &format!("{RENAMED}: {renamed}"));
            }
            (Some(said), _) => {
                exam.found(
                    Rule::ChallengeWithoutMetadata,
                    &ask.place(),
                    &format!("WWW-Authenticate: {said}"),
                );
            }
            (None, None) => {
                let seen = format!("{}, without WWW-Authenticate", seen.status);
                exam.found(Rule::ChallengeWithoutMetadata, &ask.place(), &seen);
            }
        }
    }
    let scope = parameter("scope").map(str::to_owned);
    Challenge { metadata, scope }
}

async fn made_up_token(exam: &mut Examination, url: &Url) {
    let ask = list_tools(url).with(header::AUTHORIZATION, &format!("Bearer {MADE_UP}"));
    let Some(seen) = exam.ask(&ask).await else { return };
    let place = format!("{}, with a made-up token", ask.place());
    if seen.status != StatusCode::UNAUTHORIZED {
        return exam.found(Rule::BadTokenStatus, &place, &seen.outcome());
    }
    let said = seen.header("www-authenticate").or_else(|| seen.header(RENAMED)).unwrap_or_default();
    let parameters = challenge::bearer(&said).unwrap_or_default();
    if challenge::parameter(&parameters, "error") != Some("invalid_token") {
        exam.found(Rule::BadTokenError, &place, &format!("WWW-Authenticate: {said}"));
    }
}
