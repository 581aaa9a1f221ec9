//! The examples of embedding, over real sockets, each with a client that signs in.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]
#![expect(dead_code, reason = "each example has a main function, which binds fixed ports")]

#[path = "../functions/adapters/tower/examples/axum.rs"]
mod application_with_users;
#[path = "../functions/adapters/tower/examples/guard.rs"]
mod guarded;
#[path = "../functions/adapters/tower/examples/own_store.rs"]
mod own_store;

use axum::{Extension, Router, body::Body, routing::post};
use doorward::protocol::{ProtectedResource, Scope};
use doorward::{Access, RootSecret};
use doorward_local::client::{self, Person};
use doorward_local::log::Log;
use doorward_local::serve::Listening;
use doorward_settings::{AUTH_PORT, MCP_PORT, ONLY, RESOURCE, USER, Values};
use doorward_tower::GuardLayer;
use harness::client::{access_token, tool_call};
use harness::test_server::{guard, parameter, sound};
use harness::{Client, Person as User, TestServer};
use tokio::net::TcpListener;
use tower_service::Service;

const CAROL: (&str, &str) = ("carol", "open sesame");

/// A listener, and its URL.
async fn bind() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    (listener, url)
}

fn serve(listener: TcpListener, app: Router) {
    tokio::spawn(async move { axum::serve(listener, app).await });
}

fn secret() -> RootSecret {
    RootSecret::parse(&"A".repeat(43)).unwrap()
}

/// Connects to an MCP server as a client with a user who signs in. Returns the transcript.
async fn connect(mcp: &str) -> Result<String, String> {
    let (username, password) = (CAROL.0.to_owned(), CAROL.1.to_owned());
    let mut told = Vec::new();
    let outcome = client::run(mcp, Person::Scripted { username, password }, &mut told).await;
    outcome.map(|()| String::from_utf8(told).unwrap()).map_err(|failure| failure.to_string())
}

#[tokio::test]
async fn an_mcp_server_with_the_guard_accepts_tokens_of_an_issuer_elsewhere() {
    let (listener, url) = bind().await;
    let mcp = format!("{url}/mcp");
    let (resource, user) = (format!("{mcp}=read"), format!("{}:{}", CAROL.0, CAROL.1));
    let settings =
        [(&AUTH_PORT, "0"), (&MCP_PORT, "0"), (&ONLY, "auth"), (&RESOURCE, &resource), (&USER, &user)];
    let auth = Listening::start(&Values::of(settings), Log::to(std::io::sink())).await.unwrap();
    serve(listener, guarded::app(&mcp, auth.issuer().as_str()).unwrap());
    tokio::spawn(auth.run());
    let told = connect(&mcp).await.unwrap();
    assert!(told.contains("\"user_id\":\"carol\""), "{told}");
}

#[tokio::test]
async fn an_application_with_its_own_users_serves_the_whole_flow() {
    let (listener, url) = bind().await;
    serve(listener, application_with_users::app(&url, secret()).unwrap());
    let told = connect(&format!("{url}/mcp")).await.unwrap();
    assert!(told.contains("/sign-in?to=") && told.contains("\"user_id\":\"carol\""), "{told}");
}

#[tokio::test]
async fn users_of_an_own_store_sign_in() {
    let (listener, url) = bind().await;
    let (mcp_listener, mcp) = bind().await;
    let mcp = format!("{mcp}/mcp");
    serve(listener, own_store::app(&url, &mcp, secret()).await.unwrap());
    serve(mcp_listener, guarded::app(&mcp, &url).unwrap());
    let told = connect(&mcp).await.unwrap();
    assert!(told.contains("\"user_id\":\"carol\""), "{told}");
}

#[tokio::test]
async fn a_message_over_the_limit_closes_the_connection() {
    let test = TestServer::new().await;
    let token = Client::register(&test).await.obtain_token(&test, &mut User::alice()).await;
    let answer = async |max_message| {
        let layer = GuardLayer::new(guard(&test.server, 0)).max_message(max_message);
        let mut app = Router::new()
            .route("/mcp", post(|access: Extension<Access>| async move { access.subject.to_string() }));
        app = app.layer(layer);
        app.call(tool_call(Some(&token), "current").map(Body::from)).await.unwrap()
    };
    assert_eq!(answer(10_000).await.status(), 200);
    let refused = answer(8).await;
    assert_eq!(
        (refused.status().as_u16(), &refused.headers()["connection"]),
        (413, &"close".parse().unwrap())
    );
}

#[tokio::test]
async fn a_layer_refuses_a_message_that_hides_its_tool() {
    let mut resource = ProtectedResource::parse("https://mcp.example/mcp", "user files").unwrap();
    resource.tools.insert("get_user_data".to_owned(), Scope::parse("files").unwrap());
    let test = TestServer::of(sound().resources(vec![resource])).await;
    let (client, mut alice) = (Client::register(&test).await, User::alice());
    let back = alice.let_in(&test, &client.url_with(&[("scope", "user")])).await;
    let token = access_token(&test.send(client.redeems(&parameter(&back, "code").unwrap())).await);
    let mut app = Router::new()
        .route("/mcp", post(|| async { "called" }))
        .layer(GuardLayer::new(guard(&test.server, 0)));
    let call = String::from_utf8(tool_call(None, "current").into_body().to_vec()).unwrap();
    for (body, expected) in [
        (call.replace("tools/call", "tools/list"), 200),
        (call.clone(), 403),
        (format!("[null,{call}]"), 400),
        (call.replace("\"method\"", "\"Method\""), 400),
        ("{".to_owned(), 400),
    ] {
        let request = tool_call(Some(&token), "current").map(|_| Body::from(body.clone()));
        assert_eq!(app.call(request).await.unwrap().status().as_u16(), expected, "{body}");
    }
}

/// The contract of the users' table.
mod own_store_contract {
    use super::own_store::MyUsers;
    use doorward::Stores;
    use std::sync::Arc;

    harness::keeps_the_contract! {
        Stores::in_memory().with_people(Arc::new(MyUsers::default()));
        an_introduced_person_is_found_unchanged,
        concurrent_introductions_of_a_person_have_one_winner,
        sign_in_attempts_are_counted_by_the_hour,
        concurrent_sign_in_attempts_keep_the_limit,
        a_sign_in_attempt_is_given_back_to_its_hour,
        a_counter_of_sign_in_attempts_is_reset,
        a_change_of_a_person_starts_a_new_epoch,
        concurrent_changes_of_a_person_each_raise_the_epoch,
        people_are_listed_by_name,
    }
}
