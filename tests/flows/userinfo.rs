//! What a client reads about its user: `UserInfo` (OpenID Connect Core 1.0 §5.3).

use crate::checks::reason;
use crate::events;
use crate::provider::{ada, browser, go};
use crate::provider_claims::userinfo;
use doorward::protocol::{EmailAddress, PersonId, paths};
use doorward::store::{Change, Changed};
use doorward::wire::{Request, Response};
use harness::client::{Client, Tokens, tool_call};
use harness::counting::Count;
use harness::person::sent_on;
use harness::provider::Provider;
use harness::test_server::{get, header, json, parameter, post, read_out, sound, text};
use harness::{Person, TestServer};
use serde_json::{Value, json as object};

pub(crate) const EVERYTHING: &str = "openid email profile offline_access";

/// A test server whose user has an email address.
pub(crate) async fn test() -> TestServer {
    let test = TestServer::new().await;
    set_email(&test, Some("alice@acme.example")).await;
    test
}

async fn set_email(test: &TestServer, email: Option<&str>) {
    let change = Change::Email(email.map(|email| EmailAddress::parse(email).unwrap()));
    let alice = PersonId::parse("alice").unwrap();
    let changed = test.server.stores.people().change(&alice, change).await.unwrap();
    assert!(matches!(changed, Changed::Now(_)));
    test.store.take();
}

/// The response with the tokens for this scope.
pub(crate) async fn redeem(
    test: &TestServer,
    client: &Client,
    person: &mut Person,
    changes: &[(&str, &str)],
) -> Response {
    let back = person.let_in(test, &client.url_with(changes)).await;
    let code = parameter(&back, "code").unwrap_or_else(|| panic!("no code in {back}"));
    let redeemed = test.send(client.redeems(&code)).await;
    assert_eq!(redeemed.status(), 200, "{}", text(&redeemed));
    redeemed
}

pub(crate) fn asks(token: &str) -> Request {
    let mut request = get(paths::USERINFO);
    request.headers_mut().insert("authorization", format!("Bearer {token}").parse().unwrap());
    request
}

pub(crate) async fn access(test: &TestServer, client: &Client, scope: &str) -> String {
    Tokens::of(&redeem(test, client, &mut Person::alice(), &[("scope", scope)]).await).access
}

pub(crate) async fn claims(test: &TestServer, token: &str) -> Value {
    let answer = test.send(asks(token)).await;
    assert_eq!(answer.status(), 200, "{}", text(&answer));
    json(&answer)
}

/// The status, the challenge and the error of a refusal.
pub(crate) async fn refused(test: &TestServer, request: Request) -> (u16, String, Value) {
    let answer = test.send(request).await;
    (answer.status().as_u16(), header(&answer, "www-authenticate").to_owned(), json(&answer)["error"].clone())
}

#[tokio::test]
async fn a_client_reads_what_the_user_allowed_with_one_read() {
    let test = test().await;
    let client = Client::register(&test).await;
    let redeemed = redeem(&test, &client, &mut Person::alice(), &[("scope", EVERYTHING)]).await;
    assert_eq!(json(&redeemed)["scope"], "email files openid profile user", "and all of the resource");
    let token = Tokens::of(&redeemed).access;
    test.store.take();
    let answer = test.send(asks(&token)).await;
    assert_eq!(test.store.take(), Count { reads: 1, writes: 0 });
    let expected = object!({
        "sub": "alice", "email": "alice@acme.example", "email_verified": true, "name": "alice",
    });
    assert_eq!(json(&answer), expected);
    assert_eq!(
        (header(&answer, "cache-control"), header(&answer, "content-type")),
        ("no-store", "application/json")
    );
    assert_eq!(events(&answer), [], "a read is not logged");
    let mut posted = post(paths::USERINFO, &[("access_token", "ignored")]);
    posted.headers_mut().insert("authorization", format!("bearer {token}").parse().unwrap());
    assert_eq!(json(&test.send(posted).await), expected);
    assert_eq!(test.call(tool_call(Some(&token), "current")).await.status(), 200, "the tool is as before");
}

#[tokio::test]
async fn each_scope_gives_its_claim() {
    let test = test().await;
    let client = Client::register(&test).await;
    for (scope, granted, expected) in [
        ("openid user", "openid user", object!({ "sub": "alice" })),
        ("openid profile user", "openid profile user", object!({ "sub": "alice", "name": "alice" })),
        (
            "openid email user",
            "email openid user",
            object!({ "sub": "alice", "email": "alice@acme.example", "email_verified": true }),
        ),
    ] {
        let redeemed = redeem(&test, &client, &mut Person::alice(), &[("scope", scope)]).await;
        assert_eq!(json(&redeemed)["scope"], granted);
        assert_eq!(claims(&test, &Tokens::of(&redeemed).access).await, expected, "{scope}");
    }
}

/// RFC 6749 §3.3: the response says which scope was granted.
#[tokio::test]
async fn an_address_that_is_not_known_is_not_granted() {
    let test = TestServer::new().await;
    let client = Client::register(&test).await;
    let mut alice = Person::alice();
    let page = alice.reach_consent(&test, &client.url_with(&[("scope", EVERYTHING)])).await;
    assert!(!read_out(&page).contains("email"), "{}", read_out(&page));
    let decided = alice.submit(&test, &page, "allow").await;
    assert!(reason(&decided).unwrap().ends_with("; not known of the user, so not granted: email"));
    let redeemed = test.send(client.redeems(&parameter(sent_on(&decided), "code").unwrap())).await;
    assert_eq!(json(&redeemed)["scope"], "files openid profile user");
    let token = Tokens::of(&redeemed).access;
    assert_eq!(claims(&test, &token).await, object!({ "sub": "alice", "name": "alice" }));
}

#[tokio::test]
async fn the_user_sees_what_is_given_away_and_that_the_mcp_server_gets_it_too() {
    let test = test().await;
    let client = Client::register(&test).await;
    let url = client.url_with(&[("scope", EVERYTHING)]);
    for (languages, lines) in [
        (
            "en",
            [
                "Both the program and mcp.example could:",
                "see your email address, alice@acme.example",
                "see your name, alice",
            ],
        ),
        (
            "zh",
            [
                "该程序和 mcp.example 都可以：",
                "查看您的电子邮件地址 alice@acme.example",
                "查看您的姓名 alice",
            ],
        ),
    ] {
        let mut alice = Person { languages, ..Person::alice() };
        let page = alice.reach_consent(&test, &url).await;
        for line in lines {
            assert!(read_out(&page).contains(line), "{languages} {line}: {}", read_out(&page));
        }
        let usual = alice.open(&test, &client.url()).await;
        assert!(!read_out(&usual).contains("alice@acme.example"), "{}", read_out(&usual));
    }
    let mut alice = Person::alice();
    redeem(&test, &client, &mut alice, &[("scope", EVERYTHING)]).await;
    let account = read_out(&alice.open(&test, paths::ACCOUNT).await);
    for line in ["Both it and mcp.example can", "see your email address, alice@acme.example"] {
        assert!(account.contains(line), "{account}");
    }
}

#[tokio::test]
async fn a_refresh_narrows_these_scopes_like_others() {
    let test = test().await;
    let client = Client::register(&test).await;
    let tokens = Tokens::of(&redeem(&test, &client, &mut Person::alice(), &[("scope", EVERYTHING)]).await);
    let again = test.send(client.refreshes(&tokens.refresh)).await;
    assert_eq!(json(&again)["scope"], "email files openid profile user");
    assert_eq!(json(&again)["id_token"], Value::Null, "OpenID Connect Core 1.0 §12.2: it may be left out");
    let mut newest = Tokens::of(&again).refresh;
    for (scope, granted, reads) in [
        ("user", "user", None),
        ("openid user", "openid user", Some(object!({ "sub": "alice" }))),
        ("openid", "files openid user", Some(object!({ "sub": "alice" }))),
        ("profile openid files", "files openid profile", Some(object!({ "sub": "alice", "name": "alice" }))),
    ] {
        let narrow = test.send(client.refreshes_with(&newest, &[("scope", scope)])).await;
        assert_eq!(json(&narrow)["scope"], granted, "{scope}");
        let tokens = Tokens::of(&narrow);
        match reads {
            Some(expected) => assert_eq!(claims(&test, &tokens.access).await, expected, "{scope}"),
            None => assert_eq!(refused(&test, asks(&tokens.access)).await.0, 403),
        }
        newest = tokens.refresh;
    }
}

/// The resource never offered them, and keeps working when it loses a scope of its own.
#[tokio::test]
async fn a_refresh_does_not_fail_because_a_resource_does_not_offer_them() {
    let test = test().await;
    let client = Client::register(&test).await;
    let redeemed =
        redeem(&test, &client, &mut Person::alice(), &[("scope", "openid email user files")]).await;
    let tokens = Tokens::of(&redeemed);
    let fewer = doorward::protocol::ProtectedResource::parse("https://mcp.example/mcp", "user").unwrap();
    let test = test.with_config(sound().resources(vec![fewer])).await;
    let again = test.send(client.refreshes(&tokens.refresh)).await;
    assert_eq!(json(&again)["scope"], "email openid user");
    let other = doorward::protocol::ProtectedResource::parse("https://mcp.example/mcp", "more").unwrap();
    let test = test.with_config(sound().resources(vec![other])).await;
    let gone = test.send(client.refreshes(&Tokens::of(&again).refresh)).await;
    assert_eq!(json(&gone)["error"], "invalid_grant", "nothing is left for the resource");
}

/// Signs in at the provider as a user with these claims, and allows the client everything. Returns the response with the tokens,
/// and what the client reads, without `sub`.
async fn read_of_provider(test: &TestServer, provider: &Provider, there: &Value) -> (Response, Value) {
    let client = Client::register(test).await;
    let mut person = browser();
    let signed_in = go(test, provider, &mut person, &client.url_with(&[("scope", EVERYTHING)]), there).await;
    let consent = person.open(test, header(&signed_in, "location")).await;
    let back = person.submit(test, &consent, "allow").await;
    let redeemed = test.send(client.redeems(&parameter(sent_on(&back), "code").unwrap())).await;
    let mut read = claims(test, &Tokens::of(&redeemed).access).await;
    let sub = read.as_object_mut().unwrap().remove("sub").unwrap();
    assert_eq!(sub, format!("{}#{}", provider.issuer(), there["sub"].as_str().unwrap()));
    (redeemed, read)
}

#[tokio::test]
async fn the_address_is_the_one_that_the_provider_verified() {
    let provider = Provider::start().await;
    let test = TestServer::of(sound().provider(provider.settings("anyone"))).await;
    let known = object!({ "email": "ada@staff.example", "email_verified": true, "name": "Ada L." });
    let mut ada = ada();
    ada["name"] = "Ada L.".into();
    let (redeemed, read) = read_of_provider(&test, &provider, &ada).await;
    assert_eq!((&json(&redeemed)["scope"], read), (&"email files openid profile user".into(), known.clone()));
    let unverified = object!({ "sub": "8", "email": "eve@staff.example", "email_verified": false });
    let (redeemed, read) = read_of_provider(&test, &provider, &unverified).await;
    assert_eq!((&json(&redeemed)["scope"], read), (&"files openid user".into(), object!({})));
    let mut told = known.clone();
    told["sub"] = "9".into();
    provider.set_faults(userinfo(&told));
    let (_, read) = read_of_provider(&test, &provider, &object!({ "sub": "9" })).await;
    assert_eq!(read, known, "the provider's UserInfo has what its ID token lacks");
}
