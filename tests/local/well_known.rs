//! Texts at well-known places of the MCP server's listener.

use crate::{FREE_PORTS, request};
use doorward_local::log::Log;
use doorward_local::serve::Listening;
use doorward_settings::{AUTH_PORT, MCP_PORT, ONLY, Setting, UPSTREAM, Values, WELL_KNOWN};
use tokio::net::{TcpListener, TcpStream};

const TEXTS: [(&Setting, &str); 2] =
    [(&WELL_KNOWN, "openai-apps-challenge=a token"), (&WELL_KNOWN, "mcp-registry-auth=v=MCPv1; p=A=")];

/// Starts a server, and returns the hosts of its authorization server and its MCP server.
async fn start(settings: &[(&Setting, &str)]) -> [String; 2] {
    let values = Values::of(settings.iter().copied().chain(TEXTS));
    let listening = Listening::start(&values, Log::to(std::io::sink())).await.unwrap();
    let issuer = listening.issuer().as_str().trim_start_matches("http://").to_owned();
    let hosts = [issuer, listening.resource().authority().to_owned()];
    tokio::spawn(listening.run());
    hosts
}

async fn ask(host: &str, line: &str) -> String {
    request(&mut TcpStream::connect(host).await.unwrap(), host, line).await
}

async fn assert_serves(host: &str) {
    for (name, text) in [("openai-apps-challenge", "a token"), ("mcp-registry-auth", "v=MCPv1; p=A=")] {
        let answer = ask(host, &format!("GET /.well-known/{name}")).await;
        assert!(
            answer.starts_with("HTTP/1.1 200") && answer.ends_with(&format!("\r\n\r\n{text}")),
            "{answer}"
        );
        assert!(answer.contains("content-type: text/plain; charset=utf-8\r\n"), "{answer}");
    }
    for other in ["/.well-known/openai-apps-challenge/", "/.well-known/other", "/openai-apps-challenge"] {
        assert!(ask(host, &format!("GET {other}")).await.starts_with("HTTP/1.1 404"), "{other}");
    }
    assert!(!ask(host, "DELETE /.well-known/openai-apps-challenge").await.starts_with("HTTP/1.1 2"));
    let metadata = ask(host, "GET /.well-known/oauth-protected-resource/mcp").await;
    assert!(metadata.starts_with("HTTP/1.1 200") && metadata.contains("authorization_servers"), "{metadata}");
    assert!(ask(host, "GET /mcp").await.starts_with("HTTP/1.1 401"), "the MCP server still needs a token");
}

#[tokio::test]
async fn the_built_in_server_and_a_gateway_serve_the_texts() {
    for more in [&[][..], &[(&UPSTREAM, "http://127.0.0.1:1/mcp")], &[(&ONLY, "mcp")]] {
        let [_, mcp] = start(&[&FREE_PORTS[..], more].concat()).await;
        assert_serves(&mcp).await;
    }
}

#[tokio::test]
async fn the_listener_of_the_authorization_server_has_no_texts_unless_it_is_the_same() {
    let [auth, _] = start(&FREE_PORTS).await;
    assert!(ask(&auth, "GET /.well-known/mcp-registry-auth").await.starts_with("HTTP/1.1 404"));
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port().to_string();
    let [auth, mcp] = start(&[(&AUTH_PORT, &free), (&MCP_PORT, &free)]).await;
    assert_eq!(auth, mcp);
    assert_serves(&mcp).await;
}
