//! What a provocation left behind: responses with their events, and what the local server wrote.

use doorward::protocol::paths;
use doorward::wire::{Event, Events, Response};
use harness::test_server::{get, header, json, parameter, text};
use harness::{Client, Person, TestServer};
use serde_json::Value;

/// The responses in their order, and the text of a log or a terminal.
#[derive(Default)]
pub(crate) struct Evidence {
    pub(crate) responses: Vec<Response>,
    pub(crate) log: String,
}

impl Evidence {
    pub(crate) fn of(responses: impl IntoIterator<Item = Response>) -> Self {
        Self { responses: responses.into_iter().collect(), log: String::new() }
    }

    pub(crate) fn log(log: impl Into<String>) -> Self {
        Self { responses: Vec::new(), log: log.into() }
    }

    pub(crate) fn events(&self) -> Vec<Event> {
        let events = self.responses.iter().filter_map(|response| response.extensions().get::<Events>());
        events.flat_map(|events| events.0.clone()).collect()
    }
}

/// The usual server, and a client that registered.
pub(crate) async fn registered() -> (TestServer, Client) {
    let test = TestServer::new().await;
    let client = Client::register(&test).await;
    (test, client)
}

/// Allows the client, and returns the page that leads on to it.
pub(crate) async fn allow(test: &TestServer, person: &mut Person, url: &str) -> Response {
    let page = person.reach_consent(test, url).await;
    person.submit(test, &page, "allow").await
}

/// The code of the page that leads on to the client.
pub(crate) fn code(page: &Response) -> String {
    let on = harness::person::sent_on(page);
    parameter(on, "code").unwrap_or_else(|| panic!("no code: {}", text(page)))
}

/// Registers a client with this body.
pub(crate) async fn register(test: &TestServer, body: &Value) -> Response {
    test.send(harness::test_server::post_json(paths::REGISTER, &body.to_string())).await
}

/// The client that a response registered.
pub(crate) fn client(response: &Response, redirect_uri: &str) -> Client {
    let id = json(response)["client_id"].as_str().unwrap_or_else(|| panic!("{}", text(response))).to_owned();
    Client { id, redirect_uri: redirect_uri.to_owned() }
}

/// Opens a URL without cookies.
pub(crate) async fn look(test: &TestServer, url: &str) -> Response {
    test.send(get(url)).await
}

/// The headers and the body as one text.
pub(crate) fn whole(response: &Response) -> String {
    let headers =
        response.headers().keys().map(|name| format!("{name}: {}\n", header(response, name.as_str())));
    format!("{}\n{}{}", response.status(), headers.collect::<String>(), text(response))
}
