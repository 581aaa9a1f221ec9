//! Invalid requests to the account page.

use crate::{Row, Told, bound, check, row};
use doorward::protocol::paths::ACCOUNT;
use harness::person::fields;
use harness::test_server::{PASSWORD, post, post_json};
use harness::{Person, TestServer};

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
            action(
                "a new password without a form",
                &[("current", "x"), ("new", "y"), ("wish", "set-password")],
            ),
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

/// What is wrong with the typed passwords by themselves is refused before the store is asked.
#[tokio::test]
async fn every_unusable_new_password_is_refused() {
    let test = TestServer::new().await;
    let mut alice = Person::alice();
    let page = alice.open(&test, ACCOUNT).await;
    alice.submit_at(&test, ACCOUNT, &page, "").await;
    let page = alice.open(&test, "/account?show=password").await;
    let form = fields(&page, "").into_iter().find(|(name, _)| name == "form").unwrap().1;
    let cookies: Vec<_> = alice.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let new = "three white mice";
    let passwords = |wrong, current: &str, new: &str, again: &str, says| -> Row {
        let sent = [("form", form.as_str()), ("current", current), ("new", new), ("again", again)];
        let mut request =
            post(ACCOUNT, &sent.into_iter().chain([("wish", "set-password")]).collect::<Vec<_>>());
        request.headers_mut().insert("cookie", cookies.join("; ").parse().unwrap());
        row(wrong, "NIST SP 800-63B-4 §3.1.1.2", request, Told::Page(403, says))
    };
    let short = "It needs at least 15 characters";
    check(
        &test,
        vec![
            passwords("no new password", PASSWORD, "", "", short),
            passwords("a short new password", PASSWORD, "fourteen chars", "fourteen chars", short),
            passwords(
                "a long new password",
                PASSWORD,
                &"a".repeat(257),
                &"a".repeat(257),
                "256 characters at most",
            ),
            passwords(
                "another repetition",
                PASSWORD,
                new,
                "three white mouse",
                "two different new passwords",
            ),
            passwords("no repetition", PASSWORD, new, "", "two different new passwords"),
            passwords("the current password", PASSWORD, PASSWORD, PASSWORD, "the same as the current one"),
            passwords("no current password", "", new, new, "The current password is wrong"),
            passwords(
                "a long current password",
                &"a".repeat(1025),
                new,
                new,
                "The current password is wrong",
            ),
        ],
    )
    .await;
    let page = alice.open(&test, ACCOUNT).await;
    assert!(harness::test_server::text(&page).contains("Your connections"), "the session goes on");
}
