//! Settings of the gateway with which the server does not start, or warns.

use crate::running::{Running, free_port};
use crate::upstream::{Upstream, json};
use crate::{PING, PONG};
use doorward_local::log::Log;
use doorward_local::serve::Listening;
use doorward_settings::{
    AUTH_PORT, CALLS_PER_MINUTE, KEEP_ALIVE, MCP_PORT, ONLY, RESOURCE, SECRET_FILE, Setting, UPSTREAM,
    UPSTREAM_CA, UPSTREAM_COMMAND, UPSTREAM_FORWARD, UPSTREAM_HEADER, UPSTREAM_HOST, UPSTREAM_IDENTITY,
    UPSTREAM_SECONDS, Values,
};
use harness::written::Written;

const URL: &str = "http://127.0.0.1:1/mcp";

async fn start(settings: &[(&Setting, &str)]) -> Result<Listening, String> {
    let free = [(&AUTH_PORT, "0"), (&MCP_PORT, "0")];
    let values = Values::of(free.into_iter().chain(settings.iter().copied()));
    Listening::start(&values, Log::to(Written::default())).await.map_err(|failure| failure.to_string())
}

#[tokio::test]
async fn an_error_names_the_invalid_setting() {
    for (setting, value, says) in [
        (&UPSTREAM_SECONDS, "0", "--upstream-seconds: must be a whole number from 1 to 3600"),
        (&UPSTREAM_SECONDS, "5m", "--upstream-seconds"),
        (&CALLS_PER_MINUTE, "1000001", "--calls-per-minute: must be a whole number from 0 to 1000000"),
        (&KEEP_ALIVE, "-1", "--keep-alive-seconds: must be a whole number from 0 to 3600"),
        (&UPSTREAM_HEADER, "open sesame", "--upstream-header: must be"),
        (&UPSTREAM_HEADER, "Host: open sesame", "--upstream-header: the header is set by the gateway"),
        (
            &UPSTREAM_HEADER,
            "Doorward-Identity: open sesame",
            "--upstream-header: the header is set by the gateway",
        ),
        (
            &UPSTREAM_HEADER,
            "Mcp-Session-Id: open sesame",
            "--upstream-header: the header is set by the gateway",
        ),
        (
            &UPSTREAM_HEADER,
            "X-Key: @/no/such/file",
            "--upstream-header: the value of the header `x-key`: the file /no/such/file",
        ),
        (&UPSTREAM_HEADER, "X-Key:", "--upstream-header: the value of the header `x-key` is empty"),
        (
            &UPSTREAM_HEADER,
            "X-Key: open sesame\r\nX: y",
            "--upstream-header: the value of the header `x-key`",
        ),
        (
            &UPSTREAM_FORWARD,
            "Authorization",
            "--upstream-forward Authorization: the header ends at the gateway",
        ),
        (
            &UPSTREAM_FORWARD,
            "X-Forwarded-For",
            "--upstream-forward X-Forwarded-For: the header ends at the gateway",
        ),
        (
            &UPSTREAM_FORWARD,
            "Doorward-Person",
            "--upstream-forward Doorward-Person: the header is set by the gateway",
        ),
        (&UPSTREAM_HOST, "http://a.internal", "--upstream-host"),
        (&UPSTREAM_CA, "/no/such/file", "--upstream-ca"),
        (&UPSTREAM, URL, "--upstream: gives the resource"),
    ] {
        let upstream = if setting.name == UPSTREAM_CA.name { "https://127.0.0.1:1/mcp" } else { URL };
        let failure = start(&[(&UPSTREAM, upstream), (setting, value)]).await.map(|_| ()).unwrap_err();
        assert!(failure.starts_with(says) || failure.contains("two upstreams"), "{value}: {failure}");
        assert!(!failure.contains("open sesame"), "{failure}");
    }
    for (value, says) in [
        ("http://mcp.example.com/mcp", "must begin with https://"),
        ("http://8.8.8.8/mcp", "must begin with https://"),
        ("ftp://127.0.0.1/mcp", "must begin with https://, http:// or unix:/"),
        ("https://user:open sesame@127.0.0.1/mcp", "URL"),
        ("https://user:secret@127.0.0.1/mcp", "no user information"),
        ("https://127.0.0.1/mcp#top", "fragment"),
        ("/mcp", "URL"),
        ("unix:notes.sock:/mcp", "unix:/SOCKET:/PATH"),
        ("https://other.example/mcp=http://127.0.0.1:1/mcp", "URL of a configured resource"),
    ] {
        let failure = start(&[(&UPSTREAM, value)]).await.map(|_| ()).unwrap_err();
        assert!(failure.starts_with("--upstream") && failure.contains(says), "{value}: {failure}");
    }
    let alone = start(&[(&UPSTREAM_HEADER, "X-Key: open sesame")]).await.map(|_| ()).unwrap_err();
    assert!(alone.starts_with("--upstream-header: needs the setting upstream"), "{alone}");
}

/// Away from the issuer, identities of another secret are verified by no published key.
#[tokio::test]
async fn a_gateway_alone_signs_identities_with_the_issuers_secret_only() {
    let file = std::env::temp_dir().join(format!("doorward-alone-{}", std::process::id()));
    let path = file.to_str().unwrap();
    let alone = [(&ONLY, "mcp"), (&UPSTREAM, URL)];
    let with = async |more: &[(&Setting, &str)]| start(&[&alone[..], more].concat()).await.map(|_| ());
    for (identity, is_signed) in [
        (None, true),
        (Some("signed"), true),
        (Some("bearer"), true),
        (Some("plain"), false),
        (Some("none"), false),
    ] {
        let identity: Vec<_> = identity.map(|name| (&UPSTREAM_IDENTITY, name)).into_iter().collect();
        let began = with(&identity).await;
        assert_eq!(began.is_err(), is_signed, "{identity:?}");
        if let Err(failure) = began {
            assert!(failure.starts_with("--secret-file: "), "{failure}");
            assert!(failure.contains("--upstream-identity none or plain"), "{failure}");
        }
        // A file that is made now is not the issuer's.
        let missing = with(&[&identity[..], &[(&SECRET_FILE, path)]].concat()).await;
        assert_eq!((missing.is_err(), file.exists()), (is_signed, !is_signed), "{identity:?}: {missing:?}");
        let _ = std::fs::remove_file(&file);
    }
    start(&[(&SECRET_FILE, path)]).await.unwrap();
    with(&[(&SECRET_FILE, path)]).await.unwrap();
    std::fs::remove_file(&file).unwrap();
    // A program is told no identity, and the authorization server beside the gateway publishes its key.
    start(&[(&ONLY, "mcp"), (&UPSTREAM_COMMAND, "true")]).await.unwrap();
    start(&[(&UPSTREAM, URL)]).await.unwrap();
}

/// An upstream that is not there may start later.
#[tokio::test]
async fn an_absent_upstream_has_a_warning() {
    let warnings = async |url: &str| start(&[(&UPSTREAM, url)]).await.unwrap().warnings.join("\n");
    let url = format!("http://127.0.0.1:{}/mcp", free_port());
    let warned = warnings(&url).await;
    assert!(warned.contains(&format!("the upstream {url} does not answer yet")), "{warned}");
    let upstream = Upstream::answering(json(b"{}")).await;
    assert!(!warnings(&upstream.url()).await.contains("does not answer"), "it listens");
}

/// The list of gateways names each resource and its upstream.
#[tokio::test]
async fn a_gateway_is_made_for_each_upstream() {
    let port = free_port();
    let (notes, git) = (format!("http://127.0.0.1:{port}/notes"), format!("http://127.0.0.1:{port}/git"));
    let of = |resource: &str, value: &str| format!("{resource}={value}");
    let settings = [
        (&MCP_PORT, port.clone()),
        (&RESOURCE, of(&notes, "user")),
        (&RESOURCE, of(&git, "user")),
        (&UPSTREAM, of(&notes, URL)),
        (&UPSTREAM, of(&git, "unix:/no/such/socket:/mcp")),
    ];
    let listening =
        start(&settings.each_ref().map(|(setting, value)| (*setting, value.as_str()))).await.unwrap();
    let made: Vec<_> =
        listening.gateways.iter().map(|(resource, url)| of(resource.as_str(), &url.to_string())).collect();
    assert_eq!(made, [of(&notes, URL), of(&git, "unix:/no/such/socket:/mcp")]);
}

#[tokio::test]
async fn a_user_may_make_calls_per_minute_calls_with_a_client() {
    let upstream = Upstream::answering(json(PONG)).await;
    let gateway = Running::with(&[(&UPSTREAM, &upstream.url()), (&CALLS_PER_MINUTE, "2")]).await;
    let of = |user, client| gateway.request_with(&gateway.token_of(user, client), "POST", "", PING);
    for expected in [200, 200, 429, 429] {
        assert_eq!(gateway.exchange(of("alice", "app")).await.status(), expected);
    }
    let refused = gateway.exchange(of("alice", "app")).await;
    assert!((29..=30).contains(&refused.head.get("retry-after").parse().unwrap()), "{refused:?}");
    assert_eq!(gateway.exchange(of("alice", "other")).await.status(), 200);
    assert_eq!(gateway.exchange(of("bob", "app")).await.status(), 200);
    let log = gateway.log.text();
    assert_eq!(log.matches("warn refused code=rate_limit").count(), 1, "{log}");
    // Four clients of one user have as much together as any number.
    for (client, expected) in
        [("other", 200), ("third", 200), ("third", 200), ("fourth", 200), ("fourth", 200), ("fifth", 429)]
    {
        assert_eq!(gateway.exchange(of("alice", client)).await.status(), expected, "{client}");
    }
}

/// A message that is not wanted takes no room and no time, and a client that waits for 100 need not send it.
#[tokio::test]
async fn a_call_over_the_limit_is_refused_before_its_body_is_read() {
    let upstream = Upstream::answering(json(PONG)).await;
    let gateway = Running::with(&[(&UPSTREAM, &upstream.url()), (&CALLS_PER_MINUTE, "2")]).await;
    // What is no message is a call too.
    for (message, expected) in [(PING, 200), (b"[]", 400)] {
        assert_eq!(gateway.post(message).await.status(), expected);
    }
    let mut client = gateway.connect().await;
    client.send(gateway.request("POST", "Expect: 100-continue\r\nContent-Length: 100\r\n", b"")).await;
    let refused = client.answer().await;
    assert_eq!((refused.status(), &refused.json()["id"]), (429, &serde_json::Value::Null));
    // A client that sends its whole message first gets the answer, and may go on with the connection.
    let mut client = gateway.connect().await;
    for _ in 0..2 {
        client.send(gateway.request("POST", "", &b" ".repeat(3 * 1024 * 1024))).await;
        assert_eq!(client.answer().await.status(), 429);
    }
    assert_eq!(upstream.count(), 1);
}
