//! Wrong visits of the account's page.

use crate::{Row, Told, check, row};
use doorward::protocol::paths::ACCOUNT;
use harness::House;
use harness::house::{post, post_json};

#[tokio::test]
async fn every_wrong_form_is_refused() {
    let house = House::new().await;
    let wish = |wrong, fields: &[(&str, &str)]| -> Row {
        row(wrong, "RFC 6749 §10.12", post(ACCOUNT, fields), Told::Page(403, "That page was too old"))
    };
    let delete = http::Request::delete(ACCOUNT).body(Default::default()).unwrap();
    check(
        &house,
        vec![
            wish("no form", &[("wish", "revoke-all")]),
            wish("a made-up form", &[("form", "dw_form_AAAA"), ("wish", "revoke-all")]),
            wish("a form twice", &[("form", "a"), ("form", "b"), ("wish", "revoke-all")]),
            wish("a password without a form", &[("username", "alice"), ("password", "x")]),
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
