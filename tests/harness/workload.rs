//! A platform that signs tokens for its workloads, and the requests that they make.

use crate::TestServer;
use crate::configuration::sound;
use crate::provider::Provider;
use crate::test_server::post;
use doorward::client::ASSERTION_TYPE;
use doorward::config::{ConfigBuilder, TrustedIssuer, WorkloadClaims, WorkloadIssuer, WorkloadRule};
use doorward::ports::Clock;
use doorward::protocol::{ClientId, JWT_BEARER, Scope, paths};
use doorward::wire::Request;
use serde_json::{Value, json as object};
use std::sync::atomic::{AtomicU64, Ordering};

/// The client of the usual rule.
pub const CLIENT: &str = "ci-deploy";
/// The `sub` of the usual token.
pub const SUBJECT: &str = "repo:acme/app:environment:production";

/// The issuer of the platform: a provider whose keys sign tokens of workloads.
pub struct Platform {
    /// The provider.
    pub provider: Provider,
    signed: AtomicU64,
}

impl Platform {
    /// Starts the provider on a free port.
    pub async fn start() -> Self {
        Self { provider: Provider::start().await, signed: AtomicU64::new(0) }
    }

    /// The issuer.
    pub fn issuer(&self) -> WorkloadIssuer {
        WorkloadIssuer::new(TrustedIssuer::new(self.provider.issuer()).expect("an issuer"))
    }

    /// A rule for tokens of this platform.
    pub fn rule(&self, client: &str, scope: &str, claims: &Value) -> WorkloadRule {
        WorkloadRule {
            client: ClientId(client.to_owned()),
            scope: Scope::parse(scope).expect("a scope"),
            issuer: self.provider.issuer().to_owned(),
            claims: WorkloadClaims::new(claims.as_object().expect("an object").clone()).expect("claims"),
        }
    }

    /// The configuration of the usual test server that knows one job of this platform.
    pub fn config(&self) -> ConfigBuilder {
        self.config_of(self.issuer())
    }

    /// The same with this issuer.
    pub fn config_of(&self, issuer: WorkloadIssuer) -> ConfigBuilder {
        let claims = object!({ "repository_id": "123456", "environment": "production" });
        sound().workload_issuer(issuer).workload(self.rule(CLIENT, "user", &claims))
    }

    /// A token of the usual job, with a new `jti` each time. `changes` replace claims, and null removes one.
    pub fn token(&self, test: &TestServer, changes: &Value) -> String {
        self.token_with(test, changes, &object!({}))
    }

    /// The same, with changes of its header.
    pub fn token_with(&self, test: &TestServer, changes: &Value, header: &Value) -> String {
        let now = test.clock.now().0;
        let id = format!("token {}", self.signed.fetch_add(1, Ordering::SeqCst));
        let mut claims = object!({
            "iss": self.provider.issuer(), "sub": SUBJECT, "aud": test.server.config.issuer(),
            "jti": id, "iat": now, "nbf": now, "exp": now + 300,
            "repository_id": "123456", "repository": "acme/app", "environment": "production", "ref": "refs/heads/main",
        });
        let changes = changes.as_object().expect("an object").clone();
        claims.as_object_mut().expect("an object").extend(changes);
        self.provider.signs(&claims, header)
    }
}

/// The request with a token as its grant. `changes` replace fields, and an empty value removes one.
pub fn brings(token: &str, changes: &[(&str, &str)]) -> Request {
    sends(&[("grant_type", JWT_BEARER), ("assertion", token)], changes)
}

/// The request of a client that authenticates with a token.
pub fn authenticates(token: &str, changes: &[(&str, &str)]) -> Request {
    let usual = [
        ("grant_type", "client_credentials"),
        ("client_id", CLIENT),
        ("client_assertion_type", ASSERTION_TYPE),
        ("client_assertion", token),
    ];
    sends(&usual, changes)
}

fn sends(usual: &[(&str, &str)], changes: &[(&str, &str)]) -> Request {
    let kept = usual.iter().filter(|(name, _)| !changes.iter().any(|(changed, _)| changed == name));
    let fields: Vec<_> = kept.chain(changes).copied().filter(|(_, value)| !value.is_empty()).collect();
    post(paths::TOKEN, &fields)
}
