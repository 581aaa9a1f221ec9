//! The local server over real sockets, with its own client: the tutorial, its log, and what it keeps.

#![expect(clippy::unwrap_used, reason = "a test that cannot continue panics")]

mod backups;
mod calls;
mod health;
mod logs;
mod refused;
mod state;
mod well_known;

use doorward::ports::{Clock, Timestamp};
use doorward_local::client::page::Form;
use doorward_local::client::{self, Person};
use doorward_local::log::Log;
use doorward_local::serve::shutdown::Stage;
use doorward_local::serve::{Ended, Listening};
use doorward_local::tutorial;
use doorward_settings::{
    AUTH_PORT, ISSUER, MCP_PORT, ONLY, PROVIDER, PROVIDER_ALLOW, PROVIDER_CLIENT, RESOURCE, RESOURCE_SECRET,
    SECRET_FILE, Setting, TUTORIAL, USER, Values,
};
use harness::written::Written;
use std::sync::Arc;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::watch;

const FREE_PORTS: [(&Setting, &str); 2] = [(&AUTH_PORT, "0"), (&MCP_PORT, "0")];

#[tokio::test]
async fn the_tutorial_prints_eight_steps_and_the_tools_answer() {
    let mut told = Vec::new();
    tutorial::run(&mut told).await.unwrap();
    let told = String::from_utf8(told).unwrap();
    for step in 1..=8 {
        assert!(told.contains(&format!("\n{step}) ")), "{told}");
    }
    assert!(told.contains("tools/call get_user_data: {") && told.contains("\"user_id\":\"me\""), "{told}");
    assert!(!told.contains("\n9) "), "{told}");
}

#[tokio::test]
async fn a_client_says_why_it_does_not_connect() {
    let settings = Values::of(FREE_PORTS.into_iter().chain([(&USER, "alice:open sesame")]));
    let wrong = connect(&settings, Log::to(std::io::sink()), "alice", "a guess").await.unwrap_err();
    assert!(wrong == "step 5 failed: the name or the password is wrong", "{wrong}");
    let closed = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let person = Person::Scripted { username: "alice".into(), password: "open sesame".into() };
    let refused =
        client::run(&format!("http://{closed}/mcp"), person, &mut std::io::sink()).await.unwrap_err();
    assert!(refused.to_string().to_lowercase().contains("did not answer: connection refused"), "{refused}");
}

#[tokio::test]
async fn the_transcript_and_the_log_contain_no_secret() {
    let settings = Values::of(FREE_PORTS.into_iter().chain([(&USER, "alice:open sesame")]));
    let written = Written::default();
    let told = connect(&settings, Log::to(written.clone()), "alice", "open sesame").await.unwrap();
    let log = written.text();
    for event in
        ["client_registered", "signed_in person=alice", "consented", "code_spent", "refreshed person=alice"]
    {
        assert!(log.contains(event), "{log}");
    }
    for text in [&told, &log] {
        assert!(!text.contains("open sesame") && !text.contains("open+sesame"), "{text}");
        for prefix in ["dw_code_", "dw_form_", "dw_session_", "dw_refresh_", "eyJ"] {
            for (at, _) in text.match_indices(prefix) {
                let shown =
                    text[at..].chars().take_while(|c| c.is_ascii_alphanumeric() || "-_.".contains(*c));
                assert!(shown.count() <= 20, "{}", &text[at..]);
            }
        }
    }
}

/// Every line has a time and a level, and a refusal the client's address.
#[tokio::test]
async fn a_line_of_the_log_has_a_time_a_level_and_for_refusals_an_address() {
    struct Noon;
    impl Clock for Noon {
        fn now(&self) -> Timestamp {
            Timestamp(1_735_732_800)
        }
    }
    let written = Written::default();
    let log = Log::with_clock(written.clone(), Arc::new(Noon));
    let listening = Listening::start(&Values::of(FREE_PORTS), log).await.unwrap();
    let host = listening.issuer().as_str().trim_start_matches("http://").to_owned();
    tokio::spawn(listening.run());
    let mut stream = tokio::net::TcpStream::connect(&host).await.unwrap();
    let peer = stream.local_addr().unwrap();
    assert!(request(&mut stream, &host, "GET /nothing").await.starts_with("HTTP/1.1 404"));
    assert!(request(&mut stream, &host, "GET /oauth/authorize").await.starts_with("HTTP/1.1 400"));
    let text = written.text();
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(lines.len(), 2, "{text}");
    assert!(lines[0].starts_with("2025-01-01T12:00:00Z info refused code=not_found"), "{text}");
    assert!(lines[1].starts_with("2025-01-01T12:00:00Z warn refused code=invalid_request"), "{text}");
    assert!(lines[1].ends_with(&format!(" peer={peer}")) && !lines[0].contains("peer="), "{text}");
}

#[tokio::test]
async fn an_unreachable_server_fails_at_the_first_step() {
    let failure = client::run("http://127.0.0.1:1/mcp", Person::AtBrowser(Box::new(|_| ())), &mut Vec::new())
        .await
        .unwrap_err();
    assert!(failure.to_string().starts_with("step 1 failed"), "{failure}");
}

/// A client may send the head and the body of a request separately, and reuse the connection for the next request.
#[tokio::test]
async fn after_a_refusal_the_connection_can_be_reused() {
    let listening = Listening::start(&Values::of(FREE_PORTS), Log::to(std::io::sink())).await.unwrap();
    let host = listening.resource().authority().to_owned();
    tokio::spawn(listening.run());
    let mut stream = tokio::net::TcpStream::connect(&host).await.unwrap();
    for path in ["/mcp", "/nothing", "/.well-known/oauth-protected-resource"] {
        let head = format!("POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Length: 4\r\n\r\n");
        stream.write_all(head.as_bytes()).await.unwrap();
        // Another request is sent and answered first. A server that does not wait for the body answers meanwhile.
        let mut other = tokio::net::TcpStream::connect(&host).await.unwrap();
        assert!(
            request(&mut other, &host, "GET /.well-known/oauth-protected-resource")
                .await
                .starts_with("HTTP/1.1 200")
        );
        stream.write_all(b"body").await.unwrap();
        assert!(response(&mut stream).await.starts_with("HTTP/1.1 40"), "{path}");
        let next = request(&mut stream, &host, "GET /.well-known/oauth-protected-resource/mcp").await;
        assert!(next.starts_with("HTTP/1.1 200"), "{path}: {next}");
    }
}

async fn request(stream: &mut tokio::net::TcpStream, host: &str, line: &str) -> String {
    stream.write_all(format!("{line} HTTP/1.1\r\nHost: {host}\r\n\r\n").as_bytes()).await.unwrap();
    response(stream).await
}

/// Reads one response, with as much body as `Content-Length` says.
async fn response(stream: &mut tokio::net::TcpStream) -> String {
    let mut text = Vec::new();
    while !text.ends_with(b"\r\n\r\n") {
        text.push(
            stream
                .read_u8()
                .await
                .unwrap_or_else(|error| panic!("{error} after {:?}", String::from_utf8_lossy(&text))),
        );
    }
    let mut text = String::from_utf8(text).unwrap();
    let length = text
        .lines()
        .find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    stream.read_exact(&mut body).await.unwrap();
    text.push_str(&String::from_utf8(body).unwrap());
    text
}

#[cfg(unix)]
#[tokio::test]
async fn the_secret_file_survives_a_restart_and_only_its_owner_may_read_it() {
    use std::os::unix::fs::PermissionsExt;
    let folder = std::env::temp_dir().join(format!("doorward-test-{}", std::process::id()));
    let file = folder.join("state/secret");
    let path = file.to_str().unwrap();
    let start = async |path| {
        let settings =
            Values::of(FREE_PORTS.into_iter().chain([(&USER, "alice:open sesame"), (&SECRET_FILE, path)]));
        Listening::start(&settings, Log::to(std::io::sink())).await
    };
    let keys = async |path| {
        start(path).await.map(|listening| listening.server().unwrap().token_keys.public_keys()[0].clone())
    };
    let first = keys(path).await.unwrap();
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(keys(path).await.unwrap(), first, "a restart keeps the keys");
    std::fs::set_permissions(&file, PermissionsExt::from_mode(0o644)).unwrap();
    assert!(keys(path).await.unwrap_err().to_string().contains("chmod 600"));
    std::fs::set_permissions(&file, PermissionsExt::from_mode(0o600)).unwrap();
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, format!("{}\n{text}", "A".repeat(43))).unwrap();
    let rotated = start(path).await.unwrap();
    assert_eq!(
        rotated.server().unwrap().token_keys.public_keys().last(),
        Some(&first),
        "an older secret is on a later line"
    );
    std::fs::write(&file, "too short").unwrap();
    assert!(keys(path).await.unwrap_err().to_string().starts_with("--secret-file"));
    std::fs::remove_dir_all(folder).unwrap();
}

/// The users of the settings are added to the store at the first request to either sign-in page.
#[tokio::test]
async fn a_user_can_sign_in_on_the_account_page_first() {
    let settings = Values::of(FREE_PORTS.into_iter().chain([(&USER, "alice:open sesame")]));
    let listening = Listening::start(&settings, Log::to(std::io::sink())).await.unwrap();
    let host = listening.issuer().as_str().trim_start_matches("http://").to_owned();
    tokio::spawn(listening.run());
    let mut stream = tokio::net::TcpStream::connect(&host).await.unwrap();
    let page = request(&mut stream, &host, "GET /account").await;
    let form = Form::first(&page).unwrap().fields.remove(0).1;
    let cookie = page.lines().find_map(|line| line.strip_prefix("set-cookie: ")?.split(';').next()).unwrap();
    let body = format!("form={form}&username=alice&password=open+sesame");
    let head = format!(
        "POST /account HTTP/1.1\r\nHost: {host}\r\nCookie: {cookie}\r\nContent-Length: {}\r\n\
         Content-Type: application/x-www-form-urlencoded\r\n\r\n",
        body.len()
    );
    stream.write_all(format!("{head}{body}").as_bytes()).await.unwrap();
    let signed_in = response(&mut stream).await;
    assert!(signed_in.starts_with("HTTP/1.1 303") && signed_in.contains("doorward-session="), "{signed_in}");
}

#[tokio::test]
async fn in_tutorial_mode_the_local_client_signs_in_and_calls_the_tool() {
    let settings = Values::of(FREE_PORTS.into_iter().chain([(&TUTORIAL, "true")]));
    let told = connect(&settings, Log::to(std::io::sink()), "admin", "123456").await.unwrap();
    assert!(told.contains("\"user_id\":\"admin\""), "{told}");
}

#[tokio::test]
async fn the_two_servers_run_separately() {
    // Each server needs the other's address before it starts, so a free port is looked for first.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port().to_string();
    let mcp = &format!("http://127.0.0.1:{port}/mcp");
    let (resource, secret) = (format!("{mcp}=user"), format!("{mcp}=a-secret-of-enough-length"));
    let of_mcp = [(&RESOURCE, resource.as_str()), (&RESOURCE_SECRET, secret.as_str())];
    let auth = [(&ONLY, "auth"), (&AUTH_PORT, "0"), (&USER, "alice:open sesame")].into_iter().chain(of_mcp);
    let auth = Listening::start(&Values::of(auth), Log::to(std::io::sink())).await.unwrap();
    let issuer = auth.issuer().to_string();
    let mcp_settings =
        [(&ONLY, "mcp"), (&MCP_PORT, port.as_str()), (&ISSUER, issuer.as_str())].into_iter().chain(of_mcp);
    let log = Written::default();
    let server = Listening::start(&Values::of(mcp_settings), Log::to(log.clone())).await.unwrap();
    assert!(server.server().is_none());
    let (auth, server) = (tokio::spawn(auth.run()), tokio::spawn(server.run()));
    let person = || Person::Scripted { username: "alice".into(), password: "open sesame".into() };
    client::run(mcp, person(), &mut Vec::new()).await.unwrap();
    auth.abort();
    assert!(auth.await.unwrap_err().is_cancelled());
    let call = format!(
        "POST /mcp HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization: Bearer x\r\nContent-Length: 2\r\n\r\n{{}}"
    );
    let mut stream = tokio::net::TcpStream::connect(format!("127.0.0.1:{port}")).await.unwrap();
    stream.write_all(call.as_bytes()).await.unwrap();
    let answer = response(&mut stream).await;
    assert!(answer.starts_with("HTTP/1.1 503") && answer.contains("retry-after: 2"), "{answer}");
    assert!(log.text().contains("the authorization server did not answer"), "{}", log.text());
    let failure = client::run(mcp, person(), &mut Vec::new()).await.unwrap_err().to_string();
    assert!(failure.starts_with("step 3 failed"), "{failure}");
    server.abort();
}

/// A client finds the metadata of an issuer with a path, and signs in below the path.
#[tokio::test]
async fn the_client_connects_to_an_issuer_with_a_path() {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port().to_string();
    let issuer = format!("http://127.0.0.1:{port}/auth");
    let settings = [(&AUTH_PORT, &*port), (&MCP_PORT, "0"), (&ISSUER, &issuer), (&USER, "alice:open sesame")];
    let idp = "https://idp.example";
    let of_provider = [(&PROVIDER, idp), (&PROVIDER_CLIENT, "us"), (&PROVIDER_ALLOW, "anyone")];
    let at_provider = Values::of(settings[..3].iter().copied().chain(of_provider));
    let listening = Listening::start(&at_provider, Log::to(std::io::sink())).await.unwrap();
    assert_eq!(listening.callbacks(), [(idp, format!("{issuer}/oauth/callback"))]);
    drop(listening);
    let told =
        connect(&Values::of(settings), Log::to(std::io::sink()), "alice", "open sesame").await.unwrap();
    assert!(told.contains("/.well-known/oauth-authorization-server/auth"), "{told}");
    assert!(told.contains("/auth/oauth/token"), "{told}");
}

/// Runs a server and a client against it. Returns the client's transcript, or its failure.
async fn connect(settings: &Values, log: Log, username: &str, password: &str) -> Result<String, String> {
    let listening = Listening::start(settings, log).await.unwrap();
    let url = listening.resource().to_string();
    let person = Person::Scripted { username: username.into(), password: password.into() };
    let (sender, stage) = watch::channel(Stage::Serving);
    let serving = tokio::spawn(listening.run_until(stage));
    let mut told = Vec::new();
    let outcome = client::run(&url, person, &mut told).await;
    sender.send(Stage::Ended).unwrap();
    assert_eq!(serving.await.unwrap(), Ended::Stopped);
    outcome.map(|()| String::from_utf8(told).unwrap()).map_err(|failure| failure.to_string())
}
