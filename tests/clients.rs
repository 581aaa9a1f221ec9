//! Tests with third-party MCP clients against the local server: by dynamic client registration, with a Client ID
//! Metadata Document, and pre-registered, as far as each client supports them.

#![expect(clippy::unwrap_used, reason = "a test that cannot continue panics")]

#[path = "clients/dropping.rs"]
mod dropping;
#[path = "clients/programs.rs"]
mod programs;
#[path = "clients/published.rs"]
mod published;

use dropping::Dropping;
use published::{Published, REDIRECT_URI};
use std::path::PathBuf;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::process::{Child, Command};
use tokio::sync::Mutex;

fn python(environment: &str, script: &str) -> Command {
    programs::python(environment, &format!("clients/{script}"))
}

fn node(script: &str) -> Command {
    programs::node(&format!("clients/node/scripts/{script}"))
}

/// The local server as a real process, with the user alice and two pre-registered clients.
struct Server {
    process: Process,
    mcp: String,
    published: Published,
    folder: PathBuf,
}

/// A process, and the command that starts it again.
type Process = Arc<Mutex<(Command, Child)>>;

impl Server {
    async fn start() -> Self {
        Self::at(&["--auth-port", "0", "--mcp-port", "0"]).await
    }

    /// A server that can be started again at the same ports.
    async fn behind(dropping: &Dropping) -> Self {
        let mcp = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port().to_string();
        let auth = dropping.behind.port().to_string();
        Self::at(&["--auth-port", &auth, "--mcp-port", &mcp, "--issuer", &dropping.issuer]).await
    }

    async fn at(place: &[&str]) -> Self {
        let published = Published::start().await;
        let folder = published.certificate.with_extension("state");
        let mut command = programs::doorward();
        let user = ["--user", "alice:open sesame", "--user-email", "alice=alice@acme.example"];
        command.args(place).args(user).arg("--data-dir").arg(&folder);
        for id in ["public", "keeper"] {
            command.args(["--client", &format!("{id}={REDIRECT_URI}")]);
        }
        command
            .args(["--client-secret", "keeper=a secret that is long enough"])
            .env("SSL_CERT_FILE", &published.certificate);
        let (process, mcp) = programs::started(&mut command).await;
        Self { process: Arc::new(Mutex::new((command, process))), mcp, published, folder }
    }
}

/// Ends the process without notice, as a power failure would, and starts it again.
async fn kill_and_start(process: Process) {
    let (command, child) = &mut *process.lock().await;
    child.kill().await.unwrap();
    *child = programs::started(command).await.0;
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.try_lock().map(|mut process| process.1.start_kill());
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// The ways of registration. `REGISTERED` is dynamic client registration.
const REGISTERED: &[&str] = &[];
const PUBLISHED: &[&str] = &["document"];
const PUBLIC: &[&str] = &["known", "public"];
const KEEPER: &[&str] = &["known", "keeper", "a secret that is long enough"];
/// Dynamic client registration, and the response to one refresh is lost.
const DROPPED: &[&str] = &["dropped"];

/// Runs a client with each of these ways of registration.
async fn connect(client: impl Fn() -> Command, ways: &[&[&str]]) {
    let server = Server::start().await;
    for way in ways {
        run(&server, client(), way).await;
    }
}

/// Runs a client, and loses the response to its first refresh: first with nothing else, then because the server is killed. Both
/// times the client gets its tokens without a second sign-in.
async fn connect_and_lose_an_answer(client: impl Fn() -> Command) {
    for is_killed in [false, true] {
        let dropping = Dropping::start().await;
        let server = Server::behind(&dropping).await;
        if is_killed {
            dropping.plan(kill_and_start(server.process.clone()));
        } else {
            dropping.plan(async {});
        }
        run(&server, client(), DROPPED).await;
        assert!(dropping.has_dropped());
    }
}

/// Runs a client program. It prints `ok` if all its checks succeeded.
async fn run(server: &Server, mut client: Command, way: &[&str]) {
    client.args([server.mcp.as_str(), "alice", "open sesame"]).args(way);
    client.args((way == PUBLISHED).then_some(&server.published.url));
    let output = client.output().await.unwrap_or_else(|error| panic!("{client:?}: {error}"));
    let told = String::from_utf8_lossy(&output.stdout);
    let complained = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{way:?}: {told}\n{complained}");
    assert!(told.lines().last().is_some_and(|line| line.starts_with("ok: ")), "{told}\n{complained}");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Python and tests/clients/install"]
async fn the_python_sdk_of_mcp_2025_11_25_connects_and_refreshes() {
    connect(|| python("mcp-1.30", "mcp_sdk.py"), &[REGISTERED, PUBLISHED, PUBLIC, KEEPER]).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Python and tests/clients/install"]
async fn the_python_sdk_of_mcp_2026_07_28_connects_and_refreshes() {
    connect(|| python("mcp-2.3", "mcp_sdk.py"), &[REGISTERED, PUBLISHED, PUBLIC, KEEPER]).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs npm and tests/clients/install"]
async fn the_typescript_client_connects_and_refreshes() {
    connect(|| node("mcp_client.mjs"), &[REGISTERED, PUBLISHED, PUBLIC, KEEPER]).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs npm and tests/clients/install"]
async fn the_typescript_sdk_1_connects_and_refreshes() {
    connect(|| node("mcp_sdk.mjs"), &[REGISTERED, PUBLISHED, PUBLIC, KEEPER]).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs npm and tests/clients/install"]
async fn openid_client_connects_refreshes_and_revokes() {
    connect(|| node("openid_client.mjs"), &[REGISTERED]).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs npm and tests/clients/install"]
async fn oauth4webapi_accepts_every_response() {
    connect(|| node("oauth4webapi.mjs"), &[REGISTERED, PUBLIC, KEEPER]).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Python and tests/clients/install"]
async fn authlib_connects_and_refreshes() {
    connect(|| python("others", "authlib_client.py"), &[REGISTERED, PUBLIC, KEEPER]).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs npm and tests/clients/install"]
async fn openid_client_validates_the_id_token_and_reads_userinfo() {
    connect(|| node("userinfo_openid_client.mjs"), &[REGISTERED]).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs npm and tests/clients/install"]
async fn oauth4webapi_validates_the_id_token_and_reads_userinfo() {
    connect(|| node("userinfo_oauth4webapi.mjs"), &[REGISTERED]).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Python and tests/clients/install"]
async fn authlib_validates_the_id_token_and_reads_userinfo() {
    connect(|| python("others", "userinfo_authlib.py"), &[REGISTERED]).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Python and tests/clients/install"]
async fn fastmcp_connects_and_refreshes() {
    connect(|| python("others", "fastmcp_client.py"), &[REGISTERED, PUBLISHED]).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs npm and tests/clients/install"]
async fn mcp_remote_connects_and_refreshes() {
    connect(|| node("mcp_remote.mjs"), &[REGISTERED]).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs npm and tests/clients/install"]
async fn the_inspector_command_line_connects() {
    connect(|| node("inspector.mjs"), &[REGISTERED]).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs npm and tests/clients/install"]
async fn the_official_conformance_suite_passes() {
    connect(|| node("conformance.mjs"), &[REGISTERED]).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Python and tests/clients/install"]
async fn a_lost_answer_is_given_again_to_the_python_sdk_of_mcp_2025_11_25() {
    connect_and_lose_an_answer(|| python("mcp-1.30", "mcp_sdk.py")).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Python and tests/clients/install"]
async fn a_lost_answer_is_given_again_to_the_python_sdk_of_mcp_2026_07_28() {
    connect_and_lose_an_answer(|| python("mcp-2.3", "mcp_sdk.py")).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs npm and tests/clients/install"]
async fn a_lost_answer_is_given_again_to_the_typescript_client() {
    connect_and_lose_an_answer(|| node("mcp_client.mjs")).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs npm and tests/clients/install"]
async fn a_lost_answer_is_given_again_to_the_typescript_sdk_1() {
    connect_and_lose_an_answer(|| node("mcp_sdk.mjs")).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs npm and tests/clients/install"]
async fn a_lost_answer_is_given_again_to_mcp_remote() {
    connect_and_lose_an_answer(|| node("mcp_remote.mjs")).await;
}
