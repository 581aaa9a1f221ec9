//! Redirects of the upstream: only that to the same path with or without the slash at its end is followed.

use crate::running::Running;
use crate::upstream::{Received, Upstream, answer, json};
use crate::{PING, PONG};
use doorward_settings::{UPSTREAM, UPSTREAM_HOST};

/// An upstream whose endpoint is `/mcp/`, and which redirects from `/mcp` to this place.
async fn moved(status: &'static str, place: String) -> Upstream {
    Upstream::start(move |mut connection| {
        let place = place.clone();
        async move {
            while let Some(request) = connection.request().await {
                let is_there = request.request_line().split(' ').nth(1) == Some("/mcp/");
                let location = place.replace("HERE", request.all("host")[0]);
                let location = location.replace("PUBLIC", request.all("x-forwarded-host")[0]);
                let redirect = answer(status, &format!("Location: {location}\r\n"), b"");
                connection.send(if is_there { json(PONG) } else { redirect }).await;
            }
        }
    })
    .await
}

#[tokio::test]
async fn a_redirect_to_the_other_slash_is_followed_once_and_remembered() {
    for status in ["307 Temporary Redirect", "308 Permanent Redirect"] {
        for place in ["/mcp/", "http://HERE/mcp/", "http://PUBLIC/mcp/", "https://PUBLIC/mcp/"] {
            let upstream = moved(status, place.to_owned()).await;
            let gateway = Running::before(&upstream).await;
            for _ in 0..3 {
                let heard = gateway.post(PING).await;
                assert_eq!((heard.status(), heard.body.as_slice()), (200, PONG), "{status} {place}");
            }
            let requests = upstream.requests();
            let lines: Vec<_> = requests.iter().map(Received::request_line).collect();
            assert_eq!(
                lines,
                ["POST /mcp HTTP/1.1", "POST /mcp/ HTTP/1.1", "POST /mcp/ HTTP/1.1", "POST /mcp/ HTTP/1.1"]
            );
            assert!(requests.iter().all(|request| request.body == PING), "{status} {place}");
        }
    }
}

/// The host that the upstream knows may be that of `upstream-host`.
#[tokio::test]
async fn the_redirect_may_name_the_configured_host() {
    let upstream = moved("307 Temporary Redirect", "http://HERE/mcp/".to_owned()).await;
    let settings = [(&UPSTREAM, upstream.url()), (&UPSTREAM_HOST, "notes.internal".to_owned())];
    let gateway =
        Running::with(&settings.each_ref().map(|(setting, value)| (*setting, value.as_str()))).await;
    assert_eq!(gateway.post(PING).await.status(), 200);
    assert_eq!(upstream.requests()[1].all("host"), ["notes.internal"]);
}

#[tokio::test]
async fn other_redirects_are_502() {
    for (status, place) in [
        ("301 Moved Permanently", "/mcp/"),
        ("302 Found", "/mcp/"),
        ("303 See Other", "/mcp/"),
        ("307 Temporary Redirect", "/other"),
        ("307 Temporary Redirect", "http://evil.example/mcp/"),
        ("307 Temporary Redirect", "//evil.example/mcp/"),
        ("307 Temporary Redirect", "http://169.254.169.254/mcp/"),
        ("307 Temporary Redirect", "/mcp/?a=b"),
        ("307 Temporary Redirect", "/mcp"),
        ("307 Temporary Redirect", ""),
        ("308 Permanent Redirect", "\\mcp"),
    ] {
        let upstream = moved(status, place.to_owned()).await;
        let gateway = Running::before(&upstream).await;
        let heard = gateway.post(PING).await;
        gateway.refused(&format!("{status} {place}"), &heard, 502, "upstream_failed code=unusable");
        assert_eq!(heard.head.get("location"), "", "{place}");
        assert_eq!(upstream.count(), 1, "{status} {place}");
    }
}

#[tokio::test]
async fn a_redirect_back_and_forth_is_502() {
    let upstream = Upstream::start(|mut connection| async move {
        while let Some(request) = connection.request().await {
            let is_there = request.request_line().contains(" /mcp/ ");
            let location = if is_there { "Location: /mcp\r\n" } else { "Location: /mcp/\r\n" };
            connection.send(answer("307 Temporary Redirect", location, b"")).await;
        }
    })
    .await;
    let gateway = Running::before(&upstream).await;
    for requests in [2, 4] {
        gateway.refused("back and forth", &gateway.post(PING).await, 502, "redirects back and forth");
        assert_eq!(upstream.count(), requests);
    }
}

/// The upstream's query is the operator's, and stays.
#[tokio::test]
async fn the_query_of_the_upstream_stays() {
    let upstream = Upstream::answering(json(PONG)).await;
    let gateway = Running::with(&[(&UPSTREAM, &format!("{}?tenant=a%20b", upstream.url()))]).await;
    assert_eq!(gateway.post(PING).await.status(), 200);
    assert_eq!(upstream.request().request_line(), "POST /mcp?tenant=a%20b HTTP/1.1");
}
