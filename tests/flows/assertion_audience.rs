//! The audience of a client assertion: the issuer, or the token endpoint where the operator allows it.

use crate::assertions::{error, must_sign, published, unauthenticated};
use crate::operator::order;
use doorward::config::AssertionAudience;
use doorward::protocol::paths;
use harness::client::Tokens;
use harness::keyed::{DOCUMENT, KeyPair, client, document, shown, token_endpoint};
use harness::test_server::{json, post, sound};
use harness::{Person, TestServer};
use serde_json::{Value, json as object};
use std::time::Duration;

/// A malicious server can name this token endpoint as its own, and collect assertions for it.
#[tokio::test]
async fn the_token_endpoint_is_an_audience_for_known_clients_only_if_the_operator_allows_it() {
    for (audience, allowed) in [(AssertionAudience::Issuer, false), (AssertionAudience::TokenEndpoint, true)]
    {
        let (test, key) = (TestServer::of(sound().assertion_audience(audience)).await, KeyPair::new(11));
        let command = object!({
            "command": "add-client", "own_scope": "user", "token_endpoint_auth_method": "private_key_jwt",
            "jwks": { "keys": [key.jwk()] },
        });
        let known = order(&test, command).await.unwrap().0["client_id"].as_str().unwrap().to_owned();
        let ask = async |changes: Value| {
            let assertion = key.signs(&test, &known, &changes);
            let fields = [[("grant_type", "client_credentials")].as_slice(), &shown(&assertion)].concat();
            test.send(post(paths::TOKEN, &fields)).await
        };
        let endpoint = token_endpoint(&test);
        let answer = ask(object!({ "aud": endpoint })).await;
        assert_eq!(answer.status() == 200, allowed, "{audience:?}: {}", json(&answer));
        let said = json(&answer)["error_description"].as_str().unwrap_or_default().to_owned();
        assert!(
            allowed || said.contains(&endpoint) && said.contains("it must be https://auth.example, alone"),
            "{said}"
        );
        assert_eq!(ask(object!({})).await.status(), 200, "{audience:?}");
        assert_eq!(
            ask(object!({ "aud": [endpoint, "https://auth.example"] })).await.status(),
            401,
            "{audience:?}"
        );
    }
}

#[tokio::test]
async fn the_token_endpoint_is_no_audience_for_a_client_with_a_document() {
    let (test, key) = (
        TestServer::of(sound().assertion_audience(AssertionAudience::TokenEndpoint)).await,
        KeyPair::new(11),
    );
    let mut members = must_sign();
    members["jwks"] = object!({ "keys": [key.jwk()] });
    test.web.publish(DOCUMENT, &document(&members));
    let (client, aud) = (client(), token_endpoint(&test));
    let code = client.obtain_code(&test, &mut Person::alice()).await;
    let sign = |aud: &str| key.signs(&test, DOCUMENT, &object!({ "aud": aud }));
    let refused = test.send(client.redeems_with(&code, &shown(&sign(&aud)))).await;
    assert_eq!(refused.status(), 401);
    let said = json(&refused)["error_description"].as_str().unwrap().to_owned();
    assert!(said.contains(&aud) && said.contains("it must be https://auth.example, alone"), "{said}");
    let tokens =
        Tokens::of(&test.send(client.redeems_with(&code, &shown(&sign("https://auth.example")))).await);
    for token in [&tokens.refresh, &tokens.access] {
        assert_eq!(error(&test, client.revokes_with(token, &shown(&sign(&aud)))).await, unauthenticated());
    }
}

/// The document of a well-known hosted client has both methods, and it signs for the token endpoint. Nothing is proven by that, and nothing needs
/// to be: neither its keys are fetched, nor is the assertion recorded.
#[tokio::test]
async fn an_assertion_for_the_token_endpoint_is_ignored_where_none_is_allowed() {
    let both = object!({
        "token_endpoint_auth_method": "private_key_jwt",
        "token_endpoint_auth_methods_supported": ["none", "private_key_jwt"],
    });
    let (test, client, key) = published(&both).await;
    let aud = token_endpoint(&test);
    let sign = || key.signs(&test, DOCUMENT, &object!({ "aud": aud }));
    let code = client.obtain_code(&test, &mut Person::alice()).await;
    test.web.take();
    test.store.take();
    let redeemed = test.send(client.redeems_with(&code, &shown(&sign()))).await;
    // The kept copy of the document is no longer fresh.
    test.clock.pass(Duration::from_secs(600));
    let refreshed = test.send(client.refreshes_with(&Tokens::of(&redeemed).refresh, &shown(&sign()))).await;
    let tokens = Tokens::of(&refreshed);
    assert_eq!((test.web.take(), test.store.take().writes), (0, 2));
    let revoked = test.send(client.revokes_with(&tokens.access, &shown(&sign()))).await;
    for answer in [&redeemed, &refreshed, &revoked] {
        assert_eq!(
            (answer.status().as_u16(), crate::checks::ignored(answer)),
            (200, Some("client_assertion"))
        );
    }
    let code = client.obtain_code(&test, &mut Person::alice()).await;
    for wrong in [
        object!({ "aud": aud, "exp": 1 }),
        object!({ "aud": aud, "iss": "x" }),
        object!({ "aud": [aud, "x"] }),
    ] {
        let assertion = key.signs(&test, DOCUMENT, &wrong);
        assert_eq!(
            error(&test, client.redeems_with(&code, &shown(&assertion))).await,
            unauthenticated(),
            "{wrong}"
        );
    }
}
