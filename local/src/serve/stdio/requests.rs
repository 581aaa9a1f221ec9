//! The requests of clients that a program has not answered yet: which number each has there, and which messages of the
//! program belong to it.

use super::budget::Message;
use super::client_message::ClientMessage;
use super::json::{Members, place, with_values};
use bytes::Bytes;
use std::collections::{BTreeMap, VecDeque};
use tokio::sync::mpsc;

/// The most requests of one program that have no answer.
const MAX: usize = 256;
/// How many progress tokens of answered requests are remembered. Tasks report progress after the answer (MCP 2025-11-25,
/// Tasks).
const MAX_ANSWERED: usize = 256;
/// How many messages of one request wait for its client.
const WAITING: usize = 16;

/// Where a notification names the listening request that it is for (MCP 2026-07-28, Subscriptions).
const SUBSCRIPTION: [&str; 3] = ["params", "_meta", "io.modelcontextprotocol/subscriptionId"];

/// Whether the program has a session (revisions up to 2025-11-25), or serves all processes of one client of one user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Era {
    Session,
    Stateless,
}

/// What a client hears of its request.
pub(super) enum Heard {
    /// A notification or a request of the program.
    Message(Message),
    /// The response.
    Response(Message),
    /// The program has ended the stream of a listening request.
    End,
}

pub(super) type Sender = mpsc::Sender<Heard>;

/// Where a message of a program goes, and its JSON for the client.
pub(super) enum Destination {
    /// It is the response to a request.
    Response(Sender, Bytes),
    /// It belongs to a request.
    Request(Sender, Bytes),
    /// It ends the stream of a listening request.
    End(Sender),
    /// It belongs to no request.
    Session(Bytes),
    /// Its client has gone.
    Nowhere,
}

/// The requests without an answer.
#[derive(Default)]
pub(super) struct Requests {
    last: u64,
    open: BTreeMap<u64, Request>,
    /// The numbers of answered requests, and their progress tokens.
    answered: VecDeque<(u64, String)>,
}

struct Request {
    /// The id, as the client wrote it.
    id: String,
    /// The progress token, as the client wrote it.
    token: Option<String>,
    is_listening: bool,
    /// Whether its answer can be an event stream, which has room for more than the response.
    takes_events: bool,
    sender: Sender,
}

impl Requests {
    /// Adds a request, and gives its number. `None` if there are too many.
    pub(super) fn add(
        &mut self,
        message: &ClientMessage<'_>,
        takes_events: bool,
    ) -> Option<(u64, mpsc::Receiver<Heard>)> {
        if self.open.len() >= MAX {
            self.open.retain(|_, request| !request.sender.is_closed());
        }
        if self.open.len() >= MAX {
            return None;
        }
        self.last += 1;
        let (sender, receiver) = mpsc::channel(WAITING);
        let request = Request {
            id: message.id.unwrap_or("null").to_owned(),
            token: message.progress_token().map(str::to_owned),
            is_listening: message.asks("subscriptions/listen"),
            takes_events,
            sender,
        };
        self.open.insert(self.last, request);
        Some((self.last, receiver))
    }

    /// The number of the request with this id, as a client wrote it.
    pub(super) fn number_of(&self, id: &str) -> Option<u64> {
        self.open.iter().rev().find(|(_, request)| request.id == id).map(|(number, _)| *number)
    }

    /// Removes a request that is not answered any more. Whether it was there.
    pub(super) fn remove(&mut self, number: u64) -> bool {
        self.open.remove(&number).is_some()
    }

    /// Removes all requests, which ends their answers.
    pub(super) fn clear(&mut self) {
        self.open.clear();
    }

    /// Finds out where a message of the program goes. `is_read`: whether a stream of the session is open. `None` for what is
    /// no message.
    pub(super) fn destination(&mut self, text: &str, era: Era, is_read: bool) -> Option<Destination> {
        let members = Members::read(text)?;
        let Some(method) = members.text(&["method"]) else {
            return self.response(text, &members);
        };
        let is_notification = members.get("id").is_none();
        if is_notification && method == "notifications/progress" {
            return Some(self.progress(text, &members, era, is_read));
        }
        if let Some(given) = members.find(&SUBSCRIPTION)
            && let Some(request) = self.open.get(&number(given)?)
        {
            let json = with_values(text, vec![(place(text, given), request.id.clone())]).freeze();
            return Some(Destination::Request(request.sender.clone(), json));
        }
        if is_notification && era == Era::Stateless && method == "notifications/cancelled" {
            let ended = members.find(&["params", "requestId"]).and_then(number);
            let ended = ended.and_then(|number| self.open.remove(&number));
            return Some(ended.map_or(Destination::Nowhere, |request| Destination::End(request.sender)));
        }
        Some(self.uncertain(with_values(text, Vec::new()).freeze(), era, is_read))
    }

    fn response(&mut self, text: &str, members: &Members<'_>) -> Option<Destination> {
        let id = members.get("id")?;
        let (number, is_known) = (number(id)?, members.get("result").or(members.get("error")).is_some());
        if !is_known || number > self.last {
            return None;
        }
        let Some(request) = self.open.remove(&number) else { return Some(Destination::Nowhere) };
        if let Some(token) = request.token {
            self.answered.push_back((number, token));
            if self.answered.len() > MAX_ANSWERED {
                self.answered.pop_front();
            }
        }
        let json = with_values(text, vec![(place(text, id), request.id)]).freeze();
        Some(Destination::Response(request.sender, json))
    }

    /// Progress goes to the request that asked for it.
    fn progress(&self, text: &str, members: &Members<'_>, era: Era, is_read: bool) -> Destination {
        let given = members.find(&["params", "progressToken"]);
        let known = given.and_then(|given| Some((given, number(given)?)));
        let with_token =
            |given, token: &str| with_values(text, vec![(place(text, given), token.to_owned())]).freeze();
        if let Some((given, number)) = known {
            if let Some(Request { token: Some(token), sender, .. }) = self.open.get(&number) {
                return Destination::Request(sender.clone(), with_token(given, token));
            }
            if let Some((_, token)) = self.answered.iter().find(|(answered, _)| *answered == number) {
                return Destination::Session(with_token(given, token));
            }
        }
        self.uncertain(with_values(text, Vec::new()).freeze(), era, is_read)
    }

    /// A message on standard output names no request. If only one is open, it belongs to that. Of several, the last one
    /// gets it, unless the session has a stream for what belongs to no request.
    fn uncertain(&self, json: Bytes, era: Era, is_read: bool) -> Destination {
        let is_candidate =
            |request: &&Request| request.takes_events && !request.is_listening && !request.sender.is_closed();
        let mut candidates = self.open.values().rev().filter(is_candidate);
        match (candidates.next(), candidates.next()) {
            (Some(_), Some(_)) if is_read => Destination::Session(json),
            (Some(last), _) => Destination::Request(last.sender.clone(), json),
            (None, _) if era == Era::Session => Destination::Session(json),
            (None, _) => Destination::Nowhere,
        }
    }
}

/// The number of a request, as a program repeats it.
fn number(id: &str) -> Option<u64> {
    id.trim_matches('"').parse().ok()
}
