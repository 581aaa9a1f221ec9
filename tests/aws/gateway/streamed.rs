//! Behind a front: responses stream through the function's URL.

use crate::deployed::{Deployed, NOTES, PONG, bare, in_seconds, in_session, message, request};
use doorward_parameters::{FunctionKeys, Names, ParameterStore};
use doorward_runtime::role;
use harness::Person;
use harness::deployed::PATH;
use harness::event;
use harness::upstream::{EVENTS, Upstream, answer, json, soon};
use http::{HeaderValue, Method};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode};
use serde_json::{Value, json as value};
use tokio::sync::watch;

#[tokio::test]
async fn a_message_goes_through_byte_for_byte() {
    let upstream = Upstream::answering(json(PONG)).await;
    let deployed = Deployed::before(&upstream).await;
    let (token, mut gateway) = (deployed.token().await, deployed.start().await);
    let mut response = gateway.stream(message(Some(&token), "ping")).await;
    assert_eq!(response.rest().await, PONG);
    let head = &response.prelude;
    assert_eq!(
        (&head["statusCode"], &head["headers"]["content-type"]),
        (&value!(200), &value!("application/json"))
    );
    assert!(head["headers"]["content-length"].is_null(), "Lambda sends chunks: {head}");
    let received = upstream.request();
    assert_eq!(received.body, request(None, "ping").body().as_ref());
    assert_eq!(
        (received.all("authorization"), received.all("x-forwarded-host")),
        (vec![], vec!["mcp.example"])
    );
}

/// The keys of the function metadata verify the identity that the function gateway signs.
#[tokio::test]
async fn the_published_keys_verify_the_identity() {
    let upstream = Upstream::answering(json(PONG)).await;
    let deployed = Deployed::before(&upstream).await;
    let (token, mut gateway) = (deployed.token().await, deployed.start().await);
    gateway.stream(message(Some(&token), "ping")).await.rest().await;
    let account = deployed.test.emulator.account("tests");
    let store = ParameterStore::new(account.clone(), account.connector().unwrap());
    let now = doorward::ports::Clock::now(&doorward_signing::SystemClock);
    let keys = FunctionKeys::read(&store, &Names::below(PATH), role::METADATA.needs, now).await.unwrap();
    let jwk = keys.identity_keys[0].jwk();
    let text = |name: &str| serde_json::to_value(&jwk).unwrap()[name].as_str().unwrap().to_owned();
    let key = DecodingKey::from_ec_components(&text("x"), &text("y")).unwrap();
    let mut validation = Validation::new(Algorithm::ES256);
    validation.set_audience(&[NOTES]);
    let received = upstream.request();
    let identity = decode::<Value>(received.all("doorward-identity")[0], &key, &validation).unwrap();
    assert_eq!(
        (&identity.claims["sub"], &identity.claims["iss"]),
        (&value!("alice"), &value!("https://mcp.example"))
    );
}

#[tokio::test]
async fn events_arrive_while_the_tool_still_works() {
    let (go, _) = watch::channel(false);
    let wait = go.clone();
    let upstream = Upstream::start(move |mut connection| {
        let mut go = wait.subscribe();
        async move {
            connection.request().await;
            connection.send([EVENTS, b"data: 1\n\n"].concat()).await;
            go.wait_for(|go| *go).await.unwrap();
            connection.send("data: 2\n\n").await;
        }
    })
    .await;
    let deployed = Deployed::before(&upstream).await;
    let (token, mut gateway) = (deployed.token().await, deployed.start().await);
    let mut response = gateway.stream(message(Some(&token), "tools/list")).await;
    assert_eq!(soon("the first event", response.next()).await.unwrap(), b"data: 1\n\n");
    go.send_replace(true);
    assert_eq!(response.rest().await, b"data: 2\n\n");
}

#[tokio::test]
async fn without_a_token_there_is_a_challenge_and_nothing_upstream() {
    let upstream = Upstream::answering(json(PONG)).await;
    let deployed = Deployed::before(&upstream).await;
    let mut gateway = deployed.start().await;
    let response = gateway.stream(message(None, "ping")).await;
    let headers = &response.prelude["headers"];
    assert_eq!(response.prelude["statusCode"], 401);
    let place = "https://mcp.example/.well-known/oauth-protected-resource/mcp/notes";
    for name in ["www-authenticate", "doorward-challenge"] {
        assert!(headers[name].as_str().unwrap().contains(place), "{headers}");
    }
    assert_eq!(upstream.count(), 0);
}

/// An open stream of GET would be an execution that is paid.
#[tokio::test]
async fn get_is_not_allowed_and_delete_is() {
    let upstream = Upstream::answering(answer("200 OK", "", b"")).await;
    let deployed = Deployed::before(&upstream).await;
    let (token, mut gateway) = (deployed.token().await, deployed.start().await);
    let refused = gateway.stream(bare(&token, Method::GET)).await;
    assert_eq!(refused.prelude["statusCode"], 405);
    assert_eq!(refused.prelude["headers"]["allow"], "POST, DELETE");
    assert_eq!(upstream.count(), 0);
    assert_eq!(gateway.stream(bare(&token, Method::DELETE)).await.prelude["statusCode"], 200);
}

/// An upstream that sends one event, and then stays silent.
async fn endless() -> Upstream {
    Upstream::start(async move |mut connection| {
        connection.request().await;
        connection.send([EVENTS, b"data: 1\n\n"].concat()).await;
        connection.closed().await;
    })
    .await
}

#[tokio::test]
async fn a_subscription_ends_after_listen_seconds() {
    let upstream = endless().await;
    let deployed = Deployed::before(&upstream).await.with("DOORWARD_LISTEN_SECONDS", "1");
    let (token, mut gateway) = (deployed.token().await, deployed.start().await);
    let mut response = gateway.stream(message(Some(&token), "subscriptions/listen")).await;
    assert_eq!(soon("the end", response.rest()).await, b"data: 1\n\n");
}

#[tokio::test]
async fn a_stream_ends_before_its_function_does() {
    let upstream = endless().await;
    let deployed = Deployed::before(&upstream).await;
    let (token, mut gateway) = (deployed.token().await, deployed.start().await);
    let mut response = gateway.stream_until(message(Some(&token), "tools/list"), in_seconds(4)).await;
    assert_eq!(soon("the end", response.rest()).await, b"data: 1\n\n");
}

#[tokio::test]
async fn a_silent_upstream_is_late_before_the_function_ends() {
    let upstream = Upstream::start(async move |mut connection| {
        connection.request().await;
        connection.closed().await;
    })
    .await;
    let deployed = Deployed::before(&upstream).await.with("DOORWARD_UPSTREAM_SECONDS", "1");
    let (token, mut gateway) = (deployed.token().await, deployed.start().await);
    let mut response = gateway.stream(message(Some(&token), "ping")).await;
    assert_eq!(response.prelude["statusCode"], 504);
    let body: Value = serde_json::from_slice(&response.rest().await).unwrap();
    assert_eq!((&body["id"], &body["error"]["code"]), (&value!(7), &value!(-32603)));
}

/// The Lambda runtime would write the error into the body, after the bytes of the upstream.
#[tokio::test]
async fn an_answer_that_breaks_off_ends_and_is_logged() {
    let upstream = Upstream::start(async move |mut connection| {
        connection.request().await;
        connection
            .send("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{\"json")
            .await;
    })
    .await;
    let deployed = Deployed::before(&upstream).await;
    let (token, mut gateway) = (deployed.token().await, deployed.start().await);
    let mut response = gateway.stream(message(Some(&token), "ping")).await;
    assert_eq!(String::from_utf8(response.rest().await).unwrap(), "{\"json");
    let log = gateway.log();
    let correlation = response.prelude["headers"]["doorward-correlation"].as_str().unwrap();
    let line = log.lines().find(|line| line.starts_with("upstream_failed code=broken"));
    assert!(line.is_some_and(|line| line.contains(correlation)), "{log}");
}

/// Processes share keys and no memory.
#[tokio::test]
async fn a_session_goes_on_in_another_process_for_its_user_alone() {
    let headers = "Content-Type: application/json\r\nMcp-Session-Id: of-the-upstream\r\n";
    let upstream = Upstream::answering(answer("200 OK", headers, PONG)).await;
    let deployed = Deployed::before(&upstream).await;
    let token = deployed.token().await;
    let first = deployed.start().await.stream(message(Some(&token), "initialize")).await.prelude;
    let session = first["headers"]["mcp-session-id"].as_str().unwrap().to_owned();
    assert_ne!(session, "of-the-upstream");
    let mut other = deployed.start().await;
    assert_eq!(other.stream(in_session(&token, &session)).await.prelude["statusCode"], 200);
    assert_eq!(upstream.last().all("mcp-session-id"), ["of-the-upstream"]);
    deployed.test.introduce("bob", "a password").await;
    let of_bob = deployed.tokens(&mut Person::new("bob", "a password")).await.access;
    assert_eq!(other.stream(in_session(&of_bob, &session)).await.prelude["statusCode"], 404);
    assert_eq!(upstream.count(), 2);
}

#[tokio::test]
async fn a_malformed_event_is_refused() {
    let upstream = Upstream::answering(json(PONG)).await;
    let deployed = Deployed::before(&upstream).await;
    let mut gateway = deployed.start().await;
    let mut event = message(None, "ping");
    event["rawQueryString"] = "\"".into();
    assert_eq!(gateway.stream(event).await.prelude["statusCode"], 400);
    let mut request = request(None, "ping");
    request.headers_mut().insert("host", HeaderValue::from_static("a/b"));
    assert_eq!(gateway.stream(event::of(&request)).await.prelude["statusCode"], 400);
}
