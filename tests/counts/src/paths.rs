//! The hot paths. Each prepares what it needs, and then runs as often as it is told.

use crate::client::{Client, LOOPBACK, Tokens, WEB, encoded, get, post, registers};
use crate::counted;
use crate::fakes::{SECRET, server, server_with};
use crate::gateway::gateway;
use doorward::guard::{Guard, Verify};
use doorward::protocol::paths;
use doorward::sealed::{Purpose, RootSecret};
use doorward::server::Server;
use doorward_signing::Es256;
use http::{Method, Request, header};
use std::hint::black_box;
use std::sync::Arc;

/// A hot path.
pub(crate) struct HotPath {
    pub(crate) name: &'static str,
    pub(crate) run: fn(usize),
}

pub(crate) const ALL: [HotPath; 13] = [
    HotPath { name: "metadata", run: metadata },
    HotPath { name: "resource-metadata", run: resource_metadata },
    HotPath { name: "register", run: register },
    HotPath { name: "sign-in-page", run: sign_in_page },
    HotPath { name: "consent-page", run: consent_page },
    HotPath { name: "consent-page-web", run: consent_page_of_web_client },
    HotPath { name: "consent", run: consent },
    HotPath { name: "code", run: code },
    HotPath { name: "refresh", run: refresh },
    HotPath { name: "introspect", run: introspect },
    HotPath { name: "guard", run: guard },
    HotPath { name: "guard-401", run: guard_without_token },
    HotPath { name: "gateway", run: gateway },
];

/// Sends requests, each of which has this status.
fn send(server: &Server, times: usize, status: u16, request: impl Fn() -> doorward::wire::Request) {
    for _ in 0..times {
        assert_eq!(counted(server, request()).status(), status);
    }
}

fn metadata(times: usize) {
    send(&server(), times, 200, || get(paths::METADATA));
}

fn resource_metadata(times: usize) {
    send(&server(), times, 200, || get("/.well-known/oauth-protected-resource/mcp"));
}

fn register(times: usize) {
    send(&server(), times, 201, || registers(LOOPBACK));
}

fn sign_in_page(times: usize) {
    let server = server();
    let client = Client::of(&server);
    send(&server, times, 200, || client.opens());
}

fn consent_page(times: usize) {
    opens_consent_page(times, LOOPBACK);
}

fn consent_page_of_web_client(times: usize) {
    opens_consent_page(times, WEB);
}

fn opens_consent_page(times: usize, callback: &'static str) {
    let server = server();
    let mut client = Client::at(&server, callback);
    client.sign_in(&server);
    send(&server, times, 200, || client.opens());
}

fn consent(times: usize) {
    let server = server();
    let mut client = Client::of(&server);
    client.sign_in(&server);
    let page = client.consent_page(&server);
    send(&server, times, 200, || client.submits(&page, &[("decision", "allow")]));
}

fn code(times: usize) {
    let server = server();
    let mut client = Client::of(&server);
    client.sign_in(&server);
    for _ in 0..times {
        let page = client.consent_page(&server);
        let allowed = client.send(&server, client.submits(&page, &[("decision", "allow")]));
        assert_eq!(counted(&server, client.redeems(&allowed)).status(), 200);
    }
}

fn refresh(times: usize) {
    let server = server();
    let mut client = Client::of(&server);
    let mut tokens = client.tokens(&server);
    for _ in 0..times {
        tokens = Tokens::of(&counted(&server, client.refreshes(&tokens.refresh)));
    }
}

/// A server whose tokens can be verified, and a token that was verified before, as most are.
pub(crate) fn with_token() -> (Server, String) {
    let secret = RootSecret::new([7; 32]).derive(Purpose::AccessTokens);
    let server = server_with(Arc::new(Es256::new(&secret)));
    let tokens = Client::of(&server).tokens(&server);
    (server, tokens.access)
}

fn introspect(times: usize) {
    let (server, token) = with_token();
    let credentials = [("client_id", "https://mcp.example/mcp"), ("client_secret", SECRET)];
    let fields = encoded(&[&credentials[..], &[("token", &token)]].concat());
    let request = || post(paths::INTROSPECT, "application/x-www-form-urlencoded", fields.clone());
    crate::done(doorward::answer(server.clone(), request()));
    send(&server, times, 200, request);
}

fn guard(times: usize) {
    let (server, token) = with_token();
    let guard = guard_of(&server);
    let bearer = format!("Bearer {token}");
    let request =
        Request::post("/mcp").header(header::HOST, "mcp.example").header(header::AUTHORIZATION, bearer);
    let (head, ()) = request.body(()).expect("a request").into_parts();
    crate::done(guard.admit(&head, b"")).expect("a valid token");
    for _ in 0..times {
        assert!(admitted(&guard, &head));
    }
}

fn guard_without_token(times: usize) {
    let guard = guard_of(&server());
    let request = Request::builder().method(Method::POST).uri("/mcp").header(header::HOST, "mcp.example");
    let (head, ()) = request.body(()).expect("a request").into_parts();
    for _ in 0..times {
        assert!(!admitted(&guard, &head));
    }
}

/// Asks a guard. What is counted of its two paths begins and ends here: as in [`counted`].
#[inline(never)]
fn admitted(guard: &Guard, head: &http::request::Parts) -> bool {
    black_box(crate::done(guard.admit(black_box(head), b""))).is_ok()
}

pub(crate) fn guard_of(server: &Server) -> Guard {
    let resource = server.config.resources().default().clone();
    let verify =
        Verify::of(&server.config, server.token_keys.public_keys().to_vec(), server.stores.grants().clone());
    Guard::new(resource, server.config.issuer().clone(), verify, server.clock.clone())
}
