//! One table of ID-JAGs, good ones and ones with one fault each, at this server and at two that others wrote:
//! `docs/id-jag-compared.md`. `DOORWARD_WRITE=1` writes the table of the page.

use crate::programs;
use crate::running::{Program, Server, free_port, node, python};
use serde_json::{Value, json};
use std::fmt::Write;
use std::path::Path;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::process::Command;
use tokio::time::{sleep, timeout};

/// The issuer of the table.
const IDP: &str = "https://idp.example";
/// The row in which one ID-JAG comes many times at once.
const RACERS: &str = "sixteen at once with one: tokens";
/// What comes before the table on the page.
const HEAD: &str = "\n| what differs | Doorward | FastMCP | workers-oauth-provider |\n|---|---|---|---|\n";

/// What a server answered to each row: the name of the row, and the answer.
type Column = Vec<(String, String)>;

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Python, npm and tests/clients/install"]
async fn the_page_says_what_each_server_answers() {
    let mut table = Program::start(node("table.mjs"));
    let keys = table.line().await;
    let doorward = doorward(&mut table, &keys).await;
    assert_eq!(answer(&doorward, "the same again"), "400 `invalid_grant`", "{doorward:?}");
    assert_eq!(answer(&doorward, RACERS), "1", "{doorward:?}");
    let fastmcp = fastmcp(&mut table, &keys).await;
    let workers = workers(&mut table, &keys).await;
    let mut rows = String::new();
    for (((row, ours), (_, fastmcp)), (_, workers)) in doorward.iter().zip(&fastmcp).zip(&workers) {
        if row == RACERS {
            continue; // Where it is a race, the number is another one each time.
        }
        let _ = writeln!(rows, "| {row} | {ours} | {fastmcp} | {workers} |");
    }
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/id-jag-compared.md");
    let text = std::fs::read_to_string(&page).unwrap();
    let start = text.find(HEAD).expect("the page has the table") + HEAD.len();
    let end = text[start..].find("\n\n").map_or(text.len(), |end| start + end + 1);
    if std::env::var_os("DOORWARD_WRITE").is_some() {
        std::fs::write(&page, format!("{}{rows}{}", &text[..start], &text[end..])).unwrap();
    } else {
        assert_eq!(&text[start..end], rows);
    }
}

fn answer<'a>(column: &'a Column, row: &str) -> &'a str {
    &column.iter().find(|(name, _)| name == row).expect("the table has this row").1
}

async fn judged(table: &mut Program, server: Value) -> Column {
    serde_json::from_str(&table.answer(&server.to_string()).await).unwrap()
}

async fn doorward(table: &mut Program, keys: &str) -> Column {
    let trust = format!(
        "[[issuer]]\nurl = '{IDP}'\nspeaks-of = ['identity']\nallow = 'anyone'\nkeys = '{keys}'\nprivate-http = true\n"
    );
    let server = Server::trusting(&trust, &[]).await;
    let (issuer, token) = (&server.issuer, format!("{}/oauth/token", server.issuer));
    let (client, secret) = ("enterprise", "a secret that is long enough");
    let known = json!({ "issuer": issuer, "token": token, "resource": server.mcp, "client": client, "secret": secret });
    judged(table, known).await
}

async fn fastmcp(table: &mut Program, keys: &str) -> Column {
    let (port, origin) = address().await;
    let mut command = python("others", "fastmcp_server.py");
    command.args([&port, &origin, keys]);
    let _program = listening(command, &port).await;
    // Its clients are public ones.
    judged(table, unknown(&format!("{origin}/"), &origin, "", "none")).await
}

async fn workers(table: &mut Program, keys: &str) -> Column {
    let (port, origin) = address().await;
    // It ends by itself, and ends its runtime, when its standard input is dropped.
    let mut command = programs::node("clients/node/doctor/workers.mjs");
    command.args([&port, &origin, keys]);
    let _program = listening(command, &port).await;
    judged(table, unknown(&origin, &origin, "/oauth", "client_secret_basic")).await
}

/// A server at which a client has to register before, with its endpoints below a path.
fn unknown(issuer: &str, origin: &str, path: &str, method: &str) -> Value {
    let (token, registration) = (format!("{origin}{path}/token"), format!("{origin}{path}/register"));
    let resource = format!("{origin}/mcp");
    json!({ "issuer": issuer, "token": token, "resource": resource, "registration": registration, "method": method })
}

async fn address() -> (String, String) {
    let port = free_port().await;
    (port.to_string(), format!("http://127.0.0.1:{port}"))
}

/// Starts a server, and waits until it listens.
async fn listening(command: Command, port: &str) -> Program {
    let program = Program::start(command);
    let listens = async {
        while TcpStream::connect(format!("127.0.0.1:{port}")).await.is_err() {
            sleep(Duration::from_millis(50)).await;
        }
    };
    timeout(Duration::from_secs(60), listens).await.expect("the server listens");
    program
}
