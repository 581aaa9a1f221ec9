//! The client in the line of a refusal: by its registration and its `User-Agent`. `document_names.rs` has clients with a document.

use doorward::protocol::paths;
use doorward::wire::{Event, Events, Request, Response};
use harness::client::tool_call;
use harness::test_server::{get, post_json};
use harness::{Client, Person, TestServer};
use serde_json::json as object;

/// The name of a registered client of the harness.
const NAME: &str = "Test <b>client</b>";
const CLAUDE_CODE: &str = "claude-code/2.1.204 (cli)";

/// The request with this `User-Agent`.
fn from(agent: &str, mut request: Request) -> Request {
    request.headers_mut().insert("user-agent", agent.parse().unwrap());
    request
}

/// The refusal among the events of a response.
fn refusal(response: &Response) -> Event {
    let events = &response.extensions().get::<Events>().expect("an event").0;
    events.iter().find(|event| event.rule.is_some()).expect("a refusal").clone()
}

/// The name, the id and the software in the line of the refusal of this request.
async fn line(test: &TestServer, request: Request) -> (Option<String>, Option<String>, Option<String>) {
    let event = refusal(&test.send(request).await);
    let agent = event.user_agent.map(|agent| agent.as_str().to_owned());
    (event.client_name, event.client.map(|id| id.0), agent)
}

fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

/// The end of a long client id, as a line of the log has it.
fn is_of(id: Option<&str>, client: &Client) -> bool {
    id.is_some_and(|id| client.id.ends_with(id.trim_start_matches("..")))
}

#[tokio::test]
async fn a_client_is_recognised_by_its_registration() {
    let test = TestServer::new().await;
    let client = Client::register(&test).await;
    let wrong = client.url_with(&[("redirect_uri", "https://evil.example/")]);
    for request in [client.redeems("made-up"), client.refreshes("made-up"), get(&wrong)] {
        let (name, id, agent) = line(&test, from(CLAUDE_CODE, request)).await;
        assert_eq!((name, agent), (some(NAME), some("Claude Code")));
        assert!(is_of(id.as_deref(), &client), "{id:?}");
    }
    let late = client.url_with(&[("response_type", "token")]);
    assert_eq!(line(&test, get(&late)).await.0, some(NAME));
}

#[tokio::test]
async fn a_registration_that_is_refused_names_its_client() {
    let test = TestServer::new().await;
    let body = object!({ "client_name": "Ada\u{202e}'s tools", "redirect_uris": ["http://public.example/"] });
    let (name, id, agent) = line(&test, from("node", post_json(paths::REGISTER, &body.to_string()))).await;
    assert_eq!((name, id, agent), (some("Ada's tools"), None, some("Node.js")));
    let body = object!({ "client_name": 7, "redirect_uris": [] });
    assert_eq!(line(&test, post_json(paths::REGISTER, &body.to_string())).await, (None, None, None));
}

#[tokio::test]
async fn where_no_client_is_known_the_software_is() {
    let test = TestServer::new().await;
    let stranger = Client { id: "dw_client_garbage".to_owned(), ..Client::register(&test).await };
    let metadata = format!("{}/nothing-here", paths::PROTECTED_RESOURCE);
    for request in [stranger.redeems("x"), stranger.revokes("x"), get(&metadata), get("/unknown")] {
        let path = request.uri().to_string();
        let seen = line(&test, from("codex-mcp-client/0.161.0", request.clone())).await;
        assert_eq!(seen, (None, None, some("Codex")), "{path}");
        let seen = line(&test, from("my-agent/1.0", request.clone())).await;
        assert_eq!(seen, (None, None, some("my-agent/1.0")), "{path}");
        assert_eq!(line(&test, request).await, (None, None, None), "{path}");
    }
}

#[tokio::test]
async fn of_a_browser_the_line_has_name_and_system() {
    let test = TestServer::new().await;
    let url = Client::register(&test).await.url_with(&[("client_id", "garbage")]);
    let page = Person::alice().open(&test, &url).await;
    let event = refusal(&page);
    assert_eq!((event.client, event.user_agent.unwrap().as_str()), (None, "Firefox on Linux"));
}

#[tokio::test]
async fn a_page_of_a_foreign_origin_has_a_line_with_its_origin() {
    let test = TestServer::new().await;
    let mut call = from("Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0", tool_call(None, "current"));
    call.headers_mut().insert("origin", "https://evil.example".parse().unwrap());
    let refused = test.call(call).await;
    assert_eq!(refused.status(), 403);
    let event = refusal(&refused);
    assert_eq!(event.rule.unwrap().name, "origin-foreign");
    assert!(event.reason.unwrap().contains("Origin: https://evil.example"));
    assert_eq!(event.user_agent.unwrap().as_str(), "Firefox on Linux");
}

/// A call without a token begins each connection: it has no line, so nothing is read from it.
#[tokio::test]
async fn a_call_without_a_token_has_no_line() {
    let test = TestServer::new().await;
    let refused = test.call(from(CLAUDE_CODE, tool_call(None, "current"))).await;
    assert_eq!(refused.status(), 401);
    assert!(refused.extensions().get::<Events>().is_none_or(|events| events.0.is_empty()));
}

/// What succeeds again and again has neither.
#[tokio::test]
async fn a_registration_and_a_redeemed_code_have_the_software_and_a_refresh_has_not() {
    let test = TestServer::new().await;
    let body = object!({ "client_name": "A", "redirect_uris": ["http://127.0.0.1/"] });
    let agent = |response: &Response| {
        let events = &response.extensions().get::<Events>().expect("an event").0;
        assert_eq!(events[0].client_name, None);
        events[0].user_agent.as_ref().map(|agent| agent.as_str().to_owned())
    };
    let registered = test.send(from("node", post_json(paths::REGISTER, &body.to_string()))).await;
    assert_eq!(agent(&registered), some("Node.js"));
    let client = Client::register(&test).await;
    let code = client.obtain_code(&test, &mut Person::alice()).await;
    let redeemed = test.send(from("node", client.redeems(&code))).await;
    assert_eq!(agent(&redeemed), some("Node.js"));
    let tokens = harness::client::Tokens::of(&redeemed);
    assert_eq!(agent(&test.send(from("node", client.refreshes(&tokens.refresh))).await), None);
}
