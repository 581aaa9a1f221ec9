//! Sign-in at an OpenID provider: where the groups of a user are, and in which form.

use crate::provider::{browser, go, test};
use crate::provider_claims::{reason, userinfo};
use harness::provider::{Faults, Provider};
use harness::test_server::sound;
use harness::{Client, TestServer};
use serde_json::json;

#[tokio::test]
async fn an_empty_list_of_groups_asks_userinfo_and_counts_if_that_is_broken() {
    let provider = Provider::start().await;
    let test = test(&provider, "group:staff").await;
    let client = Client::register(&test).await;
    for (status, claims, expected) in [
        (200, json!({ "sub": "7", "groups": ["staff"] }), 303),
        (200, json!({ "sub": "7", "groups": [] }), 403),
        (200, json!({ "sub": "8", "groups": ["staff"] }), 403),
        (401, json!({}), 403),
        (500, json!({}), 503),
    ] {
        provider.set_faults(Faults { userinfo_status: Some(status), ..userinfo(&claims) });
        let token = json!({ "sub": "7", "name": "Ada", "groups": [] });
        let came = go(&test, &provider, &mut browser(), &client.url(), &token).await;
        assert_eq!(came.status().as_u16(), expected, "{status} {claims}");
        if expected == 403 {
            assert!(reason(&came).contains("an empty list of groups"), "{}", reason(&came));
        }
    }
}

#[tokio::test]
async fn groups_are_found_by_a_path_and_in_objects() {
    let provider = Provider::start().await;
    for (path, claims, admitted) in [
        ("realm_access.roles", json!({ "realm_access": { "roles": ["x", "staff"] } }), true),
        ("realm_access.roles", json!({ "realm_access": { "roles": ["others"] }, "roles": ["staff"] }), false),
        ("roles", json!({ "roles": { "staff": { "42": "a.example" } } }), true),
        ("roles", json!({ "roles": { "staff": true } }), true),
        ("roles", json!({ "roles": { "staff": false } }), false),
        ("roles", json!({ "roles": { "staff": null } }), false),
        ("groups", json!({ "groups": [{ "id": "1", "name": "staff" }] }), true),
        ("groups", json!({ "groups": [{ "id": "staff", "name": "others" }] }), false),
        ("https://a.example/groups", json!({ "https://a.example/groups": ["staff"] }), true),
    ] {
        let settings = provider.settings("group:staff").with_groups_claim(path);
        let test = TestServer::of(sound().provider(settings)).await;
        let client = Client::register(&test).await;
        let mut token = claims.clone();
        token["sub"] = json!("7");
        provider.set_faults(userinfo(&json!({ "sub": "7" })));
        let from_token = go(&test, &provider, &mut browser(), &client.url(), &token).await;
        provider.set_faults(userinfo(&token));
        let from_userinfo = go(&test, &provider, &mut browser(), &client.url(), &json!({ "sub": "7" })).await;
        let expected = if admitted { 303 } else { 403 };
        let statuses = (from_token.status().as_u16(), from_userinfo.status().as_u16());
        assert_eq!(statuses, (expected, expected), "{path} {claims}");
    }
}
