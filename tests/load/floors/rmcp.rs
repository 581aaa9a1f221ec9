//! The floor of an MCP call: the tools of doorward's MCP server in rmcp without a guard, as rmcp's documentation serves them.
//!
//! `floor-rmcp PORT`

use axum::serve::ListenerExt;
use axum::{Extension, Router};
use doorward::guard::Access;
use doorward::ports::Timestamp;
use doorward::protocol::{ClientId, PersonId, Scope, Subject};
use doorward_tools::Account;
use rmcp::transport::streamable_http_server::session::never::NeverSessionManager;
use rmcp::transport::{StreamableHttpServerConfig, StreamableHttpService};
use std::env::args;
use std::error::Error;
use std::net::Ipv4Addr;
use std::sync::Arc;
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    let port: u16 = args().nth(1).ok_or("no PORT is given")?.parse()?;
    let (tools, sessions) = (Account::default(), Arc::<NeverSessionManager>::default());
    let service = StreamableHttpService::new(move || Ok(tools.clone()), sessions, config());
    // The tools return data of the access that a guard adds to a request.
    let router = Router::new().route_service("/mcp", service).layer(Extension(access()?));
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
    let listener = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
    axum::serve(listener, router).await?;
    Ok(())
}

/// The same as that of doorward's MCP server.
fn config() -> StreamableHttpServerConfig {
    StreamableHttpServerConfig::default()
        .disable_allowed_hosts()
        .with_legacy_session_mode(false)
        .with_json_response(true)
        .with_sse_keep_alive(None)
        .with_sse_retry(None)
        .with_max_request_body_bytes(1024 * 1024)
}

fn access() -> Result<Access, Box<dyn Error + Send + Sync>> {
    let scope = Scope::parse("user")?;
    Ok(Access {
        subject: Subject::Person(PersonId::parse("user0").ok_or("user0 is no user name")?),
        client: ClientId("client".to_owned()),
        grant: None,
        effective_scope: scope.clone(),
        scope,
        signed_in_at: Some(Timestamp(1_790_000_000)),
        expires_at: Timestamp(1_790_003_600),
    })
}
