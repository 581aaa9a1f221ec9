//! The configuration of one authorization server. It is checked when it is built, and trusted afterwards.

use crate::client::BlockList;
use crate::config::allowances::Allowances;
use crate::config::assertion_audience::AssertionAudience;
use crate::config::branding::Branding;
use crate::config::clients::ConfiguredClients;
use crate::config::identity_issuer::IdentityIssuer;
use crate::config::lifetimes::Lifetimes;
use crate::config::provider_secret::ProviderSecret;
use crate::config::sign_in_provider::{SignInProvider, SignInProviders};
use crate::config::stale_refresh::StaleRefresh;
use crate::config::workloads::Workloads;
use crate::protocol::{
    ClaimRule, DocumentUrl, Issuer, Paths, PersonId, ProtectedResource, Resource, Resources, Subject,
    without_port,
};

/// The configuration of one authorization server. [`Config::builder`] creates it.
#[derive(Clone, Debug)]
pub struct Config {
    pub(super) issuer: Issuer,
    pub(super) resources: Resources,
    pub(super) lifetimes: Lifetimes,
    pub(super) allowances: Allowances,
    pub(super) stale_refresh: StaleRefresh,
    pub(super) assertion_audience: AssertionAudience,
    pub(super) immediate_revocation: bool,
    pub(super) require_resource: bool,
    pub(super) clients: ConfiguredClients,
    pub(super) blocked_clients: BlockList,
    pub(super) identity_issuers: Vec<IdentityIssuer>,
    pub(super) providers: SignInProviders,
    pub(super) workloads: Workloads,
    pub(super) paths: Paths,
    pub(super) branding: Branding,
}

impl Config {
    /// The issuer identifier.
    pub fn issuer(&self) -> &Issuer {
        &self.issuer
    }

    /// The protected resources, for which tokens are issued.
    pub fn resources(&self) -> &Resources {
        &self.resources
    }

    /// How long codes, tokens, grants, sessions and forms are valid.
    pub fn lifetimes(&self) -> &Lifetimes {
        &self.lifetimes
    }

    pub(crate) fn allowances(&self) -> Allowances {
        self.allowances
    }

    /// What a stale refresh token does to its grant.
    pub fn stale_refresh(&self) -> StaleRefresh {
        self.stale_refresh
    }

    /// Which audience the assertions of pre-registered clients may have.
    pub fn assertion_audience(&self) -> AssertionAudience {
        self.assertion_audience
    }

    /// Whether a guard with access to the store reads the grant of every token.
    pub fn immediate_revocation(&self) -> bool {
        self.immediate_revocation
    }

    /// Whether a client must name the resource that it wants a token for.
    pub fn require_resource(&self) -> bool {
        self.require_resource
    }

    /// The clients that the configuration blocks.
    pub(crate) fn blocked_clients(&self) -> &BlockList {
        &self.blocked_clients
    }

    pub(crate) fn clients(&self) -> &ConfiguredClients {
        &self.clients
    }

    /// The providers at which users sign in, in the order of the page. Without one, they have passwords at this server.
    pub fn providers(&self) -> &[SignInProvider] {
        &self.providers
    }

    /// The provider of this user. No issuer has `#` in it, so the user's id begins with the issuer of one provider only.
    pub(crate) fn provider_of(&self, person: &PersonId) -> Option<&SignInProvider> {
        let (issuer, _) = person.as_str().split_once('#')?;
        self.provider_with(issuer)
    }

    /// The provider with this issuer.
    pub(crate) fn provider_with(&self, issuer: &str) -> Option<&SignInProvider> {
        self.providers.iter().find(|provider| provider.issuer() == issuer)
    }

    /// The issuers of identity assertions (ID-JAG).
    pub fn identity_issuers(&self) -> &[IdentityIssuer] {
        &self.identity_issuers
    }

    /// The workloads that are clients, and the issuers of their tokens.
    pub fn workloads(&self) -> &Workloads {
        &self.workloads
    }

    /// Whether an assertion of a trusted issuer can be a grant (RFC 7523 §2.1).
    pub(crate) fn takes_assertions(&self) -> bool {
        !self.identity_issuers.is_empty() || !self.workloads.issuers().is_empty()
    }

    /// The paths of the endpoints.
    pub fn paths(&self) -> &Paths {
        &self.paths
    }

    /// The operator's name, logo and accent colour.
    pub fn branding(&self) -> &Branding {
        &self.branding
    }

    /// The same configuration with the client secrets at the providers, for deployments that store these secrets with their
    /// keys: one a line, `ISSUER=SECRET`, or `SECRET` for the first provider. A secret of an issuer that is no provider is left
    /// out: the provider may have been removed before its secret.
    #[must_use]
    pub fn with_provider_secret(mut self, secrets: Option<&ProviderSecret>) -> Self {
        let secrets = secrets.map_or("", ProviderSecret::as_str);
        for line in secrets.lines().map(str::trim).filter(|line| !line.is_empty()) {
            let _ = self.providers.set_secret(line);
        }
        self
    }

    /// Whether no rule of the resource names this subject. Rules about claims do not count here: only a sign-in can judge
    /// by them.
    pub(crate) fn excludes(&self, subject: &Subject, resource: &Resource) -> bool {
        let known = self.resources.meant_by(resource.as_str());
        known.is_some_and(|known| known.users.exclude(subject))
    }

    /// The first resource with a rule about claims that no user of a provider can meet, and that rule.
    pub fn unmeetable_rule(&self) -> Option<(&ProtectedResource, &ClaimRule)> {
        let unmeetable = |rule: &&ClaimRule| **rule != ClaimRule::Anyone && !self.providers.can_judge(rule);
        self.resources.iter().find_map(|known| Some((known, known.users.claims().find(unmeetable)?)))
    }

    /// Whether a URL is on one of our own hosts. Such a URL is never fetched: this server would send a request to
    /// itself, and fetch again to answer it (SSRF). On loopback, where many servers share a host, the port counts
    /// too.
    pub(crate) fn is_ours(&self, url: &DocumentUrl) -> bool {
        let resources = self.resources.iter().map(|known| known.resource.authority());
        let issuer = self.issuer.as_str().split_once("://").map(|(_, authority)| authority);
        let mut ours = resources.chain(issuer);
        if url.is_loopback() {
            return ours.any(|authority| authority == url.authority());
        }
        ours.any(|authority| without_port(authority) == url.host())
    }
}
