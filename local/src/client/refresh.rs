//! Step 8: exchanges the refresh token for new tokens (OAuth 2.1 §4.3), as a client does when the access token
//! expires.

use super::authorize::Asked;
use super::token::{Tokens, read};
use super::transcript::Transcript;
use crate::Failure;

pub(super) async fn refresh(
    transcript: &mut Transcript<'_>,
    asked: &Asked<'_>,
    tokens: &Tokens,
) -> Result<Option<Tokens>, Failure> {
    transcript.step("Refresh the token, and call again");
    let Some(refresh_token) = &tokens.refresh_token else {
        transcript.say(
            "The server issued no refresh token. The user must sign in again when the access token expires.",
        );
        return Ok(None);
    };
    let request = transcript.http().post(&asked.server.token_endpoint).form(&[
        ("grant_type", "refresh_token"),
        ("client_id", asked.client_id),
        ("refresh_token", refresh_token),
        ("resource", &asked.resource.resource),
    ]);
    read(&transcript.send(request).await?.object()?).map(Some)
}
