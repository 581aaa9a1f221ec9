mod differential;

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

proptest! {
    #[test]
    fn no_message_panics(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
        let _ = read(&bytes);
    }
}
