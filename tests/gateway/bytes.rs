//! Messages and answers pass byte for byte, in every form that JSON has.

use crate::running::Running;
use crate::upstream::{Upstream, answer};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

const COUNT: usize = 10_000;

/// A generator of numbers, the same in each run (`SplitMix64`).
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % limit
    }

    fn pick<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[usize::try_from(self.below(of.len() as u64)).unwrap()]
    }

    fn space(&mut self) -> &'static str {
        self.pick(&["", "", "", " ", "\n", "\r\n\t", "  \t "])
    }

    /// A text that no JSON library would write in just this way.
    fn text(&mut self) -> String {
        let pieces = [
            "a",
            "\u{e9}",
            "\u{1f600}",
            "\\u00e9",
            "\\ud83d\\ude00",
            "\\ud800",
            "\\/",
            "/",
            "\\u0000",
            "\\\"",
            "\\n",
            "\\t",
            "\u{7f}",
            "\u{2028}",
            "<script>",
            "\\u003c",
            "\\u003C",
        ];
        (0..self.below(6)).map(|_| self.pick(&pieces)).collect()
    }

    fn value(&mut self, depth: u32) -> String {
        match self.below(if depth == 0 { 3 } else { 6 }) {
            0 => format!("\"{}\"", self.text()),
            1 => self
                .pick(&[
                    "0",
                    "-0",
                    "1e999",
                    "-1E+2",
                    "0.10",
                    "1.0",
                    "12345678901234567890123",
                    "1e-400",
                    "9007199254740993",
                ])
                .to_owned(),
            2 => self.pick(&["true", "false", "null", "{}", "[ ]"]).to_owned(),
            3 => {
                let items: Vec<_> = (0..self.below(4)).map(|_| self.value(depth - 1)).collect();
                format!("[{}{}]", items.join(","), self.space())
            }
            _ => self.object(depth),
        }
    }

    /// An object whose members may have the same name.
    fn object(&mut self, depth: u32) -> String {
        let members: Vec<_> = (0..self.below(4))
            .map(|_| {
                let name = self.pick(&["a", "b", "name", "method", "\\u0061", "", "\\ud800", "jsonrpc"]);
                format!(
                    "{}\"{name}\"{}:{}{}",
                    self.space(),
                    self.space(),
                    self.space(),
                    self.value(depth - 1)
                )
            })
            .collect();
        format!("{{{}{}}}", members.join(","), self.space())
    }

    /// An object with these members in any order.
    fn shuffled(&mut self, mut members: Vec<String>) -> String {
        for at in (1..members.len()).rev() {
            members.swap(at, usize::try_from(self.below(at as u64 + 1)).unwrap());
        }
        format!("{}{{{}{}}}{}", self.space(), members.join(","), self.space(), self.space())
    }

    fn member(&mut self, name: &str, value: &str) -> String {
        format!("{}\"{name}\"{}:{}{value}", self.space(), self.space(), self.space())
    }

    fn message(&mut self) -> String {
        let id =
            self.pick(&["1", "\"\\u0031\"", "-0", "1e999", "null", "\"\\ud800\"", "12345678901234567890123"]);
        let arguments = match self.below(200) {
            0 => format!("{}{}", "[".repeat(5_000), "]".repeat(5_000)),
            1 => format!("\"{}\"", "x".repeat(100_000)),
            _ => self.object(4),
        };
        let (tool, meta) = (self.value(0), self.value(2));
        let is_call = self.below(2) == 0;
        let name = if is_call { "\"a\\u0062c\"" } else { tool.as_str() };
        let params = vec![self.member("arguments", &arguments), self.member("_meta", &meta)];
        let mut members = vec![self.member("jsonrpc", "\"2.0\"")];
        let params = if is_call { [params, vec![self.member("name", name)]].concat() } else { params };
        let params = self.shuffled(params);
        members.push(self.member("params", &params));
        members.push(self.member("method", if is_call { "\"tools/call\"" } else { "\"x/\\u0079\"" }));
        members.push(self.member("future", name));
        if self.below(4) > 0 {
            members.push(self.member("id", id));
        }
        self.shuffled(members)
    }

    /// An answer: JSON, or the text of an event stream.
    fn answer(&mut self) -> Vec<u8> {
        let result = self.value(4);
        let members =
            vec![self.member("jsonrpc", "\"2.0\""), self.member("result", &result), self.member("id", "1")];
        let body = self.shuffled(members);
        match self.below(3) {
            0 => answer("200 OK", "Content-Type: application/json\r\n", body.as_bytes()),
            1 => answer("200 OK", "Content-Type: application/json; charset=utf-8\r\n", body.as_bytes()),
            _ => {
                let lines: String = body.lines().map(|line| format!("data:{line}\r")).collect();
                let events =
                    format!("\u{feff}: comment\nid: 1\nevent: message\n{lines}\n\nretry: 10\r\n\r\ndata");
                answer("200 OK", "Content-Type: text/event-stream\r\n", events.as_bytes())
            }
        }
    }
}

#[tokio::test]
async fn ten_thousand_messages_and_answers_pass_byte_for_byte() {
    let answers: Arc<Vec<_>> = Arc::new((0..COUNT as u64).map(|seed| Random(seed).answer()).collect());
    let (given, next) = (answers.clone(), Arc::new(AtomicUsize::new(0)));
    let upstream = Upstream::start(move |mut connection| {
        let (given, next) = (given.clone(), next.clone());
        async move {
            while connection.request().await.is_some() {
                connection.send(&given[next.fetch_add(1, Ordering::Relaxed)]).await;
            }
        }
    })
    .await;
    let gateway = Running::before(&upstream).await;
    let (mut client, token) = (gateway.connect().await, gateway.token());
    let mut messages = Vec::new();
    for (number, answer) in answers.iter().enumerate() {
        let message = Random(number as u64 + 1_000_000).message();
        client.send(gateway.request_with(&token, "POST", "", message.as_bytes())).await;
        let heard = client.answer().await;
        assert_eq!(heard.status(), 200, "{message}: {}", String::from_utf8_lossy(&heard.body));
        assert!(answer.ends_with(&[b"\r\n\r\n", heard.body.as_slice()].concat()), "{number}: {heard:?}");
        messages.push(message);
    }
    let requests = upstream.requests();
    assert_eq!(requests.len(), COUNT);
    for (request, message) in requests.iter().zip(&messages) {
        assert!(
            request.body == message.as_bytes(),
            "{message} came as {:?}",
            String::from_utf8_lossy(&request.body)
        );
    }
}
