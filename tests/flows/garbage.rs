//! Requests that an attacker makes up: none costs a fetch or a store operation, at any endpoint, however it names its
//! client.

use crate::NOTHING;
use crate::operator::order;
use base64::{Engine, engine::general_purpose::STANDARD};
use doorward::protocol::paths;
use doorward::wire::Request;
use harness::client::Tokens;
use harness::keyed::{CALLBACK, DOCUMENT, KeyPair, document, shown};
use harness::test_server::{get, json, post, post_json, secret_of};
use harness::{Client, Person, TestServer};
use serde_json::json as object;

/// The attacker's own document, which names keys at the attacker's server.
const ATTACKER: &str = "https://attacker.example/client.json";
const KEYS: &str = "https://attacker.example/keys.json";

/// A way to name a client: form fields, and an `Authorization` header.
struct Name {
    way: &'static str,
    fields: Vec<(&'static str, String)>,
    basic: Option<String>,
}

fn fields<const N: usize>(way: &'static str, fields: [(&'static str, &str); N]) -> Name {
    Name { way, fields: fields.map(|(name, value)| (name, value.to_owned())).into(), basic: None }
}

fn basic(way: &'static str, credentials: &str) -> Name {
    Name { way, fields: vec![], basic: Some(format!("Basic {}", STANDARD.encode(credentials))) }
}

impl Name {
    fn sends(&self, path: &str, more: &[(&str, &str)]) -> Request {
        let own = self.fields.iter().map(|(name, value)| (*name, value.as_str()));
        let mut request = post(path, &own.chain(more.iter().copied()).collect::<Vec<_>>());
        if let Some(basic) = &self.basic {
            request.headers_mut().insert("authorization", basic.parse().unwrap());
        }
        request
    }
}

/// A test server, with a document of the attacker and one of another client.
async fn test() -> TestServer {
    let test = TestServer::new().await;
    let keys = object!({ "token_endpoint_auth_method": "private_key_jwt", "jwks_uri": KEYS });
    let mut theirs = document(&keys);
    theirs["client_id"] = ATTACKER.into();
    test.web.publish(ATTACKER, &theirs);
    test.web.publish(KEYS, &object!({ "keys": [KeyPair::new(11).jwk()] }));
    test.web.publish(DOCUMENT, &document(&object!({})));
    test
}

async fn pre_registered(test: &TestServer, method: &str) -> String {
    let command = object!({
        "command": "add-client", "redirect_uris": [CALLBACK], "own_scope": if method == "none" { "" } else { "user" },
        "token_endpoint_auth_method": method,
    });
    order(test, command).await.unwrap().0["client_id"].as_str().unwrap().to_owned()
}

async fn registered(test: &TestServer, method: &str) -> String {
    let body = object!({ "redirect_uris": [CALLBACK], "token_endpoint_auth_method": method });
    let answer = test.send(post_json(paths::REGISTER, &body.to_string())).await;
    json(&answer)["client_id"].as_str().unwrap().to_owned()
}

/// Every way to name a client. No assertion is signed, but all else in it is right.
async fn names(test: &TestServer) -> Vec<Name> {
    let (public, confidential) =
        (registered(test, "none").await, registered(test, "client_secret_post").await);
    let (app, machine) =
        (pre_registered(test, "none").await, pre_registered(test, "client_secret_basic").await);
    let unsigned = |client: &str| {
        let sound = KeyPair::new(11).signs(test, client, &object!({}));
        format!("{}.AAAA", sound.rsplit_once('.').unwrap().0)
    };
    let kind = ("client_assertion_type", doorward::client::ASSERTION_TYPE);
    let encoded: String = form_urlencoded::byte_serialize(ATTACKER.as_bytes()).collect();
    vec![
        fields("a registered client", [("client_id", &public)]),
        fields("a registered client with a secret", [("client_id", &public), ("client_secret", "x")]),
        fields("a confidential client", [("client_id", &confidential)]),
        fields("a confidential client, wrong secret", [("client_id", &confidential), ("client_secret", "x")]),
        basic("a confidential client, in the header", &format!("{confidential}:x")),
        fields("a pre-registered client", [("client_id", &app)]),
        fields("a pre-registered client with a secret", [("client_id", &app), ("client_secret", "x")]),
        fields("a machine", [("client_id", &machine)]),
        fields("a machine, wrong secret", [("client_id", &machine), ("client_secret", "dw_secret_AAAA")]),
        basic("a machine, in the header", &format!("{machine}:x")),
        fields("a document", [("client_id", DOCUMENT)]),
        fields("the attacker's document", [("client_id", ATTACKER)]),
        fields("a document with a secret", [("client_id", ATTACKER), ("client_secret", "x")]),
        basic("a document, in the header", &format!("{encoded}:x")),
        basic("a document, in the header, without encoding", &format!("{ATTACKER}:x")),
        fields("an assertion", [kind, ("client_assertion", &unsigned(ATTACKER))]),
        fields("an assertion of another", [kind, ("client_assertion", &unsigned(DOCUMENT))]),
        fields(
            "an assertion and an id",
            [("client_id", ATTACKER), kind, ("client_assertion", &unsigned(ATTACKER))],
        ),
        fields("an assertion of a registered client", [kind, ("client_assertion", &unsigned(&public))]),
        fields("a broken assertion", [kind, ("client_assertion", "x.y.z")]),
        fields("a made-up id", [("client_id", "dw_client_AAAA")]),
        fields("a made-up id of a known client", [("client_id", "dw_known_AAAA")]),
        fields("a URL on this server", [("client_id", "https://auth.example/client.json")]),
        fields("a URL on loopback", [("client_id", "https://localhost/client.json")]),
        fields("no client", []),
    ]
}

/// The bodies of requests with garbage in the place of a code or token, and with genuine ones of another client.
fn garbage(code: &str, tokens: &Tokens) -> Vec<(&'static str, Vec<(&'static str, String)>)> {
    let of = |grant: &'static str, name: &'static str, value: &str| {
        let verifier = ("code_verifier", harness::client::VERIFIER.to_owned());
        (paths::TOKEN, vec![("grant_type", grant.to_owned()), (name, value.to_owned()), verifier])
    };
    let tampered = |text: &str| format!("{}AAAA", &text[..text.len() - 4]);
    let mut all = vec![(paths::TOKEN, vec![("grant_type", "client_credentials".to_owned())])];
    for code in ["garbage", "dw_code_AAAA", &tampered(code), code, &tokens.refresh] {
        all.push(of("authorization_code", "code", code));
    }
    for token in ["garbage", "dw_refresh_AAAA", &tampered(&tokens.refresh), &tokens.refresh, &tokens.access] {
        all.push(of("refresh_token", "refresh_token", token));
    }
    for token in ["garbage", "dw_refresh_AAAA", &tampered(&tokens.access), &tokens.refresh, &tokens.access] {
        all.push((paths::REVOKE, vec![("token", token.to_owned())]));
        all.push((paths::INTROSPECT, vec![("token", token.to_owned())]));
    }
    all.push(of("password", "password", "x"));
    all
}

#[tokio::test]
async fn garbage_costs_no_fetch_and_no_store_operation_however_it_names_its_client() {
    let test = test().await;
    let other = Client::register_at(&test, "https://other.example/callback").await;
    let mut alice = Person::alice();
    let tokens = other.obtain_tokens(&test, &mut alice).await;
    let code = other.obtain_code(&test, &mut alice).await;
    let names = names(&test).await;
    test.store.take();
    assert_eq!(test.web.take(), 0);
    for name in &names {
        for (path, body) in garbage(&code, &tokens) {
            let body: Vec<_> = body.iter().map(|(name, value)| (*name, value.as_str())).collect();
            let answer = test.send(name.sends(path, &body)).await;
            let about = format!("{} {path} {body:?}: {}", name.way, answer.status());
            assert!(answer.status().is_client_error() || path == paths::REVOKE, "{about}");
            assert_eq!((test.web.take(), test.store.take()), (0, NOTHING), "{about}");
        }
    }
    Tokens::of(&test.send(other.refreshes(&tokens.refresh)).await);
    Tokens::of(&test.send(other.redeems(&code)).await);
}

#[tokio::test]
async fn garbage_at_the_other_endpoints_costs_nothing_either() {
    let test = test().await;
    let app = pre_registered(&test, "none").await;
    let mcp = "https://mcp.example/mcp";
    let asks = |token: &str| {
        post(paths::INTROSPECT, &[("client_id", mcp), ("client_secret", &secret_of(mcp)), ("token", token)])
    };
    let authorize = |changes: &[(&str, &str)], id: &str| {
        get(&Client { id: id.to_owned(), redirect_uri: CALLBACK.to_owned() }.url_with(changes))
    };
    let mut requests = vec![
        asks("garbage"),
        asks("dw_refresh_AAAA"),
        post_json(paths::REGISTER, "garbage"),
        post_json(paths::REGISTER, &object!({ "jwks_uri": KEYS, "redirect_uris": [ATTACKER] }).to_string()),
    ];
    for id in [ATTACKER, &app] {
        requests.push(authorize(&[("redirect_uri", "garbage")], id));
        requests.push(authorize(&[("redirect_uri", CALLBACK), ("redirect_uri", CALLBACK)], id));
    }
    for id in
        ["garbage", "dw_client_AAAA", "dw_known_AAAA", "https://auth.example/x", "https://attacker.example"]
    {
        requests.push(authorize(&[], id));
    }
    test.store.take();
    for request in requests {
        let about = format!("{} {:?}", request.uri(), request.body());
        test.send(request).await;
        assert_eq!((test.web.take(), test.store.take()), (0, NOTHING), "{about}");
    }
}

/// Server-side requests for an attacker: each of these made this server fetch the attacker's document, and then the keys
/// that it names, at the attacker's pace.
#[tokio::test]
async fn an_attacker_cannot_make_the_server_fetch_with_an_unsigned_assertion() {
    let test = test().await;
    let assertion = KeyPair::new(12).signs(&test, ATTACKER, &object!({}));
    let [kind, assertion] = shown(&assertion);
    for (path, body, status) in [
        (paths::TOKEN, vec![("grant_type", "refresh_token"), ("refresh_token", "garbage")], 400),
        (paths::TOKEN, vec![("grant_type", "authorization_code"), ("code", "garbage")], 400),
        (paths::TOKEN, vec![("grant_type", "client_credentials")], 400),
        (paths::REVOKE, vec![("token", "garbage")], 200),
    ] {
        let answer = test.send(post(path, &[body.as_slice(), &[kind, assertion]].concat())).await;
        assert_eq!(answer.status(), status, "{path} {body:?}");
        assert_eq!((test.web.take(), test.store.take()), (0, NOTHING), "{path} {body:?}");
    }
}
