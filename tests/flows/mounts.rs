//! Endpoints at other paths than the default.

use doorward::protocol::paths::{self, AUTHORIZE};
use doorward::protocol::{Mount, Paths};
use harness::client::{Tokens, tool_call};
use harness::person::sent_on;
use harness::test_server::{get, guard, header, json, parameter, post_json, sound};
use harness::{Client, Person, TestServer};

#[tokio::test]
async fn a_client_finds_endpoints_that_are_mounted_elsewhere() {
    let paths =
        Paths::default().mount(Mount::Register, "/app/register").mount(Mount::Authorize, "/app/authorize");
    let paths =
        paths.mount(Mount::Token, "/app/token").mount(Mount::Account, "/app/connections").without_fallbacks();
    let test = TestServer::of(sound().paths(paths)).await;
    let metadata = json(&test.send(get(paths::METADATA)).await);
    let published = |name: &str| {
        metadata[name].as_str().unwrap().strip_prefix("https://auth.example").unwrap().to_owned()
    };
    let body = r#"{"redirect_uris":["http://127.0.0.1/callback"]}"#;
    let registered = json(&test.send(post_json(&published("registration_endpoint"), body)).await);
    let id = registered["client_id"].as_str().unwrap().to_owned();
    let client = Client { id, redirect_uri: "http://127.0.0.1:7777/callback".to_owned() };
    let authorize = published("authorization_endpoint");
    let mut alice = Person::alice();
    let sign_in = alice.open(&test, &client.url().replace(AUTHORIZE, &authorize)).await;
    let signed_in = alice.submit_at(&test, &authorize, &sign_in, "").await;
    let consent = alice.open(&test, header(&signed_in, "location")).await;
    let allowed = alice.submit_at(&test, &authorize, &consent, "allow").await;
    let mut redeem = client.redeems(&parameter(sent_on(&allowed), "code").unwrap());
    *redeem.uri_mut() = published("token_endpoint").parse().unwrap();
    let tokens = Tokens::of(&test.send(redeem).await);
    assert_eq!(test.call(tool_call(Some(&tokens.access), "current")).await.status(), 200);
    assert_eq!(alice.open(&test, "/app/connections").await.status(), 200);
    for old in
        [paths::REGISTER, AUTHORIZE, paths::TOKEN, paths::ACCOUNT, paths::OLD_AUTHORIZE, paths::OLD_TOKEN]
    {
        assert_eq!(test.send(get(old)).await.status(), 404, "{old}");
    }
}

#[tokio::test]
async fn a_guard_redirects_to_where_the_issuer_mounts_its_endpoints() {
    let test = TestServer::new().await;
    let redirected = |paths: Paths| {
        let guard = guard(&test.server, 0).with_issuer_paths(paths);
        let response = guard.answer(&get(paths::OLD_TOKEN).into_parts().0)?;
        Some(header(&response, "location").to_owned())
    };
    let moved = Paths::default().mount(Mount::Token, "/app/token");
    assert_eq!(redirected(moved.clone()).as_deref(), Some("https://auth.example/app/token"));
    assert_eq!(redirected(moved.without_fallbacks()), None, "the path is the application's");
}
