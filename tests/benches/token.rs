//! Benchmarks of token verification: access tokens with and without the cache, and refresh tokens.

use divan::{Bencher, black_box};
use doorward::jose::Signer;
use doorward::ports::{Clock, Timestamp};
use doorward::protocol::Issuer;
use doorward::sealed::Keys;
use doorward::token::Verifier;
use harness::client::Tokens;
use harness::fakes::{TestClock, TestSigner};
use harness::test_server::root;
use harness::{Client, Person, TestServer};

fn main() {
    divan::main();
}

/// The tokens of a complete sign-in.
fn tokens() -> Tokens {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let test = TestServer::new().await;
        Client::register(&test).await.obtain_tokens(&test, &mut Person::alice()).await
    })
}

/// A verifier with an empty cache.
fn verifier() -> Verifier {
    let issuer = Issuer::parse("https://auth.example").expect("an issuer");
    Verifier::new(issuer, vec![TestSigner::new(7).public_key().clone()])
}

/// The time at which the tokens are valid.
fn now() -> Timestamp {
    TestClock::new().now()
}

/// The first use of a token in a process: the signature is verified.
#[divan::bench]
fn access_token_cold(bencher: Bencher) {
    let (tokens, now) = (tokens(), now());
    bencher
        .with_inputs(verifier)
        .bench_refs(|verifier| verifier.verify(black_box(&tokens.access), now).expect("a valid token"));
}

/// Every later use: a lookup by the token's digest.
#[divan::bench]
fn access_token_cached(bencher: Bencher) {
    let (tokens, now, verifier) = (tokens(), now(), verifier());
    verifier.verify(&tokens.access, now).expect("a valid token");
    bencher.bench_local(|| verifier.verify(black_box(&tokens.access), now).expect("a valid token"));
}

/// Verification of the MAC and decoding of a refresh token, without store access.
#[divan::bench]
fn refresh_token(bencher: Bencher) {
    let (tokens, keys) = (tokens(), Keys::derive(&root(7), &[]));
    bencher.bench_local(|| keys.refresh_tokens.verify(black_box(&tokens.refresh)).expect("a valid token"));
}
