//! An application with users of its own, Doorward's endpoints, and an MCP server, in one process.
//!
//! ```sh
//! DOORWARD_SECRET=$(head -c 32 /dev/urandom | basenc --base64url | tr -d =) cargo run -p doorward-tower --example axum
//! cargo run -- client http://127.0.0.1:8080/mcp --username carol --password 'open sesame'
//! ```

mod application;

use application::Application;
use async_trait::async_trait;
use axum::Router;
use doorward::{
    Authenticator, Config, Issuer, ProtectedResource, Request, RootSecret, SignedInUser, Unreachable,
};
use doorward_tools::Account;
use doorward_tower::{AuthorizationServer, GuardLayer};
use rmcp::transport::{StreamableHttpService, streamable_http_server::session::local::LocalSessionManager};
use std::error::Error;
use std::sync::Arc;

/// The users of the application.
struct MyUsers(Arc<Application>);

#[async_trait]
impl Authenticator for MyUsers {
    async fn user(&self, request: &Request) -> Result<Option<SignedInUser>, Unreachable> {
        Ok(self.0.user(request.headers()))
    }

    fn sign_in_url(&self, return_to: &str) -> String {
        let to: String = form_urlencoded::byte_serialize(return_to.as_bytes()).collect();
        format!("/sign-in?to={to}")
    }
}

/// The whole application at `url`.
pub(crate) fn app(url: &str, secret: RootSecret) -> Result<Router, Box<dyn Error>> {
    let application = Arc::new(Application::default());
    let resource = ProtectedResource::parse(&format!("{url}/mcp"), "read")?;
    let config = Config::builder(Issuer::parse(url)?).resource(resource).build()?;
    let auth =
        AuthorizationServer::builder(config, secret).authenticator(MyUsers(application.clone())).build()?;
    let mcp = Router::new().route_service("/mcp", my_mcp_server()).route_layer(GuardLayer::new(auth.guard()));
    Ok(application.pages().merge(mcp).fallback_service(auth))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let secret = std::env::var("DOORWARD_SECRET").map_err(
        |_| "set DOORWARD_SECRET, for example to $(head -c 32 /dev/urandom | basenc --base64url | tr -d =)",
    )?;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:8080").await?;
    Ok(axum::serve(listener, app("http://127.0.0.1:8080", RootSecret::parse(&secret)?)?).await?)
}

/// Replace this with your MCP endpoint: any tower service.
fn my_mcp_server() -> StreamableHttpService<Account, LocalSessionManager> {
    StreamableHttpService::new(|| Ok(Account::default()), Arc::default(), Default::default())
}
