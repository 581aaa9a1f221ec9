//! The clients of tests/clients connect to a server behind the gateway as they do to a server with OAuth of its own: they
//! register, sign in, call and refresh.

use crate::programs::{node, python};
use crate::servers::Upstream;
use crate::{Gateway, USER, output};
use tokio::process::Command;

async fn connects(clients: Vec<Command>) {
    let upstream = Upstream::user_data(USER[0]).await;
    let gateway = Gateway::before(&upstream).await;
    for mut client in clients {
        client.arg(&gateway.url).args(USER);
        let told = String::from_utf8(output(client).await).unwrap();
        assert!(told.lines().last().is_some_and(|line| line.starts_with("ok: ")), "{told}");
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Python, npm, tests/clients/install and tests/upstreams/install"]
async fn the_python_clients_connect_and_refresh() {
    let clients = [("mcp-1.30", "mcp_sdk.py"), ("mcp-2.3", "mcp_sdk.py"), ("others", "fastmcp_client.py")];
    connects(clients.map(|(environment, script)| python(environment, &format!("clients/{script}"))).into())
        .await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Python, npm, tests/clients/install and tests/upstreams/install"]
async fn the_node_clients_connect_and_refresh() {
    let clients = ["mcp_client.mjs", "mcp_sdk.mjs", "mcp_remote.mjs", "inspector.mjs"];
    connects(clients.map(|script| node(&format!("clients/node/scripts/{script}"))).into()).await;
}
