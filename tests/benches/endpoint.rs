//! Benchmarks of whole requests: from the request to the response, with the store in memory and without a socket.

use divan::Bencher;
use doorward::protocol::paths;
use doorward::wire::{Request, Response};
use harness::client::Tokens;
use harness::test_server::get;
use harness::{Client, Person, TestServer};
use tokio::runtime::Runtime;

fn main() {
    divan::main();
}

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_current_thread().build().expect("a runtime")
}

/// The response to `request`, without the checks of the test harness.
async fn answer(test: &TestServer, request: Request) -> Response {
    let response = doorward::answer(test.server.clone(), request).await;
    assert_eq!(response.status(), 200);
    response
}

/// The authorization server metadata (RFC 8414).
#[divan::bench]
fn metadata(bencher: Bencher) {
    let runtime = runtime();
    let test = runtime.block_on(TestServer::new());
    bencher
        .with_inputs(|| get(paths::METADATA))
        .bench_local_values(|request| runtime.block_on(answer(&test, request)));
}

/// Refresh token rotation. Each refresh token is used once, for the next one. The signer is the one of the tests, which
/// is slower than the one of deployments.
#[divan::bench]
fn refresh(bencher: Bencher) {
    let runtime = runtime();
    let (test, client, mut tokens) = runtime.block_on(async {
        let test = TestServer::new().await;
        let client = Client::register(&test).await;
        let tokens = client.obtain_tokens(&test, &mut Person::alice()).await;
        (test, client, tokens)
    });
    bencher.bench_local(|| {
        let response = runtime.block_on(answer(&test, client.refreshes(&tokens.refresh)));
        tokens = Tokens::of(&response);
    });
}
