//! Tool calls, as far as a guard reads them (JSON-RPC 2.0 §4; MCP, Tools).

use serde::Deserialize;
use std::borrow::Cow;

/// A message that calls an MCP tool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToolCall<'a> {
    /// The tool's name.
    pub tool: Cow<'a, str>,
}

/// The message cannot be read here, but another parser behind the guard might read it differently: a duplicate member,
/// or a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unreadable;

#[derive(Deserialize)]
struct Message<'a> {
    method: Option<Cow<'a, str>>,
    params: Option<Params<'a>>,
}

#[derive(Deserialize)]
struct Params<'a> {
    name: Option<Cow<'a, str>>,
}

impl<'a> ToolCall<'a> {
    /// Reads a message. `None` if it is not a tool call.
    ///
    /// # Errors
    /// [`Unreadable`] if the message is not one JSON object, or has a duplicate member.
    pub fn read(message: &'a [u8]) -> Result<Option<Self>, Unreadable> {
        let message: Message = serde_json::from_slice(message).map_err(|_| Unreadable)?;
        let tool = message.params.and_then(|params| params.name);
        let calls = message.method.is_some_and(|method| method == "tools/call");
        Ok(tool.filter(|_| calls).map(|tool| Self { tool }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_tool_is_called_by_its_name_however_that_is_written() {
        let read = |message| ToolCall::read(message).map(|call| call.map(|call| call.tool.into_owned()));
        for (message, expected) in [
            (
                &br#"{"method":"tools/call","params":{"name":"a","arguments":{"name":1}},"id":1}"#[..],
                Ok(Some("a")),
            ),
            (br#"{"method":"tools\u002fcall","params":{"name":"\u0061"}}"#, Ok(Some("a"))),
            (br#"{"method":"tools/list","params":{"name":"a"}}"#, Ok(None)),
            (br#"{"method":"tools/call"}"#, Ok(None)),
            (br#"{"result":{}}"#, Ok(None)),
            (br#"{"method":"tools/call","params":{"name":"a","name":"b"}}"#, Err(Unreadable)),
            (br#"[{"method":"tools/call","params":{"name":"a"}}]"#, Err(Unreadable)),
            (b"", Err(Unreadable)),
        ] {
            let expected = expected.map(|tool| tool.map(str::to_owned));
            assert_eq!(read(message), expected, "{}", String::from_utf8_lossy(message));
        }
    }

    proptest! {
        #[test]
        fn no_message_panics(bytes in proptest::collection::vec(any::<u8>(), 0..60)) {
            let _ = ToolCall::read(&bytes);
        }
    }
}
