//! The page that answers Allow and Deny: the browser leaves it by itself, so no `form-action` ends the way.

use crate::events;
use doorward::protocol::paths;
use doorward::wire::EventKind;
use harness::person::sent_on;
use harness::test_server::{header, json, parameter, post_json, read_out, text};
use harness::{Client, Person, TestServer};

/// A redirect URI of each kind, and its receiver as the page names it.
const REDIRECT_URIS: [(&str, &str); 4] = [
    ("https://web.example/cb?a='1'&b=2", "web.example"),
    ("http://127.0.0.1:7777/callback", "127.0.0.1:7777"),
    ("http://localhost:7777/callback", "localhost:7777"),
    ("claude://oauth/callback", "claude:"),
];

#[tokio::test]
async fn allow_and_deny_are_answered_by_a_page_that_leads_to_the_client() {
    let test = TestServer::new().await;
    for (uri, place) in REDIRECT_URIS {
        let client = Client::register_at(&test, uri).await;
        let mut alice = Person::alice();
        for (decision, answer, event) in
            [("allow", "code", EventKind::Consented), ("deny", "error", EventKind::Denied)]
        {
            let consent = alice.reach_consent(&test, &client.url()).await;
            let page = alice.submit(&test, &consent, decision).await;
            assert_eq!(
                (page.status().as_u16(), header(&page, "location"), events(&page)),
                (200, "", vec![event])
            );
            let url = sent_on(&page);
            assert!(url.starts_with(uri) && parameter(url, answer).is_some(), "{url}");
            let policy = header(&page, "content-security-policy");
            for rule in ["default-src 'none'", "form-action 'none'", "frame-ancestors 'none'"] {
                assert!(policy.contains(rule), "{policy}");
            }
            assert_eq!(header(&page, "cache-control"), "no-store");
            assert_eq!(header(&page, "referrer-policy"), "no-referrer");
            let html = text(&page);
            let link = html.split("href=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap();
            assert_eq!(link.replace("&#38;", "&").replace("&#39;", "'"), url);
            assert!(!link.contains(['\'', '<', '>']), "{link}");
            assert!(!html.contains("<form") && !html.contains("<script"), "{html}");
            let shown = read_out(&page);
            assert!(shown.contains(&format!("Continue to {place}")), "{shown}");
            assert_eq!(shown.contains("When the program goes on"), place == "claude:", "{shown}");
        }
    }
}

#[tokio::test]
async fn the_page_is_in_the_language_of_the_browser() {
    let test = TestServer::new().await;
    let client = Client::register_at(&test, "claude://oauth/callback").await;
    let mut alice = Person { languages: "zh-CN", ..Person::alice() };
    let consent = alice.reach_consent(&test, &client.url()).await;
    let shown = read_out(&alice.submit(&test, &consent, "allow").await);
    for sentence in ["正在为您跳转", "请使用此链接", "前往 claude:", "您可以关闭此页"] {
        assert!(shown.contains(sentence), "{shown}");
    }
}

/// The page links to the redirect URI. A link of these schemes would run a script on this server's own page (XSS).
#[tokio::test]
async fn no_redirect_uri_can_run_a_script_on_the_page() {
    let test = TestServer::new().await;
    let client = Client::register(&test).await;
    for uri in [
        "javascript:alert(document.domain)",
        "JavaScript://a.example/%0aalert(1)",
        "data:text/html,<script>alert(1)</script>",
        "data:text/html;base64,PHNjcmlwdD4=",
        "vbscript:x",
        "blob:https://auth.example/1",
        "filesystem:https://auth.example/temporary/x",
        "java\tscript:alert(1)",
        " javascript:alert(1)",
        "\u{1}javascript:alert(1)",
        "https://a.example/\"><script>alert(1)</script>",
    ] {
        let metadata = serde_json::json!({ "client_name": "A client", "redirect_uris": [uri] }).to_string();
        let refused = test.send(post_json(paths::REGISTER, &metadata)).await;
        assert_eq!(json(&refused)["error"], "invalid_redirect_uri", "{uri}");
        let page = Person::alice().open(&test, &client.url_with(&[("redirect_uri", uri)])).await;
        assert_eq!(
            (page.status().as_u16(), header(&page, "location"), sent_on(&page)),
            (400, "", ""),
            "{uri}"
        );
        let links = text(&page).matches("href=").count();
        let to_catalogue = text(&page).matches("href=\"https://auth.example/oauth/errors#").count();
        assert_eq!((links, to_catalogue), (1, 1), "{uri}");
    }
}

/// A second press before the page has gone: both codes are good, and a browser brings the client only one.
#[tokio::test]
async fn pressing_allow_twice_gives_two_codes_of_which_each_is_spent_once() {
    let test = TestServer::new().await;
    let client = Client::register(&test).await;
    let mut alice = Person::alice();
    let consent = alice.reach_consent(&test, &client.url()).await;
    let mut codes = Vec::new();
    for _ in 0..2 {
        let page = alice.submit(&test, &consent, "allow").await;
        codes.push(parameter(sent_on(&page), "code").unwrap());
    }
    assert_ne!(codes[0], codes[1]);
    assert_eq!(test.send(client.redeems(&codes[1])).await.status(), 200);
    assert_eq!(json(&test.send(client.redeems(&codes[1])).await)["error"], "invalid_grant");
}
