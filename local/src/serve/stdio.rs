//! MCP servers that speak on standard input and output (MCP 2025-11-25, Transports, stdio) behind the gateway. Each request
//! that the gateway forwards becomes a line for a program, and the lines of the program become the HTTP answer.

mod answer;
mod body;
mod budget;
mod call;
mod child;
mod children;
mod client_message;
mod connection;
mod exchange;
mod json;
mod lines;
mod outlet;
mod process;
mod program;
mod requests;
mod server_end;
mod uses;

pub use body::StdioBody;
pub use server_end::Programs;

use crate::Failure;
use crate::log::Log;
use answer::{
    HEADER_MISMATCH, INVALID_REQUEST, METHOD_NOT_FOUND, SESSION_NOT_FOUND, document, empty, events, refusal,
};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use call::Call;
use children::{Children, Found, Owner};
use client_message::ClientMessage;
use doorward::gateway::UpstreamFailure;
use doorward::guard::Access;
use doorward::ports::Entropy;
use doorward::protocol::Resource;
use doorward_settings::CommandSettings;
use doorward_signing::SystemEntropy;
use doorward_upstream::Way;
use exchange::Exchange;
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode};
use program::Program;
use requests::Heard;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::time::{Instant, timeout, timeout_at};

/// How long a program may take to answer `initialize` or `server/discover`, from its start.
const FIRST_ANSWER: Duration = Duration::from_secs(10);
/// After which time without a message the answer begins as an event stream, whose comments keep proxies from closing it.
const SILENCE: Duration = Duration::from_secs(10);

type Answer = Result<Response<StdioBody>, UpstreamFailure>;

/// The way to a program.
pub struct Stdio {
    children: Children,
    is_there: bool,
}

impl Stdio {
    /// The way to the program of this resource. Nothing is started yet.
    ///
    /// # Errors
    /// [`Failure`] for a value in a file that cannot be read.
    pub fn new(
        resource: &Resource,
        settings: CommandSettings,
        programs: Programs,
        log: &Log,
    ) -> Result<Self, Failure> {
        let program = Program::new(settings)?;
        let is_there = program.is_there();
        let (of, to) = (resource.to_string(), log.clone());
        let report = Arc::new(move |sentence: &str| to.program_trouble(&of, sentence));
        let (of, to) = (resource.to_string(), log.clone());
        let errors = Arc::new(move |line: &str| to.program_line(&of, line));
        Ok(Self { children: Children::new(program, programs, report, errors), is_there })
    }

    /// Whether the program was there at the start.
    pub fn is_there(&self) -> bool {
        self.is_there
    }

    /// The stream for messages that belong to no request (MCP 2025-11-25, Transports, Listening for Messages from the
    /// Server).
    fn stream(&self, call: &Call, owner: &Owner) -> Response<StdioBody> {
        let Some(session) = &call.session else { return answer::not_allowed("POST") };
        match self.children.session(session, owner) {
            None => unknown_session(call, "null"),
            Some(Found { child, in_use }) => events(StdioBody::session(child.connection.clone(), in_use)),
        }
    }

    /// Ends a session (MCP 2025-11-25, Transports, Session Management).
    fn end(&self, call: &Call, owner: &Owner) -> Response<StdioBody> {
        let Some(session) = &call.session else { return answer::not_allowed("POST") };
        if self.children.session(session, owner).is_none() {
            return unknown_session(call, "null");
        }
        self.children.end(session);
        empty(StatusCode::NO_CONTENT)
    }

    /// Brings a message to its program.
    async fn message(
        &self,
        call: &Call,
        owner: &Owner,
        headers: &HeaderMap,
        body: &Bytes,
        until: Instant,
    ) -> Answer {
        let refuse =
            |id, code, why: &str| Ok(refusal(StatusCode::BAD_REQUEST, id, code, why, &call.correlation));
        let Some(message) = ClientMessage::read(body) else {
            return refuse("null", INVALID_REQUEST, "the body is no JSON-RPC message");
        };
        let id = message.id.unwrap_or("null");
        if let Some(session) = &call.session {
            return match self.children.session(session, owner) {
                Some(found) => self.exchange(call, &message, body, found, until).await,
                None => Ok(unknown_session(call, id)),
            };
        }
        if message.asks("initialize") {
            return self.initialize(owner, &message, body, until).await;
        }
        if !call.is_stateless {
            return refuse(id, INVALID_REQUEST, "the request has no session; send initialize first");
        }
        if let Some(why) = call::mismatch(headers, &message) {
            return refuse(id, HEADER_MISMATCH, &why);
        }
        let found = self.children.stateless(owner)?;
        match message.asks("server/discover") {
            true => discover(call, &message, body, found).await,
            false => self.exchange(call, &message, body, found, until).await,
        }
    }

    /// Starts a program for a new session.
    async fn initialize(
        &self,
        owner: &Owner,
        message: &ClientMessage<'_>,
        body: &Bytes,
        until: Instant,
    ) -> Answer {
        let id = session_id();
        let Found { child, in_use } = self.children.start(&id, owner)?;
        // If no session comes of it, or the client goes away, the program ends.
        let mut starting = Starting { children: &self.children, id: Some(&id) };
        let exchange = async {
            let mut exchange = child.connection.ask(message, body, false, in_use).await?;
            response(&mut exchange).await
        };
        let late = |_| UpstreamFailure::Late("the program did not answer initialize within 10 s".to_owned());
        let until = until.min(Instant::now() + FIRST_ANSWER);
        let json = timeout_at(until, exchange).await.map_err(late)??;
        let is_refused = answer::code(&json).is_some();
        let mut response = document(StatusCode::OK, json);
        if !is_refused {
            let id = HeaderValue::try_from(&id).expect("base64url is visible ASCII");
            response.headers_mut().insert("mcp-session-id", id);
            starting.id = None;
        }
        Ok(response)
    }

    /// Sends a message to a running program, and answers with what belongs to it.
    async fn exchange(
        &self,
        call: &Call,
        message: &ClientMessage<'_>,
        body: &Bytes,
        Found { child, in_use }: Found,
        until: Instant,
    ) -> Answer {
        let late = |_| UpstreamFailure::Late("the program did not answer in time".to_owned());
        if message.id.is_none() || message.method.is_none() {
            timeout_at(until, child.connection.tell(message, body)).await.map_err(late)??;
            return Ok(empty(StatusCode::ACCEPTED));
        }
        let asking = child.connection.ask(message, body, call.accepts_events, in_use);
        let mut exchange = timeout_at(until, asking).await.map_err(late)??;
        let silence = if call.accepts_events { until.min(Instant::now() + SILENCE) } else { until };
        let first = match timeout_at(silence, exchange.next()).await {
            Ok(Ok(Heard::Response(message))) => {
                let json = message.json;
                let status =
                    if call.is_stateless { answer::status(answer::code(&json)) } else { StatusCode::OK };
                return Ok(document(status, json));
            }
            Ok(Ok(Heard::Message(message))) => Some(message.json),
            Ok(Ok(Heard::End)) => None,
            Ok(Err(failure)) => return Err(failure),
            Err(_) if call.accepts_events && silence < until => None,
            Err(elapsed) => return Err(late(elapsed)),
        };
        Ok(events(StdioBody::exchange(first.as_ref(), exchange, call.correlation.clone())))
    }
}

impl Way for Stdio {
    type Body = StdioBody;

    async fn send(&self, access: &Access, request: Request<Bytes>, limit: Duration) -> Answer {
        let (head, body) = request.into_parts();
        let (call, owner) = (Call::of(&head.headers), Owner::of(access));
        let until = Instant::now() + limit;
        match head.method {
            Method::GET => Ok(self.stream(&call, &owner)),
            Method::DELETE => Ok(self.end(&call, &owner)),
            _ => self.message(&call, &owner, &head.headers, &body, until).await,
        }
    }
}

/// Asks a program for its stateless revisions. One of an older revision gives another error or none, and its clients are
/// answered 400, upon which they initialize (MCP 2026-07-28, stdio and Streamable HTTP, Backward Compatibility).
async fn discover(
    call: &Call,
    message: &ClientMessage<'_>,
    body: &Bytes,
    Found { child, in_use }: Found,
) -> Answer {
    let exchange = async {
        let mut exchange = child.connection.ask(message, body, false, in_use).await?;
        response(&mut exchange).await
    };
    let answered = timeout(FIRST_ANSWER, exchange).await;
    let is_known = child.is_stateless.load(Ordering::Relaxed);
    let refused = match answered {
        Ok(json) => {
            let json = json?;
            let code = answer::code(&json);
            if code.is_none_or(answer::is_of_stateless) {
                child.is_stateless.store(true, Ordering::Relaxed);
            }
            if code.is_none_or(answer::is_of_stateless) || is_known {
                return Ok(document(answer::status(code), json));
            }
            document(StatusCode::BAD_REQUEST, json)
        }
        Err(_) => {
            let (id, sentence) = (message.id.unwrap_or("null"), "the program did not answer server/discover");
            refusal(StatusCode::BAD_REQUEST, id, METHOD_NOT_FOUND, sentence, &call.correlation)
        }
    };
    if !is_known {
        child.stop();
    }
    Ok(refused)
}

/// The response to a request whose answer is no event stream. Other messages do not come here.
async fn response(exchange: &mut Exchange) -> Result<Bytes, UpstreamFailure> {
    loop {
        if let Heard::Response(message) = exchange.next().await? {
            return Ok(message.json);
        }
    }
}

fn unknown_session(call: &Call, id: &str) -> Response<StdioBody> {
    let sentence = "the session does not exist; initialize a new one";
    refusal(StatusCode::NOT_FOUND, id, SESSION_NOT_FOUND, sentence, &call.correlation)
}

/// A session id that cannot be guessed.
fn session_id() -> String {
    let mut bytes = [0; 16];
    SystemEntropy.fill(&mut bytes);
    URL_SAFE_NO_PAD.encode(bytes)
}

/// A session that is being initialized. To drop it ends the session.
struct Starting<'a> {
    children: &'a Children,
    id: Option<&'a str>,
}

impl Drop for Starting<'_> {
    fn drop(&mut self) {
        if let Some(id) = self.id {
            self.children.end(id);
        }
    }
}
