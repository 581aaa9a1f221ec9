//! The doctor does not connect to private addresses, except where the given URL is private itself.

use crate::script::{member, start};
use crate::{report, rules, user};
use async_trait::async_trait;
use doorward_local::doctor::{Options, examine};
use doorward_outbound::Lookup;
use http::{HeaderValue, StatusCode, header};
use serde_json::json;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::time::timeout;

/// A listener of which no test may hear.
async fn silent() -> (TcpListener, u16) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    (listener, port)
}

async fn hears_nothing(listener: &TcpListener) -> bool {
    timeout(Duration::from_millis(50), listener.accept()).await.is_err()
}

/// A name with a public address at the first lookup, and this machine's at every other.
#[derive(Default)]
struct Rebinding(AtomicUsize);

#[async_trait]
impl Lookup for Rebinding {
    async fn addresses(&self, _: &str) -> io::Result<Vec<SocketAddr>> {
        let is_first = self.0.fetch_add(1, Ordering::Relaxed) == 0;
        Ok(vec![if is_first { "8.8.8.8:0" } else { "127.0.0.1:0" }.parse().unwrap()])
    }
}

#[tokio::test]
async fn a_name_that_changes_its_address_is_not_connected_to() {
    let (listener, port) = silent().await;
    let lookup = Arc::new(Rebinding::default());
    let options = Options { lookup: lookup.clone(), ..Options::usual(user()) };
    let failure = examine(&format!("http://mcp.example:{port}/mcp"), options).await.unwrap_err();
    assert!(failure.to_string().contains("its address is private"), "{failure}");
    assert!(lookup.0.load(Ordering::Relaxed) > 1 && hears_nothing(&listener).await);
}

#[tokio::test]
async fn addresses_that_are_never_asked() {
    for url in [
        "http://169.254.169.254/latest/meta-data",
        "http://0xa9fea9fe/mcp",
        "http://[fd00:ec2::254]/mcp",
        "http://[::ffff:169.254.169.254]/mcp",
        "http://0.0.0.0/mcp",
    ] {
        let failure = examine(url, Options::usual(user())).await.unwrap_err();
        assert!(failure.to_string().contains("does not connect to this address"), "{url}: {failure}");
    }
    for url in ["ftp://a.example/mcp", "https://a@a.example/mcp", "https://a.example/mcp#a", "nothing"] {
        assert!(examine(url, Options::usual(user())).await.is_err(), "{url}");
    }
}

#[tokio::test]
async fn a_redirect_to_a_private_address_is_not_followed() {
    for target in
        ["http://169.254.169.254/x", "http://[::ffff:169.254.169.254]/x", "http://[fd00:ec2::254]/x"]
    {
        let url = start(move |asked, answer| {
            if asked.path.starts_with("/.well-known/") {
                *answer.status_mut() = StatusCode::TEMPORARY_REDIRECT;
                answer.headers_mut().insert(header::LOCATION, HeaderValue::from_static(target));
            }
        });
        let report = report(&url.await).await;
        for rule in ["private-address", "server-metadata-missing"] {
            assert!(rules(&report).contains(&rule), "{report}");
        }
        assert_eq!(report.asked.len(), 1, "{report}");
    }
}

/// What has a body is not sent on to another origin.
#[tokio::test]
async fn a_message_to_the_server_stays_on_its_origin() {
    let (listener, port) = silent().await;
    let url = start(move |asked, answer| {
        if ["/mcp", "/register", "/token"].contains(&asked.path.as_str()) {
            *answer.status_mut() = StatusCode::TEMPORARY_REDIRECT;
            let to = format!("http://127.0.0.1:{port}{}", asked.path);
            answer.headers_mut().insert(header::LOCATION, to.parse().unwrap());
        }
    });
    let report = report(&url.await).await;
    assert_eq!(rules(&report)[0], "no-401", "{report}");
    assert!(hears_nothing(&listener).await, "{report}");
}

/// The metadata of an upstream provider is often behind a redirect.
#[tokio::test]
async fn metadata_behind_a_redirect_is_read_and_said() {
    let other = start(|_, _| ()).await;
    let place = other.replace("/mcp", "/.well-known/oauth-authorization-server");
    let url = start(move |asked, answer| {
        if asked.path == "/.well-known/oauth-authorization-server" {
            *answer.status_mut() = StatusCode::FOUND;
            answer.headers_mut().insert(header::LOCATION, place.parse().unwrap());
        }
    });
    let report = report(&url.await).await;
    assert_eq!(rules(&report)[..2], ["metadata-redirect", "metadata-differs"], "{report}");
    assert_eq!(report.asked[1].1, "a redirect", "{report}");
}

#[tokio::test]
async fn metadata_that_names_a_private_address_is_said() {
    let url = start(|asked, answer| {
        if asked.path.starts_with("/.well-known/oauth-protected-resource") {
            member(answer, "authorization_servers", Some(json!(["http://169.254.169.254"])));
        }
    });
    let report = report(&url.await).await;
    assert!(rules(&report).contains(&"private-address"), "{report}");
    let challenged = start(|asked, answer| {
        if asked.path == "/mcp" {
            let challenge = r#"Bearer error="invalid_token", resource_metadata="http://[fe80::1]/x""#;
            answer.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
        }
    });
    let report = crate::report(&challenged.await).await;
    assert!(rules(&report).contains(&"private-address"), "{report}");
}

#[tokio::test]
async fn the_password_stays_on_the_origin_of_the_authorization_endpoint() {
    let (listener, port) = silent().await;
    let url = start(move |asked, answer| {
        if asked.path == "/authorize" && answer.status() == StatusCode::OK {
            let to = format!("http://127.0.0.1:{}/", port);
            *answer.body_mut() = answer.body().replace("<form", &format!("<form action={to:?}"));
        }
    });
    let report = report(&url.await).await;
    assert!(report.not_tried[0].1.contains("--browser"), "{report}");
    assert!(hears_nothing(&listener).await);
}
