//! One port for both servers: discovery, sign-in and calls.

use crate::running::{Running, free_port};
use crate::upstream::{Received, Upstream, answer, json};
use doorward_local::client::{self, Person};
use doorward_local::log::Log;
use doorward_local::serve::Listening;
use doorward_settings::{AUTH_PORT, ISSUER, MCP_HOST, MCP_PORT, RESOURCE, Setting, UPSTREAM, USER, Values};
use harness::written::Written;
use serde_json::{Value, json as value};

/// The answer of a small MCP server without sessions.
fn mcp(request: &Received) -> Vec<u8> {
    let message: Value = serde_json::from_slice(&request.body).unwrap_or_default();
    let result = match message["method"].as_str() {
        Some("initialize") => value!({
            "protocolVersion": message["params"]["protocolVersion"],
            "capabilities": { "tools": {} },
            "serverInfo": { "name": "notes", "version": "1" }
        }),
        Some("tools/list") => {
            value!({ "tools": [{ "name": "add_note", "inputSchema": { "type": "object" } }] })
        }
        Some("resources/list") => value!({ "resources": [] }),
        _ if message.get("id").is_none() => return answer("202 Accepted", "", b""),
        method => panic!("the method {method:?} was not expected"),
    };
    json(value!({ "jsonrpc": "2.0", "id": message["id"], "result": result }).to_string().as_bytes())
}

/// Both servers on one port, in front of a small MCP server.
async fn both(path: &str) -> (Upstream, Running) {
    let upstream = Upstream::start(|mut connection| async move {
        while let Some(request) = connection.request().await {
            connection.send(mcp(&request)).await;
        }
    })
    .await;
    let port = free_port();
    let resource = format!("http://127.0.0.1:{port}{path}=user");
    let settings = [
        (&AUTH_PORT, port.as_str()),
        (&MCP_PORT, port.as_str()),
        (&RESOURCE, resource.as_str()),
        (&UPSTREAM, &upstream.url()),
        (&USER, "alice:open sesame"),
    ];
    let gateway = Running::with(&settings).await;
    (upstream, gateway)
}

#[tokio::test]
async fn a_client_signs_in_and_calls_on_one_port() {
    let (upstream, gateway) = both("/notes").await;
    let mut told = Vec::new();
    let user = Person::Scripted { username: "alice".into(), password: "open sesame".into() };
    client::run(gateway.resource.as_str(), user, &mut told).await.unwrap();
    let told = String::from_utf8(told).unwrap();
    assert!(told.contains("tools/list: add_note"), "{told}");
    let log = gateway.log.text();
    for event in ["client_registered", "signed_in person=alice", "consented", "code_spent"] {
        assert!(log.contains(event), "{event}: {log}");
    }
    assert!(upstream.count() > 0);
}

#[tokio::test]
async fn each_path_belongs_to_one_of_the_servers() {
    let (upstream, gateway) = both("/notes").await;
    let get = |path: &str| {
        let request = format!("GET {path} HTTP/1.1\r\nHost: {}\r\n\r\n", gateway.address);
        gateway.exchange(request)
    };
    let origin = format!("http://{}", gateway.address);
    for path in ["/.well-known/oauth-protected-resource/notes", "/.well-known/oauth-protected-resource"] {
        let document = get(path).await.json();
        assert_eq!(document["resource"], format!("{origin}/notes"), "{path}");
        assert_eq!(document["authorization_servers"][0], origin, "{path}");
    }
    for path in ["/.well-known/oauth-authorization-server", "/.well-known/openid-configuration"] {
        let document = get(path).await.json();
        assert_eq!(document["token_endpoint"], format!("{origin}/oauth/token"), "{path}");
    }
    for path in ["/notes", "/notes/"] {
        let refused = get(path).await;
        assert_eq!(refused.status(), 401, "{path}");
        let metadata = format!("resource_metadata=\"{origin}/.well-known/oauth-protected-resource/notes\"");
        assert!(refused.head.get("www-authenticate").contains(&metadata), "{path}: {refused:?}");
    }
    for (path, status) in
        [("/account", 200), ("/oauth/authorize", 400), ("/mcp", 404), ("/notes/x", 404), ("/oauth/jwks", 200)]
    {
        assert_eq!(get(path).await.status(), status, "{path}");
    }
    assert_eq!(upstream.count(), 0);
}

/// The reason why the servers do not start.
async fn refusal(settings: &[(&Setting, &str)]) -> String {
    let values = Values::of(settings.iter().copied());
    Listening::start(&values, Log::to(Written::default())).await.map(|_| ()).unwrap_err().to_string()
}

/// On one port, a resource cannot have a path of the authorization server.
#[tokio::test]
async fn a_resource_with_a_path_of_the_authorization_server_ends_the_start() {
    for path in [
        "",
        "/oauth/token",
        "/oauth/token/",
        "/account",
        "/authorize",
        "/token",
        "/register",
        "/oauth/jwks",
        "/oauth/identity/jwks",
        "/.well-known/oauth-authorization-server",
        "/.well-known/oauth-protected-resource",
        "/.well-known/openid-configuration",
    ] {
        let port = free_port();
        let resource = format!("http://127.0.0.1:{port}{path}=user");
        let settings = [
            (&AUTH_PORT, port.as_str()),
            (&MCP_PORT, port.as_str()),
            (&RESOURCE, resource.as_str()),
            (&UPSTREAM, "http://127.0.0.1:1/mcp"),
        ];
        let refused = refusal(&settings).await;
        assert!(refused.starts_with("--resource http://127.0.0.1:"), "{path}: {refused}");
        assert!(refused.contains("--mcp-port"), "{path}: {refused}");
        let ports = (free_port(), free_port());
        let resource = format!("http://127.0.0.1:{}{path}=user", ports.1);
        let apart =
            [(&AUTH_PORT, ports.0.as_str()), (&MCP_PORT, ports.1.as_str()), (&RESOURCE, resource.as_str())];
        Listening::start(&Values::of(apart), Log::to(Written::default())).await.unwrap();
    }
}

#[tokio::test]
async fn one_port_needs_one_address() {
    let port = free_port();
    let refused = refusal(&[(&AUTH_PORT, &port), (&MCP_PORT, &port), (&MCP_HOST, "127.0.0.2")]).await;
    assert!(refused.starts_with("--mcp-port: is that of --auth-port"), "{refused}");
}

/// An upstream at a port of this process would be a loop.
#[tokio::test]
async fn an_upstream_at_an_own_port_ends_the_start() {
    let (auth, mcp) = (free_port(), free_port());
    for (port, host) in [(&auth, "127.0.0.1"), (&mcp, "localhost"), (&mcp, "[::1]"), (&mcp, "LOCALHOST")] {
        let url = format!("http://{host}:{port}/other");
        let resource = "https://mcp.example/mcp=user";
        let settings = [
            (&AUTH_PORT, auth.as_str()),
            (&MCP_PORT, mcp.as_str()),
            (&ISSUER, "https://auth.example"),
            (&RESOURCE, resource),
            (&UPSTREAM, &url),
        ];
        let refused = refusal(&settings).await;
        assert!(refused.starts_with("--upstream: leads back to this server itself"), "{url}: {refused}");
    }
}
