//! A server that is embedded in an application: the application says which user is signed in.

use crate::events;
use async_trait::async_trait;
use doorward::ports::Timestamp;
use doorward::protocol::paths::ACCOUNT;
use doorward::protocol::{EmailAddress, PersonId};
use doorward::wire::{Authenticator, EventKind, Request, SignedInUser, Unreachable};
use harness::client::{Tokens, tool_call};
use harness::person::sent_on;
use harness::test_server::{NAME, PASSWORD, header, json, parameter, read_out, text, used_by};
use harness::{Client, Person, TestServer};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// An application whose session cookie names the user.
#[derive(Default)]
struct Application {
    is_down: AtomicBool,
}

#[async_trait]
impl Authenticator for Application {
    async fn user(&self, request: &Request) -> Result<Option<SignedInUser>, Unreachable> {
        if self.is_down.load(Ordering::SeqCst) {
            return Err(Unreachable("the application's sessions".to_owned()));
        }
        let cookies = request.headers().get("cookie").and_then(|value| value.to_str().ok());
        let user = cookies.and_then(|value| value.split("; ").find_map(|pair| pair.strip_prefix("app=")));
        Ok(user.map(|user| SignedInUser {
            id: PersonId::parse(user).unwrap(),
            name: Some(format!("{user} of the application")),
            email: EmailAddress::parse(&format!("{user}@app.example")),
            signed_in_at: Timestamp(1_789_999_000),
        }))
    }

    fn sign_in_url(&self, return_to: &str) -> String {
        format!("https://app.example/sign-in?to={}", escaped(return_to))
    }

    fn sign_out_url(&self, return_to: &str) -> String {
        format!("https://app.example/sign-out?to={}", escaped(return_to))
    }
}

fn escaped(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

/// The same application, with this URL for sign-in and sign-out.
struct At(&'static str);

#[async_trait]
impl Authenticator for At {
    async fn user(&self, request: &Request) -> Result<Option<SignedInUser>, Unreachable> {
        Application::default().user(request).await
    }

    fn sign_in_url(&self, _: &str) -> String {
        self.0.to_owned()
    }
}

async fn embedded() -> (TestServer, Arc<Application>) {
    let application = Arc::new(Application::default());
    (TestServer::new().await.embedded(application.clone()), application)
}

/// A browser that is signed in to the application. This server does not know the user.
fn carol() -> Person {
    let mut carol = Person::new("carol", "a password that is never sent");
    carol.cookies.insert("app".to_owned(), "carol".to_owned());
    carol
}

#[tokio::test]
async fn a_browser_without_a_session_is_sent_to_the_application_and_back() {
    let (test, _) = embedded().await;
    let client = Client::register(&test).await;
    let mut browser = Person::new("carol", "");
    let sent = browser.open(&test, &client.url()).await;
    assert_eq!(sent.status(), 303);
    assert!(header(&sent, "location").starts_with("https://app.example/sign-in?to=%2Foauth%2Fauthorize%3F"));
    let back = parameter(header(&sent, "location"), "to").unwrap();
    browser.cookies.insert("app".to_owned(), "carol".to_owned());
    assert!(read_out(&browser.open(&test, &back).await).contains("carol of the application"));
}

#[tokio::test]
async fn a_user_of_the_application_gets_tokens_and_they_refresh() {
    let (test, _) = embedded().await;
    let client = Client::register(&test).await;
    let tokens = client.obtain_tokens(&test, &mut carol()).await;
    let tokens = Tokens::of(&test.send(client.refreshes(&tokens.refresh)).await);
    let answer = json(&test.call(tool_call(Some(&tokens.access), "current")).await);
    assert_eq!(answer["result"]["structuredContent"]["user_id"], "carol", "{answer}");
}

/// The application knows its users by id only, so a rule about claims admits none of them.
#[tokio::test]
async fn the_rules_of_a_resource_judge_users_of_the_application_by_id() {
    for (rules, allowed) in [("user:carol", true), ("user:alice", false), ("user:alice,group:staff", false)] {
        let test =
            TestServer::of(used_by([rules, "anyone"])).await.embedded(Arc::new(Application::default()));
        let client = Client::register(&test).await;
        let mut carol = carol();
        let page = carol.open(&test, &client.url()).await;
        assert_eq!(page.status(), if allowed { 200 } else { 403 }, "{rules}: {}", text(&page));
        let told = carol.submit(&test, &page, if allowed { "allow" } else { "deny" }).await;
        assert_eq!(parameter(sent_on(&told), "code").is_some(), allowed, "{rules}");
    }
}

#[tokio::test]
async fn with_prompt_login_the_application_signs_the_user_in_again_once() {
    let (test, _) = embedded().await;
    let client = Client::register(&test).await;
    let mut carol = carol();
    let sent = carol.open(&test, &client.url_with(&[("prompt", "login")])).await;
    let back = parameter(header(&sent, "location"), "to").unwrap();
    assert_eq!(carol.open(&test, &back).await.status(), 200, "the consent page");
}

#[tokio::test]
async fn a_user_who_signs_out_of_the_application_at_the_consent_page_cannot_consent() {
    let (test, _) = embedded().await;
    let client = Client::register(&test).await;
    let mut carol = carol();
    let page = carol.open(&test, &client.url()).await;
    carol.cookies.remove("app");
    let answer = carol.submit(&test, &page, "allow").await;
    assert_eq!(answer.status(), 200);
    assert!(sent_on(&answer).starts_with("https://app.example/sign-in?"));
}

#[tokio::test]
async fn switching_accounts_signs_the_user_out_of_the_application() {
    let (test, _) = embedded().await;
    let client = Client::register(&test).await;
    let mut carol = carol();
    let page = carol.open(&test, &client.url()).await;
    let sent = carol.submit(&test, &page, "switch").await;
    assert!(sent_on(&sent).starts_with("https://app.example/sign-out?to=%2Foauth%2Fauthorize%3F"));
}

/// The application may redirect further, to its own identity provider: the forms of this server must not end there.
#[tokio::test]
async fn a_form_leads_to_the_application_by_a_page_also_on_its_own_host() {
    let test = TestServer::new().await.embedded(Arc::new(At("/app/sign-in")));
    let client = Client::register(&test).await;
    let mut carol = carol();
    let page = carol.open(&test, &client.url()).await;
    assert!(header(&page, "content-security-policy").contains("form-action 'self';"));
    let sent = carol.submit(&test, &page, "switch").await;
    assert_eq!((sent.status().as_u16(), sent_on(&sent)), (200, "/app/sign-in"));
    assert!(read_out(&sent).contains("Continue to auth.example"));
    let account = carol.open(&test, ACCOUNT).await;
    let sent = carol.submit_at(&test, ACCOUNT, &account, "sign-out").await;
    assert_eq!((sent.status().as_u16(), sent_on(&sent)), (200, "/app/sign-in"));
    assert!(sent.headers().get_all("set-cookie").iter().any(|cookie| {
        cookie.to_str().is_ok_and(|cookie| cookie.contains("-session=") && cookie.contains("Max-Age=0"))
    }));
    assert_eq!(events(&sent), [EventKind::SessionEnded]);
    assert_eq!(Person::new("carol", "").open(&test, ACCOUNT).await.status(), 303, "a GET is redirected");
}

#[tokio::test]
async fn the_account_page_lists_connections_and_signs_out_of_the_application() {
    let (test, _) = embedded().await;
    let client = Client::register(&test).await;
    let mut carol = carol();
    let tokens = client.obtain_tokens(&test, &mut carol).await;
    let page = carol.open(&test, ACCOUNT).await;
    assert!(text(&page).contains("value=\"revoke:"));
    let away = carol.submit_at(&test, ACCOUNT, &page, "revoke-all").await;
    assert_eq!(header(&away, "location"), ACCOUNT);
    let page = carol.open(&test, ACCOUNT).await;
    let away = carol.submit_at(&test, ACCOUNT, &page, "sign-out").await;
    assert_eq!(sent_on(&away), "https://app.example/sign-out?to=%2Faccount");
    assert_eq!(json(&test.send(client.refreshes(&tokens.refresh)).await)["error"], "invalid_grant");
    let out = Person::new("carol", "").open(&test, ACCOUNT).await;
    assert_eq!(header(&out, "location"), "https://app.example/sign-in?to=%2Faccount");
}

#[tokio::test]
async fn a_password_in_the_query_is_not_used() {
    let test = TestServer::tutorial().await.embedded(Arc::new(Application::default()));
    let client = Client::register(&test).await;
    let credentials = [("username", NAME), ("password", PASSWORD), ("approve", "true")];
    let answer = Person::alice().open(&test, &client.url_with(&credentials)).await;
    assert!(header(&answer, "location").starts_with("https://app.example/sign-in?"));
}

#[tokio::test]
async fn a_user_of_the_application_has_no_password_to_change() {
    let (test, _) = embedded().await;
    let mut carol = carol();
    let page = carol.open(&test, "/account?show=password").await;
    assert!(
        read_out(&page).contains("Your connections") && !text(&page).contains("password"),
        "{}",
        text(&page)
    );
    let form = harness::person::fields(&page, "").into_iter().find(|(name, _)| name == "form").unwrap().1;
    let (current, new) = (("current", PASSWORD), "three white mice");
    let sent = [("form", form.as_str()), current, ("new", new), ("again", new), ("wish", "set-password")];
    test.store.take();
    let refused = carol.send(&test, harness::test_server::post(ACCOUNT, &sent)).await;
    assert_eq!((refused.status().as_u16(), test.store.take().writes), (403, 0));
}

#[tokio::test]
async fn a_password_form_from_before_the_embedding_is_refused() {
    let test = TestServer::new().await;
    let client = Client::register(&test).await;
    let mut alice = Person::alice();
    let page = alice.open(&test, &client.url()).await;
    let test = test.embedded(Arc::new(Application::default()));
    let answer = alice.submit(&test, &page, "").await;
    assert!(sent_on(&answer).starts_with("https://app.example/sign-in?"));
    assert!(!alice.cookies.keys().any(|name| name.contains("session")), "{:?}", alice.cookies);
}

#[tokio::test]
async fn an_application_that_does_not_answer_causes_a_503() {
    let (test, application) = embedded().await;
    let client = Client::register(&test).await;
    application.is_down.store(true, Ordering::SeqCst);
    for url in [client.url(), ACCOUNT.to_owned()] {
        assert_eq!(carol().open(&test, &url).await.status(), 503);
    }
}

#[tokio::test]
async fn a_sign_in_url_with_a_line_break_causes_a_500_and_no_redirect() {
    let test = TestServer::new().await.embedded(Arc::new(At("/sign-in\r\nset-cookie: a=b")));
    let client = Client::register(&test).await;
    let answer = Person::new("", "").open(&test, &client.url()).await;
    assert_eq!((answer.status().as_u16(), header(&answer, "location")), (500, ""));
}

/// A header may hold any byte above 0x7F, but a URL may not.
#[tokio::test]
async fn a_sign_out_url_with_letters_beyond_ascii_causes_a_500_and_no_redirect() {
    let test = TestServer::new().await.embedded(Arc::new(At("/abmelden?seite=überblick")));
    let client = Client::register(&test).await;
    let mut carol = carol();
    let page = carol.open(&test, &client.url()).await;
    let answer = carol.submit(&test, &page, "switch").await;
    assert_eq!((answer.status().as_u16(), sent_on(&answer)), (500, ""));
}

#[tokio::test]
async fn a_client_reads_the_address_that_the_application_has_verified() {
    let ((test, _), mut carol) = (embedded().await, carol());
    let client = Client::register(&test).await;
    let page = carol.open(&test, &client.url_with(&[("scope", "openid email profile")])).await;
    assert!(read_out(&page).contains("see your email address, carol@app.example"), "{}", read_out(&page));
    let back = carol.submit(&test, &page, "allow").await;
    let redeemed = test.send(client.redeems(&parameter(sent_on(&back), "code").unwrap())).await;
    let mut request = harness::test_server::get(doorward::protocol::paths::USERINFO);
    let bearer = format!("Bearer {}", Tokens::of(&redeemed).access);
    request.headers_mut().insert("authorization", bearer.parse().unwrap());
    let expected = serde_json::json!({
        "sub": "carol", "email": "carol@app.example", "email_verified": true, "name": "carol of the application",
    });
    assert_eq!(json(&test.send(request).await), expected);
}
