//! Discovery: the metadata documents, and the 401 challenge that starts it.

use crate::NOTHING;
use doorward::protocol::paths;
use harness::Client;
use harness::Person;
use harness::TestServer;
use harness::client::STATE;
use harness::client::tool_call;
use harness::test_server::get;
use harness::test_server::header;
use harness::test_server::json;
use harness::test_server::parameter;
use harness::test_server::text;

#[tokio::test]
async fn discovery_and_a_401_cost_no_store_access() {
    let test = TestServer::new().await;
    for path in [paths::METADATA, paths::PROTECTED_RESOURCE, paths::JWKS] {
        assert_eq!(test.send(get(path)).await.status(), 200, "{path}");
    }
    assert_eq!(test.call(tool_call(None, "current")).await.status(), 401);
    assert_eq!(test.store.take(), NOTHING);
}

#[tokio::test]
async fn the_issuer_is_byte_for_byte_the_same_everywhere() {
    let test = TestServer::new().await;
    let issuer = "https://auth.example";
    assert_eq!(json(&test.send(get(paths::METADATA)).await)["issuer"], issuer);
    assert_eq!(json(&test.send(get(paths::PROTECTED_RESOURCE)).await)["authorization_servers"][0], issuer);
    let back = Person::alice().let_in(&test, &Client::register(&test).await.url()).await;
    assert_eq!(parameter(&back, "iss").as_deref(), Some(issuer));
    assert_eq!(parameter(&back, "state").as_deref(), Some(STATE));
}

/// HSTS (RFC 6797 §7.1, §7.2): on https only, and on errors too. Never on loopback, where it would apply to all ports.
#[tokio::test]
async fn browsers_are_told_to_use_https_for_a_public_issuer() {
    let loopback = |issuer: &'static str| TestServer::at(issuer, "http://127.0.0.1:8000/mcp");
    for (test, expected) in [
        (TestServer::new().await, "max-age=31536000"),
        (loopback("http://127.0.0.1:9000").await, ""),
        (loopback("https://localhost:9000").await, ""),
    ] {
        for path in [paths::METADATA, paths::AUTHORIZE, paths::ACCOUNT, "/nowhere"] {
            let answer = test.send(get(path)).await;
            assert_eq!(header(&answer, "strict-transport-security"), expected, "{path}");
        }
    }
}

#[tokio::test]
async fn metadata_has_the_members_that_clients_require_and_no_null() {
    let test = TestServer::new().await;
    let document = test.send(get(paths::METADATA)).await;
    let metadata = json(&document);
    for member in ["authorization_endpoint", "token_endpoint", "registration_endpoint", "jwks_uri"] {
        assert!(
            metadata[member].as_str().is_some_and(|url| url.starts_with("https://auth.example/")),
            "{member}"
        );
    }
    assert_eq!(metadata["response_types_supported"], serde_json::json!(["code"]));
    assert_eq!(metadata["code_challenge_methods_supported"], serde_json::json!(["S256"]));
    assert_eq!(
        metadata["token_endpoint_auth_methods_supported"],
        serde_json::json!(["none", "client_secret_basic", "client_secret_post", "private_key_jwt"])
    );
    assert_eq!(metadata["client_id_metadata_document_supported"], true);
    assert_eq!(metadata["response_modes_supported"], serde_json::json!(["query"]));
    assert_eq!(metadata["request_parameter_supported"], false);
    assert_eq!(metadata["request_uri_parameter_supported"], false, "left out, it would be true");
    assert_eq!(metadata["authorization_response_iss_parameter_supported"], true);
    assert_eq!(
        metadata["scopes_supported"],
        serde_json::json!(["email", "files", "openid", "other", "profile", "user"])
    );
    assert_eq!(metadata["userinfo_endpoint"], "https://auth.example/oauth/userinfo");
    assert_eq!(metadata["id_token_signing_alg_values_supported"], serde_json::json!(["ES256"]));
    assert!(!text(&document).contains("null"));
    assert_eq!(header(&document, "access-control-allow-origin"), "*");
}

#[tokio::test]
async fn every_resource_has_its_metadata_at_its_own_path() {
    let test = TestServer::new().await;
    for (path, resource) in [
        ("/.well-known/oauth-protected-resource", "https://mcp.example/mcp"),
        ("/.well-known/oauth-protected-resource/mcp", "https://mcp.example/mcp"),
    ] {
        let metadata = json(&test.send(get(path)).await);
        assert_eq!(metadata["resource"], resource, "{path}");
        assert_eq!(
            metadata["scopes_supported"],
            serde_json::json!(["files", "user"]),
            "none of the server itself"
        );
        assert_eq!(metadata, json(&test.call(get(path)).await), "the MCP server publishes the same");
    }
    assert_eq!(test.send(get("/.well-known/oauth-protected-resource/none")).await.status(), 404);
}

#[tokio::test]
async fn head_is_get_without_the_body() {
    let test = TestServer::new().await;
    let whole = test.send(get(paths::METADATA)).await;
    let mut request = get(paths::METADATA);
    *request.method_mut() = http::Method::HEAD;
    let head = test.send(request).await;
    assert_eq!((head.status().as_u16(), head.body().len()), (200, 0));
    assert_eq!(header(&head, "content-length"), whole.body().len().to_string());
}

#[tokio::test]
async fn a_401_names_the_resource_metadata_and_the_scope() {
    let test = TestServer::new().await;
    let refused = test.call(tool_call(None, "current")).await;
    assert_eq!(
        header(&refused, "www-authenticate"),
        "Bearer resource_metadata=\"https://mcp.example/.well-known/oauth-protected-resource/mcp\", scope=\"user\""
    );
}

#[tokio::test]
async fn the_server_metadata_is_at_every_path_that_clients_try() {
    let test = TestServer::new().await;
    let metadata = json(&test.send(get(paths::METADATA)).await);
    for path in ["/.well-known/oauth-authorization-server/mcp", "/mcp/.well-known/oauth-authorization-server"]
    {
        assert_eq!(json(&test.send(get(path)).await), metadata, "{path}");
    }
    for path in
        [paths::OPENID, "/.well-known/openid-configuration/mcp", "/mcp/.well-known/openid-configuration"]
    {
        let openid = json(&test.send(get(path)).await);
        assert_eq!(openid, metadata, "{path}");
        for required in ["subject_types_supported", "id_token_signing_alg_values_supported"] {
            assert!(openid[required].is_array(), "{path}");
        }
    }
}
