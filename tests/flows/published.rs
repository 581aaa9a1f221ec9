//! A client whose Client ID Metadata Document (CIMD) is really fetched, over HTTP on loopback.

use harness::client::{Client, Tokens};
use harness::keyed::{KeyPair, shown};
use harness::{Person, TestServer};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

/// Serves a metadata document whose `client_id` is its own URL, and returns that URL.
async fn publish(members: Value) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/client.json", listener.local_addr().unwrap());
    let mut document =
        json!({ "client_id": url, "client_name": "App", "redirect_uris": ["http://127.0.0.1/callback"] });
    document.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
    let document = document.to_string();
    let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n";
    let answer = format!("{head}Content-Length: {}\r\n\r\n{document}", document.len());
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = [0; 2048];
            let _ = stream.read(&mut request).await;
            let _ = stream.write_all(answer.as_bytes()).await;
        }
    });
    url
}

#[tokio::test]
async fn a_client_authenticates_as_its_fetched_document_says() {
    let test = TestServer::at("http://127.0.0.1:9000", "http://127.0.0.1:9000/mcp").await;
    let key = KeyPair::new(11);
    let keys = json!({ "keys": [key.jwk()] });
    let id = publish(json!({ "token_endpoint_auth_method": "private_key_jwt", "jwks": keys })).await;
    let client = Client { id: id.clone(), redirect_uri: "http://127.0.0.1:4711/callback".to_owned() };
    let code = client.obtain_code(&test, &mut Person::alice()).await;
    assert_eq!(test.send(client.redeems(&code)).await.status(), 401);
    let assertion = key.signs(&test, &id, &json!({}));
    let tokens = Tokens::of(&test.send(client.redeems_with(&code, &shown(&assertion))).await);
    assert_eq!(test.send(client.refreshes_with(&tokens.refresh, &shown(&assertion))).await.status(), 401);
    let assertion = key.signs(&test, &id, &json!({}));
    Tokens::of(&test.send(client.refreshes_with(&tokens.refresh, &shown(&assertion))).await);
}
