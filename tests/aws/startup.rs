//! Cold start benchmark: the work from process start to the first answer, for each function and the baselines. The programs
//! take turns, so that other load on the machine affects all of them. `tests/aws/start-up` builds and runs it.

#![expect(clippy::print_stdout, reason = "the benchmark prints its results")]

use doorward::ports::Clock;
use doorward::protocol::paths;
use doorward_signing::SystemClock;
use harness::client::tool_call;
use harness::deployed::environment;
use harness::process::Process;
use harness::test_server::{get, post, post_json, secret_of};
use harness::{Client, Person, TestServer, event};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

/// How often each program is started.
const RUNS: usize = 30;

/// A program, its first request, and what was measured.
struct Function {
    name: &'static str,
    program: PathBuf,
    environment: BTreeMap<String, String>,
    first: Value,
    took: Vec<Duration>,
    cpu: Vec<Duration>,
}

/// The medians of a function.
struct Medians {
    took: f64,
    cpu: f64,
}

impl Function {
    async fn start(&mut self) {
        let began = Instant::now();
        let mut process = Process::of(&self.program, self.name, &self.environment).await;
        self.answers(&mut process).await;
        self.took.push(began.elapsed());
        self.cpu.push(process.cpu());
    }

    async fn answers(&self, process: &mut Process) {
        let answer = process.invoke(self.first.clone()).await.expect("an answer");
        let status = answer["statusCode"].as_u64().expect("a status");
        assert!(status < 500, "{}: {answer}", self.name);
    }

    /// The instructions of one start, in millions, counted by valgrind.
    async fn instructions(&self) -> f64 {
        let counts = std::env::temp_dir().join(format!("startup-{}-{}", std::process::id(), self.name));
        let mut command = Command::new("/usr/bin/valgrind");
        command.args(["--tool=callgrind", "--quiet"]);
        command.arg(format!("--callgrind-out-file={}", counts.display())).arg(&self.program);
        let mut process = Process::spawn(command, self.name, &self.environment).await;
        self.answers(&mut process).await;
        process.end();
        let counted = std::fs::read_to_string(&counts).expect("valgrind has counted");
        let _ = std::fs::remove_file(counts);
        let total = counted.lines().find_map(|line| line.strip_prefix("totals: "));
        total.and_then(|total| total.trim().parse::<f64>().ok()).expect("a total") / 1e6
    }

    fn medians(&mut self) -> Medians {
        Medians { took: median(&mut self.took), cpu: median(&mut self.cpu) }
    }

    fn size(&self) -> f64 {
        std::fs::metadata(&self.program).expect("the program exists").len() as f64 / 1e6
    }
}

/// In milliseconds.
fn median(times: &mut [Duration]) -> f64 {
    times.sort();
    times[times.len() / 2].as_secs_f64() * 1e3
}

/// The functions and the baselines, over one table. The first request of each uses everything that it opens.
async fn functions(test: &TestServer) -> Vec<Function> {
    // The programs use the real time, so the test clock must show it too.
    test.clock.pass(Duration::from_secs(SystemClock.now().0 - test.clock.now().0));
    let client = Client::register(test).await;
    let mut alice = Person::alice();
    let tokens = client.obtain_tokens(test, &mut alice).await;
    let given_back = client.obtain_tokens(test, &mut alice).await;
    let mcp = "https://mcp.example/mcp";
    let asks = [("token", tokens.access.as_str()), ("client_id", mcp), ("client_secret", &secret_of(mcp))];
    let metadata = r#"{"redirect_uris":["http://127.0.0.1/callback"]}"#;
    let of = |folder: &str, name: &'static str, request| {
        let program = format!("{}/../../{folder}/small/{name}", env!("CARGO_MANIFEST_DIR")).into();
        let environment = environment(&test.emulator, &test.server.config, name);
        Function { name, program, environment, first: event::of(&request), took: Vec::new(), cpu: Vec::new() }
    };
    let ours = |name, request| of("target", name, request);
    vec![
        of("target/floors", "hello", get("/")),
        of("target/floors", "defaults", get("/")),
        ours("metadata", get(paths::METADATA)),
        ours("register", post_json(paths::REGISTER, metadata)),
        ours("authorize", get(&client.url())),
        ours("token", client.refreshes(&tokens.refresh)),
        ours("introspect", post(paths::INTROSPECT, &asks)),
        ours("revoke", client.revokes(&given_back.refresh)),
        ours("account", get(paths::ACCOUNT)),
        ours("mcp", tool_call(Some(&tokens.access), "current")),
        // It answers 404: there is no upstream whose time would count too.
        ours("gateway", tool_call(Some(&tokens.access), "current")),
    ]
}

#[tokio::main]
async fn main() {
    let test = TestServer::new().await;
    let mut functions = functions(&test).await;
    for _ in 0..RUNS {
        for function in &mut functions {
            function.start().await;
        }
    }
    let medians: Vec<_> = functions.iter_mut().map(Function::medians).collect();
    let titles = ["MB", "ms", "/ hello", "/ defaults", "CPU ms", "M instructions"];
    println!("{:<12}{}", "", titles.map(|title| format!("{title:>15}")).join(""));
    for (function, Medians { took, cpu }) in functions.iter().zip(&medians) {
        let (hello, defaults) = (took / medians[0].took, took / medians[1].took);
        let values = [function.size(), *took, hello, defaults, *cpu, function.instructions().await];
        println!("{:<12}{}", function.name, values.map(|value| format!("{value:>15.2}")).join(""));
    }
}
