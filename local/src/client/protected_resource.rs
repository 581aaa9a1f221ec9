//! Step 2: reads the MCP server's metadata, which names its authorization server (RFC 9728 §3).

use super::ask::Challenge;
use super::transcript::{Transcript, text};
use crate::Failure;
use doorward::protocol::paths;
use reqwest::Url;
use serde_json::Value;

/// The metadata that the client uses.
pub(super) struct ProtectedResource {
    pub(super) resource: String,
    pub(super) authorization_server: String,
    pub(super) scope: Option<String>,
}

pub(super) async fn discover(
    transcript: &mut Transcript<'_>,
    url: &str,
    challenge: &Challenge,
) -> Result<ProtectedResource, Failure> {
    transcript.step("Read the protected resource's metadata");
    let mut last = Failure("the MCP server has no metadata".into());
    for place in places(url, challenge)? {
        let request = transcript.http().get(place);
        match transcript.send(request).await?.object() {
            Ok(metadata) => return read(url, &metadata),
            Err(failure) => last = failure,
        }
    }
    Err(last)
}

/// The metadata URLs to try: the URL from the challenge, or else the well-known URLs. The well-known URL with the
/// resource's path is first.
fn places(url: &str, challenge: &Challenge) -> Result<Vec<String>, Failure> {
    if let Some(place) = &challenge.resource_metadata {
        return Ok(vec![place.clone()]);
    }
    let url = Url::parse(url).map_err(|error| Failure::new(url, error))?;
    let origin = url.origin().ascii_serialization();
    Ok(vec![
        format!("{origin}{}{}", paths::PROTECTED_RESOURCE, url.path()),
        format!("{origin}{}", paths::PROTECTED_RESOURCE),
    ])
}

/// Validates the metadata: metadata of another resource must not be used (RFC 9728 §3.3).
fn read(url: &str, metadata: &serde_json::Map<String, Value>) -> Result<ProtectedResource, Failure> {
    let resource = text(metadata, "resource")?;
    let covers = |rest: &str| rest.is_empty() || resource.ends_with('/') || rest.starts_with(['/', '?']);
    if !url.strip_prefix(&resource).is_some_and(covers) {
        return Err(Failure(format!("the metadata is for the resource {resource}, not for {url}")));
    }
    let first = |name: &str| metadata.get(name)?.as_array()?.first()?.as_str().map(str::to_owned);
    let authorization_server = first("authorization_servers");
    let authorization_server =
        authorization_server.ok_or_else(|| Failure("the metadata names no authorization server".into()))?;
    let scopes = metadata.get("scopes_supported").and_then(Value::as_array);
    let scope = scopes.map(|scopes| scopes.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" "));
    Ok(ProtectedResource { resource, authorization_server, scope })
}
