//! The verdicts of the doctor, compared with what the real clients do at servers that others wrote.

#![expect(clippy::print_stdout, reason = "the tables are for a reader")]

use crate::mutations::{COLUMNS, MUTATIONS, Mutation, is_registration, is_server, row};
use crate::others::{self, Servers, node, path};
use crate::script::member;
use crate::{person, report};
use http::StatusCode;
use serde_json::json;
use std::fmt::Write;
use std::process::Stdio;
use std::time::Duration;
use tokio::process::Command;
use tokio::sync::Mutex;
use tokio::time::timeout;

/// How long a client may take. One that waits for a user who was never asked has stopped.
const PATIENCE: Duration = Duration::from_secs(90);

/// Changes where the clients differ most. `DOORWARD_CHANGES` names others, or is `all`.
const CHANGES: &str = "none asm_null_optionals asm_issuer_slash prm_no_header prm_resource_origin prm_resource_slash prm_as_slash unauth_403 reg_200 \
     reg_echo_minimal cb_no_iss cb_wrong_iss token_no_type token_status_201";

static PORTS: Mutex<()> = Mutex::const_new(());

/// A server, changes (all of them, if none is named), clients, and the cell of the table: the verdict, and what the client did.
type Disagreement = (&'static str, &'static [&'static str], &'static [&'static str], &'static str);

const PYTHON: &[&str] = &["mcp 1.30 (Python)", "mcp 2.3 (Python)", "fastmcp"];

/// Where verdicts and clients differ.
const KNOWN: &[Disagreement] = &[
    // Without a refresh token, mcp-remote asks its user again only after a 401. This server answers 500.
    ("TypeScript SDK", &[], &["mcp-remote"], "./X"),
    // fastmcp stops at the status of a refresh, and this server issues no refresh token.
    ("TypeScript SDK", &[], &["fastmcp"], "X/."),
    // Without an announced endpoint they take `/register`, `/authorize` and `/token` of the origin, which this server has.
    ("FastMCP", &["asm_no_registration", "asm_500_oauth_only_oidc"], PYTHON, "X/."),
    // Without protected resource metadata they ask the origin of the MCP server, which is the authorization server here.
    (
        "FastMCP",
        &["prm_null_optionals"],
        &["sdk 1.x (TypeScript)", "client 2.x (TypeScript)", "mcp-remote"],
        "X/.",
    ),
];

fn is_known(server: &str, change: &str, client: &str, cell: &str) -> bool {
    KNOWN.iter().any(|(there, changes, clients, known)| {
        let is_change = changes.is_empty() || changes.contains(&change);
        *there == server && is_change && clients.contains(&client) && *known == cell
    })
}

/// Changes to which the matrix has no row.
const MORE: [Mutation; 8] = [
    ("asm_issuer_other", Some("issuer-differs"), "", |asked, answer| {
        if is_server(asked) {
            member(answer, "issuer", Some(json!("https://other.example")));
        }
    }),
    ("prm_missing", Some("resource-metadata-missing"), "", |asked, answer| {
        if asked.path.starts_with("/.well-known/oauth-protected-resource") {
            *answer.status_mut() = StatusCode::NOT_FOUND;
        }
    }),
    ("prm_no_as", Some("no-authorization-server"), "", |asked, answer| {
        if asked.path.starts_with("/.well-known/oauth-protected-resource") {
            member(answer, "authorization_servers", None);
        }
    }),
    ("prm_scopes_text", Some("resource-metadata-type"), "", |asked, answer| {
        if asked.path.starts_with("/.well-known/oauth-protected-resource") {
            member(answer, "scopes_supported", Some(json!("user")));
        }
    }),
    ("asm_missing", Some("server-metadata-missing"), "", |asked, answer| {
        if is_server(asked) {
            *answer.status_mut() = StatusCode::NOT_FOUND;
        }
    }),
    ("asm_scopes_text", Some("server-metadata-type"), "", |asked, answer| {
        if is_server(asked) {
            member(answer, "scopes_supported", Some(json!("user")));
        }
    }),
    ("reg_no_expiry", Some("registration-secret-expiry"), "", |asked, answer| {
        if is_registration(asked, answer) {
            member(answer, "client_secret_expires_at", None);
        }
    }),
    ("mcp_bad_token_500", Some("bad-token-status"), "", |asked, answer| {
        if answer.status() == StatusCode::UNAUTHORIZED && asked.authorization.is_some() {
            *answer.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
        }
    }),
];

fn python(environment: &str, script: &str) -> Command {
    let mut command = Command::new(path("target/clients").join(environment).join("bin/python"));
    command.arg(path("tests/doctor/clients").join(script));
    command
}

/// The clients, in the order of the columns. Each program is given the URLs of the MCP server and of the user.
fn client(column: usize, url: &str, person: &str) -> Command {
    let (mut command, more) = match column {
        0 => (python("mcp-1.30", "sdk.py"), None),
        1 => (python("mcp-2.3", "sdk.py"), None),
        2 => (python("others", "fastmcp_client.py"), None),
        3 => (node("clients/typescript.mjs"), Some("1")),
        4 => (node("clients/typescript.mjs"), Some("2")),
        5 => (node("clients/oauth4webapi.mjs"), None),
        6 => (node("clients/openid_client.mjs"), None),
        7 => (node("clients/mcp_remote.mjs"), None),
        _ => (node("clients/inspector.mjs"), None),
    };
    command.args([url, person]).args(more);
    command.stdin(Stdio::null()).kill_on_drop(true);
    command
}

/// What a client does: `.` connects, `X` stops; and its last words.
async fn outcome(mut command: Command) -> (&'static str, String) {
    let Ok(output) = timeout(PATIENCE, command.output()).await else { return ("X", "no end".to_owned()) };
    let output = output.unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let told = String::from_utf8_lossy(&output.stdout);
    if output.status.success() && told.lines().last() == Some("ok") {
        return (".", String::new());
    }
    ("X", String::from_utf8_lossy(&output.stderr).into_owned())
}

/// Runs every client with a change, and returns the row of the table. A cell has what the doctor says and what the client did, if
/// they differ.
async fn compare(servers: &Servers, mutation: Mutation, person: &str) -> Vec<String> {
    servers.proxy.change(mutation);
    let verdicts = row(&report(&servers.url).await);
    let mut cells = Vec::new();
    for (column, verdict) in verdicts.split(' ').enumerate() {
        // The programs listen at a port that is always the same.
        let _alone = if column >= 7 { Some(PORTS.lock().await) } else { None };
        let run = || outcome(client(column, &servers.url, person));
        let (mut seen, mut why) = run().await;
        // On a busy machine a client may be too slow, so it runs once more.
        if seen != verdict {
            (seen, why) = run().await;
        }
        if seen != verdict {
            println!("-- {}, {}, {}: {verdict}/{seen}\n{why}", servers.name, mutation.0, COLUMNS[column]);
        }
        cells.push(if seen == verdict { seen.to_owned() } else { format!("{verdict}/{seen}") });
    }
    cells
}

async fn run(servers: Servers) {
    let named = std::env::var("DOORWARD_CHANGES").ok().filter(|named| !named.is_empty());
    let named = named.unwrap_or_else(|| CHANGES.to_owned());
    let is_chosen =
        |mutation: &&Mutation| named == "all" || named.split_whitespace().any(|name| name == mutation.0);
    let person = person::start().await;
    let (mut table, mut differ) = (String::new(), Vec::new());
    for mutation in MUTATIONS.iter().chain(&MORE).filter(is_chosen) {
        let cells = compare(&servers, *mutation, &person).await;
        let row: String = cells.iter().map(|cell| format!("{cell:<8}")).collect();
        writeln!(table, "{:<24}{}", mutation.0, row.trim_end()).unwrap();
        // `?/X` is no disagreement: the doctor says that it does not know.
        let is_other = |cell: &str| cell.contains('/') && !cell.starts_with('?');
        let cells = cells.into_iter().enumerate().filter(|(_, cell)| is_other(cell));
        differ.extend(cells.map(|(column, cell)| (mutation.0, COLUMNS[column], cell)));
    }
    println!("{}\n{table}", servers.name);
    differ.retain(|(change, client, cell)| !is_known(servers.name, change, client, cell));
    assert!(differ.is_empty(), "{}: {differ:?}", servers.name);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs tests/clients/install, and takes minutes"]
async fn at_fastmcp_and_oidc_provider() {
    run(others::provider().await).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs tests/clients/install, and takes minutes"]
async fn at_fastmcp() {
    run(others::fastmcp().await).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs tests/clients/install, and takes minutes"]
async fn at_the_typescript_sdk() {
    run(others::sdk().await).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs tests/clients/install, and takes minutes"]
async fn at_workers_oauth_provider() {
    run(others::workers().await).await;
}
