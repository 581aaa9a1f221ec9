//! Whole stories, from a client's first question to a tool's answer.

use doorward::clock::Clock;
use doorward::config::Lifetimes;
use doorward::event::{Events, What};
use doorward::paths;
use doorward::protocol::{person_id::PersonId, session::Session};
use doorward::wire::Response;
use harness::client::{STATE, VERIFIER, access_token, look, tool_call};
use harness::counting::Count;
use harness::house::{get, guard, header, json, parameter, post, text};
use harness::{Client, House, Person};
use std::time::Duration;

const NOTHING: Count = Count { reads: 0, writes: 0 };

fn events(response: &Response) -> Vec<What> {
    response
        .extensions()
        .get::<Events>()
        .map(|events| events.0.iter().map(|event| event.what).collect())
        .unwrap_or_default()
}

#[tokio::test]
async fn a_sign_in_from_registration_to_tokens_costs_one_read_and_one_write() {
    let house = House::new().await;
    let client = Client::register(&house).await;
    assert_eq!(house.store.take(), NOTHING, "registration");
    let code = client.obtain_code(&house, &mut Person::alice()).await;
    assert_eq!(house.store.take(), Count { reads: 1, writes: 0 }, "sign-in and consent");
    let token = access_token(&house.send(client.redeems(&code)).await);
    assert_eq!(house.store.take(), Count { reads: 0, writes: 1 }, "token");
    let answer = house.call(tool_call(Some(&token), "current")).await;
    assert_eq!(answer.status(), 200);
    assert!(text(&answer).contains("alice"), "{}", text(&answer));
    assert_eq!(house.store.take(), NOTHING, "MCP call");
}

#[tokio::test]
async fn discovery_and_a_401_cost_nothing() {
    let house = House::new().await;
    for path in [paths::METADATA, paths::PROTECTED_RESOURCE, paths::JWKS] {
        assert_eq!(house.send(get(path)).await.status(), 200, "{path}");
    }
    assert_eq!(house.call(tool_call(None, "current")).await.status(), 401);
    assert_eq!(house.store.take(), NOTHING);
}

#[tokio::test]
async fn one_issuer_stands_everywhere_byte_for_byte() {
    let house = House::new().await;
    let issuer = "https://auth.example";
    assert_eq!(json(&house.send(get(paths::METADATA)).await)["issuer"], issuer);
    assert_eq!(json(&house.send(get(paths::PROTECTED_RESOURCE)).await)["authorization_servers"][0], issuer);
    let back = Person::alice().let_in(&house, &Client::register(&house).await.url()).await;
    assert_eq!(parameter(&back, "iss").as_deref(), Some(issuer));
    assert_eq!(parameter(&back, "state").as_deref(), Some(STATE));
}

#[tokio::test]
async fn metadata_holds_what_clients_demand_and_no_null() {
    let house = House::new().await;
    let document = house.send(get(paths::METADATA)).await;
    let metadata = json(&document);
    for member in ["authorization_endpoint", "token_endpoint", "registration_endpoint", "jwks_uri"] {
        assert!(
            metadata[member].as_str().is_some_and(|url| url.starts_with("https://auth.example/")),
            "{member}"
        );
    }
    assert_eq!(metadata["response_types_supported"], serde_json::json!(["code"]));
    assert_eq!(metadata["code_challenge_methods_supported"], serde_json::json!(["S256"]));
    assert_eq!(metadata["token_endpoint_auth_methods_supported"], serde_json::json!(["none"]));
    assert_eq!(metadata["authorization_response_iss_parameter_supported"], true);
    assert_eq!(metadata["scopes_supported"], serde_json::json!(["files", "other", "user"]));
    assert!(!text(&document).contains("null"));
    assert_eq!(header(&document, "access-control-allow-origin"), "*");
}

#[tokio::test]
async fn every_resource_has_its_metadata_at_its_own_path() {
    let house = House::new().await;
    for (path, resource) in [
        ("/.well-known/oauth-protected-resource", "https://mcp.example/mcp"),
        ("/.well-known/oauth-protected-resource/mcp", "https://mcp.example/mcp"),
    ] {
        let metadata = json(&house.send(get(path)).await);
        assert_eq!(metadata["resource"], resource, "{path}");
        assert_eq!(metadata, json(&house.call(get(path)).await), "the guarded server publishes the same");
    }
    assert_eq!(house.send(get("/.well-known/oauth-protected-resource/none")).await.status(), 404);
}

#[tokio::test]
async fn head_is_get_without_the_body() {
    let house = House::new().await;
    let whole = house.send(get(paths::METADATA)).await;
    let mut request = get(paths::METADATA);
    *request.method_mut() = http::Method::HEAD;
    let head = house.send(request).await;
    assert_eq!((head.status().as_u16(), head.body().len()), (200, 0));
    assert_eq!(header(&head, "content-length"), whole.body().len().to_string());
}

#[tokio::test]
async fn a_401_says_where_to_go_and_what_to_ask_for() {
    let house = House::new().await;
    let refused = house.call(tool_call(None, "current")).await;
    assert_eq!(
        header(&refused, "www-authenticate"),
        "Bearer resource_metadata=\"https://mcp.example/.well-known/oauth-protected-resource/mcp\", scope=\"user\""
    );
}

#[tokio::test]
async fn an_independent_library_verifies_the_access_token() {
    let house = House::new().await;
    let token = Client::register(&house).await.obtain_token(&house, &mut Person::alice()).await;
    let keys: jsonwebtoken::jwk::JwkSet =
        serde_json::from_value(json(&house.send(get(paths::JWKS)).await)).unwrap();
    let header = jsonwebtoken::decode_header(&token).unwrap();
    assert_eq!(header.typ.as_deref(), Some("at+jwt"));
    let key = jsonwebtoken::DecodingKey::from_jwk(keys.find(&header.kid.unwrap()).unwrap()).unwrap();
    let mut rules = jsonwebtoken::Validation::new(jsonwebtoken::Algorithm::ES256);
    rules.set_issuer(&["https://auth.example"]);
    rules.set_audience(&["https://mcp.example/mcp"]);
    // The house's clock stands in a year of its own.
    rules.validate_exp = false;
    let claims = jsonwebtoken::decode::<serde_json::Value>(&token, &key, &rules).unwrap().claims;
    assert_eq!(claims["sub"], "alice");
    assert_eq!(claims["scope"], "user");
    assert_eq!(claims["exp"].as_u64(), claims["iat"].as_u64().map(|iat| iat + 3600));
}

#[tokio::test]
async fn a_code_is_spent_once() {
    let house = House::new().await;
    let client = Client::register(&house).await;
    let code = client.obtain_code(&house, &mut Person::alice()).await;
    let first = house.send(client.redeems(&code)).await;
    assert_eq!((first.status().as_u16(), events(&first)), (200, vec![What::CodeSpent]));
    let second = house.send(client.redeems(&code)).await;
    assert_eq!((second.status().as_u16(), &json(&second)["error"]), (400, &"invalid_grant".into()));
    assert_eq!(events(&second), [What::Refused, What::CodeReplayed]);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_racers_with_one_code_one_gets_tokens() {
    let house = House::new().await;
    let client = Client::register(&house).await;
    let code = client.obtain_code(&house, &mut Person::alice()).await;
    let mut racers = tokio::task::JoinSet::new();
    for _ in 0..50 {
        racers.spawn(doorward::answer(house.server.clone(), client.redeems(&code)));
    }
    let answers = racers.join_all().await;
    assert_eq!(answers.iter().filter(|answer| answer.status() == 200).count(), 1);
    assert_eq!(answers.iter().filter(|answer| json(answer)["error"] == "invalid_grant").count(), 49);
}

#[tokio::test]
async fn a_grant_outlives_the_code_that_opened_it() {
    let lifetimes = Lifetimes { access_token: Duration::from_secs(5), ..Lifetimes::default() };
    let house = House::with("https://auth.example", "https://mcp.example/mcp", lifetimes).await;
    let client = Client::register(&house).await;
    let code = client.obtain_code(&house, &mut Person::alice()).await;
    house.clock.pass(Duration::from_secs(59));
    access_token(&house.send(client.redeems(&code)).await);
    let grant = house.store.last_opened().unwrap();
    assert_eq!(
        grant.kept_until,
        grant.opened_at.after(Duration::from_secs(1 + 60)),
        "the code's end, and skew"
    );
}

#[tokio::test]
async fn a_code_lives_a_minute_and_a_token_an_hour() {
    let house = House::new().await;
    let client = Client::register(&house).await;
    let mut alice = Person::alice();
    let code = client.obtain_code(&house, &mut alice).await;
    house.clock.pass(Duration::from_secs(60));
    assert_eq!(json(&house.send(client.redeems(&code)).await)["error"], "invalid_grant");
    let token = client.obtain_token(&house, &mut alice).await;
    house.clock.pass(Duration::from_secs(3599));
    assert_eq!(house.call(tool_call(Some(&token), "current")).await.status(), 200);
    house.clock.pass(Duration::from_secs(1));
    let refused = house.call(tool_call(Some(&token), "current")).await;
    assert_eq!(refused.status(), 401);
    assert!(header(&refused, "www-authenticate").contains("error=\"invalid_token\""));
}

#[tokio::test]
async fn a_store_that_does_not_answer_loses_nothing() {
    let house = House::new().await;
    let client = Client::register(&house).await;
    let mut alice = Person::alice();
    let code = client.obtain_code(&house, &mut alice).await;
    house.store.set_broken(true);
    let refused = house.send(client.redeems(&code)).await;
    assert_eq!(
        (refused.status().as_u16(), &json(&refused)["error"]),
        (503, &"temporarily_unavailable".into())
    );
    assert_eq!(header(&refused, "retry-after"), "2");
    assert!(!text(&refused).contains("broken by the test"), "the cause is the operator's");
    let page = Person::alice().open(&house, &client.url()).await;
    let mut other = Person::alice();
    other.cookies.clear();
    let page_of_other = other.open(&house, &client.url()).await;
    assert_eq!(page.status(), 200, "a page needs no store");
    assert_eq!(other.submit(&house, &page_of_other, "").await.status(), 503);
    house.store.set_broken(false);
    access_token(&house.send(client.redeems(&code)).await);
}

#[tokio::test]
async fn a_token_for_one_resource_is_refused_by_another() {
    let house = House::new().await;
    let client = Client::register(&house).await;
    let mut alice = Person::alice();
    let url = client.url_with(&[("resource", "https://other.example/"), ("scope", "other")]);
    let code = parameter(&alice.let_in(&house, &url).await, "code").unwrap();
    let answer = house.send(client.redeems_with(&code, &[("resource", "https://other.example")])).await;
    let token = access_token(&answer);
    let request = tool_call(Some(&token), "current");
    assert!(guard(&house.server, 1).admit(request.headers()).is_ok());
    assert_eq!(house.call(request).await.status(), 401);
}

#[tokio::test]
async fn a_token_without_the_scopes_is_told_which_it_lacks() {
    let house = House::new().await;
    let client = Client::register(&house).await;
    let url = client.url_with(&[("scope", "files")]);
    let code = parameter(&Person::alice().let_in(&house, &url).await, "code").unwrap();
    let token = access_token(&house.send(client.redeems(&code)).await);
    let refused = house.call(tool_call(Some(&token), "current")).await;
    assert_eq!(refused.status(), 403);
    let challenge = header(&refused, "www-authenticate");
    assert!(
        challenge.contains("error=\"insufficient_scope\"") && challenge.contains("scope=\"user\""),
        "{challenge}"
    );
}

#[tokio::test]
async fn scopes_that_are_not_offered_are_left_out() {
    let house = House::new().await;
    let client = Client::register(&house).await;
    for (asked, granted) in [(" user  claudeai offline_access", "user"), ("", "files user")] {
        let url = client.url_with(&[("scope", asked)]);
        let code = parameter(&Person::alice().let_in(&house, &url).await, "code").unwrap();
        assert_eq!(json(&house.send(client.redeems(&code)).await)["scope"], granted);
    }
}

#[tokio::test]
async fn the_tool_answers_for_its_caller_and_nobody_else() {
    let house = House::new().await;
    let token = Client::register(&house).await.obtain_token(&house, &mut Person::alice()).await;
    for own in ["current", "alice"] {
        let answer = json(&house.call(tool_call(Some(&token), own)).await);
        assert_eq!(answer["result"]["structuredContent"]["user_id"], "alice", "{answer}");
    }
    let answer = json(&house.call(tool_call(Some(&token), "bob")).await);
    assert_eq!(answer["result"]["isError"], true, "{answer}");
}

#[tokio::test]
async fn the_same_metadata_is_the_same_client_and_a_port_does_not_matter() {
    let house = House::new().await;
    let one = Client::register_at(&house, "http://localhost:3118/callback").await;
    let other = Client::register_at(&house, "http://localhost:49152/callback").await;
    assert_eq!(one.id, other.id);
    let client = Client { redirect_uri: "http://localhost:50000/callback".into(), ..one };
    let back = Person::alice().let_in(&house, &client.url()).await;
    assert!(back.starts_with("http://localhost:50000/callback?code="), "{back}");
    access_token(&house.send(client.redeems(&parameter(&back, "code").unwrap())).await);
}

#[tokio::test]
async fn a_page_is_shown_any_number_of_times_and_changes_nothing() {
    let house = House::new().await;
    let url = Client::register(&house).await.url();
    for _ in 0..3 {
        let page = look(&house, &url).await;
        assert_eq!((page.status().as_u16(), events(&page)), (200, vec![]));
    }
    assert_eq!(house.store.take(), NOTHING);
}

#[tokio::test]
async fn pages_are_safe() {
    let house = House::new().await;
    let url = Client::register(&house).await.url();
    let mut alice = Person::alice();
    let sign_in = alice.open(&house, &url).await;
    let consent = alice.reach_consent(&house, &url).await;
    let error = look(&house, paths::AUTHORIZE).await;
    for page in [&sign_in, &consent, &error] {
        let policy = header(page, "content-security-policy");
        for rule in ["default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "style-src 'sha256-"]
        {
            assert!(policy.contains(rule), "{policy}");
        }
        assert!(!policy.contains("unsafe"), "{policy}");
        assert_eq!(header(page, "x-frame-options"), "DENY");
        assert_eq!(header(page, "cache-control"), "no-store");
        assert_eq!(header(page, "referrer-policy"), "no-referrer");
        assert_eq!(header(page, "x-content-type-options"), "nosniff");
        assert!(!text(page).contains("<b>client</b>") && !text(page).contains("<script"), "{}", text(page));
        assert!(page.body().len() < 30 * 1024);
    }
    assert!(text(&consent).contains("Test &#60;b&#62;client"), "{}", text(&consent));
    assert!(
        header(&consent, "content-security-policy").contains("form-action 'self' http://127.0.0.1:7777;")
    );
}

#[tokio::test]
async fn cookies_are_pinned_to_the_host_on_https_and_plain_on_loopback() {
    let loopback = House::at("http://127.0.0.1:9000", "http://127.0.0.1:8000/mcp").await;
    for (house, prefix, secure) in
        [(House::new().await, "__Host-doorward-", true), (loopback, "doorward-", false)]
    {
        let url = Client::register(&house).await.url();
        let mut alice = Person::alice();
        let page = alice.open(&house, &url).await;
        let signed_in = alice.submit(&house, &page, "").await;
        for cookie in [header(&page, "set-cookie"), header(&signed_in, "set-cookie")] {
            assert!(cookie.starts_with(prefix), "{cookie}");
            assert!(cookie.contains("; Path=/; HttpOnly; SameSite=Lax"), "{cookie}");
            assert_eq!(cookie.contains("; Secure"), secure, "{cookie}");
        }
    }
}

#[tokio::test]
async fn a_form_counts_only_in_its_browser_for_its_request_and_for_ten_minutes() {
    let house = House::new().await;
    let client = Client::register(&house).await;
    let mut alice = Person::alice();
    let page = alice.reach_consent(&house, &client.url()).await;

    let mut elsewhere = Person::alice();
    elsewhere.reach_consent(&house, &client.url()).await;
    assert_eq!(elsewhere.submit(&house, &page, "allow").await.status(), 403, "another browser");

    let form = doorward_local::client::page::Form::first(&text(&page)).unwrap();
    let token = form.fields.iter().find(|(name, _)| name == "form").unwrap().1.clone();
    let other = client.url_with(&[("scope", "files")]);
    let answer = alice.send(&house, post(&other, &[("form", &token), ("decision", "allow")])).await;
    assert_eq!(answer.status(), 403, "another request");

    house.clock.pass(Duration::from_secs(600));
    let expired = alice.submit(&house, &page, "allow").await;
    assert_eq!(expired.status(), 403, "too late");
    let again = alice.submit(&house, &expired, "allow").await;
    assert!(header(&again, "location").contains("code="), "the page that says so can be used");
}

#[tokio::test]
async fn a_form_of_one_page_is_no_answer_to_the_other() {
    let house = House::new().await;
    let client = Client::register(&house).await;
    let mut alice = Person::alice();
    let sign_in = alice.open(&house, &client.url()).await;
    alice.reach_consent(&house, &client.url()).await;
    let form = doorward_local::client::page::Form::first(&text(&sign_in)).unwrap();
    let token = form.fields.iter().find(|(name, _)| name == "form").unwrap().1.clone();
    let answer = alice.send(&house, post(&client.url(), &[("form", &token), ("decision", "allow")])).await;
    assert_eq!(answer.status(), 403, "a sign-in form decides nothing");
}

#[tokio::test]
async fn a_wrong_password_is_told_like_a_wrong_name() {
    let house = House::new().await;
    let url = Client::register(&house).await.url();
    let mut pages = Vec::new();
    for mut person in [Person::new("alice", "wrong"), Person::new("nobody", "wrong"), Person::new("", "")] {
        let page = person.open(&house, &url).await;
        let refused = person.submit(&house, &page, "").await;
        assert_eq!((refused.status().as_u16(), events(&refused)), (403, vec![What::SignInFailed]));
        assert!(!person.cookies.contains_key("__Host-doorward-session"));
        let form = doorward_local::client::page::Form::first(&text(&refused)).unwrap();
        let token = form.fields.iter().find(|(name, _)| name == "form").unwrap().1.clone();
        pages.push(text(&refused).replace(&token, ""));
    }
    assert!(pages.windows(2).all(|pair| pair[0] == pair[1]));
}

#[tokio::test]
async fn to_deny_is_as_easy_as_to_allow() {
    let house = House::new().await;
    let client = Client::register(&house).await;
    let mut alice = Person::alice();
    let page = alice.reach_consent(&house, &client.url()).await;
    let denied = alice.submit(&house, &page, "deny").await;
    let back = header(&denied, "location");
    assert_eq!((denied.status().as_u16(), events(&denied)), (303, vec![What::Denied]));
    assert_eq!(parameter(back, "error").as_deref(), Some("access_denied"));
    assert_eq!(parameter(back, "iss").as_deref(), Some("https://auth.example"));
    assert_eq!(parameter(back, "state").as_deref(), Some(STATE));
}

#[tokio::test]
async fn a_session_saves_the_password_and_another_account_can_be_used() {
    let house = House::new().await;
    house.introduce("bob", "builder").await;
    let client = Client::register(&house).await;
    let mut person = Person::alice();
    client.obtain_code(&house, &mut person).await;
    let page = person.open(&house, &client.url()).await;
    assert!(text(&page).contains("<dd>alice</dd>"));
    let switched = person.submit(&house, &page, "switch").await;
    assert_eq!(switched.status(), 303);
    (person.name, person.password) = ("bob".into(), "builder".into());
    let page = person.reach_consent(&house, &client.url()).await;
    assert!(text(&page).contains("<dd>bob</dd>"));
    let mut forged = person.clone();
    forged.cookies.insert("__Host-doorward-session".into(), "dw_session_AAAA".into());
    assert!(text(&forged.open(&house, &client.url()).await).contains("type=\"password\""));
}

#[tokio::test]
async fn a_page_of_one_person_is_not_answered_by_another() {
    let house = House::new().await;
    house.introduce("bob", "builder").await;
    let client = Client::register(&house).await;
    let mut person = Person::alice();
    let page_of_alice = person.reach_consent(&house, &client.url()).await;
    person.submit(&house, &page_of_alice, "switch").await;
    (person.name, person.password) = ("bob".into(), "builder".into());
    person.reach_consent(&house, &client.url()).await;
    assert_eq!(person.submit(&house, &page_of_alice, "allow").await.status(), 403);
}

#[tokio::test]
async fn a_minute_after_the_sign_in_the_person_is_read_again() {
    let house = House::new().await;
    let client = Client::register(&house).await;
    let mut alice = Person::alice();
    client.obtain_code(&house, &mut alice).await;
    house.store.take();
    house.clock.pass(Duration::from_secs(59));
    client.obtain_code(&house, &mut alice).await;
    assert_eq!(house.store.take(), NOTHING);
    house.clock.pass(Duration::from_secs(1));
    client.obtain_code(&house, &mut alice).await;
    assert_eq!(house.store.take(), Count { reads: 1, writes: 0 });
    house.clock.pass(Duration::from_secs(12 * 3600));
    assert!(
        text(&alice.open(&house, &client.url()).await).contains("type=\"password\""),
        "the session has run out"
    );
}

#[tokio::test]
async fn a_wrong_verifier_spends_nothing() {
    let house = House::new().await;
    let client = Client::register(&house).await;
    let code = client.obtain_code(&house, &mut Person::alice()).await;
    let wrong = VERIFIER.replace('0', "1");
    let refused = house.send(client.redeems_with(&code, &[("code_verifier", &wrong)])).await;
    assert_eq!(json(&refused)["error"], "invalid_grant");
    assert_eq!(house.store.take().writes, 0, "a wrong verifier spends nothing");
    access_token(&house.send(client.redeems(&code)).await);
}

#[tokio::test]
async fn who_is_disabled_cannot_sign_in() {
    let house = House::new().await;
    house.introduce_as("mallory", "secret", true).await;
    let mut mallory = Person::new("mallory", "secret");
    let page = mallory.open(&house, &Client::register(&house).await.url()).await;
    assert_eq!(events(&mallory.submit(&house, &page, "").await), [What::SignInFailed]);
}

#[tokio::test]
async fn a_session_ends_with_the_persons_epoch_and_with_the_person() {
    let house = House::new().await;
    house.introduce_as("mallory", "secret", true).await;
    let client = Client::register(&house).await;
    for (name, epoch) in [("alice", 1), ("mallory", 0), ("nobody", 0)] {
        let person = PersonId::parse(name).unwrap();
        let session = Session { person, epoch, signed_in_at: house.clock.now() };
        let sealed = house.server.keys.sessions.seal(&session, &*house.server.entropy);
        let mut person = Person::new(name, "");
        person.cookies.insert("__Host-doorward-session".into(), sealed);
        house.clock.pass(Duration::from_secs(60));
        let page = person.open(&house, &client.url()).await;
        let answer = person.submit(&house, &page, "allow").await;
        assert_eq!(parameter(header(&answer, "location"), "code"), None, "{name}");
        assert!(person.cookies.keys().all(|name| !name.contains("session")), "{name} is signed out");
    }
}
