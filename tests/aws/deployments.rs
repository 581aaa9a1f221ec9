//! Tests of whole deployments with third-party tools: `doorward client` connects through each.

#![expect(clippy::unwrap_used, reason = "a test that cannot continue panics")]

use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use doorward::protocol::Digest;
use doorward_local::client::{self, Person};
use harness::Emulator;
use http_body_util::Full;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, LazyLock};
use std::thread;
use tokio::sync::OnceCell;

/// A process that ends with the test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // SIGTERM instead of SIGKILL, so that the tools can end their own child processes.
        let _ = Command::new("kill").arg(self.0.id().to_string()).status();
        let _ = self.0.wait();
    }
}

impl Running {
    /// Starts a program, and waits until it prints `ready`.
    fn until(mut command: Command, ready: &str) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let (found, ready_at) = std::sync::mpsc::channel();
        let streams: [Box<dyn std::io::Read + Send>; 2] =
            [Box::new(child.stdout.take().unwrap()), Box::new(child.stderr.take().unwrap())];
        for stream in streams {
            let (found, ready) = (found.clone(), ready.to_owned());
            thread::spawn(move || {
                for line in BufReader::new(stream).lines().map_while(Result::ok) {
                    if line.contains(&ready) {
                        let _ = found.send(());
                    }
                }
            });
        }
        drop(found);
        ready_at.recv().unwrap_or_else(|_| panic!("{command:?} ended without saying {ready}"));
        Self(child)
    }
}

fn workspace() -> PathBuf {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../..")).canonicalize().unwrap()
}

/// A program with `target/aws/bin` in its `PATH`, where `tests/aws/install` puts the tools.
fn tool(name: &str) -> Command {
    let path = std::env::var("PATH").unwrap();
    let mut command = Command::new(name);
    command.current_dir(workspace()).env("PATH", format!("{}/target/aws/bin:{path}", workspace().display()));
    command
}

/// The standard output of a program. Panics if the program fails.
fn output(command: &mut Command) -> String {
    let output = command.output().unwrap();
    let [out, err] = [output.stdout, output.stderr].map(|text| String::from_utf8(text).unwrap());
    assert!(output.status.success(), "{command:?}: {out}{err}");
    out
}

/// The functions' archives. Two tests deploy them at a time, so they are written once.
static ZIPPED: LazyLock<String> = LazyLock::new(|| output(tool("python3").arg("tests/aws/zip.py")));

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Runs `doorward client`, which must complete all its steps.
async fn the_client_goes_through(mcp: &str) {
    let alice = Person::Scripted { username: "alice".into(), password: "wonderland".into() };
    let mut transcript = Vec::new();
    client::run(mcp, alice, &mut transcript).await.unwrap();
    let transcript = String::from_utf8(transcript).unwrap();
    assert!(transcript.contains("8) Refresh the token"), "{transcript}");
    assert_eq!(transcript.matches("\"status\":\"active\"").count(), 2, "{transcript}");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs cargo-lambda: tests/aws/install"]
async fn the_client_connects_through_cargo_lambda_watch() {
    let emulator = Emulator::start().await;
    let port = free_port().to_string();
    let issuer = format!("http://127.0.0.1:{port}");
    let file = workspace().join("target/lambda/watched-by-a-test.env");
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    std::fs::write(&file, emulator.variables(&issuer)).unwrap();
    let mut watch = tool("cargo");
    watch.args(["lambda", "watch", "-p", "doorward-functions", "-A", "127.0.0.1", "-P", &port]);
    watch.args(["--disable-cors", "--ignore-changes", "--env-file"]).arg(&file);
    let _watch = Running::until(watch, "starting Runtime server");
    for command in [r#"{"command":"rotate-keys"}"#, ADD_ALICE] {
        let mut invoke = tool("cargo");
        invoke.args(["lambda", "invoke", "-A", "127.0.0.1", "-P", &port, "admin", "--data-ascii", command]);
        let answer = output(&mut invoke);
        assert!(answer.contains("makes") || answer.contains("alice"), "{answer}");
    }
    // A function is compiled at its first request. A code would expire meanwhile, so this one is asked before.
    let mut invoke = tool("cargo");
    invoke.args(["lambda", "invoke", "-A", "127.0.0.1", "-P", &port, "token", "--data-ascii", "{}"]);
    let refused = invoke.output().unwrap();
    assert!(String::from_utf8_lossy(&refused.stdout).contains("400"), "{refused:?}");
    the_client_goes_through(&format!("{issuer}/mcp")).await;
}

/// `MiniStack`, a local emulator of AWS, and its URL.
fn ministack() -> (Running, String) {
    let port = free_port().to_string();
    let mut ministack = tool("ministack");
    ministack.env("BIND_HOST", "127.0.0.1").env("GATEWAY_PORT", &port);
    (Running::until(ministack, "Running on http"), format!("http://127.0.0.1:{port}"))
}

/// A program that uses the AWS emulator at `endpoint`.
fn aws(name: &str, endpoint: &str) -> Command {
    let mut command = tool(name);
    let account =
        [("AWS_ACCESS_KEY_ID", "test"), ("AWS_SECRET_ACCESS_KEY", "test"), ("AWS_REGION", "us-east-1")];
    command.envs(account).env("AWS_DEFAULT_REGION", "us-east-1").env("AWS_ENDPOINT_URL", endpoint);
    command
}

const ADD_ALICE: &str = r#"{"command":"add-person","name":"alice","password":"wonderland"}"#;

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs MiniStack and the AWS CLI: tests/aws/install"]
async fn the_template_deploys_in_ministack_and_the_client_connects() {
    LazyLock::force(&ZIPPED);
    let (_ministack, endpoint) = ministack();
    let aws = |name: &str| aws(name, &endpoint);
    // MiniStack selects an API by a host name that does not resolve here, so the issuer is a proxy before it.
    let front = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let issuer = format!("http://{}", front.local_addr().unwrap());
    tokio::spawn(stand_before(front, endpoint.clone()));
    let parameters =
        ["Architecture=x86_64".to_owned(), format!("Endpoint={endpoint}"), format!("Issuer={issuer}")];
    let deployed = output(aws("infra/deploy").arg("house").args(parameters));
    assert!(deployed.contains(&issuer), "{deployed}");
    output(aws("infra/check").arg(&issuer));

    assert!(output(aws("infra/admin").args(["house", ADD_ALICE])).contains("alice"));
    let again = aws("infra/admin").args(["house", ADD_ALICE]).output().unwrap();
    assert!(!again.status.success(), "a refused command ends with an error");
    assert!(String::from_utf8_lossy(&again.stdout).contains("this name is taken"));
    the_client_goes_through(&format!("{issuer}/mcp")).await;

    // The stack takes a value that two functions do not accept.
    let broken = aws("infra/deploy").args(["house", "Accent=purple"]).output().unwrap();
    let said = String::from_utf8_lossy(&broken.stderr);
    let named: Vec<_> = said.lines().filter_map(|line| line.split("log of the function ").nth(1)).collect();
    assert_eq!((broken.status.success(), named), (false, vec!["authorize", "account"]), "{said}");
    output(aws("infra/deploy").args(["house", "Accent="]));

    let keys = output(aws("infra/admin").args(["house", r#"{"command":"list-keys"}"#]));
    output(aws("infra/deploy").arg("house"));
    let after = output(aws("infra/admin").args(["house", r#"{"command":"list-keys"}"#]));
    assert_eq!(keys, after, "an update creates no key");
    let grants = output(aws("infra/admin").args(["house", r#"{"command":"list-grants","person":"alice"}"#]));
    let grants: Value = serde_json::from_str(&grants).unwrap();
    assert_eq!(grants["grants"].as_array().unwrap().len(), 1, "{grants}");

    // The gateway takes the place of the built-in server.
    let upstream = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("Upstreams=http://{}/mcp", upstream.local_addr().unwrap());
    let called = Arc::new(AtomicU32::new(0));
    tokio::spawn(be_an_upstream(upstream, called.clone()));
    output(aws("infra/deploy").args(["house", &url]));
    the_client_goes_through(&format!("{issuer}/mcp")).await;
    assert_eq!(called.load(Ordering::SeqCst), 2);
}

/// Serves MCP without OAuth. `called` counts the calls of its tool.
async fn be_an_upstream(listener: tokio::net::TcpListener, called: Arc<AtomicU32>) {
    let answer = async move |Json(message): Json<Value>| {
        let result = match message["method"].as_str().unwrap() {
            "initialize" => json!({
                "protocolVersion": message["params"]["protocolVersion"],
                "capabilities": { "tools": {} },
                "serverInfo": { "name": "upstream", "version": "1" },
            }),
            "tools/list" => {
                json!({ "tools": [{ "name": "get_user_data", "inputSchema": { "type": "object" } }] })
            }
            "tools/call" => {
                called.fetch_add(1, Ordering::SeqCst);
                json!({ "content": [{ "type": "text", "text": r#"{"status":"active"}"# }] })
            }
            method => {
                assert!(method.starts_with("notifications/"), "{message}");
                return StatusCode::ACCEPTED.into_response();
            }
        };
        Json(json!({ "jsonrpc": "2.0", "id": message["id"], "result": result })).into_response()
    };
    axum::serve(listener, Router::new().route("/mcp", post(answer))).await.unwrap();
}

/// The functions behind `MiniStack`'s `CloudFront` cannot be tested. This test checks that both stacks deploy, and that
/// a second run changes neither.
#[test]
#[ignore = "needs MiniStack and the AWS CLI: tests/aws/install"]
fn the_front_deploys_and_a_second_run_changes_nothing() {
    LazyLock::force(&ZIPPED);
    let (_ministack, endpoint) = ministack();
    let mut deploy = aws("infra/deploy-with-front", &endpoint);
    deploy.args(["house", "auth.example.com", "arn:aws:acm:us-east-1:000000000000:certificate/x", "-"]);
    deploy.args(["Architecture=x86_64", "RateLimit=500", &format!("Endpoint={endpoint}")]);
    let path = std::env::var("PATH").unwrap();
    let (curl, tools) = (curl_that_finds_everything(), workspace().join("target/aws/bin"));
    deploy.env("PATH", format!("{}:{}:{path}", curl.display(), tools.display()));
    let first = output(&mut deploy);
    assert!(first.contains("https://auth.example.com") && first.contains("cloudfront.net"), "{first}");
    let secret = |from: &str, query: &str| {
        output(aws("aws", &endpoint).args([from, query].iter().flat_map(|words| words.split(' '))))
    };
    let shown =
        "--query DistributionList.Items[0].Origins.Items[0].CustomHeaders.Items[0].HeaderValue --output text";
    let shown_at_first = secret("cloudfront list-distributions", shown);
    let digest =
        "--function-name house-token --query Environment.Variables.DOORWARD_DOOR_DIGEST --output text";
    let known = secret("lambda get-function-configuration", digest);
    assert_eq!(known.trim(), URL_SAFE_NO_PAD.encode(Digest::of(shown_at_first.trim()).0));
    output(&mut deploy);
    assert_eq!(secret("cloudfront list-distributions", shown), shown_at_first);
    assert_eq!(secret("lambda get-function-configuration", digest), known);
}

/// A folder with a `curl` for `infra/check` that gets every answer which is expected.
fn curl_that_finds_everything() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("curl");
    std::fs::create_dir_all(&folder).unwrap();
    let script = r#"#!/usr/bin/env bash
while [ $# -gt 1 ]; do
    case $1 in
        --output) echo '{"issuer":"https://auth.example.com"}' >"$2" ;;
        --dump-header) echo 'doorward-correlation: 0123456789' >"$2" ;;
    esac
    shift
done
case $1 in */mcp) printf 401 ;; *) printf 200 ;; esac
"#;
    std::fs::write(folder.join("curl"), script).unwrap();
    let executable = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(folder.join("curl"), executable).unwrap();
    folder
}

/// Proxy that forwards requests to the only API. `MiniStack` knows it by a host name, which is asked for once.
async fn stand_before(front: tokio::net::TcpListener, endpoint: String) {
    let client = Client::builder(TokioExecutor::new()).build_http::<Full<bytes::Bytes>>();
    let host = Arc::new(OnceCell::new());
    let answer = async move |request: Request| {
        let (mut head, body) = request.into_parts();
        let path = head.uri.path_and_query().map(ToString::to_string).unwrap_or_default();
        let host = host.get_or_init(async || api_host(endpoint.clone()).await).await;
        head.uri = format!("{endpoint}{path}").parse().unwrap();
        head.headers.insert("host", host.parse().unwrap());
        let body = to_bytes(body, usize::MAX).await.unwrap();
        let response: Response =
            client.request(http::Request::from_parts(head, Full::new(body))).await.unwrap().map(Body::new);
        response
    };
    axum::serve(front, Router::new().fallback(answer)).await.unwrap();
}

async fn api_host(endpoint: String) -> String {
    let port = endpoint.rsplit(':').next().unwrap().to_owned();
    let query = ["apigatewayv2", "get-apis", "--query", "Items[0].ApiId", "--output", "text"];
    let api = tokio::task::spawn_blocking(move || output(aws("aws", &endpoint).args(query))).await.unwrap();
    format!("{}.execute-api.localhost:{port}", api.trim())
}
