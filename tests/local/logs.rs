//! The log over real sockets: its forms (`log-format`), and its writes.

use crate::{FREE_PORTS, connect, response};
use doorward_local::log::{Log, LogFormat, Queue};
use doorward_local::serve::Listening;
use doorward_settings::{LOG_FORMAT, USER, Values};
use harness::written::Written;
use serde_json::Value;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";

/// Sends two requests that are refused, and returns the log, and the address that sent them.
async fn refusals(format: &str, traceparent: &str) -> (String, String) {
    let settings = Values::of(FREE_PORTS.into_iter().chain([(&LOG_FORMAT, format)]));
    let log = Written::default();
    let to_log = Log::to(log.clone()).in_format(LogFormat::of(&settings).unwrap());
    let listening = Listening::start(&settings, to_log).await.unwrap();
    let host = listening.issuer().as_str().trim_start_matches("http://").to_owned();
    tokio::spawn(listening.run());
    let mut stream = TcpStream::connect(&host).await.unwrap();
    for target in ["/nothing", "/oauth/authorize?client_id=%0A%22%7D%0D%0Aforged&redirect_uri=%E2%80%A8"] {
        let head = format!("GET {target} HTTP/1.1\r\nHost: {host}\r\ntraceparent: {traceparent}\r\n\r\n");
        stream.write_all(head.as_bytes()).await.unwrap();
        assert!(response(&mut stream).await.starts_with("HTTP/1.1 40"));
    }
    (log.text(), stream.local_addr().unwrap().to_string())
}

#[tokio::test]
async fn each_line_in_json_is_an_object_with_the_trace_of_the_request() {
    let (log, peer) = refusals("json", &format!("00-{TRACE}-b7ad6b7169203331-01")).await;
    let lines: Vec<Value> = log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let [unknown, refused] = &lines[..] else { panic!("{log}") };
    for line in &lines {
        assert_eq!((&line["event"], &line["trace"]), (&"refused".into(), &TRACE.into()), "{log}");
        assert_eq!(line["time"].as_str().unwrap().len(), "2026-11-26T04:30:52Z".len(), "{log}");
        assert_eq!(line["correlation"].as_str().unwrap().len(), 10, "{log}");
    }
    assert_eq!((&unknown["level"], &unknown["code"]), (&"info".into(), &"not_found".into()), "{log}");
    assert_eq!((&refused["level"], &refused["peer"]), (&"warn".into(), &peer.into()), "{log}");
    assert!(refused["reason"].is_string() && unknown["peer"].is_null(), "{log}");
}

#[tokio::test]
async fn a_line_of_text_has_the_trace_too_and_no_invalid_one() {
    let (log, peer) = refusals("text", &format!("00-{TRACE}-b7ad6b7169203331-01")).await;
    let lines: Vec<_> = log.lines().collect();
    assert_eq!(lines.len(), 2, "{log}");
    assert!(lines[0].ends_with(&format!(" trace={TRACE}")), "{log}");
    assert!(lines[1].ends_with(&format!(" trace={TRACE} peer={peer}")), "{log}");
    for invalid in ["00-{}-0-01", "forged trace=1", &format!("00-{}-b7ad6b7169203331-01", "0".repeat(32))] {
        let (log, _) = refusals("text", invalid).await;
        assert!(log.lines().count() == 2 && !log.contains("trace"), "{log}");
    }
}

/// The log of a sign-in with a refresh has at most one write for each line: one, if the queue is not there.
#[tokio::test]
async fn a_line_is_at_most_one_write() {
    let settings = Values::of(FREE_PORTS.into_iter().chain([(&USER, "alice:open sesame")]));
    let (direct, queued) = (Written::default(), Written::default());
    let queue = Queue::to(queued.clone()).unwrap();
    for log in [Log::to(direct.clone()), Log::through(&queue)] {
        connect(&settings, log, "alice", "open sesame").await.unwrap();
    }
    drop(queue);
    let events = |text: String| text.lines().map(|line| line.split(' ').nth(2).unwrap().to_owned()).collect();
    let (expected, found): (Vec<_>, Vec<_>) = (events(direct.text()), events(queued.text()));
    assert!(expected == found && expected.iter().any(|event| event == "refreshed"), "{expected:?} {found:?}");
    assert_eq!(direct.writes(), expected.len());
    assert!(queued.writes() <= expected.len(), "{} writes for {expected:?}", queued.writes());
}
