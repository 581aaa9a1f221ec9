//! Fake OpenID provider, which tests can make fail in one respect. It listens on a port, because functions that run as
//! real processes must reach it too.

use crate::fakes::TestSigner;
use crate::test_server::parameter;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::response::Response;
use base64::{Engine, engine::general_purpose::STANDARD, engine::general_purpose::URL_SAFE_NO_PAD};
use doorward::config::{Allowed, ProviderSettings};
use doorward::jose::Signer;
use doorward::protocol::Digest;
use serde_json::{Map, Value, json};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};
use tokio::net::TcpListener;

/// The client id of our server at the provider.
pub const CLIENT: &str = "doorward at this provider";
/// The client secret of our server at the provider.
pub const SECRET: &str = "the provider's secret & more";

/// A provider. Clones share their state.
#[derive(Clone)]
pub struct Provider {
    url: String,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    codes: HashMap<String, Code>,
    drawn: u32,
    faults: Faults,
    asked: Vec<String>,
}

struct Code {
    redirect_uri: String,
    nonce: String,
    challenge: String,
    claims: Map<String, Value>,
}

/// The faults of the provider.
#[derive(Clone, Default)]
pub struct Faults {
    /// Every response has this status.
    pub status: Option<u16>,
    /// Changed claims of the ID token. Null removes a claim.
    pub claims: Map<String, Value>,
    /// The ID token is signed with a key that is not published.
    pub key: bool,
    /// The provider has rotated its key.
    pub rotated: bool,
    /// Changed members of the ID token's header, such as `alg` and `kid`. Null removes a member.
    pub header: Map<String, Value>,
    /// Changed members of the published key, such as `kid`. Null removes a member.
    pub jwk: Map<String, Value>,
    /// Changed members of the metadata. Null removes a member.
    pub metadata: Map<String, Value>,
    /// The path at which the metadata is, instead of the well-known one.
    pub metadata_path: Option<&'static str>,
    /// The error response of the token endpoint.
    pub token: Option<Value>,
    /// The claims of the `UserInfo` response.
    pub userinfo: Map<String, Value>,
    /// The status of the `UserInfo` response.
    pub userinfo_status: Option<u16>,
}

impl State {
    fn signer(&self) -> TestSigner {
        TestSigner::new(match &self.faults {
            Faults { key: true, .. } => 22,
            Faults { rotated: true, .. } => 23,
            _ => 21,
        })
    }
}

impl Provider {
    /// Starts a provider on a free port.
    pub async fn start() -> Self {
        Self::start_at("127.0.0.1").await
    }

    /// Starts a provider on a free port of this address.
    pub async fn start_at(address: &str) -> Self {
        let listener = TcpListener::bind((address, 0)).await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let provider = Self { url, state: Arc::default() };
        let here = provider.clone();
        let answer = async move |request: Request| here.answer(request).await;
        tokio::spawn(async { axum::serve(listener, Router::new().fallback(answer)).await });
        provider
    }

    /// The issuer identifier.
    pub fn issuer(&self) -> &str {
        &self.url
    }

    /// The provider settings for our server, with these rules for which users may sign in.
    pub fn settings(&self, allow: &str) -> ProviderSettings {
        let allowed = Allowed::parse(allow).expect("rules");
        ProviderSettings::new(&self.url, CLIENT, allowed).expect("a provider").with_name("Example ID")
    }

    /// Sets the faults for all later requests.
    pub fn set_faults(&self, faults: Faults) {
        self.state().faults = faults;
    }

    /// The requested paths since the last call of this function.
    pub fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.state().asked)
    }

    /// Signs claims, with these changes of the header. Null removes a claim or a member.
    pub fn signs(&self, claims: &Value, header: &Value) -> String {
        let mut kept = claims.clone();
        change(&mut kept, claims.as_object().expect("an object"));
        let state = self.state();
        sign(&state.signer(), &kept, header.as_object().expect("an object"))
    }

    /// Signs in a user with these claims. Returns the URL to which the browser is redirected.
    pub fn sign_in(&self, url: &str, claims: &Value) -> String {
        let sent = |name: &str| parameter(url, name).unwrap_or_else(|| panic!("no {name} in {url}"));
        assert!(url.starts_with(&format!("{}/authorize?", self.url)), "{url}");
        assert_eq!((sent("response_type"), sent("client_id")), ("code".to_owned(), CLIENT.to_owned()));
        assert_eq!(sent("code_challenge_method"), "S256");
        assert!(sent("scope").split(' ').any(|scope| scope == "openid"), "{url}");
        let mut state = self.state();
        state.drawn += 1;
        let code = format!("code {} of the provider", state.drawn);
        let (nonce, challenge) = (sent("nonce"), sent("code_challenge"));
        let claims = claims.as_object().expect("claims").clone();
        let redirect_uri = sent("redirect_uri");
        let answer = [("code", code.as_str()), ("state", &sent("state")), ("iss", &self.url)];
        let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(answer).finish();
        let back = format!("{redirect_uri}?{query}");
        state.codes.insert(code, Code { redirect_uri, nonce, challenge, claims });
        back
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("the lock is not poisoned")
    }

    async fn answer(&self, request: Request) -> Response {
        let (parts, body) = request.into_parts();
        let body = to_bytes(body, 65_536).await.expect("a short body");
        let authorization = parts.headers.get("authorization").and_then(|value| value.to_str().ok());
        let mut state = self.state();
        state.asked.push(parts.uri.path().to_owned());
        if let Some(status) = state.faults.status {
            return json_response(status, &json!({ "error": "server_error" }));
        }
        let metadata = state.faults.metadata_path.unwrap_or("/.well-known/openid-configuration");
        match parts.uri.path() {
            path if path == metadata => json_response(200, &self.metadata(&state)),
            "/jwks" => {
                let mut key = TestSigner::new(if state.faults.rotated { 23 } else { 21 }).public_key().jwk();
                change(&mut key, &state.faults.jwk);
                json_response(200, &json!({ "keys": [key] }))
            }
            "/token" => self.token(&mut state, authorization, &body),
            "/userinfo" if authorization == Some("Bearer of the provider") => {
                let status = state.faults.userinfo_status.unwrap_or(200);
                json_response(status, &Value::Object(state.faults.userinfo.clone()))
            }
            _ => json_response(404, &json!({})),
        }
    }

    fn metadata(&self, state: &State) -> Value {
        let at = |path: &str| format!("{}{path}", self.url);
        let mut metadata = json!({
            "issuer": self.url,
            "authorization_endpoint": at("/authorize"),
            "token_endpoint": at("/token"),
            "userinfo_endpoint": at("/userinfo"),
            "jwks_uri": at("/jwks"),
            "authorization_response_iss_parameter_supported": true,
        });
        change(&mut metadata, &state.faults.metadata);
        metadata
    }

    fn token(&self, state: &mut State, authorization: Option<&str>, body: &[u8]) -> Response {
        let encoded = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
        let expected = STANDARD.encode(format!("{}:{}", encoded(CLIENT), encoded(SECRET)));
        if authorization != Some(&format!("Basic {expected}")) {
            return json_response(401, &json!({ "error": "invalid_client" }));
        }
        if let Some(fault) = &state.faults.token {
            return json_response(400, fault);
        }
        let sent: HashMap<_, _> = form_urlencoded::parse(body).into_owned().collect();
        let sound = |code: &Code| {
            let challenge = URL_SAFE_NO_PAD.encode(Digest::of(&sent["code_verifier"]).0);
            code.challenge == challenge && code.redirect_uri == sent["redirect_uri"]
        };
        let Some(code) = state.codes.remove(&sent["code"]).filter(sound) else {
            return json_response(400, &json!({ "error": "invalid_grant" }));
        };
        // The expiry is far after the time of every test clock.
        let mut claims =
            json!({ "iss": self.url, "aud": CLIENT, "exp": 4_000_000_000_u64, "nonce": code.nonce });
        claims.as_object_mut().expect("an object").extend(code.claims);
        change(&mut claims, &state.faults.claims);
        let id_token = sign(&state.signer(), &claims, &state.faults.header);
        json_response(
            200,
            &json!({ "access_token": "of the provider", "token_type": "Bearer", "id_token": id_token }),
        )
    }
}

/// Signs an ID token, with these changes of its header.
fn sign(signer: &TestSigner, claims: &Value, changes: &Map<String, Value>) -> String {
    let mut header = json!({ "alg": "ES256", "typ": "JWT", "kid": signer.public_key().id() });
    change(&mut header, changes);
    let [header, claims] = [&header, claims].map(|part| URL_SAFE_NO_PAD.encode(part.to_string()));
    let message = format!("{header}.{claims}");
    let signature = signer.sign(message.as_bytes()).expect("it signs");
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
}

/// Adds or replaces members. Null removes a member.
fn change(value: &mut Value, changes: &Map<String, Value>) {
    let members = value.as_object_mut().expect("an object");
    members.extend(changes.clone());
    members.retain(|name, _| !changes.get(name).is_some_and(Value::is_null));
}

fn json_response(status: u16, value: &Value) -> Response {
    let response = http::Response::builder().status(status).header("content-type", "application/json");
    response.body(Body::from(value.to_string())).expect("a response")
}
