//! Step 6: exchanges the code for an access token (OAuth 2.1 §4.1.3).

use super::authorize::Asked;
use super::transcript::{Transcript, text};
use crate::Failure;
use serde_json::{Map, Value};

/// The tokens that the client received.
pub(super) struct Tokens {
    pub(super) access_token: String,
    pub(super) refresh_token: Option<String>,
}

pub(super) async fn redeem(
    transcript: &mut Transcript<'_>,
    asked: &Asked<'_>,
    code: &str,
    verifier: &str,
) -> Result<Tokens, Failure> {
    transcript.step("Exchange the code for an access token");
    let request = transcript.http().post(&asked.server.token_endpoint).form(&[
        ("grant_type", "authorization_code"),
        ("client_id", asked.client_id),
        ("code", code),
        ("code_verifier", verifier),
        ("redirect_uri", asked.redirect_uri),
        ("resource", &asked.resource.resource),
    ]);
    read(&transcript.send(request).await?.object()?)
}

/// Reads the response of the token endpoint (OAuth 2.1 §3.2.3).
pub(super) fn read(answer: &Map<String, Value>) -> Result<Tokens, Failure> {
    let token_type = text(answer, "token_type")?;
    if !token_type.eq_ignore_ascii_case("bearer") {
        return Err(Failure(format!("token_type is {token_type}, not Bearer")));
    }
    Ok(Tokens {
        access_token: text(answer, "access_token")?,
        refresh_token: text(answer, "refresh_token").ok(),
    })
}
