//! Invalid callbacks from the identity provider.

use crate::{Row, Told, bound, check, row};
use doorward::config::ProviderId;
use doorward::protocol::paths::CALLBACK;
use doorward::wire::Request;
use harness::github::{GitHub, User};
use harness::person::sent_on;
use harness::provider::{Faults, Provider};
use harness::test_server::{get, parameter, post, sound, text};
use harness::{Client, Person, TestServer};
use serde_json::json;

/// A test server with a provider, a user who has gone to the provider, and the path of the callback.
async fn away(provider: &Provider) -> (TestServer, Person, String) {
    let test = TestServer::of(sound().provider(provider.settings("group:staff"))).await;
    let mut person = Person::new("", "");
    let page = text(&person.open(&test, &Client::register(&test).await.url()).await);
    let mut links = page.split("href=\"").map(|rest| rest.split('"').next().unwrap().replace("&#38;", "&"));
    let away = links.find(|url| url.starts_with(provider.issuer())).unwrap();
    let back = provider.sign_in(&away, &json!({ "sub": "7", "name": "Eve", "groups": [] }));
    (test, person, back.strip_prefix("https://auth.example").unwrap().to_owned())
}

#[tokio::test]
async fn every_invalid_callback_is_refused() {
    let provider = Provider::start().await;
    let (test, person, back) = away(&provider).await;
    let (state, iss) = (parameter(&back, "state").unwrap(), provider.issuer().to_owned());
    let with_cookies = |mut request: Request| {
        let cookies: Vec<_> = person.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        request.headers_mut().insert("cookie", cookies.join("; ").parse().unwrap());
        request
    };
    let returns = |wrong, section, query: &str, told| -> Row {
        let query = query.replace("STATE", &state).replace("ISS", &iss);
        row(wrong, section, with_cookies(get(&format!("{CALLBACK}?{query}"))), told)
    };
    let unknown = |wrong, section, query: &str| {
        returns(
            wrong,
            section,
            query,
            Told::Page(400, "does not belong to a sign-in that began at this server"),
        )
    };
    let incomplete =
        |wrong, section, query: &str| returns(wrong, section, query, Told::Page(400, "is incomplete"));
    let mixed_up =
        |wrong, section, query: &str| returns(wrong, section, query, Told::Page(400, "does not come from"));
    let turned_away = |wrong, section, query: &str| {
        returns(wrong, section, query, Told::Page(403, "You are not signed in"))
    };
    let form = state.replace("dw_away_", "dw_form_");
    let elsewhere =
        |wrong, request, says| row(wrong, "OpenID Connect Core 1.0 §3.1.2.1", request, Told::Page(403, says));
    let another_browser =
        elsewhere("another browser", bound(get(&back)), "took too long, or began in another browser");
    let without_cookies = elsewhere("no cookie", get(&back), "Allow cookies for this server");
    let head = http::Request::head(back.as_str()).body(Default::default()).unwrap();
    check(
        &test,
        vec![
            unknown("no parameters", "RFC 6749 §4.1.2", ""),
            unknown("no state", "RFC 6749 §10.12", "code=x&iss=ISS"),
            unknown("a made-up state", "RFC 6749 §10.12", "code=x&state=dw_away_AAAA&iss=ISS"),
            unknown("a form token as state", "RFC 6749 §10.12", &format!("code=x&state={form}&iss=ISS")),
            incomplete("neither code nor error", "RFC 6749 §4.1.2", "state=STATE&iss=ISS"),
            incomplete("two codes", "RFC 6749 §3.1", "code=x&code=y&state=STATE&iss=ISS"),
            mixed_up("another issuer", "RFC 9207 §2.4", "code=x&state=STATE&iss=https://other.example"),
            mixed_up("no issuer, although it always sends one", "RFC 9207 §2.4", "code=x&state=STATE"),
            turned_away("an error", "RFC 6749 §4.1.2.1", "error=access_denied&state=STATE&iss=ISS"),
            turned_away("a made-up code", "RFC 6749 §5.2", "code=x&state=STATE&iss=ISS"),
            another_browser,
            without_cookies,
            row(
                "HEAD, which would spend the code",
                "RFC 9110 §15.5.6",
                with_cookies(head),
                Told::Status(405),
            ),
            row("POST", "RFC 9110 §15.5.6", with_cookies(post(&back, &[])), Told::Status(405)),
            row(
                "a user who is not allowed",
                "docs/provider.md",
                with_cookies(get(&back)),
                Told::Page(403, "Eve"),
            ),
        ],
    )
    .await;
}

#[tokio::test]
async fn a_provider_with_invalid_metadata_is_refused() {
    let provider = Provider::start().await;
    for (wrong, faults) in [
        ("metadata of another issuer", json!({ "issuer": "https://other.example" })),
        ("no token endpoint", json!({ "token_endpoint": null })),
        ("a token endpoint with http", json!({ "token_endpoint": "http://idp.example/token" })),
    ] {
        let metadata = faults.as_object().unwrap().clone();
        provider.set_faults(Faults { metadata, ..Faults::default() });
        let test = TestServer::of(sound().provider(provider.settings("anyone"))).await;
        let url = Client::register(&test).await.url();
        let told = Told::Page(502, "loading the page again does not help");
        check(&test, vec![row(wrong, "OpenID Connect Discovery 1.0 §4.3", get(&url), told)]).await;
    }
}

#[tokio::test]
async fn a_server_without_a_provider_has_no_callback() {
    let test = TestServer::new().await;
    let back = get(&format!("{CALLBACK}?code=x&state=dw_away_AAAA"));
    let told = Told::Page(404, "this server has no identity provider");
    check(&test, vec![row("no provider", "RFC 9110 §15.5.5", back, told)]).await;
}

/// Two providers, a user who has gone to the second, and the paths of the two callbacks with what the second answered.
async fn away_with_two(first: &Provider, second: &Provider) -> (TestServer, Person, [String; 2]) {
    let settings = second.settings("anyone").with_id(ProviderId::parse("b").unwrap());
    let test = TestServer::of(sound().provider(first.settings("anyone")).provider(settings)).await;
    let mut person = Person::new("", "");
    let page = person.open(&test, &Client::register(&test).await.url()).await;
    let left = person.submit(&test, &page, second.issuer()).await;
    let back = second.sign_in(sent_on(&left), &json!({ "sub": "7", "name": "Eve" }));
    let (_, query) = back.split_once('?').unwrap();
    let callbacks = [CALLBACK.to_owned(), format!("{CALLBACK}/b")].map(|path| format!("{path}?{query}"));
    (test, person, callbacks)
}

#[tokio::test]
async fn a_callback_of_another_provider_is_refused() {
    let (first, second) = (Provider::start().await, Provider::start().await);
    let (test, person, [at_first, at_second]) = away_with_two(&first, &second).await;
    let with_cookies = |mut request: Request| {
        let cookies: Vec<_> = person.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        request.headers_mut().insert("cookie", cookies.join("; ").parse().unwrap());
        request
    };
    let encoded = |issuer: &str| form_urlencoded::byte_serialize(issuer.as_bytes()).collect::<String>();
    let with_iss_of_first =
        |url: &str| get(&url.replace(&encoded(second.issuer()), &encoded(first.issuer())));
    let mixed_up = |wrong, section, request| {
        row(wrong, section, with_cookies(request), Told::Page(400, "does not come from"))
    };
    first.take();
    second.take();
    check(
        &test,
        vec![
            mixed_up("the state of another provider", "RFC 9700 §4.4.2.2", get(&at_first)),
            mixed_up("the same with the iss of this one", "RFC 9700 §4.4.2.2", with_iss_of_first(&at_first)),
            mixed_up("the iss of another provider", "RFC 9207 §2.4", with_iss_of_first(&at_second)),
            row(
                "the redirect URI of no provider",
                "RFC 9110 §15.5.5",
                with_cookies(get(&at_second.replace("/b?", "/c?"))),
                Told::Page(404, "sends users back to this address"),
            ),
            row(
                "HEAD, which would spend the code",
                "RFC 9110 §15.5.6",
                with_cookies(http::Request::head(at_second.as_str()).body(Default::default()).unwrap()),
                Told::Status(405),
            ),
        ],
    )
    .await;
    assert_eq!((first.take(), second.take()), (vec![], vec![]), "no provider is asked");
}

#[tokio::test]
async fn an_invalid_answer_of_github_is_refused() {
    let github = GitHub::start().await;
    let user = User::new(7, "eve", "eve@evil.example");
    let error = |code: &str| json!({ "error": code, "error_description": "no" });
    let token = "/login/oauth/access_token";
    for (wrong, section, (path, status, body), told) in [
        ("an error with status 200", "RFC 6749 §5.2", (token, 200, error("bad_verification_code")), 403),
        ("a wrong secret", "RFC 6749 §5.2", (token, 200, error("incorrect_client_credentials")), 502),
        ("no access token", "RFC 6749 §5.1", (token, 200, json!({ "token_type": "bearer" })), 502),
        (
            "an account without an id",
            "docs/provider.md",
            ("/api/v3/user", 200, json!({ "login": "eve" })),
            502,
        ),
        ("no member", "docs/provider.md", ("/none", 200, json!({})), 403),
    ] {
        let test = TestServer::of(sound().provider(github.settings("org:acme"))).await;
        let mut person = Person::new("", "");
        let page = text(&person.open(&test, &Client::register(&test).await.url()).await);
        let mut links =
            page.split("href=\"").map(|rest| rest.split('"').next().unwrap().replace("&#38;", "&"));
        let away = links.find(|url| url.starts_with(github.url())).unwrap();
        let back = github.sign_in(&away, &user);
        let mut request = get(back.strip_prefix("https://auth.example").unwrap());
        let cookies: Vec<_> = person.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        request.headers_mut().insert("cookie", cookies.join("; ").parse().unwrap());
        github.recover();
        github.answer_with(path, status, body, &[]);
        check(&test, vec![row(wrong, section, request, Told::Page(told, "You are not signed in"))]).await;
    }
}
