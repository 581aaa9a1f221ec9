//! The operator's name, logo and accent colour on the pages.

use base64::{Engine, engine::general_purpose::STANDARD};
use doorward::config::Branding;
use doorward::protocol::Digest;
use doorward::protocol::paths::{ACCOUNT, AUTHORIZE};
use harness::test_server::{header, sound, text};
use harness::{Client, Person, TestServer};

const LOGO: &str = "data:image/png;base64,AAAA";

#[tokio::test]
async fn every_page_shows_the_operators_name_logo_and_accent() {
    let branding = Branding::default().with_name("Example & Co").unwrap();
    let branding = branding.with_logo(LOGO).unwrap().with_accent("#7a1fa2").unwrap();
    let test = TestServer::of(sound().branding(branding)).await;
    let client = Client::register(&test).await;
    let mut alice = Person::alice();
    let sign_in = alice.open(&test, &client.url()).await;
    let consent = alice.reach_consent(&test, &client.url()).await;
    let account = alice.open(&test, ACCOUNT).await;
    let error = alice.open(&test, &format!("{AUTHORIZE}?client_id=unknown")).await;
    for page in [sign_in, consent, account, error] {
        let shown = text(&page);
        assert!(shown.contains("Example &#38; Co") && shown.contains(LOGO), "{shown}");
        let style = shown.split_once("<style>").unwrap().1.split_once("</style>").unwrap().0;
        assert!(style.contains("--accent:#7a1fa2"), "{style}");
        let policy = header(&page, "content-security-policy");
        let hash = STANDARD.encode(Digest::of(style).0);
        assert!(
            policy.contains("img-src data:;") && policy.contains(&format!("'sha256-{hash}'")),
            "{policy}"
        );
    }
}

#[tokio::test]
async fn without_a_logo_a_page_loads_no_image() {
    let test = TestServer::new().await;
    let page = Person::alice().open(&test, ACCOUNT).await;
    assert!(!header(&page, "content-security-policy").contains("img-src"));
}
