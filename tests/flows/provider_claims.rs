//! Sign-in at an OpenID provider: which claims decide, from which source, and what is told when they do not suffice.

use crate::provider::{ada, browser, go, link, sign_in_at_provider, test};
use crate::{NOTHING, events};
use doorward::protocol::paths::AUTHORIZE;
use doorward::wire::{EventKind, Events, Response};
use harness::provider::{Faults, Provider};
use harness::test_server::{header, text};
use harness::{Client, Person};
use serde_json::{Map, Value, json};

pub(crate) fn object(value: &Value) -> Map<String, Value> {
    value.as_object().unwrap().clone()
}

/// The reason of the last event of an answer.
pub(crate) fn reason(response: &Response) -> String {
    let events = response.extensions().get::<Events>().expect("an event");
    events.0.last().unwrap().reason.clone().unwrap_or_default()
}

/// A provider whose `UserInfo` has these claims.
pub(crate) fn userinfo(claims: &Value) -> Faults {
    Faults { userinfo: object(claims), ..Faults::default() }
}

/// A user of the provider sets any address at one place of the provider, and has verified another one. The two halves
/// are in two sources. They must never count as a verified address of the company.
#[tokio::test]
async fn an_attacker_cannot_combine_an_address_with_the_verification_of_another() {
    let provider = Provider::start().await;
    let test = test(&provider, "domain:staff.example, group:staff").await;
    let client = Client::register(&test).await;
    let (boss, own) = ("boss@staff.example", "mallory@evil.example");
    for (token, told) in [
        (json!({ "email_verified": true }), json!({ "email": boss, "email_verified": false })),
        (json!({ "email": boss }), json!({ "email": own, "email_verified": true, "groups": [] })),
        (json!({ "email": boss }), json!({ "email_verified": true })),
        (json!({ "email_verified": true }), json!({ "email": boss })),
        (json!({ "email": boss, "email_verified": null }), json!({ "email": null, "email_verified": true })),
        (json!({ "email": boss, "email_verified": [] }), json!({ "email": [], "email_verified": "true" })),
        (json!({ "email": "", "email_verified": true }), json!({ "email": boss })),
        (json!({ "email": boss, "email_verified": false }), json!({ "email": boss, "email_verified": true })),
        (json!({ "groups": ["others"] }), json!({ "groups": ["staff"] })),
    ] {
        let mut told = told;
        told["sub"] = json!("7");
        provider.set_faults(userinfo(&told));
        let mut token = token;
        token["sub"] = json!("7");
        let mut mallory = browser();
        test.store.take();
        let came = go(&test, &provider, &mut mallory, &client.url(), &token).await;
        assert_eq!(
            (came.status().as_u16(), events(&came)),
            (403, vec![EventKind::SignInFailed]),
            "{token} {told}"
        );
        assert!(!mallory.cookies.keys().any(|name| name.contains("session")), "{token} {told}");
        assert_eq!(test.store.take(), NOTHING, "{token} {told}");
    }
    provider.set_faults(userinfo(&json!({ "sub": "7", "email": own, "email_verified": true })));
    let came =
        go(&test, &provider, &mut browser(), &client.url(), &json!({ "sub": "7", "email": boss })).await;
    assert!(
        text(&came).contains(own) && !text(&came).contains(boss),
        "the page names the address that counts"
    );
}

#[tokio::test]
async fn userinfo_completes_a_pair_that_the_id_token_has_in_half() {
    let provider = Provider::start().await;
    let test = test(&provider, "domain:staff.example").await;
    let client = Client::register(&test).await;
    let verified = json!({ "sub": "7", "email": "ada@staff.example", "email_verified": true });
    provider.set_faults(userinfo(&verified));
    for token in [
        json!({ "sub": "7" }),
        json!({ "sub": "7", "email": "ada@staff.example" }),
        json!({ "sub": "7", "email": "ada@staff.example", "email_verified": null }),
        json!({ "sub": "7", "email_verified": true }),
    ] {
        provider.take();
        let came = go(&test, &provider, &mut browser(), &client.url(), &token).await;
        assert_eq!((came.status().as_u16(), events(&came)), (303, vec![EventKind::SignedIn]), "{token}");
        assert!(provider.take().contains(&"/userinfo".to_owned()), "{token}");
    }
    let came = go(&test, &provider, &mut browser(), &client.url(), &ada()).await;
    assert_eq!(came.status(), 303);
    assert!(!provider.take().contains(&"/userinfo".to_owned()), "the ID token has the pair");
}

#[tokio::test]
async fn a_userinfo_fault_counts_only_if_a_rule_needs_its_claims() {
    let provider = Provider::start().await;
    for (rules, token, signed_in) in [
        ("anyone", json!({ "sub": "7" }), true),
        ("group:staff", json!({ "sub": "7", "groups": ["staff"] }), true),
        ("domain:a.example, group:staff", json!({ "sub": "7", "groups": ["staff"] }), true),
        ("domain:a.example, group:staff", json!({ "sub": "7", "groups": ["others"] }), false),
        ("group:staff", json!({ "sub": "7" }), false),
    ] {
        let test = test(&provider, rules).await;
        let client = Client::register(&test).await;
        for (status, claims, page) in [
            (401, json!({ "error": "invalid_token", "error_description": "it expired" }), 502),
            (503, json!({}), 503),
            (200, json!({ "sub": "another user", "groups": ["staff"] }), 502),
        ] {
            let faults = Faults { userinfo_status: Some(status), ..userinfo(&claims) };
            provider.set_faults(faults);
            let mut person = browser();
            let came = go(&test, &provider, &mut person, &client.url(), &token).await;
            let expected = if signed_in { (303, EventKind::SignedIn) } else { (page, EventKind::Refused) };
            assert_eq!(
                (came.status().as_u16(), events(&came)),
                (expected.0, vec![expected.1]),
                "{rules} {status}"
            );
            let session = person.cookies.keys().any(|name| name.contains("session"));
            assert_eq!(session, signed_in, "{rules} {status}");
            assert_eq!(reason(&came).contains("which is not needed here"), signed_in, "{}", reason(&came));
            assert_eq!(
                reason(&came).contains(r#""invalid_token" "it expired""#),
                status == 401,
                "{}",
                reason(&came)
            );
        }
    }
}

/// The code is spent: the same page cannot be loaded again. Its link begins a new sign-in, which succeeds.
#[tokio::test]
async fn after_a_fault_the_page_offers_a_link_that_works_and_no_reload() {
    let provider = Provider::start().await;
    let test = test(&provider, "group:staff").await;
    let client = Client::register(&test).await;
    let away = Faults { userinfo_status: Some(500), ..Faults::default() };
    let broken = Faults { userinfo_status: Some(401), ..Faults::default() };
    for (language, faults, status, says) in [
        ("en", away.clone(), 503, "does not answer this server at the moment"),
        ("en", broken.clone(), 502, "It does not work until the operator"),
        ("zh", away, 503, "请等几秒"),
        ("zh", broken, 502, "在此服务器的管理者修复之前无法登录"),
    ] {
        let mut person = Person { languages: language, ..browser() };
        let url = client.url();
        let back = sign_in_at_provider(&test, &provider, &mut person, &url, &json!({ "sub": "7" })).await;
        provider.set_faults(faults);
        let came = person.open(&test, &back).await;
        assert_eq!(came.status(), status, "{}", text(&came));
        assert_eq!(header(&came, "retry-after"), if status == 503 { "2" } else { "" });
        assert!(text(&came).contains(says), "{}", text(&came));
        for advice in ["load this page again", "重新加载"] {
            assert!(!text(&came).contains(advice), "{}", text(&came));
        }
        provider.set_faults(Faults::default());
        assert_eq!(person.open(&test, &back).await.status(), 403, "the code is spent");
        let came = go(&test, &provider, &mut person, &link(&came, AUTHORIZE), &ada()).await;
        assert_eq!(events(&came), [EventKind::SignedIn]);
    }
}

/// The store fails when the code is spent already.
#[tokio::test]
async fn a_store_that_is_away_at_the_return_offers_a_link_too() {
    let provider = Provider::start().await;
    let test = test(&provider, "anyone").await;
    let client = Client::register(&test).await;
    let mut person = browser();
    let back = sign_in_at_provider(&test, &provider, &mut person, &client.url(), &ada()).await;
    test.store.set_broken(true);
    let came = person.open(&test, &back).await;
    test.store.set_broken(false);
    assert_eq!((came.status().as_u16(), events(&came)), (503, vec![EventKind::Refused]));
    assert!(!text(&came).contains("load this page again"), "{}", text(&came));
    assert!(text(&came).contains("This server cannot complete the sign-in"), "{}", text(&came));
    let came = go(&test, &provider, &mut person, &link(&came, AUTHORIZE), &ada()).await;
    assert_eq!(events(&came), [EventKind::SignedIn]);
}

#[tokio::test]
async fn every_cause_of_a_refusal_is_told_to_the_operator_and_the_user() {
    let provider = Provider::start().await;
    let domain = test(&provider, "domain:staff.example").await;
    let group = test(&provider, "group:staff").await;
    for (test, claims, operator, english, chinese) in [
        (
            &domain,
            json!({}),
            "sent no email;",
            "did not tell this server your email address",
            "电子邮箱地址告诉",
        ),
        (
            &domain,
            json!({ "email": "ada@staff.example" }),
            "without email_verified",
            "did not say whether it has verified",
            "没有说明是否已验证",
        ),
        (
            &domain,
            json!({ "email": "ada@staff.example", "email_verified": false }),
            "the provider has not verified the email address",
            "has not verified your email address. Verify it there",
            "尚未验证您的电子邮箱地址",
        ),
        (
            &domain,
            json!({ "email": "ada@other.example", "email_verified": true }),
            "\"other.example\", which no rule names",
            "not in a domain that may sign in",
            "不属于允许在这里登录的域名",
        ),
        (
            &group,
            json!({}),
            "no groups in the claim groups",
            "did not tell this server your groups",
            "组告诉",
        ),
        (
            &group,
            json!({ "_claim_names": { "groups": "src1" }, "_claim_sources": { "src1": {} } }),
            "left out the groups",
            "left out the list of your groups",
            "省略了您所在组的列表",
        ),
        (
            &group,
            json!({ "groups": ["others"] }),
            "\"others\"; no rule names one of them",
            "not in a group that may sign in",
            "不在允许在这里登录的组中",
        ),
    ] {
        let mut claims = claims;
        claims["sub"] = json!("7");
        provider.set_faults(userinfo(&json!({ "sub": "7" })));
        let client = Client::register(test).await;
        for (languages, says) in [("en", english), ("zh", chinese)] {
            let mut person = Person { languages, ..browser() };
            let came = go(test, &provider, &mut person, &client.url(), &claims).await;
            assert_eq!((came.status().as_u16(), events(&came)), (403, vec![EventKind::SignInFailed]));
            assert!(reason(&came).contains(operator), "{claims}: {}", reason(&came));
            assert!(text(&came).contains(says), "{claims}: {}", text(&came));
        }
    }
}
