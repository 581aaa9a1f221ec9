//! Doorward in an application of your own: the authorization server and the guard as tower services.
//!
//! [`AuthorizationServer`] answers all OAuth requests. [`GuardLayer`] protects an MCP endpoint, beside the authorization
//! server or away from it.
//!
//! ```
//! use doorward::{Config, Issuer, ProtectedResource, RootSecret};
//! use doorward_tower::{AuthorizationServer, GuardLayer};
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let resource = ProtectedResource::parse("https://mcp.example.com/mcp", "read")?;
//! let config = Config::builder(Issuer::parse("https://mcp.example.com")?).resource(resource).build()?;
//! let auth = AuthorizationServer::builder(config, RootSecret::new([7; 32])).build()?;
//! let guard = GuardLayer::new(auth.guard());
//! let mcp = axum::Router::new().route("/mcp", axum::routing::post(|| async { "a result" })).layer(guard);
//! let app: axum::Router = mcp.fallback_service(auth.clone());
//!
//! let metadata = http::Request::get("/.well-known/oauth-authorization-server").body(String::new())?;
//! assert_eq!(auth.answer(metadata).await.status(), 200);
//! # drop(app);
//! # Ok(())
//! # }
//! # tokio::runtime::Runtime::new().unwrap().block_on(example()).unwrap();
//! ```

mod authorization_server;
mod body;
mod builder;
mod deadline;
mod guard;
mod on_event;

pub use authorization_server::AuthorizationServer;
pub use builder::{AuthorizationServerBuilder, TwoSignIns};
pub use guard::{GuardLayer, Guarded};
