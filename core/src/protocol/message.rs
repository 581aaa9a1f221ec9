//! MCP messages, as far as guard and gateway read them (JSON-RPC 2.0 §4, §5; MCP 2026-07-28, Overview, Messages and Tools).
//!
//! The MCP server behind the guard has another parser. A message that two parsers may read differently is refused: a
//! batch, an array in place of an object, a member that occurs twice, or a member in another case.

use serde::de::{self, Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt;
use thiserror::Error;

/// One request, notification or response.
#[derive(Clone, Debug)]
pub struct Message<'a> {
    /// The method. `None` for a response.
    pub method: Option<String>,
    /// The id, as the sender wrote it. A notification has none.
    pub id: Option<&'a RawValue>,
    /// The tool that it calls, if it calls one.
    pub call: Option<ToolCall>,
}

/// A message that calls an MCP tool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToolCall {
    /// The tool's name.
    pub tool: String,
}

/// Why a body is not one message that every parser reads alike.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Unreadable {
    /// It is not JSON in UTF-8 (RFC 8259 §8.1).
    #[error("the body must be JSON in UTF-8, without a byte order mark: {0}")]
    Json(String),
    /// It is JSON, but not one request, notification or response.
    #[error("the body must be one JSON-RPC 2.0 request, notification or response, and no batch: {0}")]
    Message(String),
    /// It is compressed, or in another character set, so the guard cannot read it.
    #[error("send the body as UTF-8, without Content-Encoding")]
    Encoding,
}

impl Unreadable {
    /// The longest reason, in characters. Reasons of the parser may repeat a part of the message.
    const MAX_REASON: usize = 200;

    /// The error code (JSON-RPC 2.0 §5.1).
    pub fn code(&self) -> i32 {
        match self {
            Self::Json(_) | Self::Encoding => -32700,
            Self::Message(_) => -32600,
        }
    }

    fn of(error: &serde_json::Error) -> Self {
        let reason = error.to_string().chars().take(Self::MAX_REASON).collect();
        if error.is_data() { Self::Message(reason) } else { Self::Json(reason) }
    }
}

impl<'a> Message<'a> {
    /// Reads a message.
    ///
    /// # Errors
    /// [`Unreadable`] if it is not one request, notification or response, or if another parser may read another
    /// method or tool.
    pub fn read(message: &'a [u8]) -> Result<Self, Unreadable> {
        // Bytes that are not UTF-8 may end a string for a parser that repairs them.
        let text = std::str::from_utf8(message).map_err(|error| Unreadable::Json(error.to_string()))?;
        let members: Members<'a> = serde_json::from_str(text).map_err(|error| Unreadable::of(&error))?;
        members.message().map_err(|why| Unreadable::Message(why.to_owned()))
    }
}

impl ToolCall {
    /// The method of a tool call (MCP, Tools).
    const METHOD: &str = "tools/call";

    /// Reads a message. `None` if it calls no tool.
    ///
    /// # Errors
    /// As [`Message::read`].
    pub fn read(message: &[u8]) -> Result<Option<Self>, Unreadable> {
        Ok(Message::read(message)?.call)
    }

    /// Whether a server that finds tools without case may take the call for one of `tool`.
    pub(crate) fn may_mean(&self, tool: &str) -> bool {
        folded(&self.tool) == folded(tool)
    }
}

/// The longest name of a tool, in bytes. It is compared with those of the configuration, without case.
const MAX_NAME: usize = 1024;

/// The names of the members of a message. Others are ignored.
const MEMBERS: [&str; 6] = ["jsonrpc", "method", "params", "id", "result", "error"];

/// The members that a message has.
#[derive(Default)]
struct Members<'a> {
    is_2_0: bool,
    method: Option<String>,
    id: Option<&'a RawValue>,
    params: Params,
    result: bool,
    error: bool,
}

/// A text, which is copied only if it has escapes.
#[derive(serde::Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

/// The name in the parameters. Only a tool call needs it. So two names are refused only there.
#[derive(Default)]
enum Params {
    #[default]
    Unnamed,
    Named(String),
    /// Two names, or one in another case.
    Unclear,
}

impl<'a> Members<'a> {
    fn message(self) -> Result<Message<'a>, &'static str> {
        if !self.is_2_0 {
            return Err("the member jsonrpc must be \"2.0\"");
        }
        let call = match &self.method {
            None if self.result == self.error => {
                return Err("it has no method, and not one of result and error");
            }
            None => None,
            Some(_) if self.result || self.error => {
                return Err("it has a method together with a result or an error");
            }
            Some(method) => self.params.call(method)?,
        };
        Ok(Message { method: self.method, id: self.id, call })
    }
}

impl Params {
    /// The tool that a message with this method calls, if it calls one.
    fn call(self, method: &str) -> Result<Option<ToolCall>, &'static str> {
        match self {
            _ if folded(method) != ToolCall::METHOD => Ok(None),
            _ if method != ToolCall::METHOD => Err("write the method tools/call in lower case"),
            Self::Named(tool) if tool.len() > MAX_NAME => Err("the name of a tool has at most 1024 bytes"),
            Self::Named(tool) => Ok(Some(ToolCall { tool })),
            Self::Unnamed => Err("tools/call needs params with the tool's name as text"),
            Self::Unclear => Err("tools/call needs params with one member name, in lower case"),
        }
    }
}

/// The known name that a parser may take `key` for, if it ignores case or reads C strings.
fn meant(key: &str, known: &[&'static str]) -> Option<&'static str> {
    let folded = folded(key);
    known.iter().find(|name| **name == folded).copied()
}

/// A text for comparison without case, up to the first NUL. Up and down again, since `ſ` and `K` (the Kelvin sign) are
/// variants of letters too (Unicode, simple case folding). The dot above remains of a Turkish capital I.
fn folded(text: &str) -> Cow<'_, str> {
    let text = text.split('\0').next().unwrap_or_default();
    if !text.is_ascii() {
        let folded = text.chars().flat_map(char::to_uppercase).flat_map(char::to_lowercase);
        return folded.filter(|c| *c != '\u{307}').collect();
    }
    match text.bytes().any(|byte| byte.is_ascii_uppercase()) {
        true => text.to_ascii_lowercase().into(),
        false => text.into(),
    }
}

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;

        impl<'de> Visitor<'de> for Reader {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members<'de>, A::Error> {
                let (mut message, mut seen) = (Members::default(), Vec::new());
                while let Some(Text(key)) = map.next_key()? {
                    let member = meant(&key, &MEMBERS);
                    if let Some(name) = member.filter(|name| *name != key || seen.contains(name)) {
                        return Err(de::Error::custom(format_args!("write {name} once, in lower case")));
                    }
                    seen.extend(member);
                    match member {
                        Some("jsonrpc") => message.is_2_0 = map.next_value::<Text<'_>>()?.0 == "2.0",
                        Some("method") => message.method = Some(map.next_value()?),
                        Some("params") => message.params = map.next_value()?,
                        Some("id") => message.id = Some(map.next_value()?),
                        other => {
                            map.next_value::<IgnoredAny>()?;
                            message.result |= other == Some("result");
                            message.error |= other == Some("error");
                        }
                    }
                }
                Ok(message)
            }
        }

        deserializer.deserialize_map(Reader)
    }
}

impl<'de> Deserialize<'de> for Params {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;

        impl<'de> Visitor<'de> for Reader {
            type Value = Params;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("params as a JSON object")
            }

            fn visit_unit<E: de::Error>(self) -> Result<Params, E> {
                Ok(Params::Unnamed)
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Params, A::Error> {
                let mut params = Params::Unnamed;
                let mut names = 0;
                while let Some(Text(key)) = map.next_key()? {
                    if meant(&key, &["name"]).is_none() {
                        map.next_value::<IgnoredAny>()?;
                        continue;
                    }
                    names += 1;
                    params = match map.next_value::<Option<String>>()? {
                        _ if names > 1 || key != "name" => Params::Unclear,
                        Some(name) => Params::Named(name),
                        None => Params::Unnamed,
                    };
                }
                Ok(params)
            }
        }

        deserializer.deserialize_any(Reader)
    }
}

#[cfg(test)]
mod tests;
