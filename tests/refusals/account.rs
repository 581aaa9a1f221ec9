//! Invalid requests to the account page.

use crate::{Row, Told, bound, check, row};
use doorward::protocol::paths::ACCOUNT;
use harness::TestServer;
use harness::test_server::{post, post_json};

#[tokio::test]
async fn every_invalid_form_is_refused() {
    let test = TestServer::new().await;
    let action = |wrong, fields: &[(&str, &str)]| -> Row {
        let form = bound(post(ACCOUNT, fields));
        row(wrong, "RFC 6749 §10.12", form, Told::Page(403, "That page was too old"))
    };
    let delete = http::Request::delete(ACCOUNT).body(Default::default()).unwrap();
    check(
        &test,
        vec![
            action("no form", &[("wish", "revoke-all")]),
            action("a made-up form", &[("form", "dw_form_AAAA"), ("wish", "revoke-all")]),
            action("a form twice", &[("form", "a"), ("form", "b"), ("wish", "revoke-all")]),
            action("a password without a form", &[("username", "alice"), ("password", "x")]),
            row(
                "no cookie",
                "RFC 6749 §10.12",
                post(ACCOUNT, &[("form", "dw_form_AAAA"), ("wish", "revoke-all")]),
                Told::Page(403, "This server needs cookies"),
            ),
            row(
                "JSON",
                "RFC 9110 §15.5.16",
                post_json(ACCOUNT, r#"{"wish":"revoke-all"}"#),
                Told::Page(415, "This did not work"),
            ),
            row("DELETE", "RFC 9110 §15.5.6", delete, Told::Status(405)),
        ],
    )
    .await;
}
