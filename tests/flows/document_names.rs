//! The name of a client with a document (CIMD) in the line of a refusal.

use doorward::wire::{Events, Response};
use harness::TestServer;
use harness::client::look;
use harness::keyed::{DOCUMENT, client, document};
use serde_json::json as object;

/// The client name in the line of the first event.
fn name_in_log(response: &Response) -> Option<String> {
    response.extensions().get::<Events>().and_then(|events| events.0.first()?.client_name.clone())
}

#[tokio::test]
async fn the_line_of_a_refusal_has_the_host_of_the_document_and_its_name_once_it_is_read() {
    let (test, client) = (TestServer::new().await, client());
    test.web.publish(DOCUMENT, &document(&object!({})));
    let refused = test.send(client.redeems("made-up")).await;
    assert_eq!(name_in_log(&refused).as_deref(), Some("app.example"));
    let wrong = client.url_with(&[("response_type", "token")]);
    assert_eq!(name_in_log(&look(&test, &wrong).await).as_deref(), Some("The app (app.example)"));
}
