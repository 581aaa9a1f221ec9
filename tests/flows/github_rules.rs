//! Rules about users of GitHub, beside those of other providers.

use crate::github::{consent, go, octocat, test};
use crate::provider::browser;
use crate::providers::{choose, here};
use crate::userinfo::asks;
use harness::github::{GitHub, User, address};
use harness::person::sent_on;
use harness::provider::Provider;
use harness::test_server::{header, json as json_of, parameter, text, used_by};
use harness::{Client, TestServer};
use serde_json::{Value, json};

/// Beside an OpenID provider: rules of a resource about organizations are for users of GitHub, and those about groups are not.
#[tokio::test]
async fn beside_an_openid_provider_each_rule_is_for_users_of_its_kind() {
    let (github, provider) = (GitHub::start().await, Provider::start().await);
    let rules = ["org:acme,group:staff", "anyone"];
    let config = used_by(rules).provider(provider.settings("anyone")).provider(github.settings("anyone"));
    let test = TestServer::of(config).await;
    let client = Client::register(&test).await;
    let claims = |groups: Value| json!({ "sub": "7", "name": "Ada", "groups": groups, "organizations": ["acme"], "github": { "memberships": { "acme": "active" } } });
    for (groups, allowed) in [(json!(["staff"]), true), (json!(["acme", "org:acme"]), false)] {
        let mut person = browser();
        let away = choose(&test, &mut person, &client.url(), provider.issuer()).await;
        let came = person.open(&test, &here(&provider.sign_in(&away, &claims(groups)))).await;
        let page = consent(&test, &mut person, &came).await;
        assert_eq!(page.contains("value=\"allow\""), allowed, "{page}");
    }
    for (state, allowed) in [("active", true), ("pending", false)] {
        let mut person = browser();
        let away = choose(&test, &mut person, &client.url(), github.url()).await;
        assert!(parameter(&away, "scope").unwrap().ends_with(" read:org"), "the rule of a resource needs it");
        let user = octocat().member_of("acme", state);
        let came = person.open(&test, &here(&github.sign_in(&away, &user))).await;
        let page = consent(&test, &mut person, &came).await;
        assert_eq!(page.contains("value=\"allow\""), allowed, "{page}");
    }
}

/// A membership that GitHub did not tell is no verdict: the user may use other resources, and signs in again for this one.
#[tokio::test]
async fn a_membership_that_was_not_told_is_no_verdict() {
    let github = GitHub::start().await;
    let test = TestServer::of(used_by(["anyone", "org:acme"]).provider(github.settings("anyone"))).await;
    let client = Client::register(&test).await;
    let other = client.url_with(&[("resource", "https://other.example"), ("scope", "other")]);
    let user = octocat().member_of("acme", "active");
    github.answer_with("/api/v3/user/memberships/orgs/acme", 503, json!({}), &[]);
    let mut person = browser();
    let came = go(&test, &github, &mut person, &client.url(), &user).await;
    assert!(consent(&test, &mut person, &came).await.contains("value=\"allow\""));
    let asked = person.open(&test, &other).await;
    assert!(text(&asked).contains(&format!("href=\"{}", github.url())), "{}", text(&asked));
    let failed = go(&test, &github, &mut browser(), &other, &user).await;
    assert_eq!(failed.status(), 503, "the resource that was asked for needs it");
    github.recover();
    let came = go(&test, &github, &mut person, &other, &user).await;
    assert!(consent(&test, &mut person, &came).await.contains("value=\"allow\""));
}

/// Each membership is one call, and none is made that no rule needs.
#[tokio::test]
async fn memberships_are_read_until_the_rules_are_decided() {
    let github = GitHub::start().await;
    let rules = ["org:one,org:two", "org:TWO,org:three"];
    let test = TestServer::of(used_by(rules).provider(github.settings("domain:acme.example,org:zero"))).await;
    let client = Client::register(&test).await;
    for (user, asked) in [
        (octocat().member_of("one", "active").member_of("two", "active"), &["one", "two"][..]),
        (octocat().member_of("two", "active"), &["one", "two"]),
        (octocat(), &["one", "two", "three"]),
        (octocat().member_of("three", "active"), &["one", "two", "three"]),
    ] {
        github.take();
        go(&test, &github, &mut browser(), &client.url(), &user).await;
        let calls: Vec<_> = github.take();
        let read: Vec<_> =
            calls.iter().filter_map(|path| path.strip_prefix("/api/v3/user/memberships/orgs/")).collect();
        assert_eq!(read.iter().map(|name| name.to_lowercase()).collect::<Vec<_>>(), asked, "{user:?}");
    }
}

/// What a client may read about a user of GitHub: the address that GitHub has verified, and the login.
#[tokio::test]
async fn a_client_reads_the_verified_address_and_the_login() {
    let github = GitHub::start().await;
    let test = test(&github, "anyone").await;
    let client = Client::register(&test).await;
    let work = "octocat@acme.example";
    for (verified, read) in [
        (true, json!({ "email": work, "email_verified": true, "name": "octocat" })),
        (false, json!({ "name": "octocat" })),
    ] {
        let mut person = browser();
        let user = User { emails: json!([address(work, true, verified)]), ..octocat() };
        let url = client.url_with(&[("scope", "openid email profile user")]);
        let came = go(&test, &github, &mut person, &url, &user).await;
        let page = person.open(&test, header(&came, "location")).await;
        let decided = person.submit(&test, &page, "allow").await;
        let code = parameter(sent_on(&decided), "code").unwrap();
        let redeemed = json_of(&test.send(client.redeems(&code)).await);
        let token = redeemed["access_token"].as_str().unwrap_or_else(|| panic!("{redeemed}"));
        let mut told = json_of(&test.send(asks(token)).await);
        let subject = told.as_object_mut().unwrap().remove("sub");
        assert_eq!((subject, told), (Some(format!("{}#583231", github.url()).into()), read));
    }
}

/// An answer about one organization that cannot be used: the others decide.
#[tokio::test]
async fn an_organization_that_cannot_be_read_does_not_hide_another() {
    let github = GitHub::start().await;
    let test = test(&github, "org:moved,org:acme").await;
    let client = Client::register(&test).await;
    let moved = "/api/v3/user/memberships/orgs/moved";
    github.answer_with(moved, 301, json!({ "message": "Moved Permanently" }), &[]);
    for (user, status) in [(octocat().member_of("acme", "active"), 303), (octocat(), 502)] {
        let came = go(&test, &github, &mut browser(), &client.url(), &user).await;
        assert_eq!(came.status().as_u16(), status, "{user:?}: {}", text(&came));
    }
}
