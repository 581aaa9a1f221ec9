//! Tests of the scripts in `infra/`, with a stub of the AWS CLI and of curl that can fail at each call.
//!
//! `DOORWARD_BASH` is the bash that runs the scripts, if it is not that of the system: macOS has version 3.2.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test that cannot continue panics")]

mod bench;
mod interrupted;
mod refused;
mod text;

use bench::{Bench, CERTIFICATE, FRONT};
use serde_json::json;

#[test]
#[ignore = "needs bash and openssl"]
fn a_front_and_its_functions_have_the_same_origin_secret() {
    let bench = Bench::new();
    let deployed = bench.run("deploy-with-front", FRONT);
    assert!(deployed.success && deployed.out.contains("d1.cloudfront.net"), "{deployed:?}");
    let first = bench.state();
    assert!(bench.run("deploy-with-front", FRONT).success);
    assert_eq!(bench.state(), first, "a second run changes nothing");
    // A stack that was created anew, by another command, gets the digest of the secret that the front has.
    bench.set("/stacks/eu-central-1~1house/parameters/DoorDigest", json!(""));
    assert!(bench.run("deploy-with-front", FRONT).success);
    assert_eq!(bench.state(), first);
}

#[test]
#[ignore = "needs bash and openssl"]
fn each_parameter_goes_to_the_template_that_has_it() {
    for zone in [&["Z1"][..], &["-"], &[]] {
        let bench = Bench::new();
        let given =
            ["RateLimit=500", "LogDays=7", "ScopeDescriptions=read=read your files; write=a \"b\" $c"];
        let arguments = [&["house", "auth.example.com", CERTIFICATE][..], zone, &given].concat();
        assert!(bench.run("deploy-with-front", &arguments).success);
        let state = bench.state();
        let parameter = |stack: &str, name: &str| state["stacks"][stack]["parameters"][name].clone();
        assert_eq!(parameter("us-east-1/house-front", "RateLimit"), "500");
        let zone = zone.first().map_or("", |zone| zone.trim_start_matches('-'));
        assert_eq!(parameter("us-east-1/house-front", "HostedZone"), zone);
        assert_eq!(parameter("eu-central-1/house", "LogDays"), "7");
        let described = "read=read your files; write=a \"b\" $c";
        assert_eq!(parameter("eu-central-1/house", "ScopeDescriptions"), described);
        assert_eq!(parameter("eu-central-1/house", "Issuer"), "https://auth.example.com");
        assert!(
            bench.run("deploy", &["house", "LogDays=14"]).success != zone.is_empty(),
            "a domain without DNS"
        );
    }
}

#[test]
#[ignore = "needs bash and openssl"]
fn the_region_is_found_and_named_in_every_call() {
    let variables = [("AWS_REGION", "eu-north-1"), ("AWS_DEFAULT_REGION", "eu-south-1")];
    for (variables, profile, region) in [
        (&variables[..], None, "eu-north-1"),
        (&variables[1..], None, "eu-south-1"),
        (&variables[..], Some("ap-east-1"), "eu-north-1"),
        (&[], Some("ap-east-1"), "ap-east-1"),
    ] {
        let mut bench = Bench::new();
        bench.variables = variables.to_vec();
        bench.set("/profile", json!(profile));
        let deployed = bench.run("deploy-with-front", FRONT);
        assert!(deployed.success, "{deployed:?}");
        let stacks: Vec<_> = bench.state()["stacks"].as_object().unwrap().keys().cloned().collect();
        assert_eq!(stacks.iter().find(|name| name.ends_with("/house")).unwrap(), &format!("{region}/house"));
        assert!(stacks.contains(&"us-east-1/house-front".to_owned()), "{stacks:?}");
    }
    let mut bench = Bench::new();
    bench.variables.clear();
    for (script, arguments) in [
        ("deploy", &["house"][..]),
        ("deploy-with-front", FRONT),
        ("admin", &["house", r#"{"command":"list-keys"}"#]),
    ] {
        let refused = bench.run(script, arguments);
        assert!(!refused.success && refused.err.contains("AWS_REGION"), "{script}: {refused:?}");
    }
}

#[test]
#[ignore = "needs bash and openssl"]
fn the_bucket_of_another_account_is_not_used() {
    let bucket = "/buckets/doorward-code-123456789012-eu-central-1";
    let bench = Bench::new();
    bench.set(bucket, json!({ "owner": "999999999999", "blocked": "yes" }));
    let before = bench.state();
    let refused = bench.run("deploy", &["house"]);
    assert!(!refused.success && refused.err.contains("another account"), "{refused:?}");
    assert_eq!(bench.state(), before);
    // A bucket of this account, from a command that was interrupted: public access is blocked.
    bench.set(bucket, json!({ "owner": "123456789012" }));
    assert!(bench.run("deploy", &["house"]).success);
    let blocked = bench.state().pointer(bucket).unwrap()["blocked"].clone();
    assert_eq!(blocked.as_str().unwrap().matches("=true").count(), 4, "{blocked}");
}

#[test]
#[ignore = "needs bash and openssl"]
fn a_function_that_does_not_answer_is_named_at_the_end() {
    for (path, function) in [
        ("/.well-known/oauth-authorization-server", "metadata"),
        ("/oauth/authorize", "authorize"),
        ("/oauth/token", "token"),
        ("/oauth/register", "register"),
        ("/oauth/introspect", "introspect"),
        ("/oauth/userinfo", "introspect"),
        ("/oauth/revoke", "revoke"),
        ("/account", "account"),
        ("/mcp", "mcp"),
    ] {
        let bench = Bench::new();
        bench.set("/broken", json!(path));
        let failed = bench.run("deploy", &["house"]);
        assert!(!failed.success && failed.err.contains("Internal Server Error"), "{failed:?}");
        assert_eq!(failed.err.matches("status ").count(), 1, "{failed:?}");
        assert!(failed.err.contains(&format!("the log of the function {function}\n")), "{failed:?}");
        bench.set("/broken", json!(null));
        assert!(bench.run("deploy", &["house"]).success);
    }
}

#[test]
#[ignore = "needs bash and openssl"]
fn keys_that_are_refused_end_the_deployment_with_the_reason() {
    let bench = Bench::new();
    bench.set("/keys", json!("refused"));
    let failed = bench.run("deploy", &["house"]);
    assert!(!failed.success && failed.err.contains("KeysRefused"), "{failed:?}");
    let refused = bench.run("admin", &["house", r#"{"command":"ensure-keys"}"#]);
    assert!(!refused.success && refused.out.contains("KeysRefused"), "{refused:?}");
}
