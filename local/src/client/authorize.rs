//! Step 5: sends the user to the authorization server, and waits for the answer (OAuth 2.1 §4.1.1, §4.1.2).

use super::ask::Challenge;
use super::authorization_server::AuthorizationServer;
use super::callback::Callback;
use super::person::Person;
use super::protected_resource::ProtectedResource;
use super::transcript::{Transcript, shorten_url};
use crate::Failure;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use doorward::ports::Entropy;
use doorward::protocol::Digest;
use doorward_signing::SystemEntropy;
use reqwest::Url;
use std::collections::HashMap;

/// The parameters of the authorization request, and the server that receives it.
pub(super) struct Asked<'a> {
    pub(super) server: &'a AuthorizationServer,
    pub(super) client_id: &'a str,
    pub(super) redirect_uri: &'a str,
    pub(super) resource: &'a ProtectedResource,
    pub(super) challenge: &'a Challenge,
}

/// Returns the code, and the code verifier that belongs to it.
pub(super) async fn authorize(
    transcript: &mut Transcript<'_>,
    asked: &Asked<'_>,
    callback: Callback,
    person: Person,
) -> Result<(String, String), Failure> {
    transcript.step("Let the user sign in and decide");
    let (state, verifier) = (random(), random());
    let url = url(asked, &state, &verifier)?;
    transcript.say(format_args!("→ browser {}", shorten_url(&url)));
    let answer = person.visit(transcript, &url, callback).await?;
    let code = check(&answer, asked.server, &state)?;
    Ok((code, verifier))
}

fn url(asked: &Asked<'_>, state: &str, verifier: &str) -> Result<Url, Failure> {
    let challenge = URL_SAFE_NO_PAD.encode(Digest::of(verifier).0);
    // The challenge's scopes have priority over the metadata's (MCP 2026-07-28, Scope Selection Strategy).
    let scope = asked.challenge.scope.as_ref().or(asked.resource.scope.as_ref());
    let fixed = [
        ("response_type", "code"),
        ("client_id", asked.client_id),
        ("redirect_uri", asked.redirect_uri),
        ("state", state),
        ("code_challenge", &challenge),
        ("code_challenge_method", "S256"),
        ("resource", &asked.resource.resource),
    ];
    let pairs = fixed.into_iter().chain(scope.map(|scope| ("scope", scope.as_str())));
    let endpoint = &asked.server.authorization_endpoint;
    Url::parse_with_params(endpoint, pairs).map_err(|error| Failure::new(endpoint, error))
}

/// Returns the code. An answer with a wrong `state` (CSRF) or a wrong `iss` (mix-up attack) is refused before any
/// other parameter is read (MCP 2026-07-28, Authorization Response Validation).
fn check(
    answer: &HashMap<String, String>,
    server: &AuthorizationServer,
    state: &str,
) -> Result<String, Failure> {
    if answer.get("state").map(String::as_str) != Some(state) {
        return Err(Failure("the state of the response differs from the request (CSRF)".into()));
    }
    match answer.get("iss") {
        Some(iss) if *iss != server.issuer => {
            return Err(Failure("the response has the iss of another issuer (mix-up attack)".into()));
        }
        None if server.sends_iss => {
            return Err(Failure("the response has no iss, but the metadata promises it".into()));
        }
        _ => {}
    }
    if let Some(error) = answer.get("error") {
        let description = answer.get("error_description").map(String::as_str).unwrap_or_default();
        return Err(Failure::new(error, description));
    }
    answer.get("code").cloned().ok_or_else(|| Failure("the response has no code".into()))
}

/// 256 random bits in 43 characters, as RFC 7636 §4.1 requires for a code verifier.
fn random() -> String {
    let mut bytes = [0; 32];
    SystemEntropy.fill(&mut bytes);
    URL_SAFE_NO_PAD.encode(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_believed_only_with_its_state_and_issuer() {
        let server = |sends_iss| AuthorizationServer {
            issuer: "https://as.example".into(),
            authorization_endpoint: String::new(),
            token_endpoint: String::new(),
            registration_endpoint: None,
            sends_iss,
        };
        let answer =
            |text: &str| form_urlencoded::parse(text.as_bytes()).into_owned().collect::<HashMap<_, _>>();
        let good = answer("code=1&state=s&iss=https://as.example");
        assert_eq!(check(&good, &server(true), "s").unwrap(), "1");
        assert_eq!(check(&answer("code=1&state=s"), &server(false), "s").unwrap(), "1");
        for (bad, sends_iss) in [
            ("code=1&state=other&iss=https://as.example", true),
            ("code=1&iss=https://as.example", true),
            ("code=1&state=s", true),
            ("code=1&state=s&iss=https://as.example/", false),
            ("error=access_denied&state=s&iss=https://as.example", true),
            ("state=s&iss=https://as.example", true),
        ] {
            assert!(check(&answer(bad), &server(sends_iss), "s").is_err(), "{bad}");
        }
    }
}
