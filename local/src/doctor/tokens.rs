//! Tokens: the response, a call, refreshes and revocation (OAuth 2.1 §3.2.3, §4.3; RFC 7009 §2).

use super::ask::{Ask, Fault, Seen};
use super::authorization_server::Server;
use super::challenge;
use super::examination::Examination;
use super::installations::Way;
use super::made_up::token_request;
use super::registration::Registered;
use super::rule::Rule;
use super::unauthenticated::initialize;
use http::{StatusCode, header};
use reqwest::Url;
use serde_json::Value;

/// The tokens of a response.
struct Tokens {
    access: String,
    refresh: Option<String>,
}

/// Sends the request that redeems the code, and uses the tokens. `first` is the newest refresh token of an earlier sign-in. At
/// the end it sends the same request again, since a replayed code may end the tokens. Returns whether everything was tried.
pub(super) async fn examine(
    exam: &mut Examination,
    server: &Server,
    way: &Way<'_>,
    (redeem, first): (&Ask, &mut Option<String>),
) -> bool {
    let Some(tokens) = request(exam, redeem, Rule::CodeRefused).await else { return false };
    call(exam, &tokens.access).await;
    if let Some(token) = first.take() {
        *first = Some(way.refresh(exam, token).await);
    }
    let is_whole = match tokens.refresh {
        Some(refresh_token) => refresh(exam, server, way, &refresh_token).await,
        None => {
            exam.found(Rule::NoRefreshToken, &redeem.place(), "refresh_token is absent");
            exam.skip("refresh and revocation", "there is no refresh token");
            true
        }
    };
    if is_whole {
        use_again(exam, server, way.client, redeem).await;
    }
    is_whole
}

/// Redeems the code again.
async fn use_again(exam: &mut Examination, server: &Server, client: &Registered, redeem: &Ask) {
    let Some(again) = exam.ask(redeem).await.filter(|again| again.status.is_success()) else { return };
    let Some(tokens) = read(&again) else { return };
    let place = format!("{}, the same code again", redeem.place());
    exam.found(Rule::CodeReused, &place, &format!("{} with access_token", again.status));
    if let Some(refresh_token) = tokens.refresh {
        give_up(exam, server, client, &refresh_token).await;
    }
}

/// Revokes a token, so that it is not left behind. The response is not looked at.
pub(super) async fn give_up(exam: &mut Examination, server: &Server, client: &Registered, token: &str) {
    if let Some(endpoint) = &server.revocation_endpoint {
        exam.ask(&revocation(endpoint, client, token)).await;
    }
}

/// Sends a token request, and checks the response.
async fn request(exam: &mut Examination, ask: &Ask, refused: Rule) -> Option<Tokens> {
    let seen = exam.ask(ask).await?;
    let tokens = seen.status.is_success().then(|| read(&seen)).flatten();
    match &tokens {
        Some(_) => check(exam, &ask.place(), &seen),
        None if seen.status.is_success() => {
            exam.found(refused, &ask.place(), &format!("{} without access_token", seen.status));
        }
        None => exam.found(refused, &ask.place(), &seen.outcome()),
    }
    tokens
}

fn read(seen: &Seen) -> Option<Tokens> {
    let object = seen.object()?;
    let text = |name: &str| object.get(name).and_then(Value::as_str).map(str::to_owned);
    Some(Tokens { access: text("access_token")?, refresh: text("refresh_token") })
}

fn check(exam: &mut Examination, place: &str, seen: &Seen) {
    let object = seen.object().unwrap_or_default();
    if seen.status != StatusCode::OK {
        exam.found(Rule::TokenStatus, place, &seen.status.to_string());
    }
    let is_bearer = |value: &Value| value.as_str().is_some_and(|kind| kind.eq_ignore_ascii_case("bearer"));
    if !object.get("token_type").is_some_and(is_bearer) {
        let kind = object.get("token_type").map_or_else(|| "absent".to_owned(), Value::to_string);
        exam.found(Rule::TokenType, place, &format!("token_type is {kind}"));
    }
    let nulls: Vec<_> =
        object.iter().filter(|(_, value)| value.is_null()).map(|(name, _)| name.as_str()).collect();
    if !nulls.is_empty() {
        exam.found(Rule::TokenNull, place, &format!("null: {}", nulls.join(", ")));
    }
    if let Some(scope) = object.get("scope").filter(|scope| !scope.is_string() && !scope.is_null()) {
        exam.found(Rule::TokenScope, place, &format!("scope is {scope}"));
    }
    if !seen.is_stored_nowhere() {
        exam.found(Rule::TokenStored, place, "no Cache-Control: no-store");
    }
    if !object.get("expires_in").is_some_and(Value::is_number) {
        let lifetime = object.get("expires_in").map_or_else(|| "absent".to_owned(), Value::to_string);
        exam.found(Rule::TokenLifetime, place, &format!("expires_in is {lifetime}"));
    }
}

async fn call(exam: &mut Examination, token: &str) {
    let ask = initialize(&exam.url).with(header::AUTHORIZATION, &format!("Bearer {token}"));
    let Some(seen) = exam.ask(&ask).await else { return };
    if [StatusCode::UNAUTHORIZED, StatusCode::FORBIDDEN].contains(&seen.status) {
        let said = seen.header("www-authenticate").unwrap_or_default();
        let parameters = challenge::bearer(&said).unwrap_or_default();
        let is_scope = challenge::parameter(&parameters, "error") == Some("insufficient_scope");
        let rule = if is_scope { Rule::ScopeNotEnough } else { Rule::AccessTokenRefused };
        exam.found(rule, &ask.place(), &format!("{} {said}", seen.outcome()));
    } else if !is_of_mcp(&seen) && !is_stream(exam, token).await {
        exam.found(Rule::CallFails, &ask.place(), &seen.outcome());
    }
}

/// Whether an MCP server answered, with success or with an error of JSON-RPC.
fn is_of_mcp(seen: &Seen) -> bool {
    let is_error = || seen.object().is_some_and(|object| object.contains_key("jsonrpc"));
    seen.status.is_success() || !seen.status.is_server_error() && is_error()
}

/// Whether the server speaks HTTP+SSE: at its URL is a stream, which does not end, and messages are refused there.
async fn is_stream(exam: &mut Examination, token: &str) -> bool {
    let ask = Ask::get(&exam.url)
        .with(header::ACCEPT, "text/event-stream")
        .with(header::AUTHORIZATION, &format!("Bearer {token}"));
    match exam.probe.send(&ask).await {
        Ok(seen) => seen.header("content-type").is_some_and(|kind| kind.starts_with("text/event-stream")),
        Err(fault) => matches!(fault, Fault::Late(_)),
    }
}

/// Refreshes once; once more with the same token, as after a lost response; with the newest token; and with the first token late,
/// as a second process does.
async fn refresh(exam: &mut Examination, server: &Server, way: &Way<'_>, first: &str) -> bool {
    let client = way.client;
    let Some(endpoint) = &server.token_endpoint else { return false };
    let ask = |token: &str| {
        let fields = [("grant_type", "refresh_token"), ("refresh_token", token), ("resource", way.resource)];
        token_request(endpoint, client, &fields).refreshing()
    };
    let Some(second) = request(exam, &ask(first), Rule::RefreshRefused).await else { return false };
    call(exam, &second.access).await;
    let mut newest = second.refresh.unwrap_or_else(|| first.to_owned());
    if newest != first {
        let place = format!("{}, the same refresh token again", ask(first).place());
        let Some(again) = exam.ask(&ask(first)).await else { return false };
        // The client never saw the first response, so it goes on with this one.
        let retried = read(&again).filter(|_| again.status.is_success());
        newest = retried.and_then(|tokens| tokens.refresh).unwrap_or(newest);
        let Some(after) = exam.ask(&ask(&newest)).await else { return false };
        let tokens = read(&after).filter(|_| after.status.is_success());
        if !again.status.is_success() || tokens.is_none() {
            let seen =
                format!("{}; after that, the newest refresh token gets {}", again.outcome(), after.outcome());
            exam.found(Rule::RefreshRetry, &place, &seen);
        }
        let Some(tokens) = tokens else {
            exam.skip("revocation", "no refresh token is left");
            return true;
        };
        newest = tokens.refresh.unwrap_or(newest);
        // The successor was used, so this is a second process with the old token.
        if exam.ask(&ask(first)).await.is_none() {
            return false;
        }
        let place = format!("{}, the first refresh token after its successor was used", ask(first).place());
        let Some(after) = exam.ask(&ask(&newest)).await else { return false };
        match read(&after).filter(|_| after.status.is_success()) {
            Some(tokens) => newest = tokens.refresh.unwrap_or(newest),
            None => {
                exam.found(Rule::RefreshLate, &place, &format!("the newest one gets {}", after.outcome()));
                exam.skip("revocation", "no refresh token is left");
                return true;
            }
        }
    }
    match &server.revocation_endpoint {
        Some(revocation) => revoke(exam, revocation, client, &newest, &ask(&newest)).await,
        None => exam.skip("revocation", "the metadata has no revocation_endpoint"),
    }
    true
}

fn revocation(endpoint: &Url, client: &Registered, token: &str) -> Ask {
    token_request(endpoint, client, &[("token", token), ("token_type_hint", "refresh_token")])
}

async fn revoke(exam: &mut Examination, endpoint: &Url, client: &Registered, token: &str, refresh: &Ask) {
    let ask = revocation(endpoint, client, token);
    let Some(seen) = exam.ask(&ask).await else { return };
    if !seen.status.is_success() {
        return exam.found(Rule::Revocation, &ask.place(), &seen.outcome());
    }
    let Some(after) = exam.ask(refresh).await else { return };
    if after.status.is_success() {
        exam.found(Rule::Revocation, &ask.place(), "the token still refreshes after its revocation");
    }
}
