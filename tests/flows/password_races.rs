//! What an operator does between the check of the current password and the write of the new one.

use crate::events;
use crate::operator::order;
use crate::password::{NEW, PAGE, is_in, opens, signed_in, submit};
use doorward::wire::EventKind;
use harness::TestServer;
use harness::test_server::{NAME, PASSWORD};
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn a_user_who_is_disabled_or_signed_out_meanwhile_gets_no_session() {
    for command in ["disable-person", "sign-out", "set-password"] {
        let test = TestServer::new().await;
        let mut alice = signed_in(&test).await;
        let page = alice.open(&test, PAGE).await;
        test.passwords.forget();
        let held = test.passwords.hold_right().await;
        let changing = tokio::spawn({
            let (test, mut alice) = (test.clone(), alice.clone());
            async move { (submit(&test, &mut alice, &page, PASSWORD, NEW).await, alice) }
        });
        test.passwords.wait_for(1).await;
        order(&test, json!({ "command": command, "name": NAME })).await.unwrap();
        drop(held);
        let (refused, mut alice) = changing.await.unwrap();
        assert_eq!(
            (refused.status().as_u16(), events(&refused)),
            (403, vec![EventKind::Refused]),
            "{command}"
        );
        assert!(!alice.cookies.keys().any(|name| name.contains("session")), "{command}: {alice:?}");
        assert!(!is_in(&test, &mut alice).await && !opens(&test, NEW).await, "{command}");
        assert_eq!(opens(&test, PASSWORD).await, command == "sign-out", "{command}");
    }
}
