//! The builder of a configuration. It checks every rule, so an unsafe server cannot be built.

use crate::client::{Block, BlockList};
use crate::config::allowances::Allowances;
use crate::config::assertion_audience::AssertionAudience;
use crate::config::branding::Branding;
use crate::config::clients::{ConfiguredClient, ConfiguredClients};
use crate::config::config_error::ConfigError;
use crate::config::identity_issuer::IdentityIssuer;
use crate::config::lifetimes::Lifetimes;
use crate::config::server::Config;
use crate::config::sign_in_provider::{SignInProvider, SignInProviders};
use crate::config::stale_refresh::StaleRefresh;
use crate::config::workload_issuer::WorkloadIssuer;
use crate::config::workloads::{WorkloadRule, Workloads};
use crate::protocol::{Issuer, Paths, ProtectedResource, Resources};
use std::collections::BTreeSet;
use std::mem;

impl Config {
    /// Begins the configuration of the server with this issuer. It needs at least one
    /// [resource](ConfigBuilder::resource).
    ///
    /// ```
    /// use doorward::{Config, Issuer, ProtectedResource};
    ///
    /// let config = Config::builder(Issuer::parse("https://auth.example.com")?)
    ///     .resource(ProtectedResource::parse("https://mcp.example.com/mcp", "read write")?)
    ///     .build()?;
    /// assert_eq!(config.issuer().as_str(), "https://auth.example.com");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn builder(issuer: Issuer) -> ConfigBuilder {
        ConfigBuilder::new(issuer)
    }
}

/// The operator's settings. [`build`](Self::build) checks them.
#[derive(Clone, Debug)]
pub struct ConfigBuilder {
    issuer: Issuer,
    resources: Vec<ProtectedResource>,
    lifetimes: Lifetimes,
    allowances: Allowances,
    stale_refresh: StaleRefresh,
    assertion_audience: AssertionAudience,
    immediate_revocation: bool,
    require_resource: bool,
    clients: Vec<ConfiguredClient>,
    blocked_clients: BlockList,
    identity_issuers: Vec<IdentityIssuer>,
    providers: Vec<SignInProvider>,
    workloads: Workloads,
    paths: Option<Paths>,
    branding: Branding,
}

impl ConfigBuilder {
    fn new(issuer: Issuer) -> Self {
        Self {
            issuer,
            resources: Vec::new(),
            lifetimes: Lifetimes::default(),
            allowances: Allowances::default(),
            stale_refresh: StaleRefresh::default(),
            assertion_audience: AssertionAudience::default(),
            immediate_revocation: false,
            require_resource: false,
            clients: Vec::new(),
            blocked_clients: BlockList::default(),
            identity_issuers: Vec::new(),
            providers: Vec::new(),
            workloads: Workloads::default(),
            paths: None,
            branding: Branding::default(),
        }
    }

    /// Adds a protected resource, for which tokens are issued. The first is the default for clients that name no
    /// resource.
    #[must_use]
    pub fn resource(mut self, resource: ProtectedResource) -> Self {
        self.resources.push(resource);
        self
    }

    /// Replaces all protected resources.
    #[must_use]
    pub fn resources(mut self, resources: Vec<ProtectedResource>) -> Self {
        self.resources = resources;
        self
    }

    /// Sets how long codes, tokens, grants, sessions and forms are valid.
    #[must_use]
    pub fn lifetimes(mut self, lifetimes: Lifetimes) -> Self {
        self.lifetimes = lifetimes;
        self
    }

    /// Sets exceptions to OAuth 2.1, for an issuer on loopback only.
    #[must_use]
    pub fn allowances(mut self, allowances: Allowances) -> Self {
        self.allowances = allowances;
        self
    }

    /// Sets what a stale refresh token does to its grant.
    #[must_use]
    pub fn stale_refresh(mut self, policy: StaleRefresh) -> Self {
        self.stale_refresh = policy;
        self
    }

    /// Sets which audience the assertions of pre-registered clients may have.
    #[must_use]
    pub fn assertion_audience(mut self, audience: AssertionAudience) -> Self {
        self.assertion_audience = audience;
        self
    }

    /// Sets whether a guard with access to the store reads the grant of every token. Then a revoked grant is refused
    /// at once, not only when its access token expires. It costs one read for each call.
    #[must_use]
    pub fn immediate_revocation(mut self, is_on: bool) -> Self {
        self.immediate_revocation = is_on;
        self
    }

    /// Sets whether a client must name the resource that it wants a token for (RFC 8707 §2). Otherwise, a client that
    /// names none gets a token for the first, also when a malicious MCP server sent it here.
    #[must_use]
    pub fn require_resource(mut self, is_on: bool) -> Self {
        self.require_resource = is_on;
        self
    }

    /// Adds a pre-registered client.
    #[must_use]
    pub fn client(mut self, client: ConfiguredClient) -> Self {
        self.clients.push(client);
        self
    }

    /// Blocks clients: they get no sign-in and no tokens, and introspection calls their tokens inactive.
    #[must_use]
    pub fn block(mut self, block: Block) -> Self {
        self.blocked_clients.insert(block);
        self
    }

    /// Adds a provider, at which users sign in instead of with a password at this server. If there are several, users choose
    /// one, in this order; all but the first need an [id](crate::config::ProviderId).
    #[must_use]
    pub fn provider(mut self, provider: impl Into<SignInProvider>) -> Self {
        self.providers.push(provider.into());
        self
    }

    /// Adds an issuer of identity assertions (ID-JAG), which clients bring to the token endpoint.
    #[must_use]
    pub fn identity_issuer(mut self, issuer: IdentityIssuer) -> Self {
        self.identity_issuers.push(issuer);
        self
    }

    /// Adds an issuer of tokens for workloads. [Rules](Self::workload) say which client a workload is.
    #[must_use]
    pub fn workload_issuer(mut self, issuer: WorkloadIssuer) -> Self {
        self.workloads.issuers.push(issuer);
        self
    }

    /// Adds a rule that says which client a workload is.
    #[must_use]
    pub fn workload(mut self, rule: WorkloadRule) -> Self {
        self.workloads.rules.push(rule);
        self
    }

    /// Sets the paths of the endpoints. By default they are below the issuer's path: [`Paths::of_issuer`].
    #[must_use]
    pub fn paths(mut self, paths: Paths) -> Self {
        self.paths = Some(paths);
        self
    }

    /// Sets the operator's name, logo and accent colour on the pages.
    #[must_use]
    pub fn branding(mut self, branding: Branding) -> Self {
        self.branding = branding;
        self
    }

    /// Checks all rules, and returns the configuration.
    ///
    /// # Errors
    /// [`ConfigError`], with the rule that was broken.
    pub fn build(mut self) -> Result<Config, ConfigError> {
        if self.allowances.is_any() && !self.issuer.is_loopback() {
            return Err(ConfigError::AllowancesBeyondLoopback(self.issuer));
        }
        self.lifetimes.check()?;
        let resources = Resources::new(mem::take(&mut self.resources))?;
        self.check_issuers(&resources)?;
        let paths = self.paths.unwrap_or_else(|| Paths::of_issuer(&self.issuer));
        paths.check()?;
        let clients = [self.clients, self.workloads.clients()].concat();
        Ok(Config {
            resources,
            clients: ConfiguredClients::new(clients)?,
            blocked_clients: self.blocked_clients,
            issuer: self.issuer,
            lifetimes: self.lifetimes,
            allowances: self.allowances,
            stale_refresh: self.stale_refresh,
            assertion_audience: self.assertion_audience,
            immediate_revocation: self.immediate_revocation,
            require_resource: self.require_resource,
            identity_issuers: self.identity_issuers,
            providers: SignInProviders::new(self.providers, &paths)?,
            workloads: self.workloads,
            paths,
            branding: self.branding,
        })
    }
}

impl ConfigBuilder {
    /// No issuer speaks of users and of workloads: otherwise a forgotten check would make a user of a pod.
    fn check_issuers(&self, resources: &Resources) -> Result<(), ConfigError> {
        let of_users = self.identity_issuers.iter().map(|known| known.issuer().url());
        let of_workloads = self.workloads.issuers.iter().map(|known| known.issuer().url());
        let mut known = BTreeSet::new();
        if let Some(url) = of_users.chain(of_workloads.clone()).find(|url| !known.insert(*url)) {
            return Err(ConfigError::IssuerTwice(url.to_owned()));
        }
        if known.contains(self.issuer.as_str()) {
            return Err(ConfigError::OwnIssuer);
        }
        let is_provider = |url: &&str| self.providers.iter().any(|provider| provider.issuer() == *url);
        if let Some(url) = of_workloads.into_iter().find(is_provider) {
            return Err(ConfigError::WorkloadsOfProvider(url.to_owned()));
        }
        self.identity_issuers.iter().try_for_each(|issuer| issuer.check(resources))?;
        Ok(self.workloads.check(&self.clients, resources)?)
    }
}

#[cfg(test)]
mod tests;
