//! The settings of the function, and the parameter with the operator's headers.

use crate::deployed::{Deployed, NOTES, PONG, message};
use harness::process::binary;
use harness::upstream::{Upstream, json};
use std::process::Command;

#[tokio::test]
async fn the_headers_of_the_parameter_reach_the_upstream() {
    let upstream = Upstream::answering(json(PONG)).await;
    let deployed = Deployed::before(&upstream).await;
    let lines = format!("\n  {NOTES}=X-API-Key: a key\nX-Tenant: one\n");
    let deployed = deployed.with_headers(&lines).await;
    let (token, mut gateway) = (deployed.token().await, deployed.start().await);
    assert_eq!(gateway.stream(message(Some(&token), "ping")).await.prelude["statusCode"], 200);
    let received = upstream.request();
    assert_eq!((received.all("x-api-key"), received.all("x-tenant")), (vec!["a key"], vec!["one"]));
}

#[tokio::test]
async fn headers_that_cannot_be_read_are_an_outage_that_names_the_parameter() {
    for lines in [
        "X-API-Key secret",
        "Mcp-Name: secret",
        "X-API-Key: secret @/no/such/file",
        "https://x.example=secret",
    ] {
        let upstream = Upstream::answering(json(PONG)).await;
        let deployed = Deployed::before(&upstream).await.with_headers(lines).await;
        let (token, mut gateway) = (deployed.token().await, deployed.start().await);
        let response = gateway.stream(message(Some(&token), "ping")).await;
        assert_eq!(response.prelude["statusCode"], 503, "{lines}");
        let log = gateway.log();
        assert!(log.contains("the parameter upstream-headers: ") && !log.contains("secret"), "{log}");
        assert_eq!(upstream.count(), 0);
    }
}

#[tokio::test]
async fn calls_are_logged_if_the_operator_wants_it() {
    let upstream = Upstream::answering(json(PONG)).await;
    let deployed = Deployed::before(&upstream).await.with("DOORWARD_AUDIT_CALLS", "true");
    let (token, mut gateway) = (deployed.token().await, deployed.start().await);
    let call = harness::client::tool_call(Some(&token), "current");
    let mut call = harness::event::of(&call);
    call["rawPath"] = "/mcp/notes".into();
    gateway.stream(call).await.rest().await;
    let log = gateway.log();
    assert!(
        log.lines().any(|line| line.starts_with("tool_called") && line.contains("tool=get_user_data")),
        "{log}"
    );
}

#[tokio::test]
async fn without_upstreams_nothing_is_here() {
    let upstream = Upstream::answering(json(PONG)).await;
    let deployed = Deployed::before(&upstream).await.with("DOORWARD_UPSTREAMS", "");
    let (token, mut gateway) = (deployed.token().await, deployed.start().await);
    let mut response = gateway.stream(message(Some(&token), "ping")).await;
    assert_eq!(response.prelude["statusCode"], 404);
    let body = String::from_utf8(response.rest().await).unwrap();
    assert!(body.contains("with the parameter Upstreams"), "{body}");
}

/// A call that goes round the front would go round its rate limit.
#[tokio::test]
async fn only_the_front_reaches_the_function() {
    let upstream = Upstream::answering(json(PONG)).await;
    let deployed = Deployed::before(&upstream).await;
    let deployed = deployed.with("DOORWARD_DOOR_DIGEST", "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU");
    let (token, mut gateway) = (deployed.token().await, deployed.start().await);
    assert_eq!(gateway.stream(message(Some(&token), "ping")).await.prelude["statusCode"], 403);
    assert_eq!(upstream.count(), 0);
}

#[tokio::test]
async fn a_wrong_setting_ends_the_function_and_names_its_variable() {
    let upstream = Upstream::answering(json(PONG)).await;
    for (name, value, says) in [
        (
            "DOORWARD_UPSTREAMS",
            "https://mcp.example/notes=https://notes.example/mcp",
            "must be [RESOURCE=]URL",
        ),
        ("DOORWARD_UPSTREAMS", "unix:/run/notes.sock:/mcp", "a function reaches no Unix socket"),
        ("DOORWARD_UPSTREAMS", "http://notes.example/mcp", "must begin with https://"),
        ("DOORWARD_UPSTREAMS", "https://mcp.example/other", "this server itself"),
        ("DOORWARD_UPSTREAM_SECONDS", "0", "must be a whole number from 1 to 3600"),
        ("DOORWARD_LISTEN_SECONDS", "soon", "must be a whole number from 1 to 3600"),
        ("DOORWARD_STREAMING", "yes", "must be true or false"),
    ] {
        let deployed = Deployed::before(&upstream).await.with(name, value);
        refuses(&deployed, name, says);
    }
    // A resource whose requests never reach this function.
    let resources = format!("{NOTES}=user,files,other https://mcp.example/notes=user");
    let upstreams = "https://mcp.example/notes=https://notes.example/mcp";
    let deployed = Deployed::before(&upstream)
        .await
        .with("DOORWARD_RESOURCES", &resources)
        .with("DOORWARD_RESOURCE_DIGESTS", "");
    let deployed = deployed.with("DOORWARD_UPSTREAMS", upstreams);
    refuses(&deployed, "DOORWARD_UPSTREAMS", "https://mcp.example/mcp/NAME only");
}

fn refuses(deployed: &Deployed, name: &str, says: &str) {
    let mut command = Command::new(binary("gateway"));
    command.env_clear().envs(&deployed.environment);
    let ended = command.output().unwrap();
    let said = String::from_utf8_lossy(&ended.stderr);
    assert!(!ended.status.success() && said.contains(name) && said.contains(says), "{name}: {said}");
}
