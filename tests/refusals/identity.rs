//! Identity assertions (ID-JAG) with one rule broken each (draft-ietf-oauth-identity-assertion-authz-grant-03 §4.4.1).

use crate::{Row, Told, check, row};
use doorward::config::{ConfigBuilder, PeopleBy};
use doorward::protocol::{ClientId, paths};
use harness::TestServer;
use harness::identity::{ClientWithSecret, Company};
use harness::keyed::DOCUMENT;
use harness::provider::Faults;
use harness::test_server::{json, post_json, sound};
use serde_json::{Value, json as object};

const DRAFT: &str = "draft-ietf-oauth-identity-assertion-authz-grant-03 §4.4.1";
const CLAIMS: &str = "draft-ietf-oauth-identity-assertion-authz-grant-03 §3.1";
/// The sentence for every assertion whose signature does not hold.
const SAME: &str = "the assertion is not one that this server trusts";

struct Set {
    test: TestServer,
    company: Company,
    client: ClientWithSecret,
}

impl Set {
    async fn of(change: impl FnOnce(&Company) -> ConfigBuilder) -> Self {
        let company = Company::start().await;
        let test = TestServer::of(change(&company)).await;
        let client = ClientWithSecret::register(&test).await;
        Self { test, company, client }
    }

    async fn usual() -> Self {
        Self::of(|company| company.config("domain:acme.example,group:mcp")).await
    }

    fn with(&self, wrong: &'static str, section: &'static str, claims: &Value, error: &'static str) -> Row {
        self.sent(wrong, section, &self.company.assertion(&self.test, &self.client.id, claims), &[], error)
    }

    fn sent(
        &self,
        wrong: &'static str,
        section: &'static str,
        assertion: &str,
        changes: &[(&str, &str)],
        error: &'static str,
    ) -> Row {
        row(wrong, section, self.client.brings(assertion, changes), Told::Json(400, error))
    }
}

#[tokio::test]
async fn before_the_signature_holds_every_assertion_is_refused_with_the_same_sentence() {
    let set = Set::usual().await;
    let sound = || set.company.assertion(&set.test, &set.client.id, &object!({}));
    let headed = |header: Value| set.company.assertion_with(&set.test, &set.client.id, &object!({}), &header);
    let (message, signature) = sound().rsplit_once('.').map(|(m, s)| (m.to_owned(), s.to_owned())).unwrap();
    let forged =
        format!("{message}.{}{}", if signature.starts_with('A') { 'B' } else { 'A' }, &signature[1..]);
    let other = Company::start().await;
    let stranger = other.assertion(&set.test, &set.client.id, &object!({}));
    let slash = set.company.assertion(
        &set.test,
        &set.client.id,
        &object!({ "iss": format!("{}/", set.company.provider.issuer()) }),
    );
    let long = set.company.assertion(&set.test, &set.client.id, &object!({ "more": "x".repeat(9000) }));
    let untrusted = [
        ("no JWT", DRAFT, "assertion".to_owned()),
        ("an encrypted JWT", DRAFT, format!("{}.a.b", sound())),
        ("longer than 8 KiB", DRAFT, long),
        ("no typ", DRAFT, headed(object!({ "typ": null }))),
        ("the typ of an ID token", DRAFT, headed(object!({ "typ": "JWT" }))),
        ("the typ of an access token", DRAFT, headed(object!({ "typ": "at+jwt" }))),
        ("a critical extension", "RFC 7515 §4.1.11", headed(object!({ "crit": ["exp"] }))),
        ("alg none", "RFC 8725 §3.1", headed(object!({ "alg": "none" }))),
        ("alg HS256", "RFC 8725 §3.1", headed(object!({ "alg": "HS256" }))),
        ("alg of another key type", "RFC 8725 §3.1", headed(object!({ "alg": "RS256" }))),
        ("a kid that is not published", DRAFT, headed(object!({ "kid": "other" }))),
        ("an issuer that is not configured", "RFC 7523 §3", stranger),
        ("the issuer with a slash more", "RFC 7523 §3", slash),
        ("a changed signature", "RFC 7523 §3", forged),
    ];
    set.company.provider.take();
    set.test.store.take();
    for (wrong, section, assertion) in untrusted {
        let answer = set.client.exchanges(&set.test, &assertion).await;
        assert_eq!(json(&answer)["error_description"], SAME, "{wrong} ({section})");
        check(&set.test, vec![set.sent(wrong, section, &assertion, &[], "invalid_grant")]).await;
    }
    let fetched = set.company.provider.take();
    let fetches = fetched.iter().filter(|path| *path == "/jwks").count();
    assert_eq!(fetches, 1, "at most once a minute: {fetched:?}");
    assert_eq!(other.provider.take(), [""; 0], "no key is fetched for an issuer that is not configured");
}

#[tokio::test]
async fn every_broken_claim_is_refused_with_its_own_sentence() {
    let set = Set::usual().await;
    let now = doorward::ports::Clock::now(&*set.test.clock).0;
    let rows = vec![
        set.with("no aud", DRAFT, &object!({ "aud": null }), "invalid_grant"),
        set.with("another aud", DRAFT, &object!({ "aud": "https://other.example" }), "invalid_grant"),
        set.with(
            "an aud that begins with ours",
            DRAFT,
            &object!({ "aud": "https://auth.example.evil" }),
            "invalid_grant",
        ),
        set.with(
            "our token endpoint as aud",
            DRAFT,
            &object!({ "aud": "https://auth.example/oauth/token" }),
            "invalid_grant",
        ),
        set.with(
            "two aud",
            DRAFT,
            &object!({ "aud": ["https://auth.example", "https://b.example"] }),
            "invalid_grant",
        ),
        set.with("an empty list of aud", DRAFT, &object!({ "aud": [] }), "invalid_grant"),
        set.with("no client_id", DRAFT, &object!({ "client_id": null }), "invalid_grant"),
        set.with("another client_id", DRAFT, &object!({ "client_id": "other" }), "invalid_grant"),
        set.with("no exp", "RFC 7523 §3", &object!({ "exp": null }), "invalid_grant"),
        set.with("exp as text", "RFC 7523 §3", &object!({ "exp": "4000000000" }), "invalid_grant"),
        set.with("an exp that has passed", "RFC 7523 §3", &object!({ "exp": now }), "invalid_grant"),
        set.with("no iat", CLAIMS, &object!({ "iat": null }), "invalid_grant"),
        set.with("an iat in the future", "RFC 7523 §3", &object!({ "iat": now + 61 }), "invalid_grant"),
        set.with("an nbf in the future", "RFC 7523 §3", &object!({ "nbf": now + 61 }), "invalid_grant"),
        set.with(
            "a lifetime of more than ten minutes",
            "RFC 7523 §3",
            &object!({ "exp": now + 661 }),
            "invalid_grant",
        ),
        set.with("no jti", CLAIMS, &object!({ "jti": null }), "invalid_grant"),
        set.with("an empty jti", CLAIMS, &object!({ "jti": "" }), "invalid_grant"),
        set.with("a jti of 257 bytes", CLAIMS, &object!({ "jti": "j".repeat(257) }), "invalid_grant"),
        set.with("no sub", CLAIMS, &object!({ "sub": null }), "invalid_grant"),
        set.with("an empty sub", CLAIMS, &object!({ "sub": "" }), "invalid_grant"),
        set.with("a sub beyond ASCII", CLAIMS, &object!({ "sub": "ü" }), "invalid_grant"),
        set.with("a sub with a space", CLAIMS, &object!({ "sub": "u 1" }), "invalid_grant"),
        set.with("a sub of 256 bytes", CLAIMS, &object!({ "sub": "s".repeat(256) }), "invalid_grant"),
        set.with("a sub too long for an id", CLAIMS, &object!({ "sub": "s".repeat(255) }), "invalid_grant"),
        set.with("a bound key", "RFC 9449 §5", &object!({ "cnf": { "jkt": "x" } }), "invalid_grant"),
        set.with(
            "authorization details",
            "RFC 9396 §5",
            &object!({ "authorization_details": [{ "type": "files" }] }),
            "invalid_grant",
        ),
        set.with("a tenant", CLAIMS, &object!({ "tenant": "t1" }), "invalid_grant"),
        set.with(
            "an unknown resource",
            "RFC 8707 §2",
            &object!({ "resource": "https://b.example" }),
            "invalid_grant",
        ),
        set.with(
            "a resource that the issuer may not name",
            "RFC 8707 §2",
            &object!({ "resource": "https://other.example" }),
            "invalid_grant",
        ),
        set.with(
            "one of two resources unknown",
            "RFC 8707 §2",
            &object!({ "resource": ["https://mcp.example/mcp", "https://b.example"] }),
            "invalid_grant",
        ),
        set.with("a resource that is a number", "RFC 8707 §2", &object!({ "resource": 1 }), "invalid_grant"),
        set.with(
            "a scope that is not offered",
            "RFC 6749 §5.2",
            &object!({ "scope": "admin" }),
            "invalid_scope",
        ),
        set.with(
            "a scope beyond the limit",
            "RFC 6749 §5.2",
            &object!({ "scope": "files" }),
            "invalid_scope",
        ),
        set.with("a scope that is a list", CLAIMS, &object!({ "scope": ["user"] }), "invalid_scope"),
        set.with(
            "another domain",
            "RFC 6749 §5.2",
            &object!({ "email": "u1@b.example", "groups": ["x"] }),
            "invalid_grant",
        ),
        set.with(
            "an unverified email",
            "RFC 6749 §5.2",
            &object!({ "email_verified": false, "groups": ["x"] }),
            "invalid_grant",
        ),
    ];
    check(&set.test, rows).await;
}

#[tokio::test]
async fn the_request_around_an_assertion_is_checked() {
    let set = Set::usual().await;
    let good = || set.company.assertion(&set.test, &set.client.id, &object!({}));
    let twice = set.company.assertion(&set.test, &set.client.id, &object!({ "resource": null }));
    let basic = |wrong, changes: &[(&str, &str)], status, error| {
        row(wrong, "RFC 7521 §4.1", set.client.brings(&good(), changes), Told::Json(status, error))
    };
    check(
        &set.test,
        vec![
            basic("no assertion", &[("assertion", "")], 400, "invalid_request"),
            basic("two assertions", &[("assertion", "a"), ("assertion", "b")], 400, "invalid_request"),
            basic("no client", &[("client_id", ""), ("client_secret", "")], 401, "invalid_client"),
            basic("a wrong secret", &[("client_secret", "dw_secret_x")], 401, "invalid_client"),
            basic("an unknown client", &[("client_id", "dw_client_AAAAAAAA")], 401, "invalid_client"),
            basic(
                "another resource than stated",
                &[("resource", "https://other.example")],
                400,
                "invalid_target",
            ),
            basic("an unknown resource", &[("resource", "https://b.example")], 400, "invalid_target"),
            basic("a scope that was not stated", &[("scope", "files")], 400, "invalid_scope"),
            basic("a malformed scope", &[("scope", "a\"b")], 400, "invalid_scope"),
            set.sent(
                "a resource that the issuer may not name",
                "RFC 8707 §2",
                &twice,
                &[("resource", "https://other.example")],
                "invalid_grant",
            ),
        ],
    )
    .await;
}

#[tokio::test]
async fn a_client_without_credentials_brings_no_assertion_unless_it_is_a_listed_document() {
    let listed = |company: &Company| {
        sound().identity_issuer(company.issuer("anyone").with_clients([ClientId("other".to_owned())]))
    };
    for set in [Set::usual().await, Set::of(listed).await] {
        let metadata =
            r#"{"redirect_uris":["https://c.example/callback"],"token_endpoint_auth_method":"none"}"#;
        let public = json(&set.test.send(post_json(paths::REGISTER, metadata)).await)["client_id"].clone();
        let rows = [public.as_str().unwrap(), DOCUMENT].map(|id| {
            let assertion = set.company.assertion(&set.test, id, &object!({}));
            let request = set.client.brings(&assertion, &[("client_id", id), ("client_secret", "")]);
            row(
                "a client without credentials",
                "RFC 6749 §5.2",
                request,
                Told::Json(400, "unauthorized_client"),
            )
        });
        check(&set.test, rows.into()).await;
        assert_eq!(set.test.web.take(), 0, "its document was not read");
        assert_eq!(set.company.provider.take(), [""; 0], "and no key was");
    }
    let set = Set::of(listed).await;
    let assertion = set.company.assertion(&set.test, &set.client.id, &object!({}));
    let other =
        set.sent("a client that is not listed", "RFC 6749 §5.2", &assertion, &[], "unauthorized_client");
    check(&set.test, vec![other]).await;
}

#[tokio::test]
async fn an_address_names_only_within_the_allowed_domains() {
    let by_email = |company: &Company| {
        sound().identity_issuer(company.issuer("domain:acme.example").with_people_by(PeopleBy::Email))
    };
    let set = Set::of(by_email).await;
    let with = |wrong, claims: Value| set.with(wrong, "RFC 6749 §5.2", &claims, "invalid_grant");
    check(
        &set.test,
        vec![
            with("no email", object!({ "email": null })),
            with("an email of another domain", object!({ "email": "u1@b.example" })),
            with("an unverified email", object!({ "email_verified": false })),
            with("an email that is an id", object!({ "email": "https://idp.example#u1@acme.example" })),
        ],
    )
    .await;
}

#[tokio::test]
async fn without_the_keys_the_client_tries_again_later() {
    let set = Set::usual().await;
    for faults in [
        Faults { status: Some(503), ..Faults::default() },
        Faults { status: Some(404), ..Faults::default() },
        Faults {
            metadata: object!({ "issuer": "https://evil.example" }).as_object().unwrap().clone(),
            ..Faults::default()
        },
        Faults {
            metadata: object!({ "jwks_uri": "http://evil.example/jwks" }).as_object().unwrap().clone(),
            ..Faults::default()
        },
    ] {
        set.company.provider.set_faults(faults);
        set.test.clock.pass(std::time::Duration::from_secs(3));
        let assertion = set.company.assertion(&set.test, &set.client.id, &object!({}));
        let request = set.client.brings(&assertion, &[]);
        let row = row(
            "the keys are away",
            "RFC 6749 §4.1.2.1",
            request,
            Told::Json(503, "temporarily_unavailable"),
        );
        check(&set.test, vec![row]).await;
    }
    set.company.provider.set_faults(Faults::default());
    set.test.clock.pass(std::time::Duration::from_secs(3));
    let assertion = set.company.assertion(&set.test, &set.client.id, &object!({}));
    assert_eq!(set.client.exchanges(&set.test, &assertion).await.status(), 200);
}
