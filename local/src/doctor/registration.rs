//! Dynamic client registration, with the bodies that real clients send (RFC 7591 §3).

use super::ask::{Ask, Seen};
use super::authorization_server::Server;
use super::bodies::{ALL, Body, PUBLISHED, Scope};
use super::clients;
use super::examination::Examination;
use super::network::Network;
use super::rule::Rule;
use http::StatusCode;
use reqwest::Url;
use serde_json::{Map, Value, json};

/// A registered client.
pub(super) struct Registered {
    pub(super) scope: Scope,
    pub(super) redirect_uri: String,
    pub(super) client_id: String,
    pub(super) secret: Option<String>,
    /// Whether the secret goes into the header.
    pub(super) is_basic: bool,
    /// The clients that register so with this server.
    pub(super) askers: Vec<&'static str>,
}

/// What a public client registers.
const ASKS_FOR_NONE: &str = r#""token_endpoint_auth_method":"none""#;

/// Registers each body. `scope` is the one that clients ask for; `callback` is the redirect URI of the doctor itself, whose port
/// stands for `PORT`.
pub(super) async fn examine(
    exam: &mut Examination,
    server: &Server,
    scope: Option<&str>,
    callback: &str,
) -> Vec<Registered> {
    let Some(endpoint) = &server.registration_endpoint else {
        exam.skip("sign-in and tokens", "the doctor needs a registration endpoint");
        return Vec::new();
    };
    let port = port(callback);
    let mut registered = Vec::new();
    for body in &ALL {
        let askers = askers(body, server.takes_documents);
        let uris: Vec<_> = body.redirect_uris.iter().map(|uri| with_port(uri, port)).collect();
        let ask =
            Ask::json(endpoint, &request(body, scope, &uris)).with(http::header::ACCEPT, "application/json");
        let Some(seen) = exam.ask(&ask).await else { break };
        if seen.status == StatusCode::TOO_MANY_REQUESTS {
            exam.skip("the other registrations", "the server limits them");
            break;
        }
        if !seen.status.is_success() {
            let scope = scope.filter(|_| body.metadata.contains("SCOPE"));
            let scope = scope.map(|scope| format!(", scope {scope}")).unwrap_or_default();
            let what = format!("{}; for redirect_uris {}{scope}", seen.outcome(), uris.join(" "));
            exam.found_by(Rule::RegistrationRefused, &ask.place(), &what, askers);
            continue;
        }
        let redirect_uri = with_port(body.redirect_uri, port);
        registered.extend(
            read(exam, &ask, &seen, body, redirect_uri, &uris).map(|one| Registered { askers, ..one }),
        );
    }
    registered
}

/// The clients that use their document. Those of a server that is not on the internet often cannot be fetched.
pub(super) fn published(exam: &Examination, server: &Server, callback: &str) -> Vec<Registered> {
    if !server.takes_documents || exam.probe.network() != Network::Public && !exam.documents {
        return Vec::new();
    }
    // ChatGPT has this document for servers that send `iss`.
    let used = PUBLISHED.iter().filter(|published| published.client != "ChatGPT" || server.promises_iss);
    used.map(|published| Registered {
        scope: Scope::Challenged,
        redirect_uri: with_port(published.redirect_uri, port(callback)),
        client_id: published.url.to_owned(),
        secret: None,
        is_basic: false,
        askers: vec![published.client],
    })
    .collect()
}

fn port(callback: &str) -> u16 {
    Url::parse(callback).ok().and_then(|url| url.port()).unwrap_or_default()
}

fn with_port(uri: &str, port: u16) -> String {
    uri.replace("PORT", &port.to_string())
}

/// The clients that register. Where documents are supported, those with a document do not.
fn askers(body: &Body, takes_documents: bool) -> Vec<&'static str> {
    let registers = |name: &&&str| {
        let client = clients::ALL.iter().find(|client| client.name == **name);
        !takes_documents || client.is_some_and(|client| !client.has_document)
    };
    body.clients.iter().filter(registers).copied().collect()
}

fn request(body: &Body, scope: Option<&str>, uris: &[String]) -> Value {
    let mut members: Map<String, Value> = serde_json::from_str(body.metadata).unwrap_or_default();
    if members.remove("scope").is_some() {
        members.extend(scope.map(|scope| ("scope".to_owned(), json!(scope))));
    }
    members.insert("client_name".to_owned(), json!("doorward-doctor"));
    members.insert("redirect_uris".to_owned(), json!(uris));
    members.into()
}

/// Reads a response, and checks what clients check.
fn read(
    exam: &mut Examination,
    ask: &Ask,
    seen: &Seen,
    body: &Body,
    redirect_uri: String,
    uris: &[String],
) -> Option<Registered> {
    let place = ask.place();
    if seen.status != StatusCode::CREATED {
        exam.found(Rule::RegistrationStatus, &place, &seen.status.to_string());
    }
    let members = seen.object().unwrap_or_default();
    let nulls: Vec<_> =
        members.iter().filter(|(_, value)| value.is_null()).map(|(name, _)| name.as_str()).collect();
    if !nulls.is_empty() {
        let is_secret = nulls.contains(&"client_secret");
        let rule = if is_secret { Rule::RegistrationSecretNull } else { Rule::RegistrationNull };
        exam.found(rule, &place, &format!("null: {}", nulls.join(", ")));
    }
    let echoed = members.get("redirect_uris").and_then(Value::as_array);
    match echoed {
        Some(echoed) if echoed.iter().any(|uri| uri == &redirect_uri) => {}
        Some(_) if uris.len() > 1 => {
            let what = format!("the response lacks {redirect_uri}");
            exam.found_by(Rule::RegistrationRefused, &place, &what, body.clients.to_vec());
        }
        Some(echoed) => exam.found(Rule::RegistrationEcho, &place, &format!("{echoed:?} for {uris:?}")),
        None => exam.found(Rule::RegistrationEcho, &place, "redirect_uris is absent"),
    }
    if !seen.is_stored_nowhere() {
        exam.found(Rule::RegistrationStored, &place, "no Cache-Control: no-store");
    }
    let text = |name: &str| members.get(name).and_then(Value::as_str).map(str::to_owned);
    let secret = text("client_secret").filter(|secret| !secret.is_empty());
    let method = text("token_endpoint_auth_method");
    let is_read = body.clients.contains(&"oauth4webapi");
    if is_read && secret.is_some() && !members.get("client_secret_expires_at").is_some_and(Value::is_number) {
        exam.found(Rule::RegistrationSecretExpiry, &place, "client_secret_expires_at is absent");
    }
    if secret.is_some() && method.is_none() && !body.metadata.contains("token_endpoint_auth_method") {
        exam.found(Rule::RegistrationMethod, &place, "token_endpoint_auth_method is absent");
    }
    if body.metadata.contains(ASKS_FOR_NONE)
        && let Some(other) = method.as_deref().filter(|method| *method != "none")
    {
        let what = format!("token_endpoint_auth_method is {other}, none was asked for");
        exam.found(Rule::RegistrationOtherMethod, &place, &what);
    }
    let needs_secret = method.as_deref().is_some_and(|method| method.starts_with("client_secret_"));
    if needs_secret && secret.is_none() {
        exam.found(Rule::RegistrationClientId, &place, "client_secret is absent");
    }
    let Some(client_id) = text("client_id").filter(|id| !id.is_empty()) else {
        exam.found(Rule::RegistrationClientId, &place, "client_id is absent");
        return None;
    };
    // Without a method in the response, the default of RFC 7591 §2 is the header.
    let is_basic = secret.is_some() && method.is_none_or(|method| method == "client_secret_basic");
    Some(Registered { scope: body.scope, redirect_uri, client_id, secret, is_basic, askers: Vec::new() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_client_has_a_body_and_each_body_is_sound() {
        for client in &clients::ALL {
            let count = ALL.iter().filter(|body| body.clients.contains(&client.name)).count();
            assert_eq!(count, 1, "{}", client.name);
        }
        for body in &ALL {
            assert!(serde_json::from_str::<Map<String, Value>>(body.metadata).is_ok(), "{}", body.metadata);
            assert!(body.redirect_uris.contains(&body.redirect_uri), "{}", body.redirect_uri);
            for name in body.clients {
                assert!(clients::ALL.iter().any(|client| client.name == *name), "{name}");
            }
        }
        for published in &PUBLISHED {
            let client = clients::ALL.iter().find(|client| client.name == published.client).unwrap();
            assert!(client.has_document, "{}", client.name);
        }
    }
}
