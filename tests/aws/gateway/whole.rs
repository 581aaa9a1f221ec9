//! Behind an HTTP API: responses are whole, below 6 MB, and within 28 seconds.

use crate::deployed::{Deployed, PONG, in_seconds, message};
use harness::upstream::{EVENTS, Upstream, json, soon};
use serde_json::{Value, json as value};

fn error(answer: &Value) -> Value {
    serde_json::from_str(answer["body"].as_str().unwrap()).unwrap()
}

#[tokio::test]
async fn documents_and_event_streams_come_whole() {
    let events = [EVENTS, b"data: 1\n\ndata: \xc3\xa9\n\n"].concat();
    for (answer, body) in
        [(json(PONG), str::from_utf8(PONG).unwrap()), (events, "data: 1\n\ndata: \u{e9}\n\n")]
    {
        let upstream = Upstream::start(move |mut connection| {
            let answer = answer.clone();
            async move {
                connection.request().await;
                connection.send(answer).await;
            }
        })
        .await;
        let deployed = Deployed::without_front(&upstream).await;
        let (token, mut gateway) = (deployed.token().await, deployed.start().await);
        let answer = gateway.invoke(message(Some(&token), "ping")).await.unwrap();
        assert_eq!((&answer["statusCode"], answer["body"].as_str()), (&value!(200), Some(body)), "{answer}");
    }
}

#[tokio::test]
async fn an_answer_that_is_too_large_is_refused() {
    let text = |length: usize| format!(r#"{{"jsonrpc":"2.0","id":7,"result":"{}"}}"#, "x".repeat(length));
    for (length, status) in [(6_000_000, 200), (6_300_000, 502)] {
        let upstream = Upstream::answering(json(text(length).as_bytes())).await;
        let deployed = Deployed::without_front(&upstream).await;
        let (token, mut gateway) = (deployed.token().await, deployed.start().await);
        let answer = gateway.invoke(message(Some(&token), "ping")).await.unwrap();
        assert_eq!(answer["statusCode"], status, "{length}");
        assert!(answer.to_string().len() < 6 * 1024 * 1024);
        if status == 502 {
            assert!(gateway.log().contains("deploy with a front, which streams"));
            assert_eq!(error(&answer)["id"], 7);
        }
    }
}

#[tokio::test]
async fn an_answer_without_an_end_is_late_before_the_function_ends() {
    let upstream = Upstream::start(async move |mut connection| {
        connection.request().await;
        connection.send([EVENTS, b"data: 1\n\n"].concat()).await;
        connection.closed().await;
    })
    .await;
    let deployed = Deployed::without_front(&upstream).await;
    let (token, mut gateway) = (deployed.token().await, deployed.start().await);
    let late = gateway.invoke_until(message(Some(&token), "tools/list"), in_seconds(4));
    let answer = soon("the answer", late).await.unwrap();
    assert_eq!((&answer["statusCode"], &error(&answer)["id"]), (&value!(504), &value!(7)), "{answer}");
    // What a subscription has got until then is delivered, and its client opens another.
    let cut = gateway.invoke_until(message(Some(&token), "subscriptions/listen"), in_seconds(4));
    let answer = soon("the answer", cut).await.unwrap();
    assert_eq!((&answer["statusCode"], &answer["body"]), (&value!(200), &value!("data: 1\n\n")), "{answer}");
}
