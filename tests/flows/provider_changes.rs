//! Several providers, of which one was removed or replaced meanwhile, and what is remembered of each.

use crate::events;
use crate::provider::{ada, browser};
use crate::providers::{Two, choose, here, is_signed_in, second};
use doorward::ports::Clock;
use doorward::protocol::paths::AUTHORIZE;
use doorward::sealed::{Destination, ProviderState};
use doorward::wire::{EventKind, Response};
use harness::provider::Provider;
use harness::test_server::{get, header, parameter, sound, text, used_by};
use harness::{Client, TestServer};

/// Between the way there and back, the operator has changed the configuration.
#[tokio::test]
async fn a_provider_that_was_removed_or_replaced_meanwhile_identifies_no_user() {
    let two = Two::start().await;
    let test = two.test().await;
    let client = Client::register(&test).await;
    let mut person = browser();
    let away = choose(&test, &mut person, &client.url(), two.b.issuer()).await;
    let back = here(&two.b.sign_in(&away, &ada()));
    let removed = test.clone().with_config(sound().provider(two.a.settings("anyone"))).await;
    let came = person.open(&removed, &back).await;
    assert_eq!((came.status().as_u16(), events(&came)), (404, vec![EventKind::Refused]), "{}", text(&came));
    let c = Provider::start().await;
    let replaced = sound().provider(two.a.settings("anyone")).provider(second(&c, "anyone", "b"));
    let replaced = test.clone().with_config(replaced).await;
    let came = person.open(&replaced, &back).await;
    assert_eq!((came.status().as_u16(), c.take()), (400, vec![]), "{}", text(&came));
    let renamed = sound().provider(two.a.settings("anyone")).provider(second(&two.b, "anyone", "c"));
    let renamed = test.clone().with_config(renamed).await;
    let came = person.open(&renamed, &back).await;
    assert_eq!(came.status(), 404, "its redirect URI is another now");
    assert!(!is_signed_in(&person));
    assert_eq!(person.open(&test, &back).await.status(), 303);
}

/// The session of a user whose provider was removed, where the claims decide.
#[tokio::test]
async fn a_user_of_a_removed_provider_has_to_sign_in_again_where_claims_decide() {
    let two = Two::start().await;
    let [a, b] = two.settings("anyone");
    let test = TestServer::of(used_by(["group:staff", "anyone"]).provider(a.clone()).provider(b)).await;
    let client = Client::register(&test).await;
    let mut person = browser();
    let away = choose(&test, &mut person, &client.url(), two.b.issuer()).await;
    let came = person.open(&test, &here(&two.b.sign_in(&away, &ada()))).await;
    let page = person.open(&test, header(&came, "location")).await;
    assert!(text(&page).contains("value=\"allow\""));
    let removed = test.with_config(used_by(["group:staff", "anyone"]).provider(a)).await;
    let page = person.open(&removed, &client.url()).await;
    assert!(text(&page).contains(&format!("href=\"{}", two.a.issuer())), "{}", text(&page));
}

/// A state of the version before, which had one provider, names none.
#[tokio::test]
async fn a_state_without_an_issuer_is_accepted_at_the_redirect_uri_without_an_id_only() {
    let two = Two::start().await;
    let test = two.test().await;
    let client = Client::register(&test).await;
    for (provider, status) in [(&two.a, 303), (&two.b, 400)] {
        let mut person = browser();
        let away = choose(&test, &mut person, &client.url(), provider.issuer()).await;
        let back = here(&provider.sign_in(&away, &ada()));
        let states = &test.server.keys.provider_states;
        let mut state: ProviderState = states.open(&parameter(&back, "state").unwrap()).unwrap();
        assert_eq!(state.issuer.take().as_deref(), Some(provider.issuer()));
        let old = states.seal(&state, &*test.server.entropy);
        let old = back.replace(&parameter(&back, "state").unwrap(), &old);
        let came = person.open(&test, &old).await;
        assert_eq!(came.status(), status, "{}", text(&came));
    }
}

/// Each segment below the redirect URI is of a provider or of none.
#[tokio::test]
async fn paths_below_the_redirect_uri_are_of_configured_providers_only() {
    let two = Two::start().await;
    let test = two.test().await;
    for path in ["/oauth/callback/", "/oauth/callback/b/", "/oauth/callback/b/c", "/oauth/callbackb"] {
        let response = test.send(get(path)).await;
        assert_eq!(header(&response, "content-type"), "application/json", "{path} is no endpoint");
        assert_eq!(response.status(), 404, "{path}");
    }
    for path in ["/oauth/callback/c", "/oauth/callback/B", "/oauth/callback/%62"] {
        let response: Response = test.send(get(path)).await;
        assert_eq!(response.status(), 404, "{path}");
        assert!(text(&response).contains("sends users back to this address"), "{path}: {}", text(&response));
    }
}

/// The choice keeps the whole request, and a long one is refused as with one provider.
#[tokio::test]
async fn a_request_that_is_too_long_is_refused_before_the_choice() {
    let two = Two::start().await;
    let test = two.test().await;
    let client = Client::register(&test).await;
    let mut person = browser();
    let page = person.open(&test, &client.url_with(&[("state", &"x".repeat(5000))])).await;
    assert_eq!(parameter(header(&page, "location"), "error").as_deref(), Some("invalid_request"));
    let state = "y".repeat(4000);
    let away = choose(&test, &mut person, &client.url_with(&[("state", &state)]), two.b.issuer()).await;
    let back = here(&two.b.sign_in(&away, &ada()));
    assert!(back.len() < 8192, "CloudFront accepts 8192 bytes: {}", back.len());
    let sealed = test.server.keys.provider_states.open(&parameter(&back, "state").unwrap()).unwrap();
    assert!(matches!(&sealed.destination, Destination::Request(query) if query.contains(&state)));
    assert!(sealed.expires_at > test.clock.now());
    let came = person.open(&test, &back).await;
    assert!(header(&came, "location").starts_with(AUTHORIZE), "{}", text(&came));
}

#[tokio::test]
async fn metadata_and_keys_are_cached_for_each_provider() {
    let two = Two::start().await;
    let test = two.test().await;
    let client = Client::register(&test).await;
    for provider in [&two.a, &two.b, &two.a, &two.b] {
        let mut person = browser();
        let away = choose(&test, &mut person, &client.url(), provider.issuer()).await;
        person.open(&test, &here(&provider.sign_in(&away, &ada()))).await;
    }
    for provider in [&two.a, &two.b] {
        let asked = provider.take();
        let count = |path: &str| asked.iter().filter(|known| *known == path).count();
        let documents = (count("/.well-known/openid-configuration"), count("/jwks"), count("/token"));
        assert_eq!(documents, (1, 1, 2), "{asked:?}");
    }
}
