//! Step 1: a request to the MCP server without a token. Its 401 says where the metadata is (RFC 9728 §5.1).

use super::transcript::Transcript;
use crate::Failure;
use http::StatusCode;
use serde_json::json;

/// The parameters of a 401 challenge.
pub(super) struct Challenge {
    pub(super) resource_metadata: Option<String>,
    pub(super) scope: Option<String>,
}

pub(super) async fn ask(transcript: &mut Transcript<'_>, url: &str) -> Result<Challenge, Failure> {
    transcript.step("Ask the MCP server, without a token");
    let message = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list" });
    let request =
        transcript.http().post(url).header("accept", "application/json, text/event-stream").json(&message);
    let answer = transcript.send(request).await?;
    if answer.status != StatusCode::UNAUTHORIZED {
        return Err(Failure(format!(
            "the server answered {} without a token; a protected server answers 401",
            answer.status
        )));
    }
    let header =
        answer.headers.get("www-authenticate").and_then(|value| value.to_str().ok()).unwrap_or_default();
    Ok(Challenge {
        resource_metadata: parameter(header, "resource_metadata"),
        scope: parameter(header, "scope"),
    })
}

/// The value of a quoted challenge parameter (RFC 9110 §11.2).
fn parameter(header: &str, name: &str) -> Option<String> {
    let start = header.find(&format!("{name}=\""))? + name.len() + 2;
    header[start..].split('"').next().map(str::to_owned)
}
