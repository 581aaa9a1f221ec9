//! The floor of a request: an axum handler that reads it and answers as many bytes as doorward would. Where doorward signs a
//! token, it makes one ES256 signature with ring. Where doorward checks a password, it computes one Argon2id hash.
//!
//! `floor-trivial PORT METHOD,PATH,BYTES,WORK…`, and WORK is none, signature or hash

use argon2::{Argon2, Block};
use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderValue, Response, header};
use axum::routing::{MethodFilter, on};
use axum::serve::ListenerExt;
use bytes::Bytes;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use std::env::args;
use std::error::Error;
use std::hint::black_box;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex};
use tokio::net::TcpListener;
use tokio::task::spawn_blocking;

/// The status line and the headers of a response of this server, in bytes.
const HEAD: usize = 110;

/// What a request costs besides the response.
#[derive(Clone)]
enum Work {
    None,
    Signature(Arc<Key>),
    /// In this memory: one hash at a time.
    Hash(Arc<Mutex<Vec<Block>>>),
}

struct Key {
    pair: EcdsaKeyPair,
    random: SystemRandom,
}

/// What a path answers.
#[derive(Clone)]
struct Answer {
    body: Bytes,
    work: Work,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    let mut arguments = args().skip(1);
    let port: u16 = arguments.next().ok_or("no PORT is given")?.parse()?;
    let (key, memory) = (Arc::new(Key::generate()), Arc::default());
    let mut router = Router::new();
    for route in arguments {
        let [method, path, length, work] = route.split(',').collect::<Vec<_>>()[..] else {
            return Err(format!("{route} is not METHOD,PATH,BYTES,WORK").into());
        };
        let body = vec![b' '; length.parse::<usize>()?.saturating_sub(HEAD)].into();
        let work = match work {
            "signature" => Work::Signature(key.clone()),
            "hash" => Work::Hash(Arc::clone(&memory)),
            _ => Work::None,
        };
        let method = if method == "GET" { MethodFilter::GET } else { MethodFilter::POST };
        router =
            router.merge(Router::new().route(path, on(method, answer)).with_state(Answer { body, work }));
    }
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
    let listener = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
    axum::serve(listener, router).await?;
    Ok(())
}

async fn answer(State(answer): State<Answer>, request: Bytes) -> Response<Body> {
    match answer.work {
        Work::None => {}
        Work::Signature(key) => key.sign(&request),
        Work::Hash(memory) => {
            let hashing = spawn_blocking(move || hash(&mut memory.lock().expect("no hash panics")));
            hashing.await.expect("no hash panics");
        }
    }
    let mut response = Response::new(Body::from(answer.body));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

fn hash(memory: &mut Vec<Block>) {
    let argon2 = Argon2::default();
    memory.resize(argon2.params().block_count(), Block::default());
    let mut hash = [0; 32];
    let hashed = argon2.hash_password_into_with_memory(b"open sesame", &[7; 16], &mut hash, memory);
    hashed.expect("argon2's defaults are sound");
    black_box(hash);
}

impl Key {
    fn generate() -> Self {
        let (algorithm, random) = (&ECDSA_P256_SHA256_FIXED_SIGNING, SystemRandom::new());
        let key = EcdsaKeyPair::generate_pkcs8(algorithm, &random).expect("the system has randomness");
        let pair = EcdsaKeyPair::from_pkcs8(algorithm, key.as_ref(), &random).expect("ring made this key");
        Self { pair, random }
    }

    fn sign(&self, message: &[u8]) {
        black_box(self.pair.sign(&self.random, message).expect("the system has randomness"));
    }
}
