use super::*;
use proptest::prelude::*;

fn read(message: impl AsRef<[u8]>) -> Result<Option<String>, Unreadable> {
    ToolCall::read(message.as_ref()).map(|call| call.map(|call| call.tool))
}

/// A message with this text in place of its members after `jsonrpc`.
fn with(members: &str) -> String {
    format!(r#"{{"jsonrpc":"2.0",{members}}}"#)
}

#[test]
fn a_tool_is_called_by_its_name_however_that_is_written() {
    for members in [
        r#""id":1,"method":"tools/call","params":{"name":"a","arguments":{"name":1,"Name":2}}"#,
        r#""params":{"arguments":{},"name":"a"},"method":"tools/call","id":"x""#,
        r#""method":"tools\u002fcall","params":{"n\u0061me":"\u0061"}"#,
        r#""\u006dethod":"tools/call","\u0070arams":{"name":"a"},"other":[],"other":{}"#,
        r#" "id" : 1e999 , "method":"tools/call" , "params" : { "name" : "a" , "_meta":{} } "#,
    ] {
        assert_eq!(read(with(members)), Ok(Some("a".to_owned())), "{members}");
    }
}

#[test]
fn any_other_request_notification_or_response_calls_none() {
    for members in [
        r#""id":1,"method":"tools/list""#,
        r#""id":1,"method":"prompts/get","params":{"name":"a"}"#,
        r#""id":1,"method":"prompts/get","params":{"name":"a","name":"b","NAME":"c"}"#,
        r#""method":"notifications/initialized""#,
        r#""method":"notifications/initialized","params":null"#,
        r#""id":1,"method":"tools/call/","params":{"name":"a"}"#,
        r#""id":1,"result":{"method":"tools/call","params":{"name":"a"}}"#,
        r#""id":null,"error":{"code":-1,"message":"x"}"#,
    ] {
        assert_eq!(read(with(members)), Ok(None), "{members}");
    }
    let deep =
        format!(r#""id":1,"method":"x","params":{{"a":{}{}}}"#, "[".repeat(100_000), "]".repeat(100_000));
    assert_eq!(read(with(&deep)), Ok(None), "depth costs no stack");
}

#[test]
fn a_message_that_two_parsers_may_read_differently_is_refused() {
    for members in [
        r#""method":"tools/list","method":"tools/call","params":{"name":"a"}"#,
        r#""method":"tools/list","\u006dethod":"tools/call","params":{"name":"a"}"#,
        r#""method":"tools/call","params":{"name":"a","name":"b"}"#,
        r#""method":"tools/call","params":{"name":"a","n\u0061me":"b"}"#,
        r#""method":"tools/call","params":{"name":"a"},"params":{"name":"b"}"#,
        r#""Method":"tools/call","params":{"name":"a"}"#,
        r#""METHOD":"tools/call","method":"tools/list","params":{"name":"a"}"#,
        "\"method\":\"tools/call\",\"param\u{17f}\":{\"name\":\"a\"}",
        r#""method\u0000x":"tools/call","method":"tools/list","params":{"name":"a"}"#,
        r#""method":"tools/call","Params":{"name":"a"}"#,
        r#""method":"tools/call","params":{"Name":"a"}"#,
        r#""method":"tools/call","params":{"name":"a","NAME":"b"}"#,
        r#""method":"tools/list","ID":1"#,
        "\"method\":\"tools/list\",\"\u{130}d\":1",
        r#""method":"tools/list","JSONRPC":"2.0""#,
        r#""method":"Tools/Call","params":{"name":"a"}"#,
        "\"method\":\"tool\u{17f}/call\",\"params\":{\"name\":\"a\"}",
        r#""method":"tools/call","params":["a",{}]"#,
        r#""method":"tools/list","params":["a",{}]"#,
        r#""method":"tools/call","params":"a""#,
        r#""method":"tools/call","params":{"name":["a"]}"#,
        r#""method":"tools/call","params":{"name":null}"#,
        r#""method":"tools/call","params":{}"#,
        r#""method":"tools/call""#,
        r#""method":["tools/call"],"params":{"name":"a"}"#,
        r#""method":null,"params":{"name":"a"}"#,
        r#""method":"tools/call","params":{"name":"a"},"result":{}"#,
        r#""id":1,"result":{},"error":{}"#,
        r#""id":1"#,
    ] {
        let refused = read(with(members)).unwrap_err();
        assert!(matches!(refused, Unreadable::Message(_)), "{members}: {refused}");
        assert_eq!(refused.code(), -32600);
    }
}

#[test]
fn a_name_of_a_tool_has_at_most_1024_bytes() {
    let named = |length| {
        read(with(&format!(r#""method":"tools/call","params":{{"name":"{}"}}"#, "a".repeat(length))))
    };
    assert!(matches!(named(1024), Ok(Some(_))));
    assert!(matches!(named(1025), Err(Unreadable::Message(_))));
}

#[test]
fn what_is_no_object_with_its_version_is_refused() {
    let call = with(r#""method":"tools/call","params":{"name":"a"}"#);
    for message in [
        format!("[{call}]"),
        format!("[null,{call}]"),
        r#"["2.0","tools/call",{"name":"a"}]"#.to_owned(),
        "null".to_owned(),
        r#"{"method":"tools/list"}"#.to_owned(),
        r#"{"jsonrpc":"1.0","method":"tools/list"}"#.to_owned(),
        r#"{"jsonrpc":2.0,"method":"tools/list"}"#.to_owned(),
        "{}".to_owned(),
    ] {
        let refused = read(&message).unwrap_err();
        assert!(matches!(refused, Unreadable::Message(_)), "{message}: {refused}");
    }
}

#[test]
fn what_is_no_json_in_utf_8_is_refused() {
    let list = with(r#""method":"tools/list""#);
    let inside = |bytes: &[u8]| [b"{\"jsonrpc\":\"2.0\",\"method\":\"x\",\"a\":\"", bytes, b"\"}"].concat();
    for message in [
        Vec::new(),
        b"{".to_vec(),
        list.as_bytes()[..list.len() - 1].to_vec(),
        [list.as_bytes(), b"x"].concat(),
        [list.as_bytes(), list.as_bytes()].concat(),
        [list.as_bytes(), b"\0"].concat(),
        ["\u{feff}".as_bytes(), list.as_bytes()].concat(),
        list.encode_utf16().flat_map(u16::to_le_bytes).collect(),
        // A byte that is not UTF-8; a quotation mark in two bytes; half of a character, which takes the quotation
        // mark with it in other character sets.
        inside(b"\xff"),
        inside(b"\xc0\xa2"),
        inside(b"\x83"),
        inside(b"\n"),
        br#"{"jsonrpc":"2.0","method":"tools/list",}"#.to_vec(),
        br#"{"jsonrpc":"2.0","method":"tools/list"/**/}"#.to_vec(),
        br#"{'jsonrpc':'2.0','method':'tools/list'}"#.to_vec(),
        br#"{"jsonrpc":"2.0","method":"tools/list","id":NaN}"#.to_vec(),
        br#"{"jsonrpc":"2.0","method":"tools/call\ud800","params":{"name":"a"}}"#.to_vec(),
    ] {
        let refused = read(&message).unwrap_err();
        assert!(matches!(refused, Unreadable::Json(_)), "{}: {refused}", String::from_utf8_lossy(&message));
        assert_eq!(refused.code(), -32700);
    }
}

#[test]
fn a_reason_says_what_is_expected_and_is_short() {
    for (message, expected) in [
        ("[]".to_owned(), "sequence, expected a JSON object"),
        (with(r#""params":[]"#), "sequence, expected params as a JSON object"),
        (with(r#""Method":"x""#), "write method once, in lower case"),
        ("{".to_owned(), "must be JSON in UTF-8"),
    ] {
        let refused = read(&message).unwrap_err().to_string();
        assert!(refused.contains(expected), "{message}: {refused}");
    }
    let refused = read(with(&format!(r#""params":"{}""#, "x".repeat(10_000)))).unwrap_err();
    assert!(refused.to_string().len() < 400, "{refused}");
}

/// A value with all its members, in their order. For parsers that take the first or the last of equal members.
#[derive(Debug)]
enum Node {
    Object(Vec<(String, Node)>),
    Array(Vec<Node>),
    Text(String),
    Other,
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;

        impl<'de> Visitor<'de> for Reader {
            type Value = Node;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("any value")
            }

            fn visit_unit<E>(self) -> Result<Node, E> {
                Ok(Node::Other)
            }

            fn visit_u64<E>(self, _: u64) -> Result<Node, E> {
                Ok(Node::Other)
            }

            fn visit_str<E>(self, text: &str) -> Result<Node, E> {
                Ok(Node::Text(text.to_owned()))
            }

            fn visit_seq<A: de::SeqAccess<'de>>(self, mut seq: A) -> Result<Node, A::Error> {
                let mut items = Vec::new();
                while let Some(item) = seq.next_element()? {
                    items.push(item);
                }
                Ok(Node::Array(items))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Node, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Node::Object(members))
            }
        }

        deserializer.deserialize_any(Reader)
    }
}

/// How a parser behind the guard reads.
#[derive(Clone, Copy, Debug)]
struct Parser {
    takes_first: bool,
    ignores_case: bool,
}

impl Parser {
    fn is(self, one: &str, other: &str) -> bool {
        if self.ignores_case { one.to_uppercase() == other.to_uppercase() } else { one == other }
    }

    /// A member of an object. In place of an object, some parsers take an array with the members in order.
    fn member<'a>(self, node: &'a Node, name: &str, at: usize) -> Option<&'a Node> {
        match node {
            Node::Array(items) => items.get(at),
            Node::Object(members) => {
                let mut found = members.iter().filter(|(key, _)| self.is(key, name)).map(|(_, value)| value);
                if self.takes_first { found.next() } else { found.next_back() }
            }
            _ => None,
        }
    }

    /// The tools that a body calls: itself, or as a batch.
    fn calls(self, node: &Node) -> Vec<&str> {
        let batch = if let Node::Array(items) = node { &items[..] } else { &[] };
        std::iter::once(node).chain(batch).filter_map(|message| self.call(message)).collect()
    }

    fn call(self, message: &Node) -> Option<&str> {
        let (method, params) = (self.member(message, "method", 0)?, self.member(message, "params", 1)?);
        match (method, self.member(params, "name", 0)?) {
            (Node::Text(method), Node::Text(name)) if self.is(method, "tools/call") => Some(name),
            _ => None,
        }
    }
}

type Texts = &'static [&'static str];

/// A member with one of these keys and one of these values. The first of the keys is the most frequent.
fn member(keys: Texts, values: impl Strategy<Value = String> + 'static) -> BoxedStrategy<String> {
    let key = prop_oneof![4 => Just(keys[0]), 1 => prop::sample::select(keys)];
    (key, values).prop_map(|(key, value)| format!("\"{key}\":{value}")).boxed()
}

fn one_of(values: Texts) -> BoxedStrategy<String> {
    prop::sample::select(values).prop_map(str::to_owned).boxed()
}

fn object(members: impl Strategy<Value = Vec<String>> + 'static) -> BoxedStrategy<String> {
    members.prop_map(|members| format!("{{{}}}", members.join(","))).boxed()
}

fn bodies() -> impl Strategy<Value = String> {
    let name = || one_of(&["\"a\"", "\"a\"", "\"b\"", "\"\\u0061\"", "null", "1", "[\"a\"]"]);
    let names = member(&["name", "Name", "NAME", "n\\u0061me", "arguments"], name());
    let params = prop_oneof![
        6 => object(prop::collection::vec(names, 0..3)),
        1 => name().prop_map(|name| format!("[{name}]")),
    ];
    let methods: Texts =
        &["\"tools/call\"", "\"Tools/Call\"", "\"tools\\u002fcall\"", "\"tool\u{17f}/call\"", "\"x\"", "1"];
    let method = prop_oneof![3 => Just("\"tools/call\"".to_owned()), 2 => one_of(methods)];
    let method = member(&["method", "Method", "METHOD", "\\u006dethod", "x"], method);
    let params = member(&["params", "PARAMS", "param\u{17f}", "\\u0070arams", "x"], params);
    let other = member(&["id", "ID", "result", "error", "x"], one_of(&["1", "{}", "\"tools/call\""]));
    let members = vec![method.clone(), params.clone(), prop_oneof![method, params, other].boxed()];
    let members = (members, 0..=3usize).prop_map(|(members, count)| members[..count].to_vec());
    let members = members.prop_shuffle().prop_map(|members| {
        std::iter::once("\"jsonrpc\":\"2.0\"".to_owned()).chain(members).collect::<Vec<_>>()
    });
    let message = object(members);
    let batch = prop::collection::vec(message.clone(), 0..3).prop_map(|all| format!("[{}]", all.join(",")));
    prop_oneof![8 => message, 1 => batch]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4096))]

    #[test]
    fn no_parser_behind_the_guard_reads_another_call(body in bodies()) {
        let Ok(read) = read(&body) else { return Ok(()) };
        let node: Node = serde_json::from_str(&body).unwrap();
        let read: Vec<_> = read.iter().map(String::as_str).collect();
        for (takes_first, ignores_case) in [(true, true), (true, false), (false, true), (false, false)] {
            let parser = Parser { takes_first, ignores_case };
            prop_assert_eq!(&parser.calls(&node), &read, "{:?}: {}", parser, body);
        }
        let value: serde_json::Value = serde_json::from_str(&body).unwrap();
        let calls = value["method"] == "tools/call";
        prop_assert_eq!(value["params"]["name"].as_str().filter(|_| calls), read.first().copied(), "{}", body);
    }

    #[test]
    fn no_message_panics(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
        let _ = read(&bytes);
    }
}
