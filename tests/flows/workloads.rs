//! Workloads: a job, pod or machine shows a token of its platform, as a grant (RFC 7523 §2.1) or as the authentication of its client
//! (§2.2), and is the client that a rule of the operator says.

use crate::checks::{events, reason};
use crate::operator::order;
use doorward::config::{ConfigBuilder, Lifetime, Lifetimes};
use doorward::ports::Clock;
use doorward::protocol::{GrantId, JWT_BEARER, paths};
use doorward::wire::{EventKind, Events, Request, Response};
use harness::TestServer;
use harness::client::tool_call;
use harness::counting::Count;
use harness::identity::{Company, MCP};
use harness::test_server::{get, json, post, secret_of, text};
use harness::workload::{CLIENT, Platform, SUBJECT, authenticates, brings};
use serde_json::{Value, json as object};
use std::time::Duration;

/// One write, and no read.
const ONE_WRITE: Count = Count { reads: 0, writes: 1 };

struct Set {
    test: TestServer,
    platform: Platform,
}

impl Set {
    async fn of(change: impl FnOnce(&Platform) -> ConfigBuilder) -> Self {
        let platform = Platform::start().await;
        let test = TestServer::of(change(&platform)).await;
        test.store.take();
        Self { test, platform }
    }

    async fn usual() -> Self {
        Self::of(Platform::config).await
    }

    /// A platform whose tokens may be used again.
    async fn repeating() -> Self {
        Self::of(|platform| platform.config_of(platform.issuer().with_again(true))).await
    }

    fn token(&self, claims: &Value) -> String {
        self.platform.token(&self.test, claims)
    }

    async fn sends(&self, request: Request) -> (u16, Value) {
        let answer = self.test.send(request).await;
        (answer.status().as_u16(), json(&answer))
    }

    async fn introspects(&self, token: &Value) -> Value {
        let asks =
            [("token", token.as_str().unwrap()), ("client_id", MCP), ("client_secret", &secret_of(MCP))];
        json(&self.test.send(post(paths::INTROSPECT, &asks)).await)
    }
}

fn claims(token: &Value) -> Value {
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    let part = token.as_str().unwrap().split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

/// The client that the only event of an answer names.
fn client(response: &Response) -> Option<String> {
    let events = response.extensions().get::<Events>().map(|events| &events.0)?;
    events.first()?.client.as_ref().map(ToString::to_string)
}

#[tokio::test]
async fn a_job_is_its_client_in_both_shapes() {
    let set = Set::usual().await;
    let nameless =
        |token: &str, more: &[(&str, &str)]| authenticates(token, &[&[("client_id", "")], more].concat());
    for request in [brings as fn(&str, &[(&str, &str)]) -> Request, authenticates, nameless] {
        let token = set.token(&object!({}));
        let answer = set.test.send(request(&token, &[("resource", MCP)])).await;
        assert_eq!(set.test.store.take(), ONE_WRITE);
        assert_eq!(
            (events(&answer), client(&answer).as_deref()),
            (vec![EventKind::IssuedToClient], Some(CLIENT))
        );
        let said = reason(&answer).unwrap();
        for part in [set.platform.provider.issuer(), SUBJECT, "jti is token "] {
            assert!(said.contains(part), "{said}");
        }
        let tokens = json(&answer);
        assert_eq!((&tokens["scope"], &tokens["expires_in"]), (&"user".into(), &3600.into()), "{tokens}");
        assert!(!tokens.as_object().unwrap().contains_key("refresh_token"));
        let issued = claims(&tokens["access_token"]);
        assert_eq!(
            (&issued["sub"], &issued["client_id"]),
            (&format!("client:{CLIENT}").into(), &CLIENT.into())
        );
        let held: Vec<_> = issued.as_object().unwrap().keys().map(String::as_str).collect();
        let ours = ["aud", "auth_time", "client_id", "exp", "gid", "iat", "iss", "jti", "scope", "sub"];
        assert_eq!(held, ours, "nothing of the platform's token is copied");
        assert!(!issued.to_string().contains("acme"), "{issued}");
        let called = set.test.call(tool_call(tokens["access_token"].as_str(), "current")).await;
        assert_eq!(called.status(), 200, "{}", text(&called));
        assert!(text(&called).contains(&format!("client:{CLIENT}")), "{}", text(&called));
    }
}

#[tokio::test]
async fn a_token_is_used_once_in_whichever_shape() {
    let set = Set::usual().await;
    let (as_grant, as_client) = ((400, "invalid_grant"), (401, "invalid_client"));
    for (first, second, refused) in [
        (
            brings as fn(&str, &[(&str, &str)]) -> Request,
            brings as fn(&str, &[(&str, &str)]) -> Request,
            as_grant,
        ),
        (brings, authenticates, as_client),
        (authenticates, authenticates, as_client),
        (authenticates, brings, as_grant),
    ] {
        let token = set.token(&object!({}));
        assert_eq!(set.sends(first(&token, &[])).await.0, 200);
        set.test.store.take();
        let again = set.test.send(second(&token, &[])).await;
        assert_eq!((again.status().as_u16(), json(&again)["error"].as_str().unwrap()), refused);
        assert_eq!(set.test.store.take(), ONE_WRITE);
        assert!(reason(&again).unwrap().contains("replay"), "{:?}", reason(&again));
        assert_eq!(client(&again).as_deref(), Some(CLIENT));
        // Every store keeps the grant until the token has expired.
        set.test.clock.pass(Duration::from_secs(299));
        assert_eq!(set.sends(second(&token, &[])).await.0, refused.0);
    }
}

#[tokio::test]
async fn a_grant_that_is_shorter_than_the_token_is_remembered_until_the_token_ends() {
    let short = |platform: &Platform| {
        let mut lifetimes = Lifetimes::default();
        lifetimes.set(Lifetime::AccessToken, Duration::from_secs(300));
        platform.config().lifetimes(lifetimes)
    };
    let set = Set::of(short).await;
    let token = set.token(&object!({ "exp": set.test.clock.now().0 + 3600 }));
    let (status, tokens) = set.sends(brings(&token, &[])).await;
    assert_eq!((status, &tokens["expires_in"]), (200, &300.into()));
    let id = GrantId::parse(claims(&tokens["access_token"])["gid"].as_str().unwrap()).unwrap();
    let grant = set.test.server.stores.grants().find(id).await.unwrap().unwrap();
    assert!(grant.kept_until.0 >= set.test.clock.now().0 + 3600, "the record is the memory of the token");
    for _ in 0..5 {
        set.test.clock.pass(Duration::from_secs(700));
        // A write lets the store forget what it may forget.
        assert_eq!(set.sends(brings(&set.token(&object!({})), &[])).await.0, 200);
        assert_eq!(set.sends(brings(&token, &[])).await.0, 400);
    }
}

#[tokio::test]
async fn of_sixteen_racers_with_one_token_one_gets_a_token() {
    let set = Set::usual().await;
    let token = set.token(&object!({}));
    let racers = (0..16).map(|racer| {
        let request = if racer % 2 == 0 { brings(&token, &[]) } else { authenticates(&token, &[]) };
        let test = set.test.clone();
        tokio::spawn(async move { test.send(request).await.status().as_u16() })
    });
    let mut won = 0;
    for racer in racers.collect::<Vec<_>>() {
        match racer.await.unwrap() {
            200 => won += 1,
            status => assert!([400, 401].contains(&status), "{status}"),
        }
    }
    assert_eq!(won, 1);
}

#[tokio::test]
async fn where_tokens_may_be_used_again_an_access_token_ends_with_the_token_of_the_platform() {
    let set = Set::repeating().await;
    for claims in [object!({ "jti": null }), object!({})] {
        let token = set.token(&claims);
        for seconds in [300, 200, 1] {
            for request in [brings, authenticates] {
                let (status, tokens) = set.sends(request(&token, &[])).await;
                assert_eq!((status, &tokens["expires_in"]), (200, &seconds.into()), "{claims} {tokens}");
            }
            set.test.clock.pass(Duration::from_secs(if seconds == 300 { 100 } else { seconds - 1 }));
        }
        set.test.clock.pass(Duration::from_secs(1));
        assert_eq!(set.sends(brings(&token, &[])).await.0, 400, "it has expired");
    }
    let long = set.token(&object!({ "jti": null, "exp": set.test.clock.now().0 + 3660 }));
    assert_eq!(set.sends(brings(&long, &[])).await.1["expires_in"], 3600);
}

#[tokio::test]
async fn an_access_token_of_a_workload_lives_for_an_hour_at_most() {
    let long = |platform: &Platform| {
        let mut lifetimes = Lifetimes::default();
        lifetimes.set(Lifetime::AccessToken, Duration::from_secs(86_400));
        platform.config().lifetimes(lifetimes)
    };
    let set = Set::of(long).await;
    for request in [brings, authenticates] {
        let (_, tokens) = set.sends(request(&set.token(&object!({})), &[])).await;
        assert_eq!(tokens["expires_in"], 3600, "{tokens}");
    }
}

#[tokio::test]
async fn the_audience_is_the_issuer_or_the_token_endpoint_or_what_the_operator_set() {
    let set = Set::usual().await;
    let set_by_operator =
        Set::of(|platform| platform.config_of(platform.issuer().with_audience("mcp"))).await;
    for (set, aud) in [
        (&set, object!("https://auth.example")),
        (&set, object!("https://auth.example/")),
        (&set, object!("https://auth.example/oauth/token")),
        (&set, object!(["https://auth.example/oauth/token"])),
        (&set_by_operator, object!("mcp")),
        (&set_by_operator, object!(["mcp"])),
    ] {
        let (status, tokens) = set.sends(brings(&set.token(&object!({ "aud": aud })), &[])).await;
        assert_eq!(status, 200, "{aud} {tokens}");
    }
}

#[tokio::test]
async fn each_rule_gives_its_own_client_and_scope() {
    let several = |platform: &Platform| {
        let staging = object!({ "repository_id": "123456", "environment": "staging" });
        let config = platform.config().workload(platform.rule(CLIENT, "files", &staging));
        config.workload(platform.rule("nightly", "user files other", &object!({ "sub": "nightly" })))
    };
    let set = Set::of(several).await;
    let other = [("resource", "https://other.example")];
    for (changes, fields, client, scope) in [
        (object!({}), &[][..], CLIENT, "user"),
        (object!({ "environment": "staging" }), &[], CLIENT, "files"),
        (object!({ "environment": ["staging", "x"] }), &[], CLIENT, "files"),
        (object!({ "sub": "nightly", "repository_id": null }), &[], "nightly", "files user"),
        (object!({ "sub": "nightly", "repository_id": null }), &other, "nightly", "other"),
        (object!({ "sub": "nightly", "repository_id": null }), &[("scope", "files")], "nightly", "files"),
        (object!({}), &[("client_id", CLIENT)], CLIENT, "user"),
        (object!({}), &[("client_id", CLIENT), ("client_secret", "")], CLIENT, "user"),
    ] {
        let (status, tokens) = set.sends(brings(&set.token(&changes), fields)).await;
        assert_eq!((status, &tokens["scope"]), (200, &scope.into()), "{changes} {tokens}");
        assert_eq!(claims(&tokens["access_token"])["client_id"], client);
    }
    let dropped = set.test.send(brings(&set.token(&object!({})), &[("scope", "user openid")])).await;
    assert!(reason(&dropped).unwrap().ends_with("dropped scopes: openid"), "{:?}", reason(&dropped));
}

#[tokio::test]
async fn a_workload_can_revoke_its_token_and_the_operator_can_revoke_and_block() {
    let set = Set::usual().await;
    let issued = async || set.sends(brings(&set.token(&object!({})), &[])).await.1["access_token"].clone();
    let token = issued().await;
    let listed =
        order(&set.test, object!({ "command": "list-grants", "person": format!("client:{CLIENT}") })).await;
    let listed = listed.unwrap().0;
    assert_eq!(listed["grants"][0]["issuer"], set.platform.provider.issuer(), "{listed}");
    let shown = set.token(&object!({}));
    let revokes = |request: Request| -> Request {
        let mut fields: Vec<(String, String)> = form_urlencoded::parse(request.body()).into_owned().collect();
        fields.push(("token".to_owned(), token.as_str().unwrap().to_owned()));
        let fields: Vec<_> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        post(paths::REVOKE, &fields)
    };
    assert_eq!(set.introspects(&token).await["active"], true);
    assert_eq!(set.test.send(revokes(authenticates(&shown, &[]))).await.status(), 200);
    assert_eq!(set.introspects(&token).await["active"], false);
    assert_eq!(set.test.send(revokes(authenticates(&shown, &[]))).await.status(), 401, "a replay");
    let other = issued().await;
    order(&set.test, object!({ "command": "block-client", "configured_client": CLIENT })).await.unwrap();
    set.test.clock.pass(Duration::from_secs(60));
    assert_eq!(set.introspects(&other).await["active"], false);
    for request in [brings, authenticates] {
        let (status, refused) = set.sends(request(&set.token(&object!({})), &[])).await;
        assert_eq!((status, &refused["error"]), (400, &"unauthorized_client".into()), "{refused}");
    }
}

#[tokio::test]
async fn a_confidential_client_that_is_a_workload_brings_identity_assertions() {
    let company = Company::start().await;
    let set = Set::of(|platform| platform.config().identity_issuer(company.issuer("anyone"))).await;
    let shown = set.token(&object!({}));
    let brought = || {
        let assertion = company.assertion(&set.test, CLIENT, &object!({}));
        authenticates(&shown, &[("grant_type", JWT_BEARER), ("assertion", &assertion)])
    };
    let (status, tokens) = set.sends(brought()).await;
    assert_eq!(status, 200, "{tokens}");
    assert_eq!(claims(&tokens["access_token"])["sub"], format!("{}#u1", company.provider.issuer()));
    assert_eq!(set.sends(brought()).await.0, 401, "the token of the platform was used");
}

#[tokio::test]
async fn the_metadata_announces_the_grant_without_a_profile() {
    let set = Set::usual().await;
    for path in [paths::METADATA, paths::OPENID] {
        let metadata = json(&set.test.send(get(path)).await);
        assert!(
            metadata["grant_types_supported"].as_array().unwrap().contains(&JWT_BEARER.into()),
            "{metadata}"
        );
        assert_eq!(metadata.get("authorization_grant_profiles_supported"), None, "{metadata}");
        let methods = metadata["token_endpoint_auth_methods_supported"].as_array().unwrap();
        assert!(methods.contains(&"private_key_jwt".into()), "{metadata}");
    }
}

#[tokio::test]
async fn when_the_store_does_not_answer_the_workload_tries_again_later() {
    let set = Set::usual().await;
    for request in [brings, authenticates] {
        let token = set.token(&object!({}));
        set.test.store.set_broken(true);
        let answer = set.test.send(request(&token, &[])).await;
        assert_eq!(
            (answer.status().as_u16(), &json(&answer)["error"]),
            (503, &"temporarily_unavailable".into())
        );
        assert!(answer.headers().contains_key("retry-after"));
        set.test.store.set_broken(false);
        assert_eq!(set.sends(request(&token, &[])).await.0, 200, "the token was not used");
    }
}

#[tokio::test]
async fn the_log_says_which_claim_differs() {
    let set = Set::usual().await;
    let refused = set.test.send(brings(&set.token(&object!({ "environment": "staging" })), &[])).await;
    let said = reason(&refused).unwrap();
    assert!(said.contains("of ci-deploy because environment is ") && said.contains("staging"), "{said}");
}
