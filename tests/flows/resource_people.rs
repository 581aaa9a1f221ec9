//! Which users may use which resource: users who are named, at consent, at the token endpoint and at the MCP server.

use crate::checks::reason;
use crate::{NOTHING, events};
use doorward::protocol::paths::{ACCOUNT, INTROSPECT};
use doorward::wire::{EventKind, Events, Response};
use harness::client::{STATE, Tokens, access_token, tool_call};
use harness::person::sent_on;
use harness::test_server::{header, json, parameter, post, secret_of, text, used_by};
use harness::{Client, Person, TestServer};

const MCP: &str = "https://mcp.example/mcp";
const OTHER: (&str, &str) = ("resource", "https://other.example");

/// A server with the users alice and bob, of whom these may use its two resources.
async fn test(rules: [&str; 2]) -> TestServer {
    let test = TestServer::of(used_by(rules)).await;
    test.introduce("bob", "bob's password").await;
    test
}

fn bob() -> Person {
    Person::new("bob", "bob's password")
}

fn is_denied(page: &Response) -> bool {
    text(page).contains("You may not use this server") && page.status() == 403
}

fn asks_for_consent(page: &Response) -> bool {
    text(page).contains("value=\"allow\"")
}

#[tokio::test]
async fn a_user_whom_no_rule_names_gets_a_page_and_the_client_an_error() {
    let test = test(["user:alice", "anyone"]).await;
    for redirect_uri in ["http://127.0.0.1:7777/callback", "https://app.example/callback"] {
        let client = Client::register_at(&test, redirect_uri).await;
        let mut bob = bob();
        let page = bob.reach_consent(&test, &client.url()).await;
        assert!(is_denied(&page), "{}", text(&page));
        assert!(text(&page).contains("<bdi>https://mcp.example/mcp</bdi>"), "{}", text(&page));
        assert!(!text(&page).contains("sign in once more"), "another sign-in has the same result");
        assert_eq!((events(&page), header(&page, "location")), (vec![EventKind::Refused], ""));
        assert_eq!(reason(&page).unwrap(), format!("no rule of resource-people for {MCP} names the user"));
        let event = page.extensions().get::<Events>().unwrap().0[0].clone();
        assert_eq!((event.code(), event.person.unwrap().as_str()), (Some("access_denied"), "bob"));
        assert!(text(&page).contains(&event.correlation.unwrap()), "{}", text(&page));
        test.store.take();
        let told = bob.submit(&test, &page, "deny").await;
        let sent = |name: &str| parameter(sent_on(&told), name);
        assert!(sent_on(&told).starts_with(redirect_uri), "{}", text(&told));
        assert_eq!(
            (sent("error").as_deref(), sent("state").as_deref()),
            (Some("access_denied"), Some(STATE))
        );
        assert_eq!(sent("error_description").unwrap(), format!("the user may not use {MCP}"));
        assert_eq!((events(&told), test.store.take()), (vec![EventKind::Denied], NOTHING));
    }
    let client = Client::register(&test).await;
    let token = client.obtain_token(&test, &mut Person::alice()).await;
    assert_eq!(test.call(tool_call(Some(&token), "current")).await.status(), 200, "alice may");
}

/// The form of the page is that of consent, so a program could send `allow` with it.
#[tokio::test]
async fn no_answer_of_a_denied_user_gives_a_code() {
    let test = test(["user:alice", "anyone"]).await;
    let client = Client::register(&test).await;
    let mut bob = bob();
    let page = bob.reach_consent(&test, &client.url()).await;
    for decision in ["allow", "show", ""] {
        let fields = harness::person::fields(&page, "deny");
        let fields = fields.into_iter().filter(|(name, _)| name != "decision");
        let fields: Vec<_> = fields.chain([("decision".to_owned(), decision.to_owned())]).collect();
        let fields: Vec<_> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let again = bob.send(&test, post(&client.url(), &fields)).await;
        assert!(is_denied(&again) && sent_on(&again).is_empty(), "{decision}: {}", text(&again));
        assert!(!text(&again).contains("code="), "{decision}");
    }
    let silent = bob.open(&test, &client.url_with(&[("prompt", "none")])).await;
    assert_eq!(parameter(header(&silent, "location"), "code"), None);
    assert!(parameter(header(&silent, "location"), "error").is_some(), "{silent:?}");
}

#[tokio::test]
async fn another_account_can_be_taken_and_another_resource_used() {
    let test = test(["user:alice", "user:bob,user:alice"]).await;
    let client = Client::register(&test).await;
    let mut person = bob();
    let other = client.url_with(&[OTHER, ("scope", "other")]);
    let page = person.reach_consent(&test, &other).await;
    assert!(asks_for_consent(&page), "{}", text(&page));
    let page = person.open(&test, &client.url()).await;
    assert!(is_denied(&page), "the session of another resource does not help: {}", text(&page));
    assert_eq!(person.open(&test, ACCOUNT).await.status(), 200, "the account page is no resource");
    let switched = person.submit(&test, &page, "switch").await;
    assert!(!person.cookies.keys().any(|name| name.contains("session")), "bob is signed out");
    let mut alice = Person { cookies: person.cookies, ..Person::alice() };
    let page = alice.reach_consent(&test, header(&switched, "location")).await;
    assert!(asks_for_consent(&page), "{}", text(&page));
}

/// In a second tab, another user signs in. The page of the first tab is about a user who is gone.
#[tokio::test]
async fn a_consent_page_of_an_allowed_user_does_not_serve_another_one() {
    let test = test(["user:alice", "anyone"]).await;
    let client = Client::register(&test).await;
    let mut alice = Person::alice();
    let page = alice.reach_consent(&test, &client.url()).await;
    let mut bob = Person { cookies: alice.cookies.clone(), ..bob() };
    let sign_in = bob.open(&test, &client.url_with(&[("prompt", "login")])).await;
    assert_eq!(events(&bob.submit(&test, &sign_in, "").await), [EventKind::SignedIn]);
    let answered = bob.submit(&test, &page, "allow").await;
    assert!(sent_on(&answered).is_empty() && is_denied(&answered), "{}", text(&answered));
}

#[tokio::test]
async fn a_user_who_is_taken_off_the_list_loses_access_at_once() {
    let test = test(["user:alice,user:bob", "anyone"]).await;
    let client = Client::register(&test).await;
    let mut bob = bob();
    let tokens = client.obtain_tokens(&test, &mut bob).await;
    let code = client.obtain_code(&test, &mut bob).await;
    let page = bob.open(&test, &client.url()).await;
    let test = test.with_config(used_by(["user:alice", "anyone"])).await;

    let mut asked = tool_call(Some(&tokens.access), "current");
    let parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    asked.headers_mut().insert("traceparent", parent.parse().unwrap());
    let call = test.call(asked).await;
    assert_eq!((call.status().as_u16(), &json(&call)["error"]), (403, &"access_denied".into()));
    assert_eq!(header(&call, "www-authenticate"), "", "a challenge would start a sign-in");
    let event = call.extensions().get::<Events>().unwrap().0[0].clone();
    assert_eq!((event.kind, event.code()), (EventKind::Refused, Some("access_denied")));
    assert_eq!(event.trace.unwrap().to_string(), parent[3..35]);
    assert_eq!(event.person.unwrap().as_str(), "bob");

    for refused in
        [test.send(client.refreshes(&tokens.refresh)).await, test.send(client.redeems(&code)).await]
    {
        assert_eq!((refused.status().as_u16(), &json(&refused)["error"]), (400, &"invalid_grant".into()));
        assert!(reason(&refused).unwrap().contains("may not use the resource"), "{refused:?}");
    }
    let asks = [("token", tokens.access.as_str()), ("client_id", MCP), ("client_secret", &secret_of(MCP))];
    let told = test.send(post(INTROSPECT, &asks)).await;
    assert_eq!(json(&told), serde_json::json!({ "active": false }));
    assert!(reason(&told).unwrap().contains("no rule of resource-people"), "{told:?}");
    let answered = bob.submit(&test, &page, "allow").await;
    assert!(is_denied(&answered), "the rules changed while the page was open: {}", text(&answered));
    let again = bob.open(&test, &client.url()).await;
    assert!(is_denied(&again), "a session that began before is no excuse: {}", text(&again));

    let test = test.with_config(used_by(["anyone", "anyone"])).await;
    let back = Tokens::of(&test.send(client.refreshes(&tokens.refresh)).await);
    assert_eq!(test.call(tool_call(Some(&back.access), "current")).await.status(), 200, "bob may again");
}

#[tokio::test]
async fn a_token_of_a_user_who_may_not_lacks_no_scope() {
    let test = test(["user:alice,user:bob", "anyone"]).await;
    let client = Client::register(&test).await;
    let back = bob().let_in(&test, &client.url_with(&[("scope", "files")])).await;
    let narrow = access_token(&test.send(client.redeems(&parameter(&back, "code").unwrap())).await);
    assert!(
        header(&test.call(tool_call(Some(&narrow), "current")).await, "www-authenticate").contains("scope")
    );
    let test = test.with_config(used_by(["user:alice", "anyone"])).await;
    let call = test.call(tool_call(Some(&narrow), "current")).await;
    assert_eq!((call.status().as_u16(), header(&call, "www-authenticate")), (403, ""), "no step-up");
}
