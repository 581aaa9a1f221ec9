//! The reader of messages, beside parsers that take the first or the last of equal members, and that ignore case.

use super::*;

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
}
