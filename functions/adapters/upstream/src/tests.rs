//! Upstreams on loopback.

mod failures;
pub(crate) mod folder;
mod http2;
mod origin;
mod pool;
mod secure;
mod streams;

use crate::{Settings, Upstream, UpstreamBody};
use bytes::Bytes;
use doorward::gateway::UpstreamFailure;
use doorward::protocol::Target;
use http::{Request, Response};
use http_body_util::BodyExt;
use std::time::Duration;

const LIMIT: Duration = Duration::from_secs(5);

/// The upstream on this port of loopback, over plain http.
fn plain(port: u16) -> Upstream {
    let target = Target::Tcp { tls: false, host: "127.0.0.1".to_owned(), port };
    Upstream::new(target, Settings::default()).unwrap()
}

fn post(body: &'static str) -> Request<Bytes> {
    Request::post("http://mcp.internal:81/mcp").body(Bytes::from_static(body.as_bytes())).unwrap()
}

async fn send(upstream: &Upstream) -> Result<Response<UpstreamBody>, UpstreamFailure> {
    upstream.send(post("{}"), LIMIT).await
}

async fn text(response: Response<UpstreamBody>) -> String {
    let body = response.into_body().collect().await.unwrap().to_bytes();
    String::from_utf8(body.to_vec()).unwrap()
}
