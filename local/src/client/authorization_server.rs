//! Step 3: reads the authorization server's metadata (RFC 8414 §3; MCP 2026-07-28, Authorization Server Discovery).

use super::protected_resource::ProtectedResource;
use super::transcript::{Transcript, text};
use crate::Failure;
use reqwest::Url;
use serde_json::{Map, Value};

/// The metadata that the client uses.
pub(super) struct AuthorizationServer {
    pub(super) issuer: String,
    pub(super) authorization_endpoint: String,
    pub(super) token_endpoint: String,
    pub(super) registration_endpoint: Option<String>,
    pub(super) sends_iss: bool,
}

pub(super) async fn discover(
    transcript: &mut Transcript<'_>,
    resource: &ProtectedResource,
) -> Result<AuthorizationServer, Failure> {
    transcript.step("Read the authorization server's metadata");
    let mut last = Failure("the authorization server has no metadata".into());
    for place in places(&resource.authorization_server)? {
        let request = transcript.http().get(place);
        match transcript.send(request).await?.object() {
            Ok(metadata) => return read(&resource.authorization_server, &metadata),
            Err(failure) => last = failure,
        }
    }
    Err(last)
}

/// The metadata URLs to try, in this order: RFC 8414's name and then the issuer's path, OpenID's name and then the
/// path, the path and then OpenID's name.
fn places(issuer: &str) -> Result<Vec<String>, Failure> {
    let url = Url::parse(issuer).map_err(|error| Failure::new(issuer, error))?;
    let (origin, path) = (url.origin().ascii_serialization(), url.path().trim_end_matches('/'));
    let mut places: Vec<_> = ["oauth-authorization-server", "openid-configuration"]
        .map(|name| format!("{origin}/.well-known/{name}{path}"))
        .into();
    if !path.is_empty() {
        places.push(format!("{origin}{path}/.well-known/openid-configuration"));
    }
    Ok(places)
}

/// Validates the metadata: its issuer must be the expected one (RFC 8414 §3.3), and the server must support PKCE
/// with S256 (MCP, Security Considerations).
fn read(issuer: &str, metadata: &Map<String, Value>) -> Result<AuthorizationServer, Failure> {
    let found = text(metadata, "issuer")?;
    if found != issuer {
        return Err(Failure(format!("the metadata has the issuer {found}, not {issuer}")));
    }
    let methods = metadata.get("code_challenge_methods_supported").and_then(Value::as_array);
    if !methods.is_some_and(|methods| methods.iter().any(|method| method == "S256")) {
        return Err(Failure("the authorization server's metadata does not list S256 (PKCE)".into()));
    }
    let sends_iss = metadata.get("authorization_response_iss_parameter_supported").and_then(Value::as_bool);
    Ok(AuthorizationServer {
        issuer: found,
        authorization_endpoint: text(metadata, "authorization_endpoint")?,
        token_endpoint: text(metadata, "token_endpoint")?,
        registration_endpoint: text(metadata, "registration_endpoint").ok(),
        sends_iss: sends_iss.unwrap_or(false),
    })
}
