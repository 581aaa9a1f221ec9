//! The authorization endpoint, with the requests that real clients send their users to (OAuth 2.1 §4.1.1). Each stops at the
//! first page: there are no cookies, and no page is followed.

use super::ask::{Ask, Follow, Seen};
use super::authorization_server::Server;
use super::bodies::{self, Scope};
use super::examination::Examination;
use super::protected_resource::Resource;
use super::registration::Registered;
use super::rule::Rule;
use super::unauthenticated::Challenge;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use doorward::protocol::Digest;
use http::{StatusCode, header};
use reqwest::Url;

/// A redirect URI that no client registers. The top-level domain does not exist (RFC 2606 §2).
const UNREGISTERED: &str = "https://doorward-doctor.invalid/callback";

/// An authorization request.
pub(super) struct Request<'a> {
    pub(super) client: &'a Registered,
    pub(super) redirect_uri: &'a str,
    pub(super) scope: Option<String>,
    /// The resource. Some clients name none.
    pub(super) resource: Option<&'a str>,
    pub(super) state: &'a str,
    /// The code verifier. Without it, the request is one without PKCE.
    pub(super) verifier: Option<&'a str>,
    pub(super) prompt: Option<&'static str>,
}

impl<'a> Request<'a> {
    /// The request of a client that names no scope.
    fn of(client: &'a Registered, resource: &'a Resource, verifier: Option<&'a str>) -> Self {
        let redirect_uri = &client.redirect_uri;
        let resource = Some(resource.resource.as_str());
        Self { client, redirect_uri, scope: None, resource, state: "doorward", verifier, prompt: None }
    }

    pub(super) fn url(&self, endpoint: &Url) -> Url {
        let mut url = endpoint.clone();
        let mut query = url.query_pairs_mut();
        query.extend_pairs([
            ("response_type", "code"),
            ("client_id", &self.client.client_id),
            ("redirect_uri", self.redirect_uri),
            ("state", self.state),
        ]);
        query.extend_pairs(self.resource.map(|resource| ("resource", resource)));
        query.extend_pairs(self.prompt.map(|prompt| ("prompt", prompt)));
        if let Some(verifier) = self.verifier {
            let challenge = URL_SAFE_NO_PAD.encode(Digest::of(verifier).0);
            query.extend_pairs([("code_challenge", challenge.as_str()), ("code_challenge_method", "S256")]);
        }
        query.extend_pairs(self.scope.iter().map(|scope| ("scope", scope)));
        drop(query);
        url
    }
}

/// The scope of a client's request. That of the challenge has priority (MCP 2026-07-28, Scope Selection Strategy).
pub(super) fn scope(wanted: Scope, challenge: &Challenge, resource: &Resource) -> Option<String> {
    let known = challenge.scope.as_ref().or(resource.scopes.as_ref()).cloned();
    match wanted {
        Scope::Nothing => None,
        Scope::Challenged => known,
        Scope::Or(other) => Some(known.unwrap_or_else(|| other.to_owned())),
    }
}

/// Returns whether the request of some client leads to a sign-in page.
pub(super) async fn examine(
    exam: &mut Examination,
    server: &Server,
    resource: &Resource,
    challenge: &Challenge,
    clients: &[Registered],
) -> bool {
    let Some(endpoint) = &server.authorization_endpoint else { return false };
    let verifier = super::random();
    let mut accepted = None;
    for client in clients {
        let request = Request {
            scope: scope(client.scope, challenge, resource),
            prompt: bodies::prompt(&client.askers),
            ..Request::of(client, resource, Some(&verifier))
        };
        let Some(seen) = open(exam, &request.url(endpoint)).await else { return false };
        match refusal(&seen, &client.redirect_uri, endpoint) {
            None => {
                accepted.get_or_insert(client);
            }
            Some(_) if seen.status == StatusCode::TOO_MANY_REQUESTS => return accepted.is_some(),
            Some(why) => {
                let id = Some(&client.client_id).filter(|id| id.starts_with("https://"));
                let id = id.map(|id| format!(", client_id {id}")).unwrap_or_default();
                let what = format!("{why}; for redirect_uri {}{id}", client.redirect_uri);
                exam.found_by(
                    Rule::AuthorizeRefuses,
                    &format!("GET {endpoint}"),
                    &what,
                    client.askers.clone(),
                );
            }
        }
    }
    if let Some(client) = accepted {
        repeat(exam, endpoint, resource, client).await;
        misuse(exam, endpoint, resource, client).await;
    }
    accepted.is_some()
}

/// Requests that have to be accepted: the same one twice, and one without a resource.
async fn repeat(exam: &mut Examination, endpoint: &Url, resource: &Resource, client: &Registered) {
    let verifier = super::random();
    let request = Request::of(client, resource, Some(&verifier));
    let (url, place) = (request.url(endpoint), format!("GET {endpoint}"));
    let refusal = |seen: &Seen| refusal(seen, &client.redirect_uri, endpoint);
    let Some(first) = open(exam, &url).await else { return };
    if let Some(second) = open(exam, &url).await
        && let (None, Some(why)) = (refusal(&first), refusal(&second))
    {
        exam.found(Rule::AuthorizeTwice, &place, &format!("{why}; the first time {}", first.status));
    }
    let request = Request { resource: None, ..request };
    if let Some(seen) = open(exam, &request.url(endpoint)).await
        && let (None, Some(why)) = (refusal(&first), refusal(&seen))
    {
        exam.found(Rule::ResourceRequired, &place, &format!("{why}; with resource {}", first.status));
    }
}

/// Requests that have to be refused: without PKCE, and with a redirect URI that is not registered.
async fn misuse(exam: &mut Examination, endpoint: &Url, resource: &Resource, client: &Registered) {
    let verifier = super::random();
    let request = Request::of(client, resource, None);
    let place = format!("GET {endpoint}");
    if let Some(seen) = open(exam, &request.url(endpoint)).await
        && refusal(&seen, &client.redirect_uri, endpoint).is_none()
    {
        exam.found(Rule::PkceOptional, &place, &format!("{} without code_challenge", seen.status));
    }
    let request = Request { redirect_uri: UNREGISTERED, verifier: Some(&verifier), ..request };
    if let Some(seen) = open(exam, &request.url(endpoint)).await
        && target(&seen, endpoint).is_some_and(|to| to.host_str() == Some("doorward-doctor.invalid"))
    {
        exam.found(Rule::OpenRedirect, &place, &format!("{} to {UNREGISTERED}", seen.status));
    }
}

async fn open(exam: &mut Examination, url: &Url) -> Option<Seen> {
    exam.ask(&Ask::get(url).with(header::ACCEPT, "text/html").following(Follow::None)).await
}

/// Where a redirect leads.
fn target(seen: &Seen, at: &Url) -> Option<Url> {
    at.join(&seen.header("location")?).ok()
}

/// Why the request is refused: by an error page, or by an error for the client.
fn refusal(seen: &Seen, redirect_uri: &str, at: &Url) -> Option<String> {
    if seen.status != StatusCode::OK && !seen.status.is_redirection() {
        return Some(seen.outcome());
    }
    let to = target(seen, at).filter(|to| to.as_str().starts_with(redirect_uri))?;
    let parameter =
        |name: &str| to.query_pairs().find(|(known, _)| known == name).map(|(_, value)| value.into_owned());
    let description = parameter("error_description").unwrap_or_default();
    parameter("error").map(|error| format!("{} {error}: {description}", seen.status.as_u16()))
}
