//! Step 6: exchange the code for an access token (OAuth 2.1 §4.1.3).

use super::authorize::Asked;
use super::transcript::{Transcript, text};
use crate::Failure;

pub(super) async fn redeem(
    story: &mut Transcript<'_>,
    asked: &Asked<'_>,
    code: &str,
    verifier: &str,
) -> Result<String, Failure> {
    story.step("Exchange the code for an access token");
    let request = story.http().post(&asked.server.token_endpoint).form(&[
        ("grant_type", "authorization_code"),
        ("client_id", asked.client_id),
        ("code", code),
        ("code_verifier", verifier),
        ("redirect_uri", asked.redirect_uri),
        ("resource", &asked.resource.resource),
    ]);
    let answer = story.send(request).await?.object()?;
    let token_type = text(&answer, "token_type")?;
    if !token_type.eq_ignore_ascii_case("bearer") {
        return Err(Failure(format!("the token is of the type {token_type}, not Bearer")));
    }
    text(&answer, "access_token")
}
