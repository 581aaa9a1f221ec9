//! Tokens of workloads with one rule broken each, as a grant (RFC 7523 §2.1, §3) and as client authentication (§2.2, §3).

use crate::{Row, Told, check, row};
use doorward::client::ASSERTION_TYPE;
use doorward::config::ConfigBuilder;
use doorward::ports::Clock;
use doorward::protocol::{ClientId, JWT_BEARER, paths};
use doorward::wire::Request;
use harness::TestServer;
use harness::identity::Company;
use harness::provider::Faults;
use harness::test_server::{json, post, sound};
use harness::workload::{CLIENT, Platform, authenticates, brings};
use serde_json::{Value, json as object};
use std::time::Duration;

/// The sentence for every token whose signature does not hold.
const SAME: &str = "the assertion is not one that this server trusts";

struct Set {
    test: TestServer,
    platform: Platform,
}

impl Set {
    async fn of(change: impl FnOnce(&Platform) -> ConfigBuilder) -> Self {
        let platform = Platform::start().await;
        let test = TestServer::of(change(&platform)).await;
        Self { test, platform }
    }

    async fn usual() -> Self {
        Self::of(Platform::config).await
    }

    /// Checks that tokens with these claims are refused: as a grant with `invalid_grant`, as authentication with
    /// `invalid_client`.
    async fn refuses(&self, wrong: &'static str, section: &'static str, claims: &Value) {
        let token = self.platform.token(&self.test, claims);
        self.refuses_token(wrong, section, &token).await;
    }

    async fn refuses_token(&self, wrong: &'static str, section: &'static str, token: &str) {
        check(&self.test, both(wrong, section, token)).await;
    }
}

/// Both shapes of a request with this token.
fn both(wrong: &'static str, section: &'static str, token: &str) -> Vec<Row> {
    vec![
        row(wrong, section, brings(token, &[]), Told::Json(400, "invalid_grant")),
        row(wrong, section, authenticates(token, &[]), Told::Json(401, "invalid_client")),
    ]
}

#[tokio::test]
async fn before_the_signature_holds_every_token_is_refused_with_the_same_sentence() {
    let set = Set::usual().await;
    let token = |claims: Value, header: Value| set.platform.token_with(&set.test, &claims, &header);
    let sound = || token(object!({}), object!({}));
    let (message, signature) = sound().rsplit_once('.').map(|(m, s)| (m.to_owned(), s.to_owned())).unwrap();
    let forged =
        format!("{message}.{}{}", if signature.starts_with('A') { 'B' } else { 'A' }, &signature[1..]);
    let other = Platform::start().await;
    let slash = format!("{}/", set.platform.provider.issuer());
    let untrusted = [
        ("no JWT", "RFC 7523 §3", "token".to_owned()),
        ("an encrypted JWT", "RFC 7523 §3", format!("{}.a.b", sound())),
        ("longer than 8 KiB", "RFC 7523 §3", token(object!({ "more": "x".repeat(9000) }), object!({}))),
        (
            "the typ of an identity assertion",
            "RFC 8725 §3.11",
            token(object!({}), object!({ "typ": "oauth-id-jag+jwt" })),
        ),
        (
            "the same typ in full",
            "RFC 8725 §3.11",
            token(object!({}), object!({ "typ": "application/OAuth-ID-JAG+JWT" })),
        ),
        ("a critical extension", "RFC 7515 §4.1.11", token(object!({}), object!({ "crit": ["exp"] }))),
        ("alg none", "RFC 8725 §3.1", token(object!({}), object!({ "alg": "none" }))),
        ("alg HS256", "RFC 8725 §3.1", token(object!({}), object!({ "alg": "HS256" }))),
        ("alg of another key type", "RFC 8725 §3.1", token(object!({}), object!({ "alg": "RS256" }))),
        ("a kid that is not published", "RFC 7523 §3", token(object!({}), object!({ "kid": "other" }))),
        ("an issuer that is not configured", "RFC 7523 §3", other.token(&set.test, &object!({}))),
        ("the issuer with a slash more", "RFC 7523 §3", token(object!({ "iss": slash }), object!({}))),
        ("no issuer", "RFC 7523 §3", token(object!({ "iss": null }), object!({}))),
        ("a changed signature", "RFC 7523 §3", forged),
    ];
    set.platform.provider.take();
    set.test.store.take();
    for (wrong, section, token) in untrusted {
        for request in [brings(&token, &[]), authenticates(&token, &[])] {
            let answer = set.test.send(request).await;
            assert_eq!(json(&answer)["error_description"], SAME, "{wrong} ({section})");
        }
        set.refuses_token(wrong, section, &token).await;
    }
    let fetched = set.platform.provider.take();
    let keys = fetched.iter().filter(|path| *path == "/jwks").count();
    assert_eq!(keys, 1, "once a minute, whatever is sent: {fetched:?}");
    assert_eq!(other.provider.take(), [""; 0], "no key is fetched for an issuer that is not configured");
}

#[tokio::test]
async fn every_broken_claim_is_refused() {
    let set = Set::usual().await;
    let now = set.test.clock.now().0;
    for (wrong, section, claims) in [
        ("no aud", "RFC 7523 §3", object!({ "aud": null })),
        ("another aud", "RFC 7523 §3", object!({ "aud": "https://other.example" })),
        ("GitHub's default aud", "RFC 7523 §3", object!({ "aud": "https://github.com/acme" })),
        ("an aud that begins with ours", "RFC 7523 §3", object!({ "aud": "https://auth.example.evil" })),
        ("another path of ours as aud", "RFC 7523 §3", object!({ "aud": "https://auth.example/oauth" })),
        ("two aud", "RFC 7523 §3", object!({ "aud": ["https://auth.example", "https://b.example"] })),
        (
            "the same aud twice",
            "RFC 7523 §3",
            object!({ "aud": ["https://auth.example", "https://auth.example"] }),
        ),
        ("an empty list of aud", "RFC 7523 §3", object!({ "aud": [] })),
        ("no exp", "RFC 7523 §3", object!({ "exp": null })),
        ("exp as text", "RFC 7523 §3", object!({ "exp": "4000000000" })),
        ("an exp that has passed", "RFC 7523 §3", object!({ "exp": now })),
        ("no iat", "RFC 7523 §3", object!({ "iat": null })),
        ("an iat in the future", "RFC 7523 §3", object!({ "iat": now + 61 })),
        ("an nbf in the future", "RFC 7523 §3", object!({ "nbf": now + 61 })),
        ("a lifetime of two hours", "RFC 7523 §3", object!({ "exp": now + 7200 })),
        ("a lifetime of more than an hour", "RFC 7523 §3", object!({ "exp": now + 3661 })),
        ("the last minutes of a day", "RFC 7523 §3", object!({ "iat": now - 86_000, "nbf": null })),
        ("no jti", "RFC 7523 §3", object!({ "jti": null })),
        ("an empty jti", "RFC 7523 §3", object!({ "jti": "" })),
        ("a jti that is a number", "RFC 7523 §3", object!({ "jti": 1 })),
        ("a jti of 257 bytes", "RFC 7523 §3", object!({ "jti": "j".repeat(257) })),
        ("no sub", "RFC 7523 §3", object!({ "sub": null })),
        ("an empty sub", "RFC 7523 §3", object!({ "sub": "" })),
        ("a sub with a line break", "RFC 7523 §3", object!({ "sub": "a\nb" })),
        ("a sub of 1025 bytes", "RFC 7523 §3", object!({ "sub": "s".repeat(1025) })),
        ("a bound key", "RFC 9449 §5", object!({ "cnf": { "jkt": "x" } })),
        ("authorization details", "RFC 9396 §5", object!({ "authorization_details": [] })),
        ("another repository, as of a fork", "RFC 6749 §5.2", object!({ "repository_id": "654321" })),
        ("the id as a number", "RFC 6749 §5.2", object!({ "repository_id": 123_456 })),
        ("no id", "RFC 6749 §5.2", object!({ "repository_id": null })),
        ("another environment", "RFC 6749 §5.2", object!({ "environment": "staging" })),
        ("a longer value", "RFC 6749 §5.2", object!({ "environment": "production " })),
        ("a list without the value", "RFC 6749 §5.2", object!({ "environment": ["staging"] })),
    ] {
        set.refuses(wrong, section, &claims).await;
    }
    let stranger =
        set.test.send(brings(&set.platform.token(&set.test, &object!({ "environment": "x" })), &[])).await;
    let told = json(&stranger)["error_description"].as_str().unwrap().to_owned();
    assert!(!told.contains("production") && !told.contains(CLIENT), "the rules are not told: {told}");
}

#[tokio::test]
async fn only_the_audience_that_the_operator_sets_counts() {
    let set = Set::of(|platform| platform.config_of(platform.issuer().with_audience("mcp"))).await;
    for aud in ["https://auth.example", "https://auth.example/oauth/token", "mcp/", "MCP"] {
        set.refuses("another aud than the operator set", "RFC 7523 §3", &object!({ "aud": aud })).await;
    }
}

#[tokio::test]
async fn the_request_around_a_token_is_checked() {
    let set = Set::usual().await;
    let token = || set.platform.token(&set.test, &object!({}));
    let grant = |wrong, changes: &[(&str, &str)], status, error| {
        row(wrong, "RFC 7521 §4.1", brings(&token(), changes), Told::Json(status, error))
    };
    let assertion = |wrong, changes: &[(&str, &str)], status, error| {
        row(wrong, "RFC 7521 §4.2", authenticates(&token(), changes), Told::Json(status, error))
    };
    let mut basic = brings(&token(), &[]);
    basic.headers_mut().insert("authorization", "Basic Y2ktZGVwbG95Og==".parse().unwrap());
    check(
        &set.test,
        vec![
            grant("no assertion", &[("assertion", "")], 400, "invalid_request"),
            grant("two assertions", &[("assertion", "a"), ("assertion", "b")], 400, "invalid_request"),
            grant("another client_id", &[("client_id", "other")], 400, "invalid_grant"),
            grant("an unknown resource", &[("resource", "https://b.example")], 400, "invalid_target"),
            grant(
                "a resource without the scope",
                &[("resource", "https://other.example")],
                400,
                "invalid_target",
            ),
            grant("a malformed scope", &[("scope", "a\"b")], 400, "invalid_scope"),
            grant("a secret beside", &[("client_secret", "dw_secret_x")], 400, "invalid_request"),
            grant("an assertion beside", &[("client_assertion", "x")], 400, "invalid_request"),
            row("a header beside", "RFC 6749 §2.3", basic, Told::Json(400, "invalid_request")),
            assertion("no token", &[("client_assertion", "")], 401, "invalid_client"),
            assertion(
                "a secret in its place",
                &[("client_assertion", ""), ("client_secret", "x")],
                401,
                "invalid_client",
            ),
            assertion("a secret beside", &[("client_secret", "x")], 400, "invalid_request"),
            assertion("no type", &[("client_assertion_type", "")], 400, "invalid_request"),
            assertion("another type", &[("client_assertion_type", "urn:x")], 400, "invalid_request"),
            assertion("an unknown client_id", &[("client_id", "other")], 401, "invalid_client"),
            assertion("an unknown resource", &[("resource", "https://b.example")], 400, "invalid_target"),
            assertion(
                "another grant",
                &[("grant_type", "refresh_token"), ("refresh_token", "x")],
                401,
                "invalid_client",
            ),
        ],
    )
    .await;
}

#[tokio::test]
async fn without_a_client_id_an_assertion_tells_nothing_before_its_signature_holds() {
    let set = Set::usual().await;
    let nameless = [("client_id", "")];
    let token = |claims: Value| set.platform.token(&set.test, &claims);
    let good = token(object!({}));
    let forged = format!("{}AAAA", &good[..good.len() - 4]);
    for (wrong, token) in
        [("no rule fits", token(object!({ "environment": "staging" }))), ("a changed signature", forged)]
    {
        let answer = set.test.send(authenticates(&token, &nameless)).await;
        assert_eq!(json(&answer)["error_description"], SAME, "{wrong}");
        let row = row(
            wrong,
            "RFC 7521 §4.2.1",
            authenticates(&token, &nameless),
            Told::Json(401, "invalid_client"),
        );
        check(&set.test, vec![row]).await;
    }
    let token = set.platform.token(&set.test, &object!({}));
    let forged = format!("{}AAAA", &token[..token.len() - 4]);
    for (path, grant) in [
        (paths::TOKEN, [("grant_type", "authorization_code"), ("code", "x")]),
        (paths::TOKEN, [("grant_type", "refresh_token"), ("refresh_token", "x")]),
        (paths::REVOKE, [("token", "x"), ("token_type_hint", "access_token")]),
    ] {
        let unfit = set.platform.token(&set.test, &object!({ "environment": "staging" }));
        for token in [&forged, &unfit] {
            let proof = [("client_assertion_type", ASSERTION_TYPE), ("client_assertion", token.as_str())];
            let request = post(path, &[proof, grant].concat());
            assert_eq!(
                json(&set.test.send(request.clone()).await)["error_description"],
                SAME,
                "{path} {grant:?}"
            );
            let row = row("which rule fits", "RFC 7521 §4.2.1", request, Told::Json(401, "invalid_client"));
            check(&set.test, vec![row]).await;
        }
    }
    let company = Company::start().await;
    let listed = company.issuer("anyone").with_clients([ClientId("other".to_owned())]);
    let with_users = Set::of(|platform| platform.config().identity_issuer(listed)).await;
    let assertion = company.assertion(&with_users.test, CLIENT, &object!({}));
    let good = with_users.platform.token(&with_users.test, &object!({}));
    let forged = format!("{}AAAA", &good[..good.len() - 4]);
    let brought = [("client_id", ""), ("grant_type", JWT_BEARER), ("assertion", &assertion)];
    let answer = with_users.test.send(authenticates(&forged, &brought)).await;
    assert_eq!(json(&answer)["error_description"], SAME, "a client that may bring no identity assertion");
    let other = Platform::start().await;
    let stranger = other.token(&set.test, &object!({}));
    let refused = Told::Json(401, "invalid_client");
    let row = row("an unknown issuer", "RFC 7521 §4.2.1", authenticates(&stranger, &nameless), refused);
    check(&set.test, vec![row]).await;
    assert_eq!(other.provider.take(), [""; 0], "no key is fetched");
}

#[tokio::test]
async fn a_token_is_of_the_client_of_its_rule() {
    let two = |platform: &Platform| {
        platform.config().workload(platform.rule("nightly", "user", &object!({ "sub": "nightly" })))
    };
    let set = Set::of(two).await;
    let token = || set.platform.token(&set.test, &object!({}));
    check(
        &set.test,
        vec![
            row(
                "the client of another rule",
                "RFC 6749 §5.2",
                brings(&token(), &[("client_id", "nightly")]),
                Told::Json(400, "invalid_grant"),
            ),
            row(
                "the client of another rule",
                "RFC 7521 §4.2.1",
                authenticates(&token(), &[("client_id", "nightly")]),
                Told::Json(401, "invalid_client"),
            ),
        ],
    )
    .await;
    set.refuses("a token that two rules fit", "RFC 6749 §5.2", &object!({ "sub": "nightly" })).await;
}

#[tokio::test]
async fn a_token_of_a_platform_is_no_identity_assertion_and_the_reverse() {
    let company = Company::start().await;
    let with_users = |platform: &Platform| platform.config().identity_issuer(company.issuer("anyone"));
    let set = Set::of(with_users).await;
    let jag = company.assertion(&set.test, CLIENT, &object!({}));
    let untyped = company.assertion_with(&set.test, CLIENT, &object!({}), &object!({ "typ": "JWT" }));
    let typed = set.platform.token_with(
        &set.test,
        &object!({ "client_id": CLIENT, "email": "a@acme.example" }),
        &object!({ "typ": "oauth-id-jag+jwt" }),
    );
    for (wrong, token) in
        [("an ID-JAG", jag), ("an ID token", untyped), ("a token with the typ of an ID-JAG", typed)]
    {
        let row = row(wrong, "RFC 8725 §3.11", authenticates(&token, &[]), Told::Json(401, "invalid_client"));
        check(&set.test, vec![row]).await;
        let answer = set.test.send(brings(&token, &[("client_id", CLIENT)])).await;
        assert_ne!(answer.status(), 200, "{wrong}");
    }
    assert_eq!(
        set.platform.provider.take(),
        [""; 0],
        "its key is not fetched for a type that it may not sign"
    );
}

#[tokio::test]
async fn without_an_issuer_for_workloads_there_is_no_such_grant() {
    let platform = Platform::start().await;
    let test = TestServer::of(sound()).await;
    let token = platform.token(&test, &object!({}));
    check(
        &test,
        vec![
            row(
                "no trusted issuer",
                "RFC 6749 §5.2",
                brings(&token, &[]),
                Told::Json(400, "unsupported_grant_type"),
            ),
            row("no client", "RFC 6749 §5.2", authenticates(&token, &[]), Told::Json(401, "invalid_client")),
        ],
    )
    .await;
    let company = Company::start().await;
    let test = TestServer::of(company.config("anyone")).await;
    let token = platform.token(&test, &object!({}));
    let row =
        row("no issuer for workloads", "RFC 7523 §3", brings(&token, &[]), Told::Json(400, "invalid_grant"));
    check(&test, vec![row]).await;
}

#[tokio::test]
async fn the_client_of_a_rule_does_nothing_without_its_token() {
    let set = Set::usual().await;
    let revokes = |fields: &[(&str, &str)]| -> Request { post(paths::REVOKE, fields) };
    let code =
        [("grant_type", "authorization_code"), ("client_id", CLIENT), ("code", "x"), ("code_verifier", "y")];
    check(
        &set.test,
        vec![
            row(
                "a revocation",
                "RFC 7009 §2.1",
                revokes(&[("client_id", CLIENT), ("token", "x")]),
                Told::Json(401, "invalid_client"),
            ),
            row("a code", "RFC 6749 §3.2.1", post(paths::TOKEN, &code), Told::Json(401, "invalid_client")),
        ],
    )
    .await;
}

#[tokio::test]
async fn without_the_keys_the_workload_tries_again_later() {
    let set = Set::usual().await;
    for faults in [
        Faults { status: Some(503), ..Faults::default() },
        Faults {
            metadata: object!({ "issuer": "https://evil.example" }).as_object().unwrap().clone(),
            ..Faults::default()
        },
    ] {
        set.platform.provider.set_faults(faults);
        set.test.clock.pass(Duration::from_secs(3));
        let token = || set.platform.token(&set.test, &object!({}));
        let away = Told::Json(503, "temporarily_unavailable");
        check(&set.test, vec![row("the keys are away", "RFC 6749 §4.1.2.1", brings(&token(), &[]), away)])
            .await;
        let away = Told::Json(503, "temporarily_unavailable");
        check(
            &set.test,
            vec![row("the keys are away", "RFC 6749 §4.1.2.1", authenticates(&token(), &[]), away)],
        )
        .await;
    }
    set.platform.provider.set_faults(Faults::default());
    set.test.clock.pass(Duration::from_secs(3));
    let answer = set.test.send(brings(&set.platform.token(&set.test, &object!({})), &[])).await;
    assert_eq!(answer.status(), 200);
}
