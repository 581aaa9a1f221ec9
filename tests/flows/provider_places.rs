//! Sign-in at an OpenID provider whose metadata is elsewhere, or whose endpoints are on a private network.

use crate::events;
use crate::provider::{ada, browser, go};
use crate::provider_claims::{object, reason};
use doorward::config::{Allowed, ProviderSettings};
use doorward::wire::EventKind;
use harness::provider::{CLIENT, Faults, Provider};
use harness::test_server::{sound, text};
use harness::{Client, TestServer};
use serde_json::json;

#[tokio::test]
async fn the_metadata_can_be_elsewhere_than_below_the_issuer() {
    let provider = Provider::start().await;
    let faults = Faults { metadata_path: Some("/elsewhere/metadata"), ..Faults::default() };
    provider.set_faults(faults.clone());
    let test = crate::provider::test(&provider, "anyone").await;
    let lost = browser().open(&test, &Client::register(&test).await.url()).await;
    assert_eq!((lost.status().as_u16(), events(&lost)), (502, vec![EventKind::Refused]));
    assert!(reason(&lost).contains("404 Not Found at"), "{}", reason(&lost));

    let elsewhere = format!("{}/elsewhere/metadata?policy=1", provider.issuer());
    let settings = provider.settings("anyone").with_metadata_url(&elsewhere).unwrap();
    let test = TestServer::of(sound().provider(settings)).await;
    let client = Client::register(&test).await;
    let came = go(&test, &provider, &mut browser(), &client.url(), &ada()).await;
    assert_eq!(events(&came), [EventKind::SignedIn]);

    let metadata = object(&json!({ "issuer": "https://other.example" }));
    provider.set_faults(Faults { metadata, ..faults });
    let settings = provider.settings("anyone").with_metadata_url(&elsewhere).unwrap();
    let test = TestServer::of(sound().provider(settings)).await;
    let refused = browser().open(&test, &Client::register(&test).await.url()).await;
    assert_eq!(refused.status(), 502, "the issuer in the metadata has to be the configured one");
}

/// A private address that is not one of the three loopback hosts.
const PRIVATE: &str = "127.0.0.2";

#[tokio::test]
async fn internal_http_endpoints_need_a_permission() {
    let provider = Provider::start_at(PRIVATE).await;
    let allowed = || Allowed::parse("anyone").unwrap();
    let refused = ProviderSettings::new(provider.issuer(), CLIENT, allowed()).unwrap_err();
    assert!(refused.to_string().contains("provider-private-http"), "{refused}");

    let permitted = ProviderSettings::on_private_network(provider.issuer(), CLIENT, allowed()).unwrap();
    let test = TestServer::of(sound().provider(permitted.clone())).await;
    let client = Client::register(&test).await;
    let came = go(&test, &provider, &mut browser(), &client.url(), &ada()).await;
    assert_eq!(events(&came), [EventKind::SignedIn], "{}", text(&came));

    let public = json!({ "token_endpoint": "http://8.8.8.8/token" });
    provider.set_faults(Faults { metadata: object(&public), ..Faults::default() });
    let test = TestServer::of(sound().provider(permitted)).await;
    let refused = browser().open(&test, &Client::register(&test).await.url()).await;
    assert_eq!(refused.status(), 502);
    assert!(reason(&refused).contains("\"http://8.8.8.8/token\", which uses http"), "{}", reason(&refused));
    assert!(!text(&refused).contains("load this page again"), "{}", text(&refused));
}

#[tokio::test]
async fn without_the_permission_metadata_with_http_endpoints_is_refused() {
    let provider = Provider::start().await;
    let internal = json!({ "token_endpoint": "http://127.0.0.2/token" });
    provider.set_faults(Faults { metadata: object(&internal), ..Faults::default() });
    let test = crate::provider::test(&provider, "anyone").await;
    let refused = browser().open(&test, &Client::register(&test).await.url()).await;
    assert_eq!((refused.status().as_u16(), events(&refused)), (502, vec![EventKind::Refused]));
    assert!(reason(&refused).contains("provider-private-http"), "{}", reason(&refused));
}
