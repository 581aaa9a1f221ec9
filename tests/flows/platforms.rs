//! Tokens in the shape that platforms give them, against the blocks of `docs/workloads.md`. The header and the claims are those that
//! the platforms document; the values and the keys are of this test.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use doorward::jose::Signer;
use doorward::ports::Clock;
use doorward_settings::{Defaults, RESOURCE, TRUST, Values, config};
use harness::TestServer;
use harness::fakes::TestSigner;
use harness::test_server::{json, text};
use harness::workload::brings;
use serde_json::{Value, json as object};

const PAGE: &str = include_str!("../../docs/workloads.md");

/// A server that trusts what the page says of one platform. The platform's keys are in the configuration.
async fn server(heading: &str) -> TestServer {
    let section = PAGE.split("\n## ").find(|section| section.starts_with(heading)).unwrap();
    let block = section.split("```toml\n").nth(1).unwrap().split("```").next().unwrap();
    let jwk = TestSigner::new(31).public_key().jwk();
    let members: Vec<_> =
        jwk.as_object().unwrap().iter().map(|(name, value)| format!("{name} = {value}")).collect();
    let keys = format!("speaks-of = [\"workload\"]\nkeys = {{ keys = [{{ {} }}] }}", members.join(", "));
    let kept: Vec<_> = block.lines().filter(|line| !line.starts_with("keys = ")).collect();
    let trust = kept.join("\n").replace("[[trust.", "[[").replace("speaks-of = [\"workload\"]", &keys);
    let values =
        Values::of([(&TRUST, trust.as_str()), (&RESOURCE, "https://mcp.acme.example/mcp=deploy,read,write")]);
    let defaults = Defaults { issuer: Some("https://auth.acme.example".to_owned()) };
    TestServer::of(config(&values, &defaults, |_| String::new()).unwrap()).await
}

/// Signs the claims. Times are in seconds from now.
fn signed(test: &TestServer, header: &Value, mut claims: Value, changes: &Value) -> String {
    claims.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
    for time in ["iat", "nbf", "exp"] {
        if let Some(seconds) = claims[time].as_i64() {
            claims[time] = (test.clock.now().0 as i64 + seconds).into();
        }
    }
    let signer = TestSigner::new(31);
    let mut header = header.clone();
    (header["alg"], header["kid"]) = ("ES256".into(), signer.public_key().id().into());
    let message = [&header, &claims].map(|part| URL_SAFE_NO_PAD.encode(part.to_string())).join(".");
    let signature = signer.sign(message.as_bytes()).unwrap();
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
}

/// Brings a token with each of these changes of its claims, and whether it is taken.
async fn judges(heading: &str, header: Value, claims: Value, changes: &[(Value, bool)]) {
    let test = server(heading).await;
    for (change, is_taken) in changes {
        let mut claims = claims.clone();
        if claims.get("jti").is_some() {
            claims["jti"] = change.to_string().into();
        }
        let token = signed(&test, &header, claims, change);
        let answer = test.send(brings(&token, &[("resource", "https://mcp.acme.example/mcp")])).await;
        assert_eq!(answer.status() == 200, *is_taken, "{heading} {change}: {}", text(&answer));
        if !is_taken {
            assert_eq!(json(&answer)["error"], "invalid_grant", "{heading} {change}");
        }
    }
}

#[tokio::test]
async fn github_actions() {
    let claims = object!({
        "iss": "https://token.actions.githubusercontent.com", "aud": "https://auth.acme.example",
        "sub": "repo:acme@42/app@123456:environment:production", "jti": "1", "iat": 0, "nbf": -600, "exp": 300,
        "ref": "refs/heads/main", "ref_type": "branch", "ref_protected": "true", "sha": "0a1b2c", "actor": "ada",
        "actor_id": "7", "repository": "acme/app", "repository_owner": "acme", "repository_owner_id": "42",
        "repository_id": "123456", "repository_visibility": "private", "run_id": "9", "run_number": "1",
        "run_attempt": "1", "runner_environment": "github-hosted", "workflow": "deploy", "head_ref": "",
        "base_ref": "", "event_name": "push", "environment": "production",
        "workflow_ref": "acme/app/.github/workflows/deploy.yml@refs/heads/main",
        "job_workflow_ref": "acme/app/.github/workflows/deploy.yml@refs/heads/main",
    });
    let header = object!({ "typ": "JWT", "x5t": "AAAA" });
    judges(
        "GitHub Actions",
        header,
        claims,
        &[
            (object!({}), true),
            (object!({ "event_name": "workflow_dispatch", "actor": "bob" }), true),
            // A pull request of a fork, with the same names.
            (
                object!({ "event_name": "pull_request", "ref": "refs/pull/5/merge", "environment": null }),
                false,
            ),
            (object!({ "repository_id": "654321", "repository_owner_id": "43" }), false),
            (object!({ "ref": "refs/heads/main2" }), false),
            (object!({ "environment": "staging" }), false),
            (object!({ "aud": "https://github.com/acme" }), false),
            (object!({ "aud": "sts.amazonaws.com" }), false),
            (object!({ "exp": 21_600 }), false),
        ],
    )
    .await;
}

#[tokio::test]
async fn kubernetes() {
    let uid = "8a1e77d0-2c3b-4f19-b0a7-91e5cf30d2b6";
    let of = |uid: &str| {
        object!({
            "namespace": "reports", "node": { "name": "n1", "uid": "11111111-0000-4000-8000-000000000000" },
            "pod": { "name": "nightly-x", "uid": "22222222-0000-4000-8000-000000000000" },
            "serviceaccount": { "name": "nightly", "uid": uid },
        })
    };
    let claims = object!({
        "iss": "https://kubernetes.default.svc.cluster.local", "aud": ["https://auth.acme.example"],
        "sub": "system:serviceaccount:reports:nightly", "jti": "1", "iat": 0, "nbf": 0, "exp": 600,
        "kubernetes.io": of(uid),
    });
    judges(
        "Kubernetes",
        object!({}),
        claims,
        &[
            (object!({}), true),
            (object!({ "jti": "the same" }), true),
            (object!({ "jti": "the same", "exp": 599 }), true),
            // The account was deleted and made again, or another one of the cluster; the API server's audience.
            (object!({ "kubernetes.io": of("33333333-0000-4000-8000-000000000000") }), false),
            (object!({ "aud": ["https://kubernetes.default.svc"] }), false),
            (object!({ "aud": ["https://auth.acme.example", "https://kubernetes.default.svc"] }), false),
            (object!({ "exp": 31_536_000 }), false),
            // A claim with dots in its name is not a path.
            (object!({ "kubernetes.io": null, "kubernetes.io.serviceaccount.uid": uid }), false),
        ],
    )
    .await;
}

#[tokio::test]
async fn aws_iam() {
    let claims = object!({
        "iss": "https://abc123-def456-ghi789-jkl012.tokens.sts.global.api.aws", "aud": "https://auth.acme.example",
        "sub": "arn:aws:iam::123456789012:role/Importer", "jti": "1", "iat": 0, "exp": 300,
        "https://sts.amazonaws.com/": {
            "aws_account": "123456789012", "source_region": "eu-central-1", "org_id": "o-abc",
            "principal_id": "arn:aws:iam::123456789012:role/Importer",
            "request_tags": { "sub": "arn:aws:iam::123456789012:role/Other" },
        },
    });
    judges(
        "AWS IAM",
        object!({ "typ": "JWT" }),
        claims,
        &[
            (object!({}), true),
            (object!({ "exp": 3600 }), true),
            (object!({ "sub": "arn:aws:iam::123456789012:role/Other" }), false),
            (object!({ "iss": "https://other.tokens.sts.global.api.aws" }), false),
            (object!({ "aud": ["https://auth.acme.example", "https://other.example"] }), false),
        ],
    )
    .await;
}

#[tokio::test]
async fn google_cloud() {
    let claims = object!({
        "iss": "https://accounts.google.com", "aud": "https://auth.acme.example", "azp": "112233445566778899000",
        "sub": "112233445566778899000", "email": "indexer@acme.iam.gserviceaccount.com", "email_verified": true,
        "iat": 0, "exp": 3600,
        "google": { "compute_engine": { "project_id": "acme", "project_number": 5, "instance_id": "6" } },
    });
    judges(
        "Google Cloud",
        object!({ "typ": "JWT" }),
        claims,
        &[
            (object!({}), true),
            (object!({}), true),
            (object!({ "sub": "998877665544332211000" }), false),
            (object!({ "sub": 112_233_445_566_778_899_000_u128 as f64 }), false),
            (object!({ "aud": "32555940559.apps.googleusercontent.com" }), false),
        ],
    )
    .await;
}

#[tokio::test]
async fn microsoft_entra() {
    let oid = "99999999-8888-7777-6666-555555555555";
    let claims = object!({
        "iss": "https://login.microsoftonline.com/TENANT/v2.0", "aud": "APPLICATION", "sub": oid, "oid": oid,
        "azp": "77777777-6666-5555-4444-333333333333", "azpacr": "1", "idtyp": "app", "roles": ["mcp"], "rh": "0.A",
        "tid": "TENANT", "uti": "AAAA", "ver": "2.0", "iat": -300, "nbf": -300, "exp": 1800,
    });
    judges(
        "Microsoft Entra",
        object!({ "typ": "JWT" }),
        claims,
        &[
            (object!({}), true),
            (object!({}), true),
            (object!({ "exp": 3600 }), false),
            (object!({ "oid": "00000000-8888-7777-6666-555555555555", "scp": "user_impersonation" }), false),
            (object!({ "azp": "00000000-6666-5555-4444-333333333333" }), false),
            (object!({ "aud": "api://APPLICATION" }), false),
        ],
    )
    .await;
}
