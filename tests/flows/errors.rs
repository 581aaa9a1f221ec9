//! The error catalogue of the server.

use doorward::protocol::paths;
use doorward::rules;
use harness::TestServer;
use harness::test_server::{get, header, text};

#[tokio::test]
async fn the_catalogue_has_every_rule_and_its_cure() {
    let test = TestServer::new().await;
    let page = test.send(get(paths::ERRORS)).await;
    assert_eq!((page.status().as_u16(), header(&page, "content-language")), (200, "en"));
    for rule in rules::all() {
        assert!(text(&page).contains(&format!("<dt id=\"{}\">", rule.name)), "{}", rule.name);
        for part in rule.cure.split('`').filter(|part| !part.contains(['\'', '"'])) {
            assert!(text(&page).contains(part), "{}: {part}", rule.name);
        }
    }
    assert!(!text(&page).contains('`'), "code is marked as code");
}
