//! What an event has in a line of the log: its keys and their values. Every form of the log reads this one list.

use crate::wire::event::Event;
use std::borrow::Cow;
use std::fmt;

/// The value of a key in a line of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FieldValue<'a> {
    /// A text. A line of text has it in quotes if it contains other than plain characters.
    Text(Cow<'a, str>),
    /// Words for the operator. A line of text always has them in quotes.
    Sentence(&'a str),
    /// A number.
    Number(u64),
}

/// A key of a line, and its value.
pub type Field<'a> = (&'static str, FieldValue<'a>);

impl<'a> FieldValue<'a> {
    fn text(text: &'a str) -> Self {
        Self::Text(Cow::Borrowed(text))
    }

    fn printed(value: &impl ToString) -> Self {
        Self::Text(Cow::Owned(value.to_string()))
    }
}

impl fmt::Display for FieldValue<'_> {
    /// Prints the value as a line of text has it. In quotes, what is not printable is escaped.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~:/@".contains(&byte);
        match self {
            Self::Text(text) if text.bytes().all(is_plain) => f.write_str(text),
            Self::Text(text) => write!(f, "{text:?}"),
            Self::Sentence(text) => write!(f, "{text:?}"),
            Self::Number(number) => write!(f, "{number}"),
        }
    }
}

impl Event {
    /// The keys and values of the event, in the order of a line.
    pub fn fields(&self) -> impl Iterator<Item = Field<'_>> {
        let call = self.call.as_ref();
        let milliseconds = call.map(|call| u64::try_from(call.milliseconds).unwrap_or(u64::MAX));
        let fields = [
            ("code", self.code().map(FieldValue::text)),
            ("rule", self.rule.map(|rule| FieldValue::text(rule.name))),
            ("section", self.rule.map(|rule| FieldValue::Sentence(rule.section))),
            ("reason", self.reason.as_deref().map(FieldValue::text)),
            ("fix", self.rule.map(|rule| FieldValue::Sentence(rule.cure))),
            ("person", self.person.as_ref().map(|person| FieldValue::text(person.as_str()))),
            ("client", self.client.as_ref().map(|client| FieldValue::Text(shorten(&client.0)))),
            ("client_name", self.client_name.as_deref().map(FieldValue::text)),
            ("grant", self.grant.as_ref().map(FieldValue::printed)),
            ("resource", call.map(|call| FieldValue::text(call.resource.as_str()))),
            ("tool", call.map(|call| FieldValue::text(cut(&call.tool)))),
            ("status", call.map(|call| FieldValue::Number(call.status.into()))),
            ("ms", milliseconds.map(FieldValue::Number)),
            ("by", self.by.map(|by| FieldValue::text(by.name()))),
            ("uid", self.uid.map(|uid| FieldValue::Number(uid.into()))),
            ("ignored", self.ignored.map(FieldValue::text)),
            ("user_agent", self.user_agent.as_ref().map(|agent| FieldValue::text(agent.as_str()))),
            ("correlation", self.correlation.as_deref().map(FieldValue::text)),
            ("trace", self.trace.as_ref().map(FieldValue::printed)),
        ];
        fields.into_iter().filter_map(|(key, value)| Some((key, value?)))
    }
}

impl fmt::Display for Event {
    /// Prints one line: `name key=value …`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind.name())?;
        self.fields().try_for_each(|(key, value)| write!(f, " {key}={value}"))
    }
}

/// The longest name of a tool in the log, in characters.
const MAX_TOOL: usize = 128;

fn cut(tool: &str) -> &str {
    tool.char_indices().nth(MAX_TOOL).map_or(tool, |(end, _)| &tool[..end])
}

/// Shortens a client id for the log. An id can have two thousand characters; its last 12 are part of a signature, and
/// identify it.
fn shorten(id: &str) -> Cow<'_, str> {
    let end = id.len().saturating_sub(12);
    match id.len() > 40 && id.is_char_boundary(end) {
        true => Cow::Owned(format!("..{}", &id[end..])),
        false => Cow::Borrowed(id),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::{ClientId, GrantId, PersonId, Resource};
    use crate::rules;
    use crate::wire::{Actor, CalledTool, EventKind, TraceId, UserAgent};
    use http::HeaderMap;
    use proptest::prelude::*;

    /// An event with every key.
    fn full() -> Event {
        let mut headers = HeaderMap::new();
        let parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        headers.insert("traceparent", parent.parse().unwrap());
        headers.insert("user-agent", "claude-code/2.1.204 (cli)".parse().unwrap());
        Event {
            client: Some(ClientId(format!("https://{}/client.json", "a".repeat(60)))),
            client_name: Some("Ada's tools".to_owned()),
            person: PersonId::parse("Zoë A."),
            grant: GrantId::parse("AAAAAAAAAAAAAAAAAAAAAA"),
            rule: Some(&rules::CODE_EXPIRED),
            reason: Some("the \"code\"\nhas expired".to_owned()),
            by: Some(Actor::Operator),
            uid: Some(1000),
            call: Some(CalledTool {
                resource: Resource::parse("https://mcp.example/mcp").unwrap(),
                tool: "é".repeat(130),
                status: 200,
                milliseconds: 12,
            }),
            ignored: Some("client_secret"),
            user_agent: UserAgent::of(&headers),
            correlation: Some("0123456789".to_owned()),
            trace: TraceId::of(&headers),
            ..Event::new(EventKind::ToolCalled)
        }
    }

    #[test]
    fn a_line_has_every_key_in_its_order() {
        let line = full().to_string();
        let tool = "é".repeat(128);
        let expected = format!(
            "tool_called code=invalid_grant rule=code-expired section=\"RFC 6749 §4.1.2\" \
             reason=\"the \\\"code\\\"\\nhas expired\" fix=\"Redeem a code at once. Start the sign-in again.\" person=\"Zoë A.\" client=../client.json client_name=\"Ada's tools\" \
             grant=AAAAAAAAAAAAAAAAAAAAAA resource=https://mcp.example/mcp tool={tool:?} status=200 ms=12 by=operator uid=1000 \
             ignored=client_secret user_agent=\"Claude Code\" correlation=0123456789 trace=0af7651916cd43dd8448eb211c80319c"
        );
        assert_eq!(line, expected);
    }

    #[test]
    fn the_document_has_a_row_for_every_key_and_for_no_other() {
        let document = include_str!("../../../docs/audit.md");
        let rows = document.lines().skip_while(|line| !line.starts_with("| key |")).skip(2);
        let rows = rows.take_while(|line| line.starts_with("| "));
        let mut listed: Vec<_> =
            rows.flat_map(|row| row.split(" | ").next().unwrap().split('`').skip(1).step_by(2)).collect();
        let event = full();
        let mut keys: Vec<_> = event.fields().map(|(key, _)| key).collect();
        listed.sort_unstable();
        keys.sort_unstable();
        assert_eq!(listed, keys);
    }

    proptest! {
        /// No text of a client adds a line, or a key after it.
        #[test]
        fn a_value_stays_one_word_or_in_its_quotes(text in any::<String>()) {
            let event = Event { reason: Some(text.clone()), ..Event::new(EventKind::Refused) };
            let line = event.to_string();
            prop_assert!(!line.chars().any(char::is_control), "{:?}", line);
            let value = line.strip_prefix("refused reason=").unwrap();
            match value.strip_prefix('"') {
                None => prop_assert!(!value.contains([' ', '=', '"']) && value == text),
                Some(inside) => prop_assert_eq!(inside.len() + 1, format!("{text:?}").len()),
            }
        }
    }
}
