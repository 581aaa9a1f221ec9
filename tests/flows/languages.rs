//! Pages in the language that the browser prefers (`Accept-Language`).

use doorward::protocol::paths::{ACCOUNT, AUTHORIZE};
use doorward::wire::Response;
use harness::test_server::{get, header, read_out, text};
use harness::{Client, Person, TestServer};

/// Whether a page declares this language, in its HTML and in `Content-Language`.
fn is_in(page: &Response, tag: &str) -> bool {
    let says = text(page).contains(&format!("<html lang=\"{tag}\">"));
    let told = header(page, "content-language") == tag;
    assert_eq!(header(page, "vary"), "accept-language");
    says && told
}

#[tokio::test]
async fn every_page_of_the_flow_is_in_the_browsers_language() {
    let test = TestServer::new().await;
    let client = Client::register(&test).await;
    let mut alice = Person { languages: "zh-CN,zh;q=0.9,en;q=0.8", ..Person::alice() };
    let sign_in = alice.open(&test, &client.url()).await;
    assert!(is_in(&sign_in, "zh-Hans") && read_out(&sign_in).contains("登录"), "{}", text(&sign_in));
    let mut guesser = Person { password: "wrong".to_owned(), ..alice.clone() };
    let wrong = guesser.submit(&test, &sign_in, "").await;
    assert!(is_in(&wrong, "zh-Hans") && read_out(&wrong).contains("用户名与密码不匹配"), "{}", text(&wrong));
    let consent = alice.reach_consent(&test, &client.url()).await;
    assert!(is_in(&consent, "zh-Hans") && read_out(&consent).contains("允许"), "{}", text(&consent));
    assert!(read_out(&consent).contains("Test &#60;b&#62;client"), "client names are not translated");
    alice.submit(&test, &consent, "allow").await;
    let account = alice.open(&test, ACCOUNT).await;
    assert!(is_in(&account, "zh-Hans") && read_out(&account).contains("您的连接"), "{}", text(&account));
    let error = alice.open(&test, &format!("{AUTHORIZE}?client_id=unknown")).await;
    assert!(is_in(&error, "zh-Hans") && read_out(&error).contains("操作未成功"), "{}", text(&error));
}

#[tokio::test]
async fn an_unsupported_language_falls_back_to_english() {
    let test = TestServer::new().await;
    let url = Client::register(&test).await.url();
    for wanted in ["fr-FR,fr;q=0.9", "zh;q=0", "nonsense;;q=1", ""] {
        let mut request = get(&url);
        request.headers_mut().insert("accept-language", wanted.parse().unwrap());
        assert!(is_in(&test.send(request).await, "en"), "{wanted}");
    }
    assert!(is_in(&test.send(get(&url)).await, "en"));
}
