//! The forms of a line of the log: text, or one JSON object (RFC 8259). Both have the keys and values that an event lists.

use super::Level;
use super::utc::Utc;
use crate::Failure;
use doorward::ports::Timestamp;
use doorward::wire::{Field, FieldValue};
use doorward_settings::{LOG_FORMAT, Values};
use std::fmt::{self, Write};

/// The form of the lines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LogFormat {
    /// Time, level, name, and pairs `key=value`.
    #[default]
    Text,
    /// An object with `time`, `level`, `event` and the keys.
    Json,
}

/// A line that fits needs no second allocation.
const USUAL_LENGTH: usize = 384;

impl LogFormat {
    /// Reads the setting.
    ///
    /// # Errors
    /// [`Failure`] if the value is another one.
    pub fn of(values: &Values) -> Result<Self, Failure> {
        match values.one(&LOG_FORMAT) {
            None | Some("text") => Ok(Self::Text),
            Some("json") => Ok(Self::Json),
            Some(_) => Err(Failure("--log-format must be text or json".into())),
        }
    }

    /// One line, with its end.
    pub(super) fn line<'a>(
        self,
        time: Timestamp,
        level: Level,
        event: &str,
        fields: impl IntoIterator<Item = Field<'a>>,
    ) -> String {
        let mut line = String::with_capacity(USUAL_LENGTH);
        let written = match self {
            Self::Text => text(&mut line, (time, level, event), fields),
            Self::Json => json(&mut line, (time, level, event), fields),
        };
        written.expect("a text takes every line");
        line.push('\n');
        line
    }
}

fn text<'a>(
    line: &mut String,
    (time, level, event): (Timestamp, Level, &str),
    fields: impl IntoIterator<Item = Field<'a>>,
) -> fmt::Result {
    write!(line, "{} {} {event}", Utc(time), level.name())?;
    fields.into_iter().try_for_each(|(key, value)| write!(line, " {key}={value}"))
}

fn json<'a>(
    line: &mut String,
    (time, level, event): (Timestamp, Level, &str),
    fields: impl IntoIterator<Item = Field<'a>>,
) -> fmt::Result {
    let level = level.name();
    write!(line, r#"{{"time":"{}","level":"{level}","event":"{event}""#, Utc(time))?;
    for (key, value) in fields {
        write!(line, ",\"{key}\":")?;
        match value {
            FieldValue::Text(text) => json_string(line, &text)?,
            FieldValue::Sentence(text) => json_string(line, text)?,
            FieldValue::Number(number) => write!(line, "{number}")?,
        }
    }
    line.write_char('}')
}

/// Writes a string (RFC 8259 §7). What is not printable is escaped, as in the text form: line ends that are no control
/// characters in JSON too, and marks that change the direction of text.
fn json_string(line: &mut String, text: &str) -> fmt::Result {
    line.push('"');
    let mut rest = text;
    while let Some(at) = rest.find(is_escaped) {
        let (plain, behind) = rest.split_at(at);
        line.push_str(plain);
        let mut characters = behind.chars();
        match characters.next() {
            Some(mark @ ('"' | '\\')) => line.extend(['\\', mark]),
            Some('\n') => line.push_str("\\n"),
            Some(other) => {
                other.encode_utf16(&mut [0; 2]).iter().try_for_each(|unit| write!(line, "\\u{unit:04x}"))?;
            }
            None => {}
        }
        rest = characters.as_str();
    }
    line.push_str(rest);
    line.push('"');
    Ok(())
}

fn is_escaped(character: char) -> bool {
    match character {
        '"' | '\\' => true,
        ' '..='~' => false,
        other => other.escape_debug().len() > 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use doorward::protocol::{ClientId, PersonId, Resource};
    use doorward::wire::{CalledTool, Event, EventKind, TraceId};
    use http::HeaderMap;
    use proptest::prelude::*;
    use serde_json::{Map, Value};

    const NOON: Timestamp = Timestamp(1_735_732_800);

    fn line(format: LogFormat, event: &Event) -> String {
        format.line(NOON, Level::Warn, event.kind.name(), event.fields())
    }

    fn called(tool: &str, status: u16, milliseconds: u128) -> CalledTool {
        let resource = Resource::parse("https://mcp.example/mcp").unwrap();
        CalledTool { resource, tool: tool.to_owned(), status, milliseconds }
    }

    /// The trace id in this header.
    fn trace(parent: &str) -> Option<TraceId> {
        let mut headers = HeaderMap::new();
        headers.insert("traceparent", parent.parse().unwrap());
        TraceId::of(&headers)
    }

    #[test]
    fn an_event_is_one_line_of_text_or_one_object() {
        let trace = trace("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
        let event = Event {
            person: PersonId::parse("Zoë"),
            reason: Some("a \"b\" \\\n\u{1b}\u{2028}\u{202e}\u{e0001}".to_owned()),
            call: Some(called("current", 200, 12)),
            trace,
            ..Event::new(EventKind::ToolCalled)
        };
        assert_eq!(
            line(LogFormat::Json, &event),
            concat!(
                r#"{"time":"2025-01-01T12:00:00Z","level":"warn","event":"tool_called","#,
                r#""reason":"a \"b\" \\\n\u001b\u2028\u202e\udb40\udc01","person":"Zoë","#,
                r#""resource":"https://mcp.example/mcp","tool":"current","status":200,"ms":12,"#,
                r#""trace":"0af7651916cd43dd8448eb211c80319c"}"#,
                "\n"
            )
        );
        let text = format!("2025-01-01T12:00:00Z warn {event}\n");
        assert_eq!(line(LogFormat::Text, &event), text);
    }

    #[test]
    fn the_setting_is_text_or_json() {
        let read =
            |text| LogFormat::of(&Values::of([(&LOG_FORMAT, text)])).map_err(|error| error.to_string());
        assert_eq!(LogFormat::of(&Values::default()).unwrap(), LogFormat::Text);
        assert_eq!((read("text"), read("json")), (Ok(LogFormat::Text), Ok(LogFormat::Json)));
        assert_eq!(read("JSON"), Err("--log-format must be text or json".to_owned()));
    }

    proptest! {
        /// No text of a client ends a line or a value early, and both forms have the same keys and values.
        #[test]
        fn both_forms_have_the_same_keys_and_values_and_stay_one_line(
            reason in proptest::option::of(any::<String>()),
            tool in any::<String>(),
            client in any::<String>(),
            (status, milliseconds) in (any::<u16>(), any::<u64>()),
            bytes in proptest::collection::vec(prop_oneof![Just('"'), Just('\n'), Just('\\'), Just('\u{85}'), any::<char>()], 0..9),
        ) {
            let event = Event {
                reason,
                client: Some(ClientId(client)),
                correlation: Some(bytes.into_iter().collect()),
                call: Some(called(&tool, status, milliseconds.into())),
                ..Event::new(EventKind::ToolCalled)
            };
            let (text, json) = (line(LogFormat::Text, &event), line(LogFormat::Json, &event));
            for line in [&text, &json] {
                prop_assert!(line.ends_with('\n'));
                let inside = &line[..line.len() - 1];
                let forged = |c: char| c.is_control() || ['\u{2028}', '\u{2029}', '\u{202e}'].contains(&c);
                prop_assert!(!inside.contains(forged), "{:?}", inside);
            }
            let mut object: Map<String, Value> = serde_json::from_str(&json).unwrap();
            let mut rebuilt = format!("{} warn {}", Utc(NOON), event.kind.name());
            for (key, value) in event.fields() {
                let here = match object.remove(key).unwrap() {
                    Value::String(text) => FieldValue::Text(text.into()),
                    number => FieldValue::Number(number.as_u64().unwrap()),
                };
                prop_assert_eq!(&here, &value, "{}", key);
                rebuilt = format!("{rebuilt} {key}={here}");
            }
            prop_assert_eq!(rebuilt + "\n", text);
            let rest: Vec<_> = object.keys().map(String::as_str).collect();
            prop_assert_eq!(rest, ["event", "level", "time"]);
        }
    }
}
