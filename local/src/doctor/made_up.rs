//! The token endpoint, with a code and a refresh token that do not exist (RFC 6749 §5.2).

use super::ask::{Ask, Seen};
use super::authorization_server::Server;
use super::examination::Examination;
use super::protected_resource::Resource;
use super::registration::Registered;
use super::rule::Rule;
use base64::{Engine, engine::general_purpose::STANDARD};
use http::{StatusCode, header};
use reqwest::Url;
use serde_json::Value;

const PYTHON: &str = "mcp 1.30 (Python)";

/// A request to the token endpoint, with the authentication of the client (OAuth 2.1 §2.4).
pub(super) fn token_request(endpoint: &Url, client: &Registered, fields: &[(&str, &str)]) -> Ask {
    let mut fields = fields.to_vec();
    if client.is_basic {
        let encode = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
        let secret = client.secret.as_deref().unwrap_or_default();
        let credentials = STANDARD.encode(format!("{}:{}", encode(&client.client_id), encode(secret)));
        return Ask::form(endpoint, &fields).with(header::AUTHORIZATION, &format!("Basic {credentials}"));
    }
    fields.push(("client_id", &client.client_id));
    fields.extend(client.secret.iter().map(|secret| ("client_secret", secret.as_str())));
    Ask::form(endpoint, &fields)
}

pub(super) async fn examine(
    exam: &mut Examination,
    server: &Server,
    resource: &Resource,
    clients: &[Registered],
) {
    let (Some(endpoint), Some(client)) = (&server.token_endpoint, clients.first()) else { return };
    let (made_up, verifier) = (super::random(), super::random());
    let code = [
        ("grant_type", "authorization_code"),
        ("code", made_up.as_str()),
        ("redirect_uri", &client.redirect_uri),
        ("code_verifier", &verifier),
        ("resource", &resource.resource),
    ];
    let refresh = [
        ("grant_type", "refresh_token"),
        ("refresh_token", made_up.as_str()),
        ("resource", &resource.resource),
    ];
    for (fields, rule) in [(&code[..], Rule::MadeUpCode), (&refresh[..], Rule::MadeUpRefreshToken)] {
        let ask = token_request(endpoint, client, fields);
        let Some(seen) = exam.ask(&ask).await else { return };
        if seen.status == StatusCode::TOO_MANY_REQUESTS {
            return;
        }
        let place = format!("{}, {}", ask.place(), fields[0].1);
        if !is_invalid_grant(&seen) {
            exam.found(rule, &place, &seen.outcome());
        } else if seen.status != StatusCode::BAD_REQUEST {
            exam.found(Rule::TokenErrorStatus, &place, &seen.outcome());
        }
        if !seen.is_stored_nowhere() {
            exam.found(Rule::TokenErrorStored, &place, "no Cache-Control: no-store");
        }
    }
    if let Some(client) = clients.iter().find(|client| client.is_basic && client.askers.contains(&PYTHON)) {
        client_id_twice(exam, endpoint, client, &code).await;
    }
}

/// The Python SDK sends its id in the body, whatever its authentication is.
async fn client_id_twice(
    exam: &mut Examination,
    endpoint: &Url,
    client: &Registered,
    fields: &[(&str, &str)],
) {
    let twice = [fields, &[("client_id", client.client_id.as_str())]].concat();
    let (once, twice) = (token_request(endpoint, client, fields), token_request(endpoint, client, &twice));
    let Some(accepted) = exam.ask(&once).await else { return };
    let Some(seen) = exam.ask(&twice).await else { return };
    if is_invalid_grant(&accepted) && !is_invalid_grant(&seen) {
        exam.found(Rule::ClientIdTwice, &twice.place(), &seen.outcome());
    }
}

fn is_invalid_grant(seen: &Seen) -> bool {
    seen.object().unwrap_or_default().get("error").and_then(Value::as_str) == Some("invalid_grant")
}
