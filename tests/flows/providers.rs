//! Sign-in where users choose one of several providers: the choice, mix-up, and what each provider's rules decide.

use crate::provider::{ada, browser};
use crate::provider_claims::reason;
use crate::{NOTHING, events};
use doorward::config::{ConfigBuilder, ProviderId, ProviderSettings, SignInProvider};
use doorward::protocol::paths::{ACCOUNT, CALLBACK};
use doorward::wire::EventKind;
use harness::counting::Count;
use harness::person::sent_on;
use harness::provider::{Faults, Provider};
use harness::test_server::{header, parameter, provider_secret, sound, text, used_by};
use harness::{Client, Person, TestServer};
use serde_json::json;
use std::time::Duration;

/// Two providers. The first has no id, and the second has the id `b`.
pub(crate) struct Two {
    pub(crate) a: Provider,
    pub(crate) b: Provider,
}

impl Two {
    pub(crate) async fn start() -> Self {
        Self { a: Provider::start().await, b: Provider::start().await }
    }

    pub(crate) fn settings(&self, allow: &str) -> [SignInProvider; 2] {
        [self.a.settings(allow).with_name("Acme ID").into(), second(&self.b, allow, "b").into()]
    }

    pub(crate) async fn test(&self) -> TestServer {
        let builder = self.settings("anyone").into_iter().fold(sound(), ConfigBuilder::provider);
        TestServer::of(builder).await
    }
}

pub(crate) fn second(provider: &Provider, allow: &str, id: &str) -> ProviderSettings {
    let id = ProviderId::parse(id).unwrap();
    provider.settings(allow).with_name("Beta ID").with_id(id).with_secret(provider_secret())
}

/// Opens the page and chooses the provider with this issuer. Returns the URL to which the browser is sent.
pub(crate) async fn choose(test: &TestServer, person: &mut Person, url: &str, issuer: &str) -> String {
    let page = person.open(test, url).await;
    assert_eq!(page.status(), 200, "{}", text(&page));
    let left = person.submit_at(test, url.split('?').next().unwrap(), &page, issuer).await;
    assert_eq!(left.status(), 200, "{}", text(&left));
    sent_on(&left).to_owned()
}

/// The path and query of a URL of the test server.
pub(crate) fn here(url: &str) -> String {
    url.strip_prefix("https://auth.example").unwrap_or_else(|| panic!("{url} is elsewhere")).to_owned()
}

pub(crate) fn is_signed_in(person: &Person) -> bool {
    person.cookies.keys().any(|name| name.contains("session"))
}

#[tokio::test]
async fn the_page_has_a_button_for_each_provider_and_asks_none_of_them() {
    let two = Two::start().await;
    let test = two.test().await;
    let client = Client::register(&test).await;
    let mut person = browser();
    let page = person.open(&test, &client.url()).await;
    let shown = text(&page);
    for expected in [
        "Sign in at <bdi>Acme ID</bdi>",
        "Sign in at <bdi>Beta ID</bdi>",
        "Test &#60;b&#62;client",
        "use user",
        "value=\"deny\"",
    ] {
        assert!(shown.contains(expected), "{expected} is on {shown}");
    }
    assert!(!shown.contains("password") && !shown.contains("href=\"http"), "{shown}");
    assert!(shown.find("Acme").unwrap() < shown.find("Beta").unwrap(), "the order of the configuration");
    assert_eq!((two.a.take(), two.b.take()), (vec![], vec![]), "no provider is asked for the page");
    assert_eq!(test.store.take(), NOTHING);
    let denied = person.submit(&test, &page, "deny").await;
    assert_eq!(parameter(sent_on(&denied), "error").as_deref(), Some("access_denied"));
    for answer in ["allow", "https://other.example", ""] {
        let page = person.open(&test, &client.url()).await;
        let refused = person.submit(&test, &page, answer).await;
        assert_eq!((refused.status().as_u16(), sent_on(&refused)), (403, ""), "{answer}");
    }
}

#[tokio::test]
async fn a_user_signs_in_at_each_of_them_and_is_two_users() {
    let two = Two::start().await;
    let test = two.test().await;
    let client = Client::register(&test).await;
    for (provider, callback) in [(&two.a, CALLBACK.to_owned()), (&two.b, format!("{CALLBACK}/b"))] {
        let mut person = browser();
        let away = choose(&test, &mut person, &client.url(), provider.issuer()).await;
        assert_eq!(parameter(&away, "redirect_uri"), Some(format!("https://auth.example{callback}")));
        let back = here(&provider.sign_in(&away, &ada()));
        test.store.take();
        let came = person.open(&test, &back).await;
        assert_eq!(
            (came.status().as_u16(), events(&came)),
            (303, vec![EventKind::SignedIn]),
            "{}",
            text(&came)
        );
        assert_eq!(test.store.take(), Count { reads: 1, writes: 1 }, "a user of each provider is new");
        let consent = person.open(&test, header(&came, "location")).await;
        let decided = person.submit(&test, &consent, "allow").await;
        assert!(parameter(sent_on(&decided), "code").is_some(), "{}", text(&decided));
        let again = person.open(&test, &client.url()).await;
        assert!(text(&again).contains("value=\"allow\""), "the session lasts");
    }
    let people = test.server.stores.people().list(None).await.unwrap();
    let ids: Vec<_> = people.iter().map(|person| person.id.to_string()).collect();
    for provider in [&two.a, &two.b] {
        assert!(ids.contains(&format!("{}#7", provider.issuer())), "{ids:?}");
    }
}

/// A mix-up attack (RFC 9700 §4.4): the attacker's provider sends the browser back with the code and the state of another
/// provider, to have the code redeemed at the attacker's token endpoint. And the reverse.
#[tokio::test]
async fn a_code_and_a_state_of_one_provider_are_refused_at_the_redirect_uri_of_another() {
    let two = Two::start().await;
    let test = two.test().await;
    let client = Client::register(&test).await;
    for (provider, other) in [(&two.a, "/oauth/callback/b"), (&two.b, CALLBACK)] {
        let mut person = browser();
        let away = choose(&test, &mut person, &client.url(), provider.issuer()).await;
        let back = here(&provider.sign_in(&away, &ada()));
        let (two_a, two_b) = (two.a.take(), two.b.take());
        assert!(two_a.len() + two_b.len() > 0);
        let (_, query) = back.split_once('?').unwrap();
        let with_iss = |iss: &str| query.replace(&encoded(provider.issuer()), &encoded(iss));
        let evil = if provider.issuer() == two.a.issuer() { &two.b } else { &two.a };
        for query in [query.to_owned(), with_iss(evil.issuer())] {
            test.store.take();
            let came = person.open(&test, &format!("{other}?{query}")).await;
            assert_eq!(
                (came.status().as_u16(), events(&came)),
                (400, vec![EventKind::Refused]),
                "{}",
                text(&came)
            );
            assert!(reason(&came).contains("the state is of"), "{}", reason(&came));
            assert!(text(&came).contains("does not come from") && !is_signed_in(&person));
            assert_eq!(
                (two.a.take(), two.b.take(), test.store.take()),
                (vec![], vec![], NOTHING),
                "nothing is redeemed"
            );
        }
        let came = person
            .open(&test, &format!("{}?{}", back.split('?').next().unwrap(), with_iss(evil.issuer())))
            .await;
        assert_eq!(came.status(), 400, "the iss of the other at the right redirect URI: {}", text(&came));
        assert!(reason(&came).contains("has the iss"), "{}", reason(&came));
        assert_eq!(person.open(&test, &back).await.status(), 303, "the code is not spent");
    }
}

fn encoded(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

/// The provider that is away does not delay the page, and the other one works.
#[tokio::test]
async fn a_provider_that_is_away_or_broken_leaves_the_other() {
    let two = Two::start().await;
    let test = two.test().await;
    let client = Client::register(&test).await;
    let broken = json!({ "token_endpoint": null }).as_object().unwrap().clone();
    for (faults, status, said) in [
        (
            Faults { status: Some(503), ..Faults::default() },
            503,
            "<bdi>Acme ID</bdi> does not answer this server",
        ),
        (
            Faults { metadata: broken, ..Faults::default() },
            502,
            "cannot use the answer of <bdi>Acme ID</bdi>",
        ),
    ] {
        two.a.set_faults(faults);
        test.clock.pass(Duration::from_secs(3));
        for url in [client.url(), ACCOUNT.to_owned()] {
            let mut person = browser();
            let page = person.open(&test, &url).await;
            assert_eq!(page.status(), 200);
            let path = url.split('?').next().unwrap();
            let failed = person.submit_at(&test, path, &page, two.a.issuer()).await;
            assert_eq!((failed.status().as_u16(), events(&failed)), (status, vec![EventKind::Refused]));
            assert!(text(&failed).contains(said), "{}", text(&failed));
            let again = crate::provider::link(&failed, path);
            let away = choose(&test, &mut person, &again, two.b.issuer()).await;
            let came = person.open(&test, &here(&two.b.sign_in(&away, &ada()))).await;
            assert_eq!(came.status(), 303, "{}", text(&came));
        }
    }
}

#[tokio::test]
async fn prompt_and_login_hint_go_to_the_chosen_provider_and_the_account_page_has_the_choice_too() {
    let two = Two::start().await;
    let test = two.test().await;
    let client = Client::register(&test).await;
    let url = client.url_with(&[("prompt", "login"), ("login_hint", "ada@staff.example")]);
    let away = choose(&test, &mut browser(), &url, two.b.issuer()).await;
    assert_eq!(parameter(&away, "prompt").as_deref(), Some("login"));
    assert_eq!(parameter(&away, "login_hint").as_deref(), Some("ada@staff.example"));
    let mut person = browser();
    let page = person.open(&test, &format!("{ACCOUNT}?prompt=select_account")).await;
    // The form has no action, so a browser sends it to the URL of the page.
    let left =
        person.submit_at(&test, &format!("{ACCOUNT}?prompt=select_account"), &page, two.b.issuer()).await;
    let away = sent_on(&left).to_owned();
    assert_eq!(parameter(&away, "prompt").as_deref(), Some("select_account"));
    let came = person.open(&test, &here(&two.b.sign_in(&away, &ada()))).await;
    assert_eq!(header(&came, "location"), ACCOUNT);
    let connections = person.open(&test, ACCOUNT).await;
    assert!(text(&connections).contains("ada@staff.example"), "{}", text(&connections));
    let nothing = browser().open(&test, ACCOUNT).await;
    let refused = person.submit_at(&test, ACCOUNT, &nothing, two.a.issuer()).await;
    assert_eq!(refused.status(), 403, "a CSRF token of another browser");
}

/// Some providers answer a prompt that they do not support with an error.
#[tokio::test]
async fn an_unsupported_prompt_leads_to_the_choice_once_more_and_then_ends() {
    let two = Two::start().await;
    let test = two.test().await;
    let client = Client::register(&test).await;
    let mut person = browser();
    let mut url = client.url_with(&[("prompt", "select_account")]);
    for round in 0..2 {
        let away = choose(&test, &mut person, &url, two.b.issuer()).await;
        let back = here(&two.b.sign_in(&away, &ada())).replace("code=", "error=invalid_request&was=");
        let came = person.open(&test, &back).await;
        match round {
            0 => {
                assert_eq!(came.status(), 303, "{}", text(&came));
                url = header(&came, "location").to_owned();
                assert_eq!(parameter(&url, "prompt").as_deref(), Some("login"));
            }
            _ => assert_eq!(came.status(), 403, "no loop: {}", text(&came)),
        }
    }
}

/// The rules of a resource are judged for each provider: the verdict of one says nothing about a user of another.
#[tokio::test]
async fn verdicts_are_of_one_provider() {
    let two = Two::start().await;
    let both = |rules: &str| {
        let [a, b] = two.settings("anyone");
        used_by([rules, "anyone"]).provider(a).provider(b)
    };
    let test = TestServer::of(both("group:staff")).await;
    let client = Client::register(&test).await;
    let others =
        json!({ "sub": "7", "email": "ada@staff.example", "email_verified": true, "groups": ["others"] });
    for (provider, claims, allowed) in [(&two.a, ada(), true), (&two.b, others, false)] {
        let mut person = browser();
        let away = choose(&test, &mut person, &client.url(), provider.issuer()).await;
        let came = person.open(&test, &here(&provider.sign_in(&away, &claims))).await;
        let page = person.open(&test, header(&came, "location")).await;
        assert_eq!(text(&page).contains("value=\"allow\""), allowed, "{}", text(&page));
    }
}
