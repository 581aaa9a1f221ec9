//! A company that signs identity assertions (ID-JAG), and a confidential client that brings them.

use crate::TestServer;
use crate::configuration::sound;
use crate::provider::Provider;
use crate::test_server::{json, post, post_json};
use doorward::config::{Allowed, ConfigBuilder, IdentityIssuer, TrustedIssuer};
use doorward::ports::Clock;
use doorward::protocol::{JWT_BEARER, Resource, paths};
use doorward::wire::{Request, Response};
use serde_json::{Value, json as object};
use std::sync::atomic::{AtomicU64, Ordering};

/// The resource of the assertions.
pub const MCP: &str = "https://mcp.example/mcp";

/// The issuer of the company: a provider whose keys sign assertions.
pub struct Company {
    /// The provider.
    pub provider: Provider,
    signed: AtomicU64,
}

/// A client that has a secret.
pub struct ClientWithSecret {
    /// The client id.
    pub id: String,
    /// The secret.
    pub secret: String,
}

impl Company {
    /// Starts the provider on a free port.
    pub async fn start() -> Self {
        Self { provider: Provider::start().await, signed: AtomicU64::new(0) }
    }

    /// The issuer, of users who meet these rules. Its assertions are for [`MCP`].
    pub fn issuer(&self, allow: &str) -> IdentityIssuer {
        let issuer = TrustedIssuer::new(self.provider.issuer()).expect("an issuer").with_name("Acme");
        let allowed = Allowed::parse(allow).expect("rules");
        let resources = vec![Resource::parse(MCP).expect("a resource")];
        IdentityIssuer::new(issuer, allowed).expect("an issuer of its own").with_resources(resources)
    }

    /// The configuration of the usual test server that trusts this company.
    pub fn config(&self, allow: &str) -> ConfigBuilder {
        sound().identity_issuer(self.issuer(allow))
    }

    /// An assertion about `u1` for a client, with a new `jti` each time. `changes` replace claims, and null removes one.
    pub fn assertion(&self, test: &TestServer, client: &str, changes: &Value) -> String {
        self.assertion_with(test, client, changes, &object!({}))
    }

    /// The same, with changes of its header.
    pub fn assertion_with(&self, test: &TestServer, client: &str, changes: &Value, header: &Value) -> String {
        let now = test.clock.now().0;
        let id = format!("assertion {}", self.signed.fetch_add(1, Ordering::SeqCst));
        let mut claims = object!({
            "iss": self.provider.issuer(), "sub": "u1", "aud": test.server.config.issuer(), "client_id": client,
            "jti": id, "iat": now, "exp": now + 300, "resource": MCP, "scope": "user", "email": "u1@acme.example",
        });
        merge(&mut claims, changes);
        let mut head = object!({ "typ": "oauth-id-jag+jwt" });
        merge(&mut head, header);
        self.provider.signs(&claims, &head)
    }
}

impl ClientWithSecret {
    /// A client that registers itself.
    pub async fn register(test: &TestServer) -> Self {
        let metadata = object!({
            "redirect_uris": ["https://c.example/callback"], "client_name": "The Editor",
            "token_endpoint_auth_method": "client_secret_post",
        });
        let registered = json(&test.send(post_json(paths::REGISTER, &metadata.to_string())).await);
        let text = |name: &str| registered[name].as_str().expect("a registration").to_owned();
        let client = Self { id: text("client_id"), secret: text("client_secret") };
        test.store.take();
        client
    }

    /// The request with an assertion. `changes` replace fields, and an empty value removes one.
    pub fn brings(&self, assertion: &str, changes: &[(&str, &str)]) -> Request {
        let usual = [
            ("grant_type", JWT_BEARER),
            ("assertion", assertion),
            ("client_id", &self.id),
            ("client_secret", &self.secret),
        ];
        let kept = usual.into_iter().filter(|(name, _)| !changes.iter().any(|(changed, _)| changed == name));
        let fields: Vec<_> =
            kept.chain(changes.iter().copied()).filter(|(_, value)| !value.is_empty()).collect();
        post(paths::TOKEN, &fields)
    }

    /// Exchanges an assertion.
    pub async fn exchanges(&self, test: &TestServer, assertion: &str) -> Response {
        test.send(self.brings(assertion, &[])).await
    }
}

/// Adds or replaces members. Null stays: a signer removes such members.
fn merge(value: &mut Value, changes: &Value) {
    let changes = changes.as_object().expect("an object").clone();
    value.as_object_mut().expect("an object").extend(changes);
}
