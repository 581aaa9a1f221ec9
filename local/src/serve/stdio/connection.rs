//! The connection to one program: lines to its standard input, and lines from its standard output.

use super::budget::{Budget, Message};
use super::client_message::{ClientMessage, cancellation};
use super::exchange::Exchange;
use super::lines::{Lines, TooLong};
use super::outlet::{Outlet, Put};
use super::requests::{Destination, Era, Heard, Requests};
use super::uses::Use;
use bytes::{Bytes, BytesMut};
use doorward::gateway::UpstreamFailure;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::sync::mpsc;

/// The longest line of a program. It is that of a message of a client.
const MAX_LINE: usize = doorward::gateway::MAX_MESSAGE;
/// How many lines wait until the program reads them.
const WAITING: usize = 4;
/// How many lines that are no message are reported.
const MAX_GARBAGE: usize = 10;

/// A report for the operator.
pub(super) type Report = Arc<dyn Fn(&str) + Send + Sync>;

/// The connection to one program.
pub(super) struct Connection {
    pub(super) era: Era,
    state: Mutex<State>,
    /// What belongs to no request.
    pub(super) outlet: Outlet,
    budget: Budget,
    garbage: AtomicUsize,
    report: Report,
}

struct State {
    requests: Requests,
    /// The lines that the program has to read. `None` after the end.
    input: Option<mpsc::Sender<Line>>,
    /// Why the program ended.
    ended: String,
}

/// A line for the program.
pub(super) struct Line {
    text: BytesMut,
    /// The message of the client, whose place among the bodies in flight is free when the line was read.
    _message: Bytes,
}

impl Connection {
    /// A connection, and the lines to [write](write) to the program.
    pub(super) fn new(era: Era, report: Report) -> (Arc<Self>, mpsc::Receiver<Line>) {
        let (input, lines) = mpsc::channel(WAITING);
        let state = State {
            requests: Requests::default(),
            input: Some(input),
            ended: "the program does not read its standard input".to_owned(),
        };
        let connection = Self {
            era,
            state: Mutex::new(state),
            outlet: Outlet::default(),
            budget: Budget::new(),
            garbage: AtomicUsize::new(0),
            report,
        };
        (Arc::new(connection), lines)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sends a request.
    pub(super) async fn ask(
        self: &Arc<Self>,
        message: &ClientMessage<'_>,
        body: &Bytes,
        takes_events: bool,
        in_use: Use,
    ) -> Result<Exchange, UpstreamFailure> {
        let added = self.state().requests.add(message, takes_events);
        let (number, receiver) =
            added.ok_or(UpstreamFailure::Busy("256 requests of this session have no answer"))?;
        let exchange = Exchange {
            connection: self.clone(),
            number,
            receiver,
            id: message.id.unwrap_or("null").to_owned(),
            is_answered: false,
            _use: in_use,
        };
        self.send(message.line_of_request(number), body).await?;
        Ok(exchange)
    }

    /// Sends a notification or a response. A cancellation gets the number of its request; one of an unknown request is dropped.
    pub(super) async fn tell(
        &self,
        message: &ClientMessage<'_>,
        body: &Bytes,
    ) -> Result<(), UpstreamFailure> {
        let line = match message.cancelled() {
            None => message.line_as_it_is(),
            Some(id) => match self.state().requests.number_of(id) {
                Some(number) => message.line_of_cancellation(number),
                None => return Ok(()),
            },
        };
        self.send(line, body).await
    }

    async fn send(&self, mut text: BytesMut, body: &Bytes) -> Result<(), UpstreamFailure> {
        text.extend_from_slice(b"\n");
        let input = self.state().input.clone().ok_or_else(|| self.failure())?;
        let line = Line { text, _message: body.clone() };
        input.send(line).await.map_err(|_| self.failure())
    }

    /// Cancels a request whose client has gone.
    pub(super) fn cancel(self: &Arc<Self>, number: u64) {
        if self.state().requests.remove(number) {
            let connection = self.clone();
            tokio::spawn(async move { connection.send(cancellation(number), &Bytes::new()).await });
        }
    }

    /// Brings a line of the program to its client. It waits while the client does not read.
    pub(super) async fn hear(&self, line: &Bytes) {
        let is_read = self.outlet.is_read();
        let destination = str::from_utf8(line)
            .ok()
            .and_then(|text| self.state().requests.destination(text, self.era, is_read));
        match destination {
            None => self.report_garbage(line),
            Some(Destination::Nowhere) => {}
            Some(Destination::End(sender)) => {
                let _ = sender.send(Heard::End).await;
            }
            Some(Destination::Response(sender, json)) => {
                let message = self.placed(&json).await;
                let _ = sender.send(Heard::Response(message)).await;
            }
            Some(Destination::Request(sender, json)) => {
                let message = self.placed(&json).await;
                // A client of a session that went away meanwhile gets it on the stream of the session.
                if let Err(mpsc::error::SendError(Heard::Message(message))) =
                    sender.send(Heard::Message(message)).await
                    && self.era == Era::Session
                {
                    self.put(message).await;
                }
            }
            Some(Destination::Session(json)) => {
                let message = self.placed(&json).await;
                self.put(message).await;
            }
        }
    }

    /// The message with its place in the budget, as soon as there is one.
    async fn placed(&self, json: &Bytes) -> Message {
        loop {
            if let Some(message) = self.budget.try_place(json) {
                return message;
            }
            let room = self.outlet.room();
            if let Some(put) = self.outlet.make_room() {
                self.report_dropped(&put);
                continue;
            }
            tokio::select! {
                message = self.budget.place(json) => return message,
                () = room => {}
            }
        }
    }

    async fn put(&self, message: Message) {
        let put = self.outlet.put(message).await;
        self.report_dropped(&put);
    }

    fn report_dropped(&self, put: &Put) {
        if *put == Put::FirstDropped {
            (self.report)("messages that no client fetches are dropped, the oldest first");
        }
    }

    fn report_garbage(&self, line: &[u8]) {
        if line.iter().all(u8::is_ascii_whitespace) {
            return;
        }
        match self.garbage.fetch_add(1, Ordering::Relaxed) {
            count if count < MAX_GARBAGE => {
                (self.report)(&format!("a line on standard output is no message: {}", shortened(line)));
            }
            MAX_GARBAGE => (self.report)("further lines that are no messages are not reported"),
            _ => {}
        }
    }

    /// Ends all that is in flight.
    pub(super) fn end(&self, reason: &str) {
        let mut state = self.state();
        state.input = None;
        reason.clone_into(&mut state.ended);
        state.requests.clear();
        drop(state);
        self.outlet.close();
    }

    /// The failure of a request after the end.
    pub(super) fn failure(&self) -> UpstreamFailure {
        UpstreamFailure::Unreachable(self.state().ended.clone())
    }
}

/// Writes lines to a program until it reads no more.
pub(super) async fn write(mut input: impl AsyncWrite + Unpin, mut lines: mpsc::Receiver<Line>) {
    while let Some(line) = lines.recv().await {
        if input.write_all(&line.text).await.is_err() || input.flush().await.is_err() {
            return;
        }
    }
}

/// Reads the lines of a program until the end. Returns what is wrong with them, if anything is.
pub(super) async fn read(output: impl AsyncRead + Unpin, connection: Arc<Connection>) -> Option<String> {
    let mut lines = Lines::new(output, MAX_LINE, TooLong::Fails);
    loop {
        match lines.next().await {
            Ok(Some(line)) => connection.hear(&line).await,
            Ok(None) => return None,
            Err(error) => {
                return Some(format!("the standard output of the program cannot be read: {error}"));
            }
        }
    }
}

/// The beginning of a line, for the log.
pub(super) fn shortened(line: &[u8]) -> String {
    const MAX: usize = 400;
    let text = String::from_utf8_lossy(&line[..line.len().min(MAX)]);
    if line.len() > MAX { format!("{text}…") } else { text.into_owned() }
}
