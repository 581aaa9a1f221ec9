//! Tests of requests that the functions refuse before the core runs, and of their answers when the services fail.

#![expect(clippy::unwrap_used, reason = "a test that cannot continue panics")]

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use doorward::ports::Deadline;
use doorward::protocol::{Digest, paths};
use doorward::wire::Request;
use doorward_parameters::ParameterStore;
use doorward_runtime::{Dependencies, Environment, Function, Invalid, authorization_server, role};
use doorward_signing::SystemClock;
use harness::deployed::{environment, set_keys};
use harness::event;
use harness::test_server::{get, header, json};
use harness::{Client, Emulator, Person, TestServer};
use lambda_http::lambda_runtime::Context;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The metadata function, with an origin secret.
async fn behind_front() -> Function {
    let emulator = Emulator::start().await;
    set_keys(&emulator, &[7], doorward::ports::Clock::now(&SystemClock)).await;
    let config = TestServer::new().await.server.config.clone();
    let mut environment = environment(&emulator, &config, role::METADATA.name);
    let digest = URL_SAFE_NO_PAD.encode(Digest::of("the secret").0);
    environment.insert("DOORWARD_DOOR_DIGEST".into(), digest);
    let environment = Environment::of(environment).unwrap();
    let parameters = ParameterStore::new(environment.account.clone(), environment.connector.clone());
    let make = authorization_server(&role::METADATA, environment.clone(), Dependencies::empty());
    Function::new(&environment, parameters, role::METADATA.needs, Arc::new(SystemClock), make).unwrap()
}

async fn answer(function: &Function, request: &Request) -> doorward::wire::Response {
    answer_by(function, request, Context::default()).await
}

async fn answer_by(function: &Function, request: &Request, context: Context) -> doorward::wire::Response {
    event::answer(function, &event::of(request), context, |_| ()).await
}

/// A function whose handler says which deadline it was given, and then never answers.
async fn endless(said: Arc<Mutex<Option<Duration>>>) -> Function {
    let emulator = Emulator::start().await;
    set_keys(&emulator, &[7], doorward::ports::Clock::now(&SystemClock)).await;
    let config = TestServer::new().await.server.config.clone();
    let environment = Environment::of(environment(&emulator, &config, role::METADATA.name)).unwrap();
    let parameters = ParameterStore::new(environment.account.clone(), environment.connector.clone());
    let handler = doorward_runtime::handler(move |request: Request| {
        *said.lock().unwrap() = Some(Deadline::of(request.extensions()).left());
        std::future::pending()
    });
    let make = move |_| Ok(handler.clone());
    Function::new(&environment, parameters, role::METADATA.needs, Arc::new(SystemClock), make).unwrap()
}

#[tokio::test]
async fn a_request_is_answered_before_lambda_ends_the_function() {
    let said = Arc::default();
    let function = endless(Arc::clone(&said)).await;
    let mut context = Context::default();
    let end = SystemTime::now() + Duration::from_millis(1_300);
    context.deadline = end.duration_since(UNIX_EPOCH).unwrap().as_millis().try_into().unwrap();
    let answer = answer_by(&function, &get(paths::METADATA), context).await;
    assert_eq!((answer.status().as_u16(), header(&answer, "retry-after")), (503, "2"));
    assert!(SystemTime::now() < end, "Lambda has not ended the function");
    let said = said.lock().unwrap().unwrap();
    assert!(said <= Duration::from_millis(300), "{said:?}: one second is for the answer");
}

/// `lambda_http` panics on these events. A panic would end the process of the function.
#[tokio::test]
async fn an_event_that_is_no_valid_request_is_refused() {
    let function = endless(Arc::default()).await;
    let sound = event::of(&get(paths::METADATA));
    let changes: [(&str, Value); 15] = [
        ("/rawQueryString", r#"a=""#.into()),
        ("/rawQueryString", "a=<".into()),
        ("/rawQueryString", "a=>".into()),
        ("/rawQueryString", "a b".into()),
        ("/rawQueryString", "a\u{7f}".into()),
        ("/headers/host", "a b".into()),
        ("/headers/host", "[".into()),
        ("/headers/host", "a:99999".into()),
        ("/headers/host", "a/b".into()),
        ("/headers/host", "".into()),
        ("/headers/x-forwarded-proto", "".into()),
        ("/headers/x-forwarded-proto", "ht tp".into()),
        ("/headers/x-forwarded-for", "a\nb".into()),
        ("/requestContext/http/method", "G T".into()),
        ("/rawPath", Value::from(1)),
    ];
    for (place, value) in changes {
        let mut event = sound.clone();
        let (parent, name) = place.rsplit_once('/').unwrap();
        event.pointer_mut(parent).unwrap()[name] = value.clone();
        let answer = event::answer(&function, &event, Context::default(), |_| ()).await;
        assert_eq!(answer.status(), 400, "{place} is {value}");
        assert_eq!(json(&answer)["error"], "invalid_request", "{place} is {value}");
        assert_eq!(header(&answer, "content-type"), "application/json", "{place} is {value}");
    }
    let body = json!({ "isBase64Encoded": true, "body": "not base64!" });
    let mut event = sound.clone();
    event.as_object_mut().unwrap().extend(body.as_object().unwrap().clone());
    assert_eq!(event::answer(&function, &event, Context::default(), |_| ()).await.status(), 400);
}

#[tokio::test]
async fn a_request_without_the_origin_secret_is_refused() {
    let function = behind_front().await;
    for (wrong, shown, status) in [
        ("nothing is shown", None, 403),
        ("something else is shown", Some("a secret"), 403),
        ("the digest is shown", Some("tGu_GIYQt6MV0f2J7vNCBrGa35KDrJ9NfS9Xyh0xSfY"), 403),
        ("the secret is shown", Some("the secret"), 200),
    ] {
        let mut request = get(paths::METADATA);
        if let Some(shown) = shown {
            request.headers_mut().insert("doorward-door", shown.parse().unwrap());
        }
        let answer = answer(&function, &request).await;
        assert_eq!(answer.status(), status, "{wrong}");
        assert_eq!(json(&answer)["error"] == "access_denied", status == 403, "{wrong}");
    }
}

#[tokio::test]
async fn the_challenge_is_also_sent_in_a_header_that_aws_does_not_rename() {
    let test = TestServer::new().await;
    let refused = test.call(harness::client::tool_call(None, "current")).await;
    assert_eq!(refused.status(), 401);
    let challenge = header(&refused, "www-authenticate");
    assert!(challenge.starts_with("Bearer resource_metadata="), "{challenge}");
    #[cfg(not(feature = "binaries"))]
    assert_eq!(header(&refused, "doorward-challenge"), challenge);
    #[cfg(feature = "binaries")]
    assert_eq!(header(&refused, "doorward-challenge"), "", "the edge function removes it");
}

/// While the table is throttled, every endpoint that needs it answers `temporarily_unavailable` with `Retry-After`.
#[tokio::test]
async fn without_the_table_every_endpoint_answers_503_with_retry_after() {
    let test = TestServer::new().await;
    let (client, mut alice) = (Client::register(&test).await, Person::alice());
    let tokens = client.obtain_tokens(&test, &mut alice).await;
    let code = client.obtain_code(&test, &mut alice).await;
    let mcp = "https://mcp.example/mcp";
    let secret = harness::test_server::secret_of(mcp);
    let asks = [("token", tokens.access.as_str()), ("client_id", mcp), ("client_secret", secret.as_str())];
    let mut stranger = Person::alice();
    let page = stranger.open(&test, &client.url()).await;
    test.emulator.set_fault_for_all(Some(harness::Fault::Throttled));
    for (endpoint, request) in [
        ("a code", client.redeems(&code)),
        ("a refresh", client.refreshes(&tokens.refresh)),
        ("introspection", harness::test_server::post(paths::INTROSPECT, &asks)),
        ("revocation", client.revokes(&tokens.refresh)),
    ] {
        let answer = test.send(request).await;
        assert_eq!((answer.status().as_u16(), header(&answer, "retry-after")), (503, "2"), "{endpoint}");
        assert_eq!(json(&answer)["error"], "temporarily_unavailable", "{endpoint}");
    }
    let answer = stranger.submit(&test, &page, "").await;
    assert_eq!((answer.status().as_u16(), header(&answer, "retry-after")), (503, "2"), "sign-in");
    assert_eq!(test.send(get(paths::METADATA)).await.status(), 200, "discovery needs no table");
    Client::register(&test).await;
    test.emulator.set_fault_for_all(None);
    client.obtain_tokens(&test, &mut Person::alice()).await;
    harness::client::Tokens::of(&test.send(client.redeems(&code)).await);
    harness::client::Tokens::of(&test.send(client.refreshes(&tokens.refresh)).await);
}

#[test]
fn an_invalid_setting_is_named_in_the_error() {
    let sound = || {
        let pairs = [
            ("AWS_REGION", "eu-central-1"),
            ("AWS_ACCESS_KEY_ID", "id"),
            ("AWS_SECRET_ACCESS_KEY", "secret"),
            ("DOORWARD_KEYS", "/doorward/tests"),
            ("DOORWARD_ISSUER", "https://auth.example"),
            ("DOORWARD_TABLE", "table"),
        ];
        pairs.map(|(name, value)| (name.to_owned(), value.to_owned()))
    };
    let with = |name: &str, value: &str| {
        let mut variables = BTreeMap::from(sound());
        variables.insert(name.to_owned(), value.to_owned());
        Environment::of(variables).and_then(|environment| {
            environment.table()?;
            environment.config_of(&role::AUTHORIZE, None)
        })
    };
    let config = with("DOORWARD_RESOURCES", "").unwrap();
    assert_eq!(config.resources().default().resource.as_str(), "https://auth.example/mcp");
    for (name, value, why) in [
        ("DOORWARD_ISSUER", "", "is not set"),
        ("DOORWARD_ISSUER", "http://auth.example", "https"),
        ("DOORWARD_ISSUER", "https://auth.example/path", "leave the path out"),
        ("DOORWARD_ALLOWED_ORIGINS", "https://a.example https://b.example/", "https://b.example/"),
        ("DOORWARD_RESOURCES", "https://mcp.example", "SCOPE"),
        ("DOORWARD_RESOURCES", "https://a.example=a https://a.example/=b", "twice"),
        ("DOORWARD_RESOURCE_DIGESTS", "https://auth.example/mcp=short", "SHA-256"),
        ("DOORWARD_RESOURCE_IDS", "https://auth.example/mcp=a:b", "1 to 64 letters"),
        ("DOORWARD_RESOURCE_PEOPLE", "alice", "is not a rule"),
        ("DOORWARD_RESOURCE_PEOPLE", "https://a.example=user:alice", "URL of a configured resource"),
        ("DOORWARD_RESOURCE_PEOPLE", "user:alice,group:staff", "set provider"),
        ("DOORWARD_ASSERTION_AUDIENCE", "anyone", "issuer or token-endpoint"),
        ("DOORWARD_SCOPE_DESCRIPTIONS", "user=see you; other=x", "no resource offers"),
        ("DOORWARD_SCOPE_IMPLIES", "user=other", "no resource offers"),
        ("DOORWARD_ACCESS_TOKEN_SECONDS", "0", "must be 1 to"),
        ("DOORWARD_GRANT_SECONDS", "a day", "seconds"),
        ("DOORWARD_IDLE_SECONDS", "-1", "seconds"),
        ("DOORWARD_REFRESH_WINDOW_SECONDS", "119", "120"),
        ("DOORWARD_STALE_REFRESH", "forgive", "doubt or close"),
        ("DOORWARD_IMMEDIATE_REVOCATION", "yes", "true or false"),
        ("DOORWARD_REQUIRE_RESOURCE", "yes", "true or false"),
        ("DOORWARD_PROVIDER_CLIENT", "us", "provider"),
        ("DOORWARD_TABLE", "", "is not set"),
        ("DOORWARD_KEYS", "", "is not set"),
        ("DOORWARD_ROOTS", "mine", "system"),
        ("AWS_REGION", "", "is not set"),
    ] {
        let Err(Invalid(named, said)) = with(name, value) else { panic!("{name}={value} is accepted") };
        assert!(named == name && said.contains(why), "{name}={value}: {named} {said}");
        assert!(!said.contains("secret="), "{said}");
    }
}
