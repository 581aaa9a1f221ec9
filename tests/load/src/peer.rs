//! Cloudflare's workers-oauth-provider in workerd: its process, and callers of each operation that it has.

use crate::client::{CALLBACK, CHALLENGE, Tokens, VERIFIER, calls, name_of};
use crate::http::{Connection, encoded};
use crate::operation::{Caller, Operation, Work};
use crate::process::{Folder, Log, Process, Start, free_ports};
use crate::{CONNECTIONS, Outcome, SERVER_CPU};
use doorward::protocol::paths;
use std::path::Path;

const PACKAGES: &str = "../../target/clients/node/node_modules";
const WORKERD: &str = "@cloudflare/workerd-linux-64/bin/workerd";
const LIBRARY: &str = "@cloudflare/workers-oauth-provider/dist/oauth-provider.js";

/// A registered client, and its user.
pub(crate) struct Visitor {
    id: String,
    user: String,
    resource: String,
    target: String,
}

/// What runs the library.
#[derive(Clone, Copy)]
pub(crate) enum Host {
    Workerd,
    /// workerd behind the worker of Miniflare, which has a process of its own.
    Miniflare,
}

pub(crate) fn start(host: Host, folder: &Folder) -> Outcome<Process> {
    let [port] = free_ports()?;
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let script = |name| here.join("peer").join(name).display().to_string();
    let package = |name| here.join(PACKAGES).join(name);
    let (program, arguments) = match host {
        Host::Workerd => {
            let socket = format!("--socket-addr=http=127.0.0.1:{port}");
            (package(WORKERD), vec!["serve".to_owned(), script("workerd.capnp"), socket])
        }
        Host::Miniflare => {
            let library = std::path::absolute(package(LIBRARY))?.display().to_string();
            (package("node/bin/node"), vec![script("miniflare.mjs"), library, port.to_string()])
        }
    };
    if !program.exists() {
        return Err(format!("there is no {}: run tests/clients/install", program.display()).into());
    }
    let program = &program;
    let cpu = Some(SERVER_CPU);
    Process::start(&Start { program, arguments, port, cpu, log: Log::Null, folder: &folder.0 })
}

/// The callers of an operation, ready: grants are open, tokens were seen before.
pub(crate) async fn callers(peer: &Process, operation: Operation) -> Outcome<Vec<Caller>> {
    let mut callers = Vec::new();
    for user in 0..CONNECTIONS {
        let mut connection = Connection::open(peer.address).await?;
        let work = work(&mut connection, peer, operation, user).await?;
        callers.push(Caller { connection, work });
    }
    Ok(callers)
}

async fn work(
    connection: &mut Connection,
    peer: &Process,
    operation: Operation,
    user: usize,
) -> Outcome<Work> {
    let (request, status) = match operation {
        Operation::Metadata => (connection.get(paths::METADATA, ""), 200),
        Operation::Unauthorized => (calls(connection, ""), 401),
        Operation::Register => (registers(connection), 201),
        Operation::Password | Operation::Gateway => return Err("the peer has no such operation".into()),
        Operation::SignIn => {
            return Ok(Work::PeerSignIn(Visitor::register(connection, peer, user).await?));
        }
        Operation::Introspect | Operation::Refresh | Operation::Call => {
            let visitor = Visitor::register(connection, peer, user).await?;
            let Tokens { access, refresh } = visitor.connect(connection).await?;
            let authorization = format!("Authorization: Bearer {access}\r\n");
            let (request, part) = match operation {
                Operation::Refresh => return Ok(Work::PeerRefresh(visitor, refresh)),
                // There is no endpoint that tells of a token. This is a call of an API that does nothing.
                Operation::Introspect => (connection.get("/mcp", &authorization), "\"active\":true"),
                _ => (calls(connection, &authorization), "\"status\":\"active\""),
            };
            let answer = connection.expect(&request, 200).await?.body;
            if !answer.contains(part) {
                return Err(format!("the token is not accepted: {answer}").into());
            }
            (request, 200)
        }
    };
    Ok(Work::Send(vec![request], status))
}

/// The client is public, as that of doorward. By default it would get a secret.
fn registers(connection: &Connection) -> Vec<u8> {
    let grants = r#"["authorization_code","refresh_token"]"#;
    let metadata = format!(
        r#"{{"client_name":"Load","redirect_uris":["{CALLBACK}"],"token_endpoint_auth_method":"none","grant_types":{grants}}}"#
    );
    connection.post(paths::REGISTER, "application/json", "", &metadata)
}

impl Visitor {
    async fn register(connection: &mut Connection, peer: &Process, user: usize) -> Outcome<Self> {
        let request = registers(connection);
        let id = connection.expect(&request, 201).await?.member("client_id")?.to_owned();
        let resource = format!("http://{}/mcp", peer.address);
        let query = encoded(&[
            ("response_type", "code"),
            ("client_id", &id),
            ("redirect_uri", CALLBACK),
            ("code_challenge", CHALLENGE),
            ("code_challenge_method", "S256"),
            ("scope", "user"),
            ("state", "0123456789abcdef"),
            ("resource", &resource),
        ]);
        Ok(Self { id, user: name_of(user), resource, target: format!("/authorize?{query}") })
    }

    /// Authorizes and redeems: page, consent, code. The page has no session and checks no password.
    pub(crate) async fn connect(&self, connection: &mut Connection) -> Outcome<Tokens> {
        let page = connection.get(&self.target, "");
        let page = connection.expect(&page, 200).await?;
        let handle =
            page.body.split_once("name=\"handle\" value=\"").and_then(|(_, rest)| rest.split('"').next());
        let handle = handle.ok_or("the page has no form")?.to_owned();
        let cookie = page.header("set-cookie").next().and_then(|cookie| cookie.split(';').next());
        let cookie = format!("Cookie: {}\r\n", cookie.ok_or("the page sets no cookie")?);
        let fields = [("handle", handle.as_str()), ("username", &self.user), ("decision", "allow")];
        let consent = connection.form(&self.target, &cookie, &fields);
        let redirect = connection.expect(&consent, 302).await?;
        let location = redirect.header("location").next().unwrap_or_default();
        let query = location.split_once('?').map_or("", |(_, query)| query);
        let code = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "code");
        let code = code.ok_or("the user is not sent back with a code")?.1.into_owned();
        let redeem = connection.form(
            paths::TOKEN,
            "",
            &[
                ("grant_type", "authorization_code"),
                ("client_id", &self.id),
                ("code", &code),
                ("redirect_uri", CALLBACK),
                ("code_verifier", VERIFIER),
                ("resource", &self.resource),
            ],
        );
        Tokens::of(&connection.expect(&redeem, 200).await?)
    }

    /// Uses a refresh token, and returns the next one.
    pub(crate) async fn refresh(&self, connection: &mut Connection, token: &str) -> Outcome<String> {
        let fields = [
            ("grant_type", "refresh_token"),
            ("client_id", &self.id),
            ("refresh_token", token),
            ("resource", &self.resource),
        ];
        let request = connection.form(paths::TOKEN, "", &fields);
        let next = Tokens::of(&connection.expect(&request, 200).await?)?.refresh;
        if next == token { Err("the refresh token is not rotated".into()) } else { Ok(next) }
    }
}
