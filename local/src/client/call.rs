//! Steps 7 and 8: call the MCP server with the access token.

use super::transcript::Transcript;
use crate::Failure;
use rmcp::model::{CallToolRequestParams, ContentBlock};
use rmcp::service::{Peer, RoleClient};
use rmcp::transport::StreamableHttpClientTransport;
use rmcp::transport::streamable_http_client::StreamableHttpClientTransportConfig;
use rmcp::{ServiceError, ServiceExt};

/// The tool of Doorward's own MCP server, which the client calls. Other tools are only listed.
const TOOL: &str = "get_user_data";

pub(super) async fn call(transcript: &mut Transcript<'_>, url: &str, token: &str) -> Result<(), Failure> {
    let config = StreamableHttpClientTransportConfig::with_uri(url).auth_header(token);
    let transport = StreamableHttpClientTransport::with_client(transcript.http().clone(), config);
    let session = ().serve(transport).await.map_err(|error| Failure::new("connecting", error))?;
    converse(transcript, session.peer()).await.map_err(|error| Failure::new("calling", error))?;
    session.cancel().await.map(|_| ()).map_err(|error| Failure::new("closing the session", error))
}

/// Lists what the server says that it has. A server answers a request for anything else with an error.
async fn converse(transcript: &mut Transcript<'_>, server: &Peer<RoleClient>) -> Result<(), ServiceError> {
    let capabilities = server.peer_info().map(|info| info.capabilities.clone()).unwrap_or_default();
    if capabilities.resources.is_some() {
        let resources = server.list_all_resources().await?;
        let uris: Vec<_> = resources.iter().map(|resource| resource.uri.as_str()).collect();
        transcript.say(format_args!("resources/list: {}", uris.join(", ")));
    }
    if capabilities.tools.is_some() {
        let tools = server.list_all_tools().await?;
        let names: Vec<_> = tools.iter().map(|tool| tool.name.as_ref()).collect();
        transcript.say(format_args!("tools/list: {}", names.join(", ")));
        if names.contains(&TOOL) {
            call_tool(transcript, server).await?;
        }
    }
    Ok(())
}

async fn call_tool(transcript: &mut Transcript<'_>, server: &Peer<RoleClient>) -> Result<(), ServiceError> {
    let result = server.call_tool(CallToolRequestParams::new(TOOL)).await?;
    for text in result.content.iter().filter_map(ContentBlock::as_text) {
        transcript.say(format_args!("tools/call {TOOL}: {}", text.text));
    }
    Ok(())
}
