//! An MCP server of your own behind the guard, away from its authorization server.
//!
//! ```sh
//! cargo run -- serve --only auth --resource http://127.0.0.1:8000/mcp=read
//! cargo run -p doorward-tower --example guard
//! cargo run -- client http://127.0.0.1:8000/mcp
//! ```

use axum::Router;
use doorward::{Issuer, ProtectedResource};
use doorward_tools::Account;
use doorward_tower::GuardLayer;
use rmcp::transport::{StreamableHttpService, streamable_http_server::session::local::LocalSessionManager};
use std::error::Error;
use std::sync::Arc;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:8000").await?;
    let app = app("http://127.0.0.1:8000/mcp", "http://127.0.0.1:9000")?;
    Ok(axum::serve(listener, app).await?)
}

/// The MCP server at `url`, for tokens of `issuer`.
pub(crate) fn app(url: &str, issuer: &str) -> Result<Router, Box<dyn Error>> {
    let guard = GuardLayer::remote(ProtectedResource::parse(url, "read")?, Issuer::parse(issuer)?);
    Ok(Router::new().route_service("/mcp", my_mcp_server()).layer(guard))
}

/// Replace this with your MCP endpoint: any tower service. Its tools find the user in the request's extensions, as
/// [`Access`](doorward::Access).
fn my_mcp_server() -> StreamableHttpService<Account, LocalSessionManager> {
    StreamableHttpService::new(|| Ok(Account::default()), Arc::default(), Default::default())
}
