//! Identity assertions (ID-JAG; draft-ietf-oauth-identity-assertion-authz-grant-03 §4.4): an issuer that the operator trusts says
//! which user acts through which client, and the client gets a token without a page.

use crate::events;
use crate::operator::order;
use crate::provider::{browser, sign_in_at_provider};
use crate::provider_claims::reason;
use doorward::config::{ConfigBuilder, PeopleBy};
use doorward::ports::Clock;
use doorward::protocol::{ClientId, paths};
use doorward::wire::{EventKind, Response};
use harness::TestServer;
use harness::client::tool_call;
use harness::counting::Count;
use harness::identity::{ClientWithSecret, Company, MCP};
use harness::keyed::{DOCUMENT, KeyPair, document, shown};
use harness::provider::Faults;
use harness::test_server::{json, post, secret_of, sound, text};
use serde_json::{Value, json as object};
use std::time::Duration;

pub(crate) struct Set {
    pub(crate) test: TestServer,
    pub(crate) company: Company,
    pub(crate) client: ClientWithSecret,
}

impl Set {
    pub(crate) async fn of(change: impl FnOnce(&Company) -> ConfigBuilder) -> Self {
        let company = Company::start().await;
        let test = TestServer::of(change(&company)).await;
        let client = ClientWithSecret::register(&test).await;
        Self { test, company, client }
    }

    pub(crate) async fn usual() -> Self {
        Self::of(|company| company.config("domain:acme.example")).await
    }

    pub(crate) async fn exchanges(&self, claims: &Value) -> Response {
        let assertion = self.company.assertion(&self.test, &self.client.id, claims);
        self.client.exchanges(&self.test, &assertion).await
    }

    pub(crate) async fn introspects(&self, token: &Value) -> Value {
        let asks =
            [("token", token.as_str().unwrap()), ("client_id", MCP), ("client_secret", &secret_of(MCP))];
        json(&self.test.send(post(paths::INTROSPECT, &asks)).await)
    }

    pub(crate) fn person(&self) -> String {
        format!("{}#u1", self.company.provider.issuer())
    }
}

pub(crate) fn claims(token: &Value) -> Value {
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    let part = token.as_str().unwrap().split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

#[tokio::test]
async fn a_client_gets_a_token_for_the_user_and_no_refresh_token() {
    let set = Set::usual().await;
    let first = set.exchanges(&object!({})).await;
    assert_eq!(set.test.store.take(), Count { reads: 1, writes: 2 }, "the grant, and the user's first time");
    assert_eq!(events(&first), [EventKind::IssuedByAssertion]);
    assert!(reason(&first).starts_with(set.company.provider.issuer()), "{}", reason(&first));
    let answer = set.exchanges(&object!({ "auth_time": 1_789_999_000 })).await;
    assert_eq!(set.test.store.take(), Count { reads: 1, writes: 1 }, "a known user");
    let tokens = json(&answer);
    assert_eq!((&tokens["scope"], &tokens["expires_in"]), (&"user".into(), &3600.into()), "{tokens}");
    assert_eq!(tokens["resource"], MCP, "the request named none");
    assert!(!tokens.as_object().unwrap().contains_key("refresh_token"));
    let token = claims(&tokens["access_token"]);
    assert_eq!((&token["sub"], &token["auth_time"]), (&set.person().into(), &1_789_999_000_u64.into()));
    let unsaid = claims(&json(&first)["access_token"]);
    assert!(!unsaid.as_object().unwrap().contains_key("auth_time"), "the issuer did not say it: {unsaid}");
    let later = json(&set.exchanges(&object!({ "auth_time": u64::MAX })).await);
    assert_eq!(
        claims(&later["access_token"])["auth_time"],
        set.test.clock.now().0,
        "no sign-in is in the future"
    );
    let called = set.test.call(tool_call(tokens["access_token"].as_str(), "current")).await;
    assert_eq!(called.status(), 200, "{}", text(&called));
    assert!(text(&called).contains(&set.person()), "{}", text(&called));
}

#[tokio::test]
async fn a_pre_registered_client_of_the_store_costs_one_read_more() {
    let set = Set::usual().await;
    let command = object!({ "command": "add-client", "token_endpoint_auth_method": "client_secret_post" });
    let added = order(&set.test, command).await.unwrap().0;
    let text = |name: &str| added[name].as_str().unwrap().to_owned();
    let client = ClientWithSecret { id: text("client_id"), secret: text("client_secret") };
    let assertion = || set.company.assertion(&set.test, &client.id, &object!({}));
    assert_eq!(client.exchanges(&set.test, &assertion()).await.status(), 200, "it needs no redirect URI");
    set.test.store.take();
    assert_eq!(client.exchanges(&set.test, &assertion()).await.status(), 200);
    assert_eq!(set.test.store.take(), Count { reads: 2, writes: 1 });
    let forged = client.brings(&assertion(), &[("client_secret", "dw_secret_AAAA")]);
    assert_eq!(set.test.send(forged).await.status(), 401);
    assert_eq!(set.test.store.take(), Count { reads: 0, writes: 0 }, "a wrong secret costs no read");
}

#[tokio::test]
async fn an_assertion_is_accepted_once() {
    let set = Set::usual().await;
    let assertion = set.company.assertion(&set.test, &set.client.id, &object!({}));
    assert_eq!(set.client.exchanges(&set.test, &assertion).await.status(), 200);
    set.test.store.take();
    let again = set.client.exchanges(&set.test, &assertion).await;
    assert_eq!((again.status().as_u16(), &json(&again)["error"]), (400, &"invalid_grant".into()));
    assert!(reason(&again).contains("replay"), "{}", reason(&again));
    assert_eq!(set.test.store.take(), Count { reads: 0, writes: 1 });
    // Every store keeps the grant until the assertion has expired, also after its token has ended.
    set.test.clock.pass(Duration::from_secs(299));
    assert_eq!(json(&set.client.exchanges(&set.test, &assertion).await)["error"], "invalid_grant");
    set.test.clock.pass(Duration::from_secs(1));
    let late = set.client.exchanges(&set.test, &assertion).await;
    assert!(reason(&late).contains("has expired"), "{}", reason(&late));
}

#[tokio::test]
async fn of_sixteen_racers_with_one_assertion_one_gets_a_token() {
    let set = Set::usual().await;
    let assertion = set.company.assertion(&set.test, &set.client.id, &object!({}));
    let racers = (0..16).map(|_| {
        let (test, request) = (set.test.clone(), set.client.brings(&assertion, &[]));
        tokio::spawn(async move { test.send(request).await.status().as_u16() })
    });
    let mut statuses = Vec::new();
    for racer in racers.collect::<Vec<_>>() {
        statuses.push(racer.await.unwrap());
    }
    statuses.sort_unstable();
    assert_eq!(statuses, [vec![200], vec![400; 15]].concat());
}

#[tokio::test]
async fn who_signed_in_at_the_issuer_is_the_same_user() {
    let set = Set::of(|company| company.config("anyone").provider(company.provider.settings("anyone"))).await;
    let mut user = browser();
    let claims = object!({ "sub": "u1", "email": "u1@acme.example" });
    let back =
        sign_in_at_provider(&set.test, &set.company.provider, &mut user, paths::ACCOUNT, &claims).await;
    assert_eq!(user.open(&set.test, &back).await.status(), 303);
    set.test.store.take();
    assert_eq!(set.exchanges(&object!({})).await.status(), 200);
    assert_eq!(set.test.store.take(), Count { reads: 1, writes: 1 }, "the user is known");
    let account = user.open(&set.test, paths::ACCOUNT).await;
    assert!(text(&account).contains("The Editor"), "{}", text(&account));
    assert!(text(&account).contains("Acme"), "the page says which issuer connected it: {}", text(&account));
}

#[tokio::test]
async fn where_a_claim_is_left_out_only_a_known_user_gets_in() {
    let set = Set::usual().await;
    let unknown = set.exchanges(&object!({ "email": null })).await;
    assert_eq!(json(&unknown)["error"], "invalid_grant");
    assert!(reason(&unknown).contains("no email"), "{}", reason(&unknown));
    assert_eq!(set.exchanges(&object!({})).await.status(), 200);
    assert_eq!(set.exchanges(&object!({ "email": null })).await.status(), 200, "met the rule before");
    let elsewhere = set.exchanges(&object!({ "email": "u1@b.example" })).await;
    assert_eq!(json(&elsewhere)["error"], "invalid_grant", "a claim that says no is not made up for");
}

#[tokio::test]
async fn who_met_other_rules_at_a_sign_in_is_not_known_enough() {
    for (sign_in, status) in [("anyone", 400), ("domain:acme.example", 200)] {
        let company = |company: &Company| {
            company.config("domain:acme.example").provider(company.provider.settings(sign_in))
        };
        let set = Set::of(company).await;
        let mut user = browser();
        let claims = object!({ "sub": "u1", "email": "u1@acme.example", "email_verified": true });
        let provider = &set.company.provider;
        let back = sign_in_at_provider(&set.test, provider, &mut user, paths::ACCOUNT, &claims).await;
        assert_eq!(user.open(&set.test, &back).await.status(), 303);
        let answer = set.exchanges(&object!({ "email": null })).await;
        assert_eq!(answer.status(), status, "{sign_in} {}", text(&answer));
    }
}

#[tokio::test]
async fn a_disabled_user_gets_no_token_and_signing_out_ends_the_tokens() {
    let set = Set::usual().await;
    let tokens = json(&set.exchanges(&object!({})).await);
    assert_eq!(set.introspects(&tokens["access_token"]).await["active"], true);
    order(&set.test, object!({ "command": "sign-out", "name": set.person() })).await.unwrap();
    assert_eq!(set.introspects(&tokens["access_token"]).await["active"], false);
    assert_eq!(set.exchanges(&object!({})).await.status(), 200, "a sign-out does not keep the next one out");
    order(&set.test, object!({ "command": "disable-person", "name": set.person() })).await.unwrap();
    let refused = set.exchanges(&object!({})).await;
    assert_eq!(json(&refused)["error"], "invalid_grant");
    assert!(reason(&refused).contains("disabled"), "{}", reason(&refused));
}

#[tokio::test]
async fn a_client_can_revoke_its_token_and_a_blocked_client_gets_none() {
    let set = Set::usual().await;
    let tokens = json(&set.exchanges(&object!({})).await);
    let fields = [
        ("token", tokens["access_token"].as_str().unwrap()),
        ("client_id", &set.client.id),
        ("client_secret", &set.client.secret),
    ];
    assert_eq!(set.test.send(post(paths::REVOKE, &fields)).await.status(), 200);
    assert_eq!(set.introspects(&tokens["access_token"]).await["active"], false);
    order(&set.test, object!({ "command": "block-client", "client_id": set.client.id })).await.unwrap();
    set.test.clock.pass(Duration::from_secs(60));
    let refused = set.exchanges(&object!({})).await;
    assert_ne!(refused.status(), 200, "{}", text(&refused));
}

#[tokio::test]
async fn a_new_key_of_the_issuer_is_found() {
    let set = Set::usual().await;
    assert_eq!(set.exchanges(&object!({})).await.status(), 200);
    set.test.clock.pass(Duration::from_secs(61));
    set.company.provider.set_faults(Faults { rotated: true, ..Faults::default() });
    assert_eq!(set.exchanges(&object!({})).await.status(), 200);
    set.company.provider.take();
    for _ in 0..3 {
        let unknown =
            set.company.assertion_with(&set.test, &set.client.id, &object!({}), &object!({ "kid": "x" }));
        assert_eq!(set.client.exchanges(&set.test, &unknown).await.status(), 400);
    }
    assert_eq!(set.company.provider.take(), [""; 0], "one fetch a minute, whatever kid is sent");
}

#[tokio::test]
async fn a_listed_document_brings_assertions_with_its_keys_or_without_any() {
    let listed = |company: &Company| {
        let clients = [ClientId(DOCUMENT.to_owned())];
        sound().identity_issuer(company.issuer("anyone").with_clients(clients))
    };
    let set = Set::of(listed).await;
    let brings = |more: &[(&str, &str)]| {
        let assertion = set.company.assertion(&set.test, DOCUMENT, &object!({}));
        let changes = [&[("client_id", DOCUMENT), ("client_secret", "")], more].concat();
        set.client.brings(&assertion, &changes)
    };
    set.test.web.publish(DOCUMENT, &document(&object!({ "token_endpoint_auth_method": "none" })));
    assert_eq!(set.test.send(brings(&[])).await.status(), 200, "its document has no keys");
    let key = KeyPair::new(11);
    let keys = object!({
        "token_endpoint_auth_methods_supported": ["none", "private_key_jwt"], "jwks": { "keys": [key.jwk()] },
    });
    let both = Set::of(listed).await;
    both.test.web.publish(DOCUMENT, &document(&keys));
    let bare = |more: &[(&str, &str)]| {
        let assertion = both.company.assertion(&both.test, DOCUMENT, &object!({}));
        both.client.brings(&assertion, &[&[("client_id", DOCUMENT), ("client_secret", "")], more].concat())
    };
    assert_eq!(both.test.send(bare(&[])).await.status(), 401, "keys have to be used");
    let signed = key.signs(&both.test, DOCUMENT, &object!({}));
    both.test.store.take();
    assert_eq!(both.test.send(bare(&shown(&signed))).await.status(), 200);
    assert_eq!(
        both.test.store.take(),
        Count { reads: 1, writes: 3 },
        "the client's assertion, the grant, the user"
    );
    assert_eq!(both.test.send(bare(&shown(&signed))).await.status(), 401, "replay of the client's assertion");
}

#[tokio::test]
async fn an_address_names_a_user_with_a_password_and_no_other() {
    let by_email = |company: &Company| {
        sound().identity_issuer(company.issuer("domain:acme.example").with_people_by(PeopleBy::Email))
    };
    let set = Set::of(by_email).await;
    let refused = set.exchanges(&object!({})).await;
    assert_eq!(json(&refused)["error"], "invalid_grant", "no user is added by an address");
    set.test.introduce("u1@acme.example", "a password of this user").await;
    let tokens = json(&set.exchanges(&object!({})).await);
    assert_eq!(claims(&tokens["access_token"])["sub"], "u1@acme.example");
}

#[tokio::test]
async fn when_the_store_does_not_answer_the_client_tries_again_later() {
    let set = Set::usual().await;
    set.test.store.set_broken(true);
    let answer = set.exchanges(&object!({})).await;
    assert_eq!((answer.status().as_u16(), &json(&answer)["error"]), (503, &"temporarily_unavailable".into()));
    assert!(answer.headers().contains_key("retry-after"));
    set.test.store.set_broken(false);
    assert_eq!(set.exchanges(&object!({})).await.status(), 200);
}
