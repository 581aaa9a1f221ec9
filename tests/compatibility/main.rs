//! Compatibility tests: client ids, codes, tokens, cookies and form tokens of version 0.1 are still accepted.
//!
//! `version_0_1.txt` was made by version 0.1 with the root secret of test servers. It must never change.

#![expect(clippy::unwrap_used, reason = "a test that cannot continue panics")]

use doorward::ports::Timestamp;
use doorward::protocol::{
    BrowserDigest, ClientDigest, ClientId, GrantId, PersonId, Profile, Prompt, Proof, RequestDigest, paths,
};
use doorward::sealed::{Destination, Keys, KnownBrowser, PreRegisteredClientId, Question, Session};
use doorward::store::{Change, Changed};
use harness::client::{Client, Tokens};
use harness::test_server::{get, json, post, root};
use harness::{Person, TestServer};

/// A value of version 0.1.
fn old(name: &str) -> &'static str {
    let lines = include_str!("version_0_1.txt").lines();
    lines.filter_map(|line| line.split_once(' ')).find(|(known, _)| *known == name).unwrap().1
}

fn keys() -> Keys {
    Keys::derive(&root(7), &[])
}

fn alice() -> PersonId {
    PersonId::parse("alice").unwrap()
}

#[test]
fn client_ids_and_secrets_are_recognized() {
    let keys = keys();
    let public = keys.client_ids.verify(old("public_client_id")).unwrap();
    assert_eq!((public.redirect_uris.len(), public.confidential), (2, None));
    assert_eq!(public.client_name.unwrap().as_str(), "App");
    let confidential = old("confidential_client_id");
    assert_eq!(keys.client_ids.verify(confidential).unwrap().confidential.unwrap().unique, [9; 16]);
    assert!(keys.client_secrets.belongs(confidential, old("client_secret")));
    assert_eq!(keys.client_secrets.derive_for(confidential), old("client_secret"));
    let known = keys.pre_registered_clients.verify(old("known_client_id"));
    assert_eq!(known, Some(PreRegisteredClientId([5; 16])));
    assert_ne!(
        keys.pre_registered_clients.sign(&known.unwrap()),
        old("known_client_id"),
        "a newer key is used for new ids"
    );
}

#[test]
fn codes_and_refresh_tokens_open() {
    let keys = keys();
    let client = ClientDigest::of(&ClientId(old("public_client_id").to_owned()));
    let code = keys.codes.open(old("code")).unwrap();
    assert_eq!((code.grant, code.client, code.person), (GrantId([1; 16]), client, alice()));
    assert_eq!(code.installation.unwrap().to_string(), "Firefox on Linux");
    assert_eq!((code.epoch, code.profile), (None, Profile::default()), "it ends before these fields");
    let code = keys.codes.open(old("code_without_pkce")).unwrap();
    assert_eq!(
        (code.proof, code.person),
        (Proof::None, PersonId::at_provider("https://idp.example", "1234").unwrap())
    );
    let token = keys.refresh_tokens.verify(old("refresh_token")).unwrap();
    assert_eq!((token.grant, token.generation, token.client), (GrantId([1; 16]), 3, client));
    assert_eq!(
        keys.refresh_tokens.sign(&token),
        old("refresh_token"),
        "the successor of a lost response is the same"
    );
}

#[test]
fn sessions_and_known_browsers_open() {
    let keys = keys();
    let signed_in_at = Timestamp(1_790_000_000);
    let (verdicts, profile) = (Vec::new(), Profile::default());
    let session = Session { person: alice(), called: None, epoch: 2, signed_in_at, verdicts, profile };
    assert_eq!(keys.sessions.open(old("session")), Some(session));
    let session = keys.sessions.open(old("provider_session")).unwrap();
    assert_eq!(session.name(), "a@b.example");
    let known = KnownBrowser { person: alice(), epoch: 2 };
    assert_eq!(keys.known_browsers.open(old("known_browser")), Some(known));
    assert!(keys.attempts.belongs("alice", old("guess_place")));
}

#[test]
fn forms_and_provider_states_open() {
    let keys = keys();
    for (name, question) in [
        ("sign_in_form", Question::SignIn),
        ("account_form", Question::Account(alice())),
        ("consent_form", Question::Consent(alice())),
    ] {
        let form = keys.forms.open(old(name)).unwrap();
        assert_eq!(form.question, question);
        assert_eq!(
            (form.request, form.browser),
            (RequestDigest::of("request"), BrowserDigest::of("browser"))
        );
    }
    let state = keys.provider_states.open(old("provider_state")).unwrap();
    assert_eq!(state.destination, Destination::Request("client_id=app&state=x".to_owned()));
    assert_eq!((state.prompt, state.browser), (Prompt::SelectAccount, BrowserDigest::of("browser")));
    assert_eq!(state.nonce(), old("provider_state_nonce"));
    let state = keys.provider_states.open(old("account_provider_state")).unwrap();
    assert_eq!(state.destination, Destination::Account);
}

#[tokio::test]
async fn a_code_of_an_old_client_is_redeemed_and_its_tokens_are_refreshed() {
    let test = TestServer::new().await;
    let redirect_uri = "http://127.0.0.1:33418/callback".to_owned();
    let client = Client { id: old("public_client_id").to_owned(), redirect_uri };
    let page = Person::alice().open(&test, &client.url()).await;
    assert_eq!(page.status(), 200, "the client is known");
    let fields = [
        ("grant_type", "authorization_code"),
        ("client_id", &client.id),
        ("code", old("code")),
        ("code_verifier", OLD_VERIFIER),
    ];
    let redeemed = test.send(post(paths::TOKEN, &fields)).await;
    assert_eq!(redeemed.status(), 200, "{}", json(&redeemed));
    let refreshed = test.send(client.refreshes(&Tokens::of(&redeemed).refresh)).await;
    assert_eq!(refreshed.status(), 200);
    // The token's MAC is valid, but its generation is newer than the head. The refusal must say so.
    let ahead = test.send(client.refreshes(old("refresh_token"))).await;
    assert!(json(&ahead)["error_description"].as_str().unwrap().contains("newer"), "{}", json(&ahead));
    assert_eq!(test.send(get(paths::JWKS)).await.status(), 200);
}

/// The verifier of RFC 7636, appendix B.
const OLD_VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

#[tokio::test]
async fn a_code_without_an_epoch_is_judged_by_whether_its_user_is_disabled() {
    for (change, status) in [(Change::SignOut, 200), (Change::Disable, 400)] {
        let test = TestServer::new().await;
        let Changed::Now(_) = test.server.stores.people().change(&alice(), change.clone()).await.unwrap()
        else {
            panic!("alice is unknown")
        };
        let fields = [
            ("grant_type", "authorization_code"),
            ("client_id", old("public_client_id")),
            ("code", old("code")),
            ("code_verifier", OLD_VERIFIER),
        ];
        assert_eq!(test.send(post(paths::TOKEN, &fields)).await.status(), status, "{change:?}");
    }
}
