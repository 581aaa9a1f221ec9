//! What is refused before anything is changed.

use crate::bench::{Bench, CERTIFICATE, FRONT};
use serde_json::json;

/// Runs a script that must refuse with `why`, and change nothing.
fn refuses(bench: &Bench, script: &str, arguments: &[&str], why: &str) {
    let before = bench.state();
    let refused = bench.run(script, arguments);
    assert!(!refused.success && refused.err.contains(why), "{script} {arguments:?}: {refused:?}");
    assert_eq!(bench.state(), before, "{script} {arguments:?}");
}

#[test]
#[ignore = "needs bash and openssl"]
fn parameters_that_the_templates_do_not_have() {
    let bench = Bench::new();
    for (given, why) in [
        (&["ImediateRevocation=true"][..], "the nearest is ImmediateRevocation"),
        (&["resources=https://auth.example.com/mcp=user"], "the nearest is Resources"),
        (&["logdays=7"], "the nearest is LogDays"),
        (&["Providers=x"], "the nearest is Provider"),
        (&["=x"], "no parameter ;"),
        (&["LogDays"], "write Parameter=Value"),
        (&["LogDays=7", "Accent=#000000", "LogDays=14"], "LogDays is given twice"),
        (&["* =x"], "no parameter * ;"),
    ] {
        let alone = [&["house"][..], given].concat();
        refuses(&bench, "deploy", &alone, why);
        let fronted = [FRONT, given].concat();
        refuses(&bench, "deploy-with-front", &fronted, why);
        assert!(bench.calls().is_empty(), "AWS was not asked");
    }
    refuses(&bench, "deploy", &["house", "RateLimit=500"], "no parameter RateLimit");
    refuses(&bench, "deploy-with-front", &[FRONT, &["RateLimits=5"]].concat(), "the nearest is RateLimit");
    for reserved in ["Issuer", "DoorDigest", "Domain", "Certificate", "HostedZone", "DoorSecret", "McpHost"] {
        let given = format!("{reserved}=x");
        let why = format!("{reserved} cannot be given");
        refuses(&bench, "deploy-with-front", &["house", "a.example", CERTIFICATE, &given], &why);
    }
}

#[test]
#[ignore = "needs bash and openssl"]
fn names_that_are_too_long_or_not_valid() {
    let bench = Bench::new();
    for name in ["", "1house", "my_house", "my house", &"x".repeat(54)] {
        refuses(&bench, "deploy", &[name], "the name");
    }
    assert!(bench.run("deploy", &[&"x".repeat(53)]).success);
}

/// The states of the `CloudFormation` User Guide, "Stack status codes".
#[test]
#[ignore = "needs bash and openssl"]
fn stacks_that_cannot_be_updated() {
    for (status, advice) in [
        ("CREATE_FAILED", "delete-stack"),
        ("CREATE_IN_PROGRESS", "wait"),
        ("DELETE_FAILED", "delete-stack"),
        ("DELETE_IN_PROGRESS", "wait"),
        ("ROLLBACK_COMPLETE", "delete-stack"),
        ("ROLLBACK_FAILED", "delete-stack"),
        ("ROLLBACK_IN_PROGRESS", "wait"),
        ("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", "wait"),
        ("UPDATE_FAILED", "events"),
        ("UPDATE_IN_PROGRESS", "wait"),
        ("UPDATE_ROLLBACK_FAILED", "continue-update-rollback"),
        ("UPDATE_ROLLBACK_IN_PROGRESS", "wait"),
    ] {
        let bench = Bench::new();
        assert!(bench.run("deploy-with-front", FRONT).success);
        bench.set("/stacks/us-east-1~1house-front/status", json!(status));
        refuses(&bench, "deploy-with-front", FRONT, advice);
        bench.set("/stacks/us-east-1~1house-front/status", json!("UPDATE_ROLLBACK_COMPLETE"));
        bench.set("/stacks/eu-central-1~1house/status", json!(status));
        refuses(&bench, "deploy-with-front", FRONT, advice);
        refuses(&bench, "deploy", &["house"], status);
    }
    for status in ["CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE"] {
        let bench = Bench::new();
        assert!(bench.run("deploy-with-front", FRONT).success);
        let first = bench.state();
        for stack in ["us-east-1~1house-front", "eu-central-1~1house"] {
            bench.set(&format!("/stacks/{stack}/status"), json!(status));
        }
        assert!(bench.run("deploy-with-front", FRONT).success, "{status}");
        assert_eq!(bench.state(), first, "{status}: the origin secret stays");
    }
}

#[test]
#[ignore = "needs bash and openssl"]
fn a_change_set_without_a_stack_is_no_front() {
    let bench = Bench::new();
    bench.set("/stacks/us-east-1~1house-front", json!({ "status": "REVIEW_IN_PROGRESS" }));
    let deployed = bench.run("deploy-with-front", FRONT);
    assert!(deployed.success, "{deployed:?}");
}

#[test]
#[ignore = "needs bash and openssl"]
fn a_stack_without_function_urls_behind_a_front() {
    let bench = Bench::new();
    bench.set(
        "/stacks/eu-central-1~1house",
        json!({ "status": "CREATE_COMPLETE", "parameters": {}, "without_urls": true }),
    );
    let refused = bench.run("deploy-with-front", FRONT);
    assert!(!refused.success && refused.err.contains("no output MetadataUrl"), "{refused:?}");
    assert!(bench.state()["stacks"]["us-east-1/house-front"].is_null());
}

#[test]
#[ignore = "needs bash and openssl"]
fn missing_programs() {
    for (program, script, arguments) in [
        ("curl", "deploy", &["house"][..]),
        ("curl", "deploy-with-front", FRONT),
        ("openssl", "deploy-with-front", FRONT),
        ("aws", "deploy", &["house"]),
        ("aws", "admin", &["house", "{}"]),
    ] {
        refuses(&Bench::new().without(program), script, arguments, &format!("{program} is"));
    }
}

#[test]
#[ignore = "needs bash and openssl"]
fn a_build_that_was_not_made() {
    let bench = Bench::new();
    bench.remove("target/lambda/revoke/bootstrap.zip");
    refuses(&bench, "deploy", &["house"], "run infra/build first");
}

/// The digest of one resource takes 70 bytes and more. `introspect` has the resources and the digests.
#[test]
#[ignore = "needs bash and openssl"]
fn variables_that_are_longer_than_lambda_takes() {
    let bench = Bench::new();
    let resource = |number: usize| format!("https://mcp{number:02}.example.org/mcp");
    let list = |count: usize, end: &str| {
        let all: Vec<_> = (0..count).map(|number| resource(number) + end).collect();
        all.join(" ")
    };
    let resources = |count: usize| format!("Resources={}", list(count, "=read,write"));
    let digest = format!("={}", "A".repeat(43));
    let digests = |count: usize| format!("ResourceDigests={}", list(count, &digest));
    refuses(&bench, "deploy", &["house", &resources(40), &digests(40)], "ResourceDigests (");
    refuses(&bench, "deploy", &["house", &resources(40), &digests(40)], "house-introspect would get");
    refuses(&bench, "deploy", &["house", &format!("OperatorLogo={}", "x".repeat(4090))], "house-authorize");
    let described = format!("ScopeDescriptions=read={}", "\"\n".repeat(1000));
    refuses(&bench, "deploy", &["house", &described], "ScopeDescriptions (");
    assert!(bench.run("deploy", &["house", &resources(30), &digests(30)]).success);
    // What is not given keeps its value, and counts.
    refuses(&bench, "deploy", &["house", &resources(60)], "ResourceDigests (");
    assert!(bench.run("deploy", &["house", &resources(20), &digests(20)]).success);
}
