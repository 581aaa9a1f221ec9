//! The gateway: a call of a tool by a user whose token and identity are known, up to the request to the MCP server.

use crate::done;
use crate::fakes::free_signer;
use crate::paths::{guard_of, with_token};
use bytes::Bytes;
use doorward::gateway::{Gateway, GatewayKeys, IdentityForm, Upstream, UserLimits};
use doorward::protocol::UpstreamUrl;
use doorward::sealed::{Keys, RootSecret};
use doorward::server::Server;
use http::header;
use http::request::Parts;
use std::hint::black_box;
use std::sync::Arc;

/// What a client sends with each call (MCP 2025-11-25, Transports), besides its token.
const HEADERS: [(&str, &str); 7] = [
    ("host", "mcp.example"),
    ("accept", "application/json, text/event-stream"),
    ("accept-encoding", "gzip, deflate"),
    ("connection", "keep-alive"),
    ("content-type", "application/json"),
    ("mcp-protocol-version", "2025-11-25"),
    ("user-agent", "test-client/1.0"),
];
const CALL: &str = r#"{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"search","arguments":{"query":"instructions of a call","limit":20}}}"#;
/// More than the calls of a run: none may be refused.
const CALLS_A_MINUTE: u32 = 1_000_000;

pub(crate) fn gateway(times: usize) {
    let (server, token) = with_token();
    let gateway = gateway_of(&server);
    let head =
        HEADERS.iter().fold(http::Request::post("/mcp"), |head, (name, value)| head.header(*name, *value));
    let request = head.header(header::AUTHORIZATION, format!("Bearer {token}")).body(());
    let (head, ()) = request.expect("a request").into_parts();
    let message = Bytes::from_static(CALL.as_bytes());
    assert!(passes(&gateway, &head, &message), "the first call signs the identity");
    for _ in 0..times {
        assert!(admitted_and_forwarded(&gateway, &head, &message));
    }
}

/// What is counted begins and ends here: as in [`crate::counted`].
#[inline(never)]
fn admitted_and_forwarded(gateway: &Gateway, head: &Parts, message: &Bytes) -> bool {
    black_box(passes(gateway, black_box(head), black_box(message)))
}

fn passes(gateway: &Gateway, head: &Parts, message: &Bytes) -> bool {
    gateway.beside(head).is_none()
        && done(gateway.enter(head)).is_ok_and(|entered| gateway.forward(&entered, head, message).is_ok())
}

fn gateway_of(server: &Server) -> Gateway {
    let Keys { upstream_sessions, legacy_endpoints, .. } = Keys::derive(&RootSecret::new([7; 32]), &[]);
    let keys = GatewayKeys {
        sessions: Arc::new(upstream_sessions),
        endpoints: Arc::new(legacy_endpoints),
        identities: free_signer(),
    };
    let upstream = Upstream {
        url: UpstreamUrl::parse("http://127.0.0.1:3000/mcp").expect("a URL"),
        host: None,
        forward: Vec::new(),
        identity: IdentityForm::Signed,
    };
    let gateway =
        Gateway::new(guard_of(server), server.config.issuer(), upstream, keys, server.entropy.clone());
    gateway.limited_by(Arc::new(UserLimits::new(CALLS_A_MINUTE, server.clock.clone())))
}
