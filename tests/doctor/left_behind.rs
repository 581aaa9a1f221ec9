//! What the doctor leaves at a server: no refresh token that it could revoke, and one wrong password where the password is wrong.

use crate::faults::{is, refuse};
use crate::script::{Answer, Asked, member, start};
use crate::{report, rules};
use http::{Method, StatusCode};
use serde_json::json;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

/// Examines a server that numbers the refresh tokens of its sign-ins. Returns the broken rules, and the tokens that were revoked.
async fn revoked(
    change: impl Fn(&Asked, &mut Answer, usize) + Send + Sync + 'static,
) -> (Vec<&'static str>, Vec<String>) {
    let (codes, all) = (AtomicUsize::new(0), Arc::new(Mutex::new(Vec::new())));
    let revoked = all.clone();
    let url = start(move |asked, answer| {
        if asked.path == "/revoke" {
            revoked.lock().unwrap().push(asked.form["token"].clone());
        }
        if is(asked, "code", "code") {
            let code = codes.fetch_add(1, Ordering::Relaxed) + 1;
            *answer.status_mut() = StatusCode::OK;
            *answer.body_mut() = json!({ "access_token": "access", "token_type": "Bearer" }).to_string();
            member(answer, "refresh_token", Some(json!(format!("refresh{code}"))));
            change(asked, answer, code);
        }
    });
    let report = report(&url.await).await;
    (rules(&report), all.lock().unwrap().clone())
}

#[tokio::test]
async fn the_tokens_of_both_sign_ins_and_of_a_reused_code_are_revoked() {
    let (rules, revoked) = revoked(|_, _, _| {}).await;
    assert!(rules.contains(&"code-reused"), "{rules:?}");
    // In this order: the second sign-in, the reused code, the first sign-in.
    assert_eq!(
        revoked.iter().map(|token| &token[..8]).collect::<Vec<_>>(),
        ["refresh2", "refresh3", "refresh1"]
    );
}

#[tokio::test]
async fn the_token_of_the_first_sign_in_is_revoked_when_the_second_gets_none() {
    let (rules, revoked) = revoked(|_, answer, code| {
        if code == 2 {
            refuse(answer, "invalid_grant");
        }
    })
    .await;
    assert!(rules.contains(&"code-refused"), "{rules:?}");
    assert_eq!(revoked, ["refresh1"]);
}

#[tokio::test]
async fn a_wrong_password_is_sent_once() {
    let counted = Arc::new(AtomicUsize::new(0));
    let count = counted.clone();
    let url = start(move |asked, answer| {
        if asked.path == "/authorize" && asked.method == Method::POST {
            count.fetch_add(1, Ordering::Relaxed);
            *answer.status_mut() = StatusCode::OK;
            "<form method=post><input name=username><input name=password></form>"
                .clone_into(answer.body_mut());
        }
    });
    let report = report(&url.await).await;
    assert_eq!(report.not_tried, [("sign-in and tokens", "the name or the password is wrong".to_owned())]);
    assert_eq!(counted.load(Ordering::Relaxed), 1);
}
