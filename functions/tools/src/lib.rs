//! The protected MCP server: rmcp behind the guard, stateless, for both generations of the protocol.

mod account;

use account::Account;
use bytes::Bytes;
use doorward::guard::Guard;
use doorward::wire::Response;
use http_body_util::{BodyExt, Full, combinators::BoxBody};
use rmcp::transport::streamable_http_server::session::never::NeverSessionManager;
use rmcp::transport::{StreamableHttpServerConfig, StreamableHttpService};
use std::{convert::Infallible, fmt::Display, sync::Arc};

/// The largest message that is read, in bytes.
const MAX_BODY: usize = 1024 * 1024;

/// An MCP endpoint and the metadata beside it. A clone shares everything.
#[derive(Clone)]
pub struct McpServer {
    guard: Guard,
    rmcp: Arc<StreamableHttpService<Account, NeverSessionManager>>,
}

impl McpServer {
    /// Puts the tools behind `guard`.
    pub fn new(guard: Guard) -> Self {
        let account = Account::new();
        let resource = &guard.resource().resource;
        let config = StreamableHttpServerConfig::default()
            .with_allowed_hosts([resource.authority()])
            .with_allowed_origins([resource.origin()])
            .with_legacy_session_mode(false)
            .with_json_response(true)
            .with_sse_keep_alive(None)
            .with_sse_retry(None)
            .with_max_request_body_bytes(MAX_BODY);
        let rmcp = StreamableHttpService::new(move || Ok(account.clone()), Arc::default(), config);
        Self { guard, rmcp: Arc::new(rmcp) }
    }

    /// Answers a request: the resource's metadata to everybody, MCP to whoever the guard admits.
    pub async fn answer<B>(&self, mut request: http::Request<B>) -> http::Response<BoxBody<Bytes, Infallible>>
    where
        B: http_body::Body + Send + 'static,
        B::Error: Display,
    {
        if let Some(metadata) = self.guard.metadata_at(request.method(), request.uri().path()) {
            return whole(metadata);
        }
        match self.guard.admit(request.headers()) {
            Ok(access) => {
                request.extensions_mut().insert(access);
                self.rmcp.handle(request).await
            }
            Err(refused) => whole(refused),
        }
    }
}

fn whole(response: Response) -> http::Response<BoxBody<Bytes, Infallible>> {
    response.map(|body| Full::new(body).boxed())
}
