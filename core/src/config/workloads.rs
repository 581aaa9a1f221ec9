//! Workloads that are clients: the issuers of their tokens, and the rules which say which client a workload is.

use crate::client::Authentication;
use crate::config::clients::ConfiguredClient;
use crate::config::workload_claims::WorkloadClaims;
use crate::config::workload_issuer::WorkloadIssuer;
use crate::protocol::{ClientId, Resources, Scope, Subject};
use std::collections::{BTreeMap, BTreeSet};
use thiserror::Error;

/// A rule: a workload whose token has these claims is this client. It gets tokens for itself, without a user (RFC 6749 §4.4).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkloadRule {
    /// The client. It is in no other setting.
    pub client: ClientId,
    /// The most that the client gets by this rule.
    pub scope: Scope,
    /// The issuer of the token: the URL of a [`WorkloadIssuer`].
    pub issuer: String,
    /// The claims of the token.
    pub claims: WorkloadClaims,
}

/// All issuers of tokens for workloads, and all rules.
#[derive(Clone, Debug, Default)]
pub struct Workloads {
    pub(super) issuers: Vec<WorkloadIssuer>,
    pub(super) rules: Vec<WorkloadRule>,
}

impl Workloads {
    /// The issuers of tokens for workloads.
    pub fn issuers(&self) -> &[WorkloadIssuer] {
        &self.issuers
    }

    /// The rules.
    pub fn rules(&self) -> &[WorkloadRule] {
        &self.rules
    }

    /// The rules for tokens of this issuer.
    pub(crate) fn rules_of<'a, 'b>(
        &'a self,
        issuer: &'b str,
    ) -> impl Iterator<Item = &'a WorkloadRule> + use<'a, 'b> {
        self.rules.iter().filter(move |rule| rule.issuer == issuer)
    }

    /// The clients of the rules. Their own scope is what all their rules give together.
    pub(super) fn clients(&self) -> Vec<ConfiguredClient> {
        let mut scopes: BTreeMap<&ClientId, Scope> = BTreeMap::new();
        for rule in &self.rules {
            let scope = scopes.entry(&rule.client).or_default();
            *scope = scope.union(&rule.scope);
        }
        let client = |(id, own_scope): (&ClientId, Scope)| ConfiguredClient {
            id: id.clone(),
            redirect_uris: BTreeSet::new(),
            authentication: Authentication::Workload,
            own_scope,
        };
        scopes.into_iter().map(client).collect()
    }

    pub(super) fn check(
        &self,
        others: &[ConfiguredClient],
        resources: &Resources,
    ) -> Result<(), InvalidWorkload> {
        let offered = resources.iter().fold(Scope::default(), |all, known| all.union(&known.scope()));
        for (index, rule) in self.rules.iter().enumerate() {
            let client = || rule.client.clone();
            if !rule.client.can_be_configured() || Subject::of_client(&rule.client).is_none() {
                return Err(InvalidWorkload::Client(client()));
            }
            if others.iter().any(|other| other.id == rule.client) {
                return Err(InvalidWorkload::Elsewhere(client()));
            }
            if !self.issuers.iter().any(|known| known.issuer().url() == rule.issuer) {
                return Err(InvalidWorkload::Issuer(client(), rule.issuer.clone()));
            }
            if rule.scope.is_empty() || !offered.covers(&rule.scope) {
                return Err(InvalidWorkload::Scope(client(), rule.scope.clone(), offered));
            }
            let fits_both = |other: &&WorkloadRule| {
                other.issuer == rule.issuer
                    && (other.claims.include(&rule.claims) || rule.claims.include(&other.claims))
            };
            if let Some(other) = self.rules[..index].iter().find(fits_both) {
                return Err(InvalidWorkload::Ambiguous(other.client.clone(), client()));
            }
        }
        Ok(())
    }
}

/// Why a rule for a workload is refused.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum InvalidWorkload {
    /// The client's id looks like an id of another kind, is not printable ASCII, or is too long.
    #[error(
        "the client {:?} of a workload is not a valid client id; use at most 248 characters of printable ASCII that are no URL \
         and do not begin with dw_",
        .0.0
    )]
    Client(ClientId),
    /// The client has another way to authenticate, or redirect URIs.
    #[error(
        "the client {0} of a workload is a client of another setting too; remove it there, or give one another id"
    )]
    Elsewhere(ClientId),
    /// The issuer has no block that speaks of workloads.
    #[error(
        "the workload {0} has the issuer {1}, which no block with speaks-of = [\"workload\"] has as its url; add one"
    )]
    Issuer(ClientId, String),
    /// The resources do not offer the whole scope.
    #[error("the workload {0} has the scope {scope:?}, but the resources offer {2}; name scopes that they offer", scope = .1.as_str())]
    Scope(ClientId, Scope, Scope),
    /// Each token that fits one rule fits the other one too.
    #[error(
        "a token that fits one rule of the workloads {0} and {1} fits the other too, so it could be both; let their claims \
         differ in one claim that both name"
    )]
    Ambiguous(ClientId, ClientId),
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{
        Allowed, Config, ConfigBuilder, ConfigError, IdentityIssuer, ProviderSettings, TrustedIssuer,
    };
    use crate::protocol::{Issuer, ProtectedResource, RegisteredRedirectUri};
    use serde_json::{Value, json};

    const PLATFORM: &str = "https://platform.example";

    fn rule(client: &str, scope: &str, claims: &Value) -> WorkloadRule {
        WorkloadRule {
            client: ClientId(client.to_owned()),
            scope: Scope::parse(scope).unwrap_or_default(),
            issuer: PLATFORM.to_owned(),
            claims: WorkloadClaims::new(claims.as_object().unwrap().clone()).unwrap(),
        }
    }

    fn builder() -> ConfigBuilder {
        let issuer = Issuer::parse("https://auth.example").unwrap();
        let resource = |url| ProtectedResource::parse(url, "read write").unwrap();
        let config = Config::builder(issuer).resource(resource("https://mcp.example"));
        config.workload_issuer(WorkloadIssuer::new(TrustedIssuer::new(PLATFORM).unwrap()))
    }

    fn build(rules: &[WorkloadRule]) -> Result<Config, ConfigError> {
        rules.iter().cloned().fold(builder(), ConfigBuilder::workload).build()
    }

    #[test]
    fn rules_make_clients_with_the_scopes_of_all_their_rules() {
        let config = build(&[
            rule("ci", "read", &json!({ "sub": "a" })),
            rule("ci", "write", &json!({ "sub": "b" })),
            rule("other", "read", &json!({ "sub": "c" })),
        ]);
        let config = config.unwrap();
        let client = config.clients().find("ci").unwrap();
        assert_eq!(client.own_scope.as_str(), "read write");
        assert_eq!(client.authentication, Authentication::Workload);
        assert!(client.redirect_uris.is_empty() && config.clients().find("other").is_some());
    }

    #[test]
    fn a_rule_has_a_client_of_its_own_an_issuer_and_an_offered_scope() {
        let sub = json!({ "sub": "a" });
        let (id, scope) = (|id: &str| ClientId(id.to_owned()), |text: &str| Scope::parse(text).unwrap());
        let offered = || scope("read write");
        let long = "x".repeat(249);
        let elsewhere = WorkloadRule { issuer: format!("{PLATFORM}/"), ..rule("ci", "read", &sub) };
        for (refused, expected) in [
            (rule("https://ci.example", "read", &sub), InvalidWorkload::Client(id("https://ci.example"))),
            (rule("dw_client_x", "read", &sub), InvalidWorkload::Client(id("dw_client_x"))),
            (rule("", "read", &sub), InvalidWorkload::Client(id(""))),
            (rule(&long, "read", &sub), InvalidWorkload::Client(id(&long))),
            (elsewhere, InvalidWorkload::Issuer(id("ci"), format!("{PLATFORM}/"))),
            (rule("ci", "", &sub), InvalidWorkload::Scope(id("ci"), Scope::default(), offered())),
            (rule("ci", "admin", &sub), InvalidWorkload::Scope(id("ci"), scope("admin"), offered())),
            (
                rule("ci", "read admin", &sub),
                InvalidWorkload::Scope(id("ci"), scope("admin read"), offered()),
            ),
        ] {
            assert_eq!(build(&[refused]).map(drop), Err(ConfigError::Workload(expected)));
        }
        assert!(build(&[rule(&long[1..], "read", &sub)]).is_ok());
    }

    #[test]
    fn two_rules_that_fit_one_token_are_refused_where_it_can_be_seen() {
        let two = |one: Value, other: Value| {
            build(&[rule("one", "read", &one), rule("two", "read", &other)]).map(drop)
        };
        let both = || {
            let [one, two] = ["one", "two"].map(|id| ClientId(id.to_owned()));
            Err(ConfigError::Workload(InvalidWorkload::Ambiguous(one, two)))
        };
        let (wide, narrow) =
            (|| json!({ "repository_id": "1" }), || json!({ "repository_id": "1", "environment": "p" }));
        assert_eq!(two(wide(), narrow()), both());
        assert_eq!(two(narrow(), wide()), both());
        assert_eq!(two(wide(), wide()), both());
        assert_eq!(two(narrow(), json!({ "repository_id": "1", "environment": "q" })), Ok(()));
        assert_eq!(
            two(narrow(), json!({ "repository_id": "1", "ref": "main" })),
            Ok(()),
            "seen by a token alone"
        );
        let elsewhere =
            |rule: WorkloadRule| WorkloadRule { issuer: "https://other.example".to_owned(), ..rule };
        let other = WorkloadIssuer::new(TrustedIssuer::new("https://other.example").unwrap());
        let config = builder().workload_issuer(other).workload(rule("one", "read", &wide()));
        assert!(config.workload(elsewhere(rule("two", "read", &wide()))).build().is_ok());
    }

    #[test]
    fn the_client_of_a_rule_is_in_no_other_setting() {
        let client = |authentication, uris: &[&str], own_scope: &str| ConfiguredClient {
            id: ClientId("ci".to_owned()),
            redirect_uris: RegisteredRedirectUri::parse_all(uris.iter().copied()).unwrap_or_default(),
            authentication,
            own_scope: Scope::parse(own_scope).unwrap_or_default(),
        };
        let secret = Authentication::Secret(crate::protocol::Digest([0; 32]));
        for other in [
            client(secret, &[], "read"),
            client(Authentication::None, &["https://app.example/cb"], ""),
            client(Authentication::None, &[], ""),
        ] {
            let config = builder().client(other).workload(rule("ci", "read", &json!({ "sub": "a" })));
            let refused = ConfigError::Workload(InvalidWorkload::Elsewhere(ClientId("ci".to_owned())));
            assert_eq!(config.build().map(drop), Err(refused));
        }
    }

    #[test]
    fn an_issuer_speaks_of_users_or_of_workloads() {
        let allowed = || Allowed::parse("anyone").unwrap();
        let again = WorkloadIssuer::new(TrustedIssuer::new(PLATFORM).unwrap());
        let twice = ConfigError::IssuerTwice(PLATFORM.to_owned());
        assert_eq!(builder().workload_issuer(again).build().map(drop), Err(twice.clone()));
        let identity = IdentityIssuer::new(TrustedIssuer::new(PLATFORM).unwrap(), allowed()).unwrap();
        assert_eq!(builder().identity_issuer(identity).build().map(drop), Err(twice));
        let provider = ProviderSettings::new(PLATFORM, "us", allowed()).unwrap();
        let refused = ConfigError::WorkloadsOfProvider(PLATFORM.to_owned());
        assert_eq!(builder().provider(provider).build().map(drop), Err(refused));
    }
}
