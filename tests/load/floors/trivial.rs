//! The floor of a request: an axum handler that reads it and answers as many bytes as doorward would. Where doorward signs a
//! token, it makes one ES256 signature with ring.
//!
//! `floor-trivial PORT METHOD,PATH,BYTES,SIGNATURES…`

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
use std::sync::Arc;
use tokio::net::TcpListener;

/// The status line and the headers of a response of this server, in bytes.
const HEAD: usize = 110;

struct Key {
    pair: EcdsaKeyPair,
    random: SystemRandom,
}

/// What a path answers.
#[derive(Clone)]
struct Answer {
    body: Bytes,
    signatures: usize,
    key: Arc<Key>,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    let mut arguments = args().skip(1);
    let port: u16 = arguments.next().ok_or("no PORT is given")?.parse()?;
    let key = Arc::new(Key::generate());
    let mut router = Router::new();
    for route in arguments {
        let [method, path, length, signatures] = route.split(',').collect::<Vec<_>>()[..] else {
            return Err(format!("{route} is not METHOD,PATH,BYTES,SIGNATURES").into());
        };
        let body = vec![b' '; length.parse::<usize>()?.saturating_sub(HEAD)].into();
        let state = Answer { body, signatures: signatures.parse()?, key: key.clone() };
        let method = if method == "GET" { MethodFilter::GET } else { MethodFilter::POST };
        router = router.merge(Router::new().route(path, on(method, answer)).with_state(state));
    }
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
    let listener = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
    axum::serve(listener, router).await?;
    Ok(())
}

async fn answer(State(answer): State<Answer>, request: Bytes) -> Response<Body> {
    for _ in 0..answer.signatures {
        answer.key.sign(&request);
    }
    let mut response = Response::new(Body::from(answer.body));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
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
