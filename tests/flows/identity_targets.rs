//! The resource, the scope and the limits of a token for an identity assertion (draft-ietf-oauth-identity-assertion-authz-grant-03 §4.4.1).

use crate::identity_assertions::{Set, claims};
use doorward::ports::Clock;
use doorward::protocol::{GrantId, JWT_BEARER, Scope, paths};
use harness::TestServer;
use harness::identity::{ClientWithSecret, Company, MCP};
use harness::test_server::{get, json, sound, text};
use serde_json::json as object;
use std::time::Duration;

#[tokio::test]
async fn the_scope_is_what_request_assertion_and_limit_have_in_common() {
    let limited = |company: &Company| {
        let issuer = company.issuer("anyone").with_scope(Scope::parse("user files").unwrap());
        sound().identity_issuer(issuer)
    };
    let set = Set::of(limited).await;
    for (asked, stated, granted) in [
        (None, None, "user"),
        (None, Some("files"), "files"),
        (None, Some("user files more"), "files user"),
        (Some("files"), None, "files"),
        (Some("files"), Some("user files"), "files"),
        (Some("user files offline_access"), Some("files"), "files"),
        (Some("offline_access"), None, "user"),
    ] {
        let assertion = set.company.assertion(&set.test, &set.client.id, &object!({ "scope": stated }));
        let fields: Vec<_> = asked.map(|asked| ("scope", asked)).into_iter().collect();
        let answer = set.test.send(set.client.brings(&assertion, &fields)).await;
        assert_eq!(json(&answer)["scope"], granted, "{asked:?} {stated:?} {}", text(&answer));
    }
    let usual = Set::usual().await;
    let all = usual.exchanges(&object!({ "scope": "user files" })).await;
    assert_eq!(json(&all)["scope"], "user", "without a limit it is the first scope of the resource");
}

#[tokio::test]
async fn the_resource_is_that_of_the_assertion_or_of_the_request() {
    let both = |company: &Company| {
        let resources =
            [MCP, "https://other.example"].map(|url| doorward::protocol::Resource::parse(url).unwrap());
        sound().identity_issuer(company.issuer("anyone").with_resources(resources.into()))
    };
    let set = Set::of(both).await;
    for (stated, asked, expected) in [
        (object!(MCP), None, Ok(MCP)),
        (object!([MCP]), Some(MCP), Ok(MCP)),
        (object!(null), Some("https://other.example"), Ok("https://other.example")),
        (
            object!([MCP, "https://other.example/"]),
            Some("https://other.example"),
            Ok("https://other.example"),
        ),
        (object!("https://other.example"), None, Ok("https://other.example")),
        (object!([MCP, "https://other.example"]), None, Err("invalid_grant")),
        (object!(null), None, Err("invalid_grant")),
        (object!("https://other.example"), Some(MCP), Err("invalid_target")),
    ] {
        let changes = object!({ "resource": stated, "scope": null });
        let assertion = set.company.assertion(&set.test, &set.client.id, &changes);
        let fields: Vec<_> = asked.map(|asked| ("resource", asked)).into_iter().collect();
        let answer = json(&set.test.send(set.client.brings(&assertion, &fields)).await);
        match expected {
            Ok(resource) => {
                assert_eq!(claims(&answer["access_token"])["aud"], resource, "{stated} {asked:?}");
            }
            Err(error) => assert_eq!(answer["error"], error, "{stated} {asked:?}"),
        }
    }
}

#[tokio::test]
async fn our_issuer_with_a_slash_and_a_list_of_one_are_our_issuer() {
    let set = Set::usual().await;
    for aud in [object!("https://auth.example/"), object!(["https://auth.example"])] {
        assert_eq!(set.exchanges(&object!({ "aud": aud })).await.status(), 200, "{aud}");
    }
    let typed = |typ: &str| {
        set.company.assertion_with(&set.test, &set.client.id, &object!({}), &object!({ "typ": typ }))
    };
    for typ in ["application/oauth-id-jag+jwt", "OAuth-ID-JAG+JWT"] {
        assert_eq!(set.client.exchanges(&set.test, &typed(typ)).await.status(), 200, "{typ}");
    }
}

#[tokio::test]
async fn a_token_never_outlives_the_limits() {
    let short = |company: &Company| {
        let mut lifetimes = doorward::config::Lifetimes::default();
        lifetimes.set(doorward::config::Lifetime::Identity, Duration::from_secs(120));
        company.config("anyone").lifetimes(lifetimes)
    };
    let set = Set::of(short).await;
    let tokens = json(&set.exchanges(&object!({})).await);
    assert_eq!(tokens["expires_in"], 120);
    let issued = claims(&tokens["access_token"]);
    assert_eq!(issued["exp"], set.test.clock.now().0 + 120);
    let id = GrantId::parse(issued["gid"].as_str().unwrap()).unwrap();
    let grant = set.test.server.stores.grants().find(id).await.unwrap().unwrap();
    assert!(grant.kept_until.0 >= set.test.clock.now().0 + 300, "the record is the memory of the assertion");
    set.test.clock.pass(Duration::from_secs(120));
    assert_eq!(set.introspects(&tokens["access_token"]).await["active"], false);
}

#[tokio::test]
async fn the_metadata_announces_the_grant_and_only_if_an_issuer_is_trusted() {
    for (test, is_on) in [(Set::usual().await.test, true), (TestServer::new().await, false)] {
        for path in [paths::METADATA, paths::OPENID] {
            let metadata = json(&test.send(get(path)).await);
            let grants = metadata["grant_types_supported"].as_array().unwrap();
            assert_eq!(grants.contains(&JWT_BEARER.into()), is_on, "{metadata}");
            let profiles = object!(["urn:ietf:params:oauth:grant-profile:id-jag"]);
            assert_eq!(metadata.get("authorization_grant_profiles_supported"), is_on.then_some(&profiles));
        }
    }
    let set = Set::usual().await;
    let test = TestServer::new().await;
    let client = ClientWithSecret::register(&test).await;
    let assertion = set.company.assertion(&test, &client.id, &object!({}));
    assert_eq!(json(&client.exchanges(&test, &assertion).await)["error"], "unsupported_grant_type");
}
