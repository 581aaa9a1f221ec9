//! Step 4: dynamic client registration (RFC 7591 §3).

use super::authorization_server::AuthorizationServer;
use super::transcript::{Transcript, text};
use crate::Failure;
use serde_json::json;

pub(super) async fn register(
    transcript: &mut Transcript<'_>,
    server: &AuthorizationServer,
    redirect_uri: &str,
) -> Result<String, Failure> {
    transcript.step("Register as a client");
    let endpoint = server.registration_endpoint.as_ref();
    let endpoint = endpoint.ok_or_else(|| Failure("the server has no registration endpoint".into()))?;
    let metadata = json!({
        "client_name": "doorward client",
        "redirect_uris": [redirect_uri],
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "token_endpoint_auth_method": "none",
    });
    let request = transcript.http().post(endpoint).json(&metadata);
    text(&transcript.send(request).await?.object()?, "client_id")
}
