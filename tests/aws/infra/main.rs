//! Tests that the templates match the code: routes, keys, table, environment and IAM roles. A role must allow exactly
//! the actions that its function uses. To find these, the tests run everything and look at the recorded calls.

#![expect(clippy::unwrap_used, reason = "a test that cannot continue panics")]

mod roles;

use doorward::endpoint;
use doorward::protocol::Digest;
use doorward::protocol::Paths;
use doorward_dynamodb::table;
use doorward_runtime::role::{self};
use harness::TestServer;
use harness::deployed::environment;
use harness::router::{MANIFEST, Router};
use serde_norway::Value;
use std::collections::{BTreeMap, BTreeSet};

const TEMPLATE: &str = include_str!("../../../infra/doorward.yaml");
const FRONT: &str = include_str!("../../../infra/front.yaml");
const EDGE: &str = include_str!("../../../infra/edge/index.mjs");

fn template() -> Value {
    serde_norway::from_str(TEMPLATE).unwrap()
}

/// A resource's properties.
fn properties(template: &Value, resource: &str) -> Value {
    template["Resources"][resource]["Properties"].clone()
}

/// The text of a value, with or without a `CloudFormation` function around it. Of `!If`, the text without the condition.
fn text(value: &Value) -> &str {
    match value {
        Value::Tagged(tagged) => match &tagged.value {
            Value::Sequence(list) => text(list.last().unwrap()),
            value => text(value),
        },
        value => value.as_str().unwrap_or_else(|| panic!("no text: {value:?}")),
    }
}

/// The texts of a list, or of a single value.
fn texts(value: &Value) -> Vec<&str> {
    match value {
        Value::Sequence(list) => list.iter().map(text).collect(),
        value => vec![text(value)],
    }
}

/// The prefix of the logical names of a function's resources.
fn logical(function: &str) -> String {
    let (first, rest) = function.split_at(1);
    first.to_uppercase() + rest
}

/// The function of each route.
fn routes_of_the_template() -> BTreeMap<String, String> {
    let template = template();
    let resources = template["Resources"].as_mapping().unwrap().values();
    let routes = resources.filter(|resource| text(&resource["Type"]) == "AWS::ApiGatewayV2::Route");
    let read = |route: &Value| {
        let (key, target) = (text(&route["Properties"]["RouteKey"]), text(&route["Properties"]["Target"]));
        let function = target.strip_prefix("integrations/${").unwrap().strip_suffix("Integration}").unwrap();
        // API Gateway and the manifest write the rest of a path in two ways.
        let key = key.trim_start_matches("ANY ").replace("{rest+}", "{*rest}");
        (key, function.to_lowercase())
    };
    routes.map(read).collect()
}

#[test]
fn the_template_and_the_manifest_have_the_same_routes() {
    let manifest: toml::Table = MANIFEST.parse().unwrap();
    let router = manifest["workspace"]["metadata"]["lambda"]["watch"]["router"].as_table().unwrap().clone();
    let anything = |path: String| if path == "/{*rest}" { "$default".to_owned() } else { path };
    let (with_slash, watched): (BTreeMap<_, _>, BTreeMap<_, _>) = router
        .into_iter()
        .map(|(path, function)| (anything(path), function.as_str().unwrap().to_owned()))
        .partition(|(path, _)| path.len() > 1 && path.ends_with('/'));
    assert_eq!(routes_of_the_template(), watched);
    // An HTTP API refuses a route that ends in a slash, and sends its requests to the route without the slash.
    for (path, function) in with_slash {
        assert_eq!(watched[path.trim_end_matches('/')], function, "{path}");
    }
}

/// With upstreams, the gateway answers at `/mcp` in the place of the built-in server.
#[test]
fn upstreams_take_the_place_of_the_built_in_server() {
    let template = template();
    let route = properties(&template, "McpRoute")["Target"].clone();
    for (place, by_function) in [
        (route, ["integrations/${GatewayIntegration}", "integrations/${McpIntegration}"]),
        (template["Outputs"]["McpUrl"]["Value"].clone(), ["GatewayUrl.FunctionUrl", "McpUrl.FunctionUrl"]),
    ] {
        let Value::Tagged(condition) = place else { panic!("no condition") };
        assert_eq!(texts(&condition.value), [&["HasUpstreams"][..], &by_function].concat());
    }
}

#[test]
fn every_path_leads_to_the_function_that_answers_there() {
    let router = Router::of_the_workspace();
    let get = |path: &str| harness::test_server::get(path);
    for role in role::ALL {
        for endpoint in role.endpoints {
            for path in endpoint.route.paths(&Paths::default()) {
                assert_eq!(router.function(&get(path)), role.name, "{path}");
                assert!(routes_of_the_template().contains_key(path), "{path} has a route of its own");
            }
        }
    }
    let served: usize = role::ALL.iter().map(|role| role.endpoints.len()).sum();
    assert_eq!(served, endpoint::ALL.len(), "each endpoint has one function");
    for path in [
        "/.well-known/oauth-protected-resource/mcp",
        "/.well-known/oauth-protected-resource/mcp/notes",
        "/mcp/.well-known/openid-configuration",
        "/mcp/notes/.well-known/openid-configuration",
        "/mcp/notes/git",
        "/x",
    ] {
        assert_eq!(router.function(&get(path)), "metadata", "{path}");
    }
    for path in ["/mcp/notes", "/mcp/notes/"] {
        assert_eq!(router.function(&get(path)), "gateway", "{path}");
    }
}

#[test]
fn cloudfront_behaviours_match_the_routes() {
    let front: Value = serde_norway::from_str(FRONT).unwrap();
    let distribution = properties(&front, "Distribution")["DistributionConfig"].clone();
    let origin = |behaviour: &Value| text(&behaviour["TargetOriginId"]).to_owned();
    let mut routes = routes_of_the_template();
    let same = |path: &str| (format!("{path}/"), routes_of_the_template()[path].clone());
    routes.extend([same("/mcp")]);
    // In a pattern of CloudFront, * stands for any text.
    let callbacks = routes.remove("/oauth/callback/{id}").unwrap();
    routes.insert("/oauth/callback/*".to_owned(), callbacks);
    let below = routes.remove("/mcp/{name}").unwrap();
    routes.retain(|path, _| !path.starts_with("/mcp/") || !path.contains(".well-known"));
    routes.extend([("/mcp/*.well-known/*".to_owned(), "metadata".to_owned()), ("/mcp/*".to_owned(), below)]);
    assert_eq!(routes.remove("$default").unwrap(), origin(&distribution["DefaultCacheBehavior"]));
    let behaviours = distribution["CacheBehaviors"].as_sequence().unwrap();
    let patterns: Vec<_> = behaviours.iter().map(|behaviour| text(&behaviour["PathPattern"])).collect();
    assert!(patterns.ends_with(&["/mcp/", "/mcp/*.well-known/*", "/mcp/*"]), "the first that matches counts");
    for behaviour in behaviours {
        let path = text(&behaviour["PathPattern"]);
        assert_eq!(routes.remove(path).unwrap(), origin(behaviour), "{path}");
    }
    assert!(routes.values().all(|function| function == "metadata"), "{routes:?}");
    let origins = distribution["Origins"].as_sequence().unwrap();
    for origin in origins {
        let function = text(&origin["Id"]);
        assert_eq!(text(&origin["DomainName"]), format!("{}Host", logical(function)));
        let header = &origin["OriginCustomHeaders"][0];
        assert_eq!(
            (text(&header["HeaderName"]), text(&header["HeaderValue"])),
            ("doorward-door", "DoorSecret")
        );
    }
    assert_eq!(origins.len(), role::ALL.len());
}

#[test]
fn the_edge_version_carries_the_digest_of_the_edge_function() {
    let front: Value = serde_norway::from_str(FRONT).unwrap();
    let digest: String = Digest::of(EDGE).0.iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(text(&properties(&front, "EdgeVersion")["Description"]), digest);
}

#[test]
fn the_table_of_the_template_matches_the_store() {
    let table = properties(&template(), "Table");
    let index = &table["GlobalSecondaryIndexes"][0];
    let keys = |of: &Value| -> Vec<String> {
        of["KeySchema"]
            .as_sequence()
            .unwrap()
            .iter()
            .map(|key| text(&key["AttributeName"]).to_owned())
            .collect()
    };
    assert_eq!(keys(&table), [table::KEY]);
    assert_eq!(
        (text(&index["IndexName"]), keys(index)),
        (table::INDEX, vec![table::LIST.into(), table::KEY.into()])
    );
    assert_eq!(texts(&index["Projection"]["NonKeyAttributes"]), table::LISTED);
    assert_eq!(text(&table["TimeToLiveSpecification"]["AttributeName"]), table::EXPIRY);
}

/// The templates set no variable that the harness does not set. Tests with the real binaries show that they suffice.
#[tokio::test]
async fn the_tested_environment_covers_the_templates() {
    let test = TestServer::new().await;
    let tested = environment(&test.emulator, &test.server.config, "tests");
    let known: BTreeSet<_> = tested.keys().map(String::as_str).chain(["DOORWARD_DOOR_DIGEST"]).collect();
    for function in role::ALL.iter().map(|role| role.name).chain(["admin"]) {
        let variables = properties(&template(), &logical(function))["Environment"]["Variables"].clone();
        let set: BTreeSet<_> = variables.as_mapping().unwrap().keys().map(text).collect();
        assert!(set.is_subset(&known), "{function}: {set:?}");
        assert!(set.contains("DOORWARD_KEYS"), "{function}");
    }
}

/// Every function that fetches what clients publish has a bound for its concurrency, and no other.
#[test]
fn the_functions_that_fetch_have_a_bound() {
    let fetching = [&endpoint::AUTHORIZE, &endpoint::TOKEN, &endpoint::REVOKE].map(|endpoint| endpoint.route);
    for role in role::ALL {
        let fetches = role.endpoints.iter().any(|endpoint| fetching.contains(&endpoint.route));
        let bound = &properties(&template(), &logical(role.name))["ReservedConcurrentExecutions"];
        assert_eq!(!bound.is_null(), fetches, "{}", role.name);
    }
}
