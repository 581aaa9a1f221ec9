//! The identity of the caller, as the verifier of `FastMCP` reads it.

use crate::programs::python;
use crate::servers::{Upstream, free_port};
use crate::{Gateway, USER, output};
use serde_json::Value;

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Python, npm, tests/clients/install and tests/upstreams/install"]
async fn fastmcp_verifies_who_calls() {
    let (auth_port, mcp_port) = (free_port(), free_port());
    let issuer = format!("http://127.0.0.1:{auth_port}");
    let resource = format!("http://127.0.0.1:{mcp_port}/mcp");
    let upstream = Upstream::verifying(&issuer, &resource).await;
    let _gateway = Gateway::at(&upstream, &auth_port, &mcp_port, &["--upstream-identity", "bearer"]).await;
    let client = |url: &str| {
        let mut client = python("mcp-1.30", "upstreams/python_client.py");
        client.args(["http", url]).arg(upstream.calls.to_string());
        client
    };

    let mut signed_in = client(&resource);
    signed_in.args(USER);
    let seen: Value = serde_json::from_slice(&output(signed_in).await).unwrap();
    let claims = &seen["results"]["caller"]["structuredContent"];
    assert_eq!((&claims["sub"], &claims["iss"]), (&USER[0].into(), &issuer.into()), "{seen}");

    let refused = client(&upstream.url).output().await.unwrap();
    let complaint = String::from_utf8_lossy(&refused.stderr);
    assert!(!refused.status.success() && complaint.contains("401"), "without the gateway: {complaint}");
}
