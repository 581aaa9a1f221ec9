//! Tests of what the templates promise to operators: errors are not cached, functions end after their deadline, logs stay,
//! alarms look at the right metrics, and the index of the table is never changed in place.

#![expect(clippy::unwrap_used, reason = "a test that cannot continue panics")]

use doorward_dynamodb::table;
use doorward_parameters::ParameterStore;
use doorward_runtime::{Environment, role};
use harness::Emulator;
use harness::deployed::environment;
use harness::test_server::sound;
use serde_norway::{Mapping, Value};
use std::collections::BTreeSet;

const TEMPLATE: &str = include_str!("../../infra/doorward.yaml");
const FRONT: &str = include_str!("../../infra/front.yaml");

fn resources(template: &str) -> Mapping {
    let template: Value = serde_norway::from_str(template).unwrap();
    template["Resources"].as_mapping().unwrap().clone()
}

/// The resources of a type, with their names.
fn of_type(template: &str, wanted: &str) -> Vec<(String, Value)> {
    let all = resources(template).into_iter();
    let named = all.map(|(name, resource)| (name.as_str().unwrap().to_owned(), resource));
    named.filter(|(_, resource)| resource["Type"] == wanted).collect()
}

/// The text of a value, with or without a `CloudFormation` function around it.
fn text(value: &Value) -> &str {
    match value {
        Value::Tagged(tagged) => text(&tagged.value),
        value => value.as_str().unwrap_or_default(),
    }
}

/// Otherwise one request to a client's web server that is down would block the sign-in of all users for ten seconds.
#[test]
fn cloudfront_caches_no_error() {
    let distribution = resources(FRONT)["Distribution"]["Properties"]["DistributionConfig"].clone();
    let responses = distribution["CustomErrorResponses"].as_sequence().unwrap().clone();
    assert!(responses.iter().all(|one| one["ErrorCachingMinTTL"] == 0), "{responses:?}");
    let codes: BTreeSet<_> = responses.iter().filter_map(|one| one["ErrorCode"].as_u64()).collect();
    assert_eq!(codes, [400, 403, 404, 405, 414, 500, 501, 502, 503, 504].into(), "what CloudFront caches");
}

/// `infra/deploy-with-front` gives each parameter to the template that has it.
#[test]
fn no_parameter_is_in_both_templates() {
    let names = |template: &str| -> BTreeSet<String> {
        let template: Value = serde_norway::from_str(template).unwrap();
        template["Parameters"].as_mapping().unwrap().keys().map(|name| text(name).to_owned()).collect()
    };
    assert_eq!(names(TEMPLATE).intersection(&names(FRONT)).collect::<Vec<_>>(), Vec::<&String>::new());
}

/// Hosted clients send the requests of all their users from a few addresses. They have a limit of their own.
#[test]
fn every_path_has_one_rate_limit() {
    let rules = resources(FRONT)["Firewall"]["Properties"]["Rules"].as_sequence().unwrap().clone();
    let scope = |rule: &Value| rule["Statement"]["RateBasedStatement"]["ScopeDownStatement"].clone();
    let [others, clients] = &rules[..] else { panic!("two rules: {rules:?}") };
    assert_eq!(scope(others)["NotStatement"]["Statement"], scope(clients));
    let paths = scope(clients)["OrStatement"]["Statements"].as_sequence().unwrap().clone();
    let search = |one: &Value| {
        let comparison = &one["ByteMatchStatement"];
        let transformations = comparison["TextTransformations"].as_sequence().unwrap();
        let transformations: Vec<_> = transformations.iter().map(|one| text(&one["Type"])).collect();
        match text(&comparison["PositionalConstraint"]) {
            "EXACTLY" => assert_eq!(transformations, ["NONE"]),
            // Without these, /mcp/../x would begin with /mcp/.
            _ => assert_eq!(transformations, ["URL_DECODE", "NORMALIZE_PATH"]),
        }
        text(&comparison["SearchString"]).to_owned()
    };
    assert_eq!(
        paths.iter().map(search).collect::<Vec<_>>(),
        ["/mcp", "/mcp/", "/oauth/token", "/token", "/oauth/introspect", "/oauth/userinfo"]
    );
}

/// The deadline of a request is 25 seconds, and an HTTP API gives up after 30.
#[test]
fn functions_that_wait_for_others_end_after_the_deadline_of_a_request() {
    for waiting in ["Authorize", "Token", "Revoke", "Account"] {
        assert_eq!(resources(TEMPLATE)[waiting]["Properties"]["Timeout"], 29, "{waiting}");
    }
}

/// A stream of the gateway may be as long as the longest function. Only a function URL streams, so only behind a front.
#[test]
fn the_gateway_streams_behind_a_front() {
    let gateway = resources(TEMPLATE)["Gateway"]["Properties"].clone();
    let either = |value: &Value| match value {
        Value::Tagged(tagged) => tagged.value.clone(),
        value => panic!("no condition: {value:?}"),
    };
    let with_front = |yes: Value, no: Value| Value::Sequence(vec!["HasFront".into(), yes, no]);
    assert_eq!(either(&gateway["Timeout"]), with_front(900.into(), 29.into()));
    let streaming = &gateway["Environment"]["Variables"]["DOORWARD_STREAMING"];
    assert_eq!(either(streaming), with_front("true".into(), "false".into()));
    let urls = of_type(TEMPLATE, "AWS::Lambda::Url").into_iter();
    let streams =
        |(name, url): (String, Value)| (url["Properties"]["InvokeMode"] == "RESPONSE_STREAM").then_some(name);
    assert_eq!(urls.filter_map(streams).collect::<Vec<_>>(), ["GatewayUrl"]);
}

#[test]
fn the_audit_logs_outlive_the_stack_and_the_edge_function_has_none() {
    let logs = of_type(TEMPLATE, "AWS::Logs::LogGroup");
    assert_eq!(logs.len(), role::ALL.len() + 1);
    for (name, log) in logs {
        assert_eq!(
            (text(&log["DeletionPolicy"]), text(&log["UpdateReplacePolicy"])),
            ("Retain", "Retain"),
            "{name}"
        );
    }
    assert!(resources(FRONT)["EdgeRole"]["Properties"]["Policies"].is_null());
}

/// The projection of an index cannot be changed in place: `CloudFormation` fails. To list another attribute, give the index
/// another name (`table::INDEX`, `IndexName`), and say in the changelog that the stack builds it anew.
#[test]
fn another_projection_has_another_name() {
    let listed = table::LISTED.join(" ");
    let published = "password called epoch disabled client_name redirect_uris confidential own_scope jwks jwks_uri \
                     added_at blocked";
    assert_eq!((table::INDEX, listed.as_str()), ("lists", published));
}

/// With a customer-managed key, every function can decrypt its keys, and only admin can encrypt.
#[test]
fn every_role_may_use_a_customer_managed_key() {
    let roles = |policy: &str| -> BTreeSet<String> {
        let policy = resources(TEMPLATE)[policy].clone();
        assert_eq!(policy["Condition"], "HasKmsKey");
        assert_eq!(text(&policy["Properties"]["PolicyDocument"]["Statement"][0]["Resource"]), "KmsKey");
        let roles = policy["Properties"]["Roles"].as_sequence().unwrap().clone();
        roles.iter().map(|role| text(role).to_owned()).collect()
    };
    let all: BTreeSet<_> = of_type(TEMPLATE, "AWS::IAM::Role").into_iter().map(|(name, _)| name).collect();
    assert_eq!(roles("KeysAreDecrypted"), all);
    assert_eq!(roles("KeysAreEncrypted"), ["AdminRole".to_owned()].into());
}

#[tokio::test]
async fn keys_are_written_with_the_customer_managed_key() {
    let emulator = Emulator::start().await;
    let account = emulator.account("admin");
    let store = ParameterStore::new(account.clone(), account.connector().unwrap());
    for key in [None, Some("arn:aws:kms:eu-central-1:123456789012:key/one".to_owned())] {
        emulator.calls();
        let store = ParameterStore::with_kms_key(store.clone(), key.clone());
        store.write("/doorward/tests/name", "value").await.unwrap();
        assert_eq!(emulator.calls()[0].body["KeyId"].as_str(), key.as_deref());
    }
}

/// The metrics of each alarm, as `namespace metric`.
fn alarms(template: &str) -> BTreeSet<String> {
    let mut watched = BTreeSet::new();
    for (_, alarm) in of_type(template, "AWS::CloudWatch::Alarm") {
        let properties = &alarm["Properties"];
        assert!(!properties["AlarmActions"].is_null() && properties["TreatMissingData"] == "notBreaching");
        let computed = properties["Metrics"].as_sequence().into_iter().flatten();
        let metrics = computed.map(|one| &one["MetricStat"]["Metric"]).filter(|metric| !metric.is_null());
        for metric in metrics.chain(std::iter::once(properties)) {
            watched.insert(format!("{} {}", text(&metric["Namespace"]), text(&metric["MetricName"])));
        }
    }
    watched.remove(" ");
    watched
}

#[test]
fn alarms_see_errors_throttling_and_changes_by_operators() {
    let watched = [
        "AWS/ApiGateway 5xx",
        "AWS/DynamoDB ReadThrottleEvents",
        "AWS/DynamoDB WriteThrottleEvents",
        "AWS/Lambda Errors",
        "Doorward ${AWS::StackName}-operator-changes",
    ];
    assert_eq!(alarms(TEMPLATE), watched.map(str::to_owned).into());
    assert_eq!(alarms(FRONT), ["AWS/CloudFront 5xxErrorRate".to_owned()].into());
    let (_, filter) = of_type(TEMPLATE, "AWS::Logs::MetricFilter").remove(0);
    let made = &filter["Properties"]["MetricTransformations"][0];
    assert_eq!(text(&made["MetricName"]), "${AWS::StackName}-operator-changes");
    assert_eq!(
        text(&filter["Properties"]["FilterPattern"]),
        r#""correlation=""#,
        "see functions/admin/main.rs"
    );
}

/// China's partition has another domain. The template hands it to every function.
#[tokio::test]
async fn functions_reach_aws_in_every_partition() {
    let emulator = Emulator::start().await;
    let mut variables = environment(&emulator, &sound().build().unwrap(), "tests");
    variables.remove("AWS_ENDPOINT_URL");
    variables.insert("AWS_REGION".into(), "cn-north-1".into());
    variables.insert("DOORWARD_AWS_DOMAIN".into(), "amazonaws.com.cn".into());
    let url = |variables| Environment::of(variables).unwrap().account.url("ssm");
    assert_eq!(url(variables.clone()), "https://ssm.cn-north-1.amazonaws.com.cn");
    variables.remove("DOORWARD_AWS_DOMAIN");
    variables.insert("AWS_REGION".into(), "eu-central-1".into());
    assert_eq!(url(variables), "https://ssm.eu-central-1.amazonaws.com");
    for (name, function) in of_type(TEMPLATE, "AWS::Lambda::Function") {
        let domain = &function["Properties"]["Environment"]["Variables"]["DOORWARD_AWS_DOMAIN"];
        assert_eq!(text(domain), "AWS::URLSuffix", "{name}");
    }
}
