//! A message of a client, as far as it has to be changed on its way to a program.

use super::json::{Members, place, with_values};
use bytes::BytesMut;

/// Where a request asks for progress (MCP 2025-11-25, Progress).
const PROGRESS_TOKEN: [&str; 3] = ["params", "_meta", "progressToken"];
/// The request that a cancellation is about (MCP 2025-11-25, Cancellation).
const CANCELLED: [&str; 2] = ["params", "requestId"];

/// A request, a notification or a response of a client. The gateway has read it before: it is JSON.
pub(super) struct ClientMessage<'a> {
    text: &'a str,
    pub(super) members: Members<'a>,
    pub(super) method: Option<String>,
    /// The id as it is written.
    pub(super) id: Option<&'a str>,
}

impl<'a> ClientMessage<'a> {
    /// Reads a message. `None` if it is no JSON object.
    pub(super) fn read(message: &'a [u8]) -> Option<Self> {
        let text = str::from_utf8(message).ok()?;
        let members = Members::read(text)?;
        let (method, id) = (members.text(&["method"]), members.get("id"));
        Some(Self { text, members, method, id })
    }

    /// Whether it is a request with this method.
    pub(super) fn asks(&self, method: &str) -> bool {
        self.id.is_some() && self.method.as_deref() == Some(method)
    }

    /// The token with which a request asks for progress, as it is written.
    pub(super) fn progress_token(&self) -> Option<&'a str> {
        self.members.find(&PROGRESS_TOKEN)
    }

    /// The id of the request that it cancels, as it is written.
    pub(super) fn cancelled(&self) -> Option<&'a str> {
        let is_cancellation = self.method.as_deref() == Some("notifications/cancelled");
        self.members.find(&CANCELLED).filter(|_| is_cancellation)
    }

    /// The line of a request, with this number as its id and as its progress token.
    pub(super) fn line_of_request(&self, number: u64) -> BytesMut {
        self.line([self.id, self.progress_token()], number)
    }

    /// The line of a cancellation of the request with this number.
    pub(super) fn line_of_cancellation(&self, number: u64) -> BytesMut {
        self.line([self.cancelled(), None], number)
    }

    /// The line of another message, which changes nothing but line breaks.
    pub(super) fn line_as_it_is(&self) -> BytesMut {
        with_values(self.text, Vec::new())
    }

    fn line(&self, values: [Option<&str>; 2], number: u64) -> BytesMut {
        let places = values.into_iter().flatten().map(|value| place(self.text, value));
        with_values(self.text, places.map(|place| (place, number.to_string())).collect())
    }
}

/// The line of a cancellation that no client has written.
pub(super) fn cancellation(number: u64) -> BytesMut {
    let line = format!(
        r#"{{"jsonrpc":"2.0","method":"notifications/cancelled","params":{{"requestId":{number},"reason":"the client has gone"}}}}"#
    );
    line.as_bytes().into()
}
