//! How resource servers authenticate at the introspection endpoint (RFC 7662 §2.1).

use base64::{Engine, engine::general_purpose::STANDARD};
use doorward::config::Config;
use doorward::protocol::{Digest, Issuer, ProtectedResource, paths};
use harness::test_server::{json, post};
use harness::{Client, Person, TestServer};

/// Many clients put id and secret into the header as they are (RFC 6749 §2.3.1 wants both encoded).
#[tokio::test]
async fn an_unencoded_url_or_a_short_id_in_the_authorization_header_is_accepted() {
    let (url, secret) = ("http://127.0.0.1:8000/mcp", "a:b+c%20d");
    let mut resource = ProtectedResource::parse(url, "user").unwrap();
    resource.secret = Some(Digest::of(secret));
    resource.id = Some("mcp-1".to_owned());
    let issuer = Issuer::parse("http://127.0.0.1:9000").unwrap();
    let test = TestServer::of(Config::builder(issuer).resource(resource)).await;
    let tokens = Client::register(&test).await.obtain_tokens(&test, &mut Person::alice()).await;
    let ask = async |credentials: String| {
        let mut request = post(paths::INTROSPECT, &[("token", &tokens.access)]);
        let basic = format!("Basic {}", STANDARD.encode(credentials));
        request.headers_mut().insert("authorization", basic.parse().unwrap());
        let answer = test.send(request).await;
        (answer.status().as_u16(), json(&answer)["active"] == true)
    };
    let encode = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    for (id, secret) in [
        (url.to_owned(), secret.to_owned()),
        (encode(url), secret.to_owned()),
        (encode(url), encode(secret)),
        (format!("{url}/"), secret.to_owned()),
        ("mcp-1".to_owned(), secret.to_owned()),
        ("mcp-1".to_owned(), encode(secret)),
    ] {
        assert_eq!(ask(format!("{id}:{secret}")).await, (200, true), "{id}:{secret}");
    }
    for wrong in [
        format!("{url}:x"),
        "mcp-1:x".to_owned(),
        format!("mcp-2:{secret}"),
        url.to_owned(),
        format!("{url}:"),
        format!("http://127.0.0.1:8001/mcp:{secret}"),
    ] {
        assert_eq!(ask(wrong.clone()).await, (401, false), "{wrong}");
    }
}
