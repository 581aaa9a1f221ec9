//! Real binaries of the functions, behind a front that acts as AWS does: it sends the origin secret, renames
//! `WWW-Authenticate`, and calls the edge function, which restores that name.

use crate::deployed::environment;
use crate::edge;
use crate::emulator::Emulator;
use crate::event;
use crate::process::Process;
use crate::router::Router;
use async_trait::async_trait;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use doorward::config::Config;
use doorward::ports::Timestamp;
use doorward::protocol::{ClientId, Digest, GrantId, PersonId};
use doorward::rules;
use doorward::wire::{Actor, Event, EventKind, Events, Request, Response, TraceId, UserAgent};
use doorward_runtime::role::{self, Role};
use http::{HeaderMap, HeaderName, HeaderValue, header};

use local_harness::test_server::{Transport, assert_no_secret};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use tokio::sync::Mutex;

/// The origin secret, which the front sends.
const SECRET: &str = "the front door's secret";

/// The library of Debian that changes the time that a program sees.
const FAKETIME: &str = "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1";

/// The functions by their names.
pub struct Binaries {
    functions: BTreeMap<&'static str, Function>,
    router: Router,
}

/// A function: one process for each concurrent request, as on Lambda.
struct Function {
    name: &'static str,
    environment: BTreeMap<String, String>,
    idle: Mutex<Vec<Process>>,
}

/// A file with the time that the processes see.
#[derive(Clone)]
pub struct Dial(PathBuf);

static DIALS: AtomicU32 = AtomicU32::new(0);

impl Dial {
    /// A new file for a test.
    pub fn new() -> Self {
        let number = DIALS.fetch_add(1, Ordering::SeqCst);
        let name = format!("doorward-clock-{}-{number}", std::process::id());
        Self(std::env::temp_dir().join(name))
    }

    /// Sets the time. The file is replaced atomically, because a process may read it at any moment.
    pub fn set(&self, now: Timestamp) {
        let new = self.0.with_extension("new");
        std::fs::write(&new, now.0.to_string()).expect("a file can be written");
        std::fs::rename(&new, &self.0).expect("a file can be replaced");
    }

    fn environment(&self) -> [(String, String); 6] {
        let path = self.0.to_str().expect("a path in UTF-8");
        let pairs = [
            ("LD_PRELOAD", FAKETIME),
            ("FAKETIME_TIMESTAMP_FILE", path),
            ("FAKETIME_FMT", "%s"),
            ("FAKETIME_NO_CACHE", "1"),
            ("FAKETIME_DONT_FAKE_MONOTONIC", "1"),
            ("TZ", "UTC"),
        ];
        pairs.map(|(name, value)| (name.to_owned(), value.to_owned()))
    }
}

impl Default for Dial {
    fn default() -> Self {
        Self::new()
    }
}

impl Binaries {
    /// The functions, without processes yet.
    pub fn new(emulator: &Emulator, config: &Config, dial: &Dial) -> Self {
        let function = |role: &'static Role| {
            let mut environment = environment(emulator, config, role.name);
            environment.extend(dial.environment());
            let digest = URL_SAFE_NO_PAD.encode(Digest::of(SECRET).0);
            environment.insert("DOORWARD_DOOR_DIGEST".to_owned(), digest);
            (role.name, Function { name: role.name, environment, idle: Mutex::default() })
        };
        Self { functions: role::ALL.map(function).into(), router: Router::of_the_workspace() }
    }
}

#[async_trait]
impl Transport for Binaries {
    async fn send(&self, request: Request) -> Response {
        self.functions[self.router.function(&request)].answer(request).await
    }

    async fn call(&self, request: Request) -> Response {
        self.functions[role::MCP.name].answer(request).await
    }
}

impl Function {
    async fn answer(&self, mut request: Request) -> Response {
        request.headers_mut().insert("doorward-door", HeaderValue::from_static(SECRET));
        let mut process = match self.idle.lock().await.pop() {
            Some(idle) => idle,
            None => Process::start(self.name, &self.environment).await,
        };
        let answer = process.invoke(event::of(&request)).await;
        let log = process.log();
        self.idle.lock().await.push(process);
        let answer = answer.unwrap_or_else(|error| panic!("{}: {error}", self.name));
        let mut response = edge::pass(rename(event::response(&answer)));
        response.extensions_mut().insert(Events(log.lines().filter_map(read).collect()));
        response
    }
}

/// Renames the challenge header, as function URLs of Lambda and API Gateway do.
fn rename(mut response: Response) -> Response {
    const RENAMED: HeaderName = HeaderName::from_static("x-amzn-remapped-www-authenticate");
    if let Some(challenge) = response.headers_mut().remove(header::WWW_AUTHENTICATE) {
        response.headers_mut().insert(RENAMED, challenge);
    }
    response
}

/// Reads an event from its log line, which must contain no secret.
fn read(line: &str) -> Option<Event> {
    assert_no_secret(line);
    let name = line.split(' ').next()?;
    let what = EventKind::ALL.iter().copied().find(|what| what.name() == name)?;
    let person = field(line, "person").and_then(|name| PersonId::parse(&name));
    Some(Event {
        person,
        client: field(line, "client").map(ClientId),
        grant: field(line, "grant").and_then(|grant| GrantId::parse(&grant)),
        by: [("client", Actor::Client), ("person", Actor::Person), ("operator", Actor::Operator)]
            .into_iter()
            .find_map(|(name, actor)| (field(line, "by").as_deref() == Some(name)).then_some(actor)),
        rule: field(line, "rule").and_then(|name| rules::all().find(|rule| rule.name == name)),
        reason: field(line, "reason"),
        ignored: ["client_secret", "client_assertion"]
            .into_iter()
            .find(|ignored| field(line, "ignored").as_deref() == Some(*ignored)),
        client_name: field(line, "client_name"),
        user_agent: field(line, "user_agent").and_then(|agent| agent_of(&agent)),
        correlation: field(line, "correlation"),
        trace: field(line, "trace").and_then(|trace| trace_of(&trace)),
        ..Event::new(what)
    })
}

/// The software with this name, which is read as it is.
fn agent_of(name: &str) -> Option<UserAgent> {
    let name = HeaderValue::try_from(name).ok()?;
    UserAgent::of(&HeaderMap::from_iter([(header::USER_AGENT, name)]))
}

/// The trace with this id, as the header of a request would have it.
fn trace_of(trace: &str) -> Option<TraceId> {
    let parent = HeaderValue::try_from(format!("00-{trace}-b7ad6b7169203331-01")).ok()?;
    TraceId::of(&HeaderMap::from_iter([(HeaderName::from_static("traceparent"), parent)]))
}

/// The text up to the closing quotation mark, without backslashes.
fn unquoted(text: &str) -> String {
    let (mut chars, mut plain) = (text.chars(), String::new());
    while let Some(c) = chars.next().filter(|c| *c != '"') {
        match c {
            '\\' => plain.extend(chars.next().map(|c| if c == 'n' { '\n' } else { c })),
            c => plain.push(c),
        }
    }
    plain
}

/// The value of ` key=` in a log line, with or without quotes.
fn field(line: &str, key: &str) -> Option<String> {
    let (_, value) = line.split_once(&format!(" {key}="))?;
    match value.strip_prefix('"') {
        Some(quoted) => Some(unquoted(quoted)),
        None => value.split(' ').next().map(str::to_owned),
    }
}
