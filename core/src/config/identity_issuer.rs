//! An issuer of identity assertions: it states which user acts through which client (ID-JAG;
//! draft-ietf-oauth-identity-assertion-authz-grant; MCP enterprise-managed authorization).

use crate::config::issuer_url::IssuerUrl;
use crate::config::people_rules::{Allowed, PeopleRules};
use crate::config::trusted_issuer::TrustedIssuer;
use crate::protocol::{ClaimRule, ClientId, Resource, Resources, Scope};
use std::collections::BTreeSet;
use thiserror::Error;

/// An issuer of identity assertions, and what they may give.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdentityIssuer {
    pub(crate) issuer: TrustedIssuer,
    pub(crate) people: PeopleRules,
    pub(crate) people_as: String,
    pub(crate) people_by: PeopleBy,
    pub(crate) clients: Option<BTreeSet<ClientId>>,
    pub(crate) scope: Option<Scope>,
    pub(crate) resources: Option<Vec<Resource>>,
    pub(crate) tenant: Option<String>,
}

/// Which claim of an identity assertion says who the user is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PeopleBy {
    /// `iss` and `sub`. A user who is not known yet is added.
    #[default]
    Subject,
    /// `email`: the name of a user who has a password at this server. No user is added.
    Email,
}

/// Issuers that sign for any number of organizations under one URL. Their subjects are users of all of them.
const SHARED: [&str; 4] = [
    "https://accounts.google.com",
    "https://login.microsoftonline.com/common",
    "https://login.microsoftonline.com/consumers",
    "https://login.microsoftonline.com/organizations",
];

impl IdentityIssuer {
    /// An issuer whose users meet one of these rules. By default its users are named by its own `iss` and their `sub`, every
    /// client that authenticates may bring its assertions, for every resource if there is one, and for the first scope.
    ///
    /// # Errors
    /// [`InvalidIdentityIssuer::Shared`] for an issuer that signs for any number of organizations.
    pub fn new(issuer: TrustedIssuer, allowed: Allowed) -> Result<Self, InvalidIdentityIssuer> {
        let url = issuer.url().trim_end_matches('/').trim_end_matches("/v2.0");
        if SHARED.contains(&url) {
            return Err(InvalidIdentityIssuer::Shared(issuer.url().to_owned()));
        }
        Ok(Self {
            people: PeopleRules::new(issuer.url(), allowed),
            people_as: issuer.url().to_owned(),
            people_by: PeopleBy::default(),
            clients: None,
            scope: None,
            resources: None,
            tenant: None,
            issuer,
        })
    }

    /// Sets the claim that holds a user's groups: its name, or a path to it with dots.
    #[must_use]
    pub fn with_groups_claim(mut self, claim: &str) -> Self {
        self.people.groups_claim = claim.to_owned();
        self
    }

    /// Sets the issuer whose subjects these are, for an organization with two issuers for one set of users.
    #[must_use]
    pub fn with_people_as(self, issuer: &str) -> Self {
        Self { people_as: issuer.to_owned(), ..self }
    }

    /// Sets which claim says who the user is.
    #[must_use]
    pub fn with_people_by(self, people_by: PeopleBy) -> Self {
        Self { people_by, ..self }
    }

    /// Sets the clients that may bring assertions of this issuer. A client that is called by the URL of its metadata document
    /// (CIMD), or has no credentials, may only if it is one of them.
    #[must_use]
    pub fn with_clients(self, clients: impl IntoIterator<Item = ClientId>) -> Self {
        Self { clients: Some(clients.into_iter().collect()), ..self }
    }

    /// Sets the most that an assertion may give.
    #[must_use]
    pub fn with_scope(self, scope: Scope) -> Self {
        Self { scope: Some(scope), ..self }
    }

    /// Sets the resources that an assertion may name.
    #[must_use]
    pub fn with_resources(self, resources: Vec<Resource>) -> Self {
        Self { resources: Some(resources), ..self }
    }

    /// Sets the tenant, for an issuer that signs for several. Without it, an assertion with a `tenant` is refused.
    #[must_use]
    pub fn with_tenant(self, tenant: &str) -> Self {
        Self { tenant: Some(tenant.to_owned()), ..self }
    }

    /// The rules of which users count.
    pub fn allowed(&self) -> &Allowed {
        &self.people.allowed
    }

    /// Which claim says who the user is.
    pub fn people_by(&self) -> PeopleBy {
        self.people_by
    }

    /// The clients that may bring assertions, if the operator names them.
    pub fn clients(&self) -> Option<&BTreeSet<ClientId>> {
        self.clients.as_ref()
    }

    /// The most that an assertion may give, if the operator says it.
    pub fn scope(&self) -> Option<&Scope> {
        self.scope.as_ref()
    }

    /// The resources that an assertion may name, if the operator names them.
    pub fn resources(&self) -> Option<&[Resource]> {
        self.resources.as_deref()
    }

    /// The issuer, its name and where its keys are.
    pub fn issuer(&self) -> &TrustedIssuer {
        &self.issuer
    }

    /// Whether the block names this client.
    pub(crate) fn lists(&self, client: &ClientId) -> bool {
        self.clients.as_ref().is_some_and(|clients| clients.contains(client))
    }

    /// Whether this client may bring an assertion, if it authenticates.
    pub(crate) fn admits(&self, client: &ClientId) -> bool {
        self.clients.as_ref().is_none_or(|clients| clients.contains(client))
    }

    /// Whether a user who is not known yet is added.
    pub(crate) fn introduces(&self) -> bool {
        self.people_by == PeopleBy::Subject
    }

    /// Whether an assertion may be for this resource.
    pub(crate) fn may_name(&self, resource: &Resource) -> bool {
        self.resources.as_ref().is_none_or(|resources| resources.contains(resource))
    }

    pub(super) fn check(&self, resources: &Resources) -> Result<(), InvalidIdentityIssuer> {
        let url = || self.issuer.url().to_owned();
        // Ids of users are issuer, tenant and subject with `#` between, so neither of the first two has one.
        if IssuerUrl::parse(&self.people_as, true).is_err() {
            return Err(InvalidIdentityIssuer::PeopleAs(url(), self.people_as.clone()));
        }
        if let Some(tenant) = self.tenant.as_ref().filter(|tenant| tenant.is_empty() || tenant.contains('#'))
        {
            return Err(InvalidIdentityIssuer::Tenant(url(), tenant.clone()));
        }
        let known = |resource: &Resource| resources.iter().any(|known| known.resource == *resource);
        match &self.resources {
            None if resources.iter().count() > 1 => return Err(InvalidIdentityIssuer::NoResources(url())),
            Some(named) => {
                if let Some(other) = named.iter().find(|resource| !known(resource)) {
                    return Err(InvalidIdentityIssuer::Resource(url(), other.clone()));
                }
            }
            None => {}
        }
        let named = resources.iter().filter(|known| self.may_name(&known.resource));
        let offered = named.fold(Scope::default(), |all, known| all.union(&known.scope()));
        let of_github = self.people.allowed.0.iter().find(|rule| matches!(rule, ClaimRule::Organization(_)));
        if let Some(rule) = of_github {
            return Err(InvalidIdentityIssuer::Rule(url(), rule.to_string()));
        }
        let has_domain = self.people.allowed.0.iter().any(|rule| matches!(rule, ClaimRule::Domain(_)));
        if self.people_by == PeopleBy::Email && !has_domain {
            return Err(InvalidIdentityIssuer::NoDomain(url()));
        }
        match self.scope.as_ref().filter(|scope| scope.is_empty() || !offered.covers(scope)) {
            Some(scope) => Err(InvalidIdentityIssuer::Scope(url(), scope.clone(), offered)),
            None => Ok(()),
        }
    }
}

/// Why an issuer of identity assertions is refused.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum InvalidIdentityIssuer {
    /// The issuer signs for any number of organizations.
    #[error(
        "{0} signs for users of any organization, so it cannot issue identity assertions; use the issuer of your own \
         organization"
    )]
    Shared(String),
    /// The issuer of the users is no URL.
    #[error(
        "{0} has the people-as {1:?}, which is no issuer; use the URL that is the iss of the users' ID tokens"
    )]
    PeopleAs(String, String),
    /// The tenant is empty, or would make ids of users ambiguous.
    #[error("{0} has the tenant {1:?}; use the tenant of the assertions, which is not empty and has no #")]
    Tenant(String, String),
    /// There are several resources, and none is named.
    #[error("{0} does not say for which resources its assertions are; add resources = [\"URL\"]")]
    NoResources(String),
    /// This resource is not configured.
    #[error("{0} names the resource {1}, which is not configured; add it with resource, or remove it here")]
    Resource(String, Resource),
    /// A rule is about what assertions do not have.
    #[error(
        "{0} has the rule {1}, which only users of GitHub can meet; use anyone, domain:EXAMPLE.COM or group:NAME"
    )]
    Rule(String, String),
    /// Users are named by address, and no domain is allowed.
    #[error("{0} names users by email, so allow has to name their domains; add domain:EXAMPLE.COM")]
    NoDomain(String),
    /// The resources do not offer the whole scope.
    #[error("{0} has the scope {1}, but its resources offer {2}; name scopes that they offer")]
    Scope(String, Scope, Scope),
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::ProtectedResource;

    fn issuer(url: &str) -> Result<IdentityIssuer, InvalidIdentityIssuer> {
        IdentityIssuer::new(TrustedIssuer::new(url).unwrap(), Allowed::parse("anyone").unwrap())
    }

    fn resources(urls: &[&str]) -> Resources {
        Resources::new(urls.iter().map(|url| ProtectedResource::parse(url, "read write").unwrap()).collect())
            .unwrap()
    }

    #[test]
    fn an_issuer_of_many_organizations_is_refused() {
        for url in SHARED.iter().flat_map(|url| [(*url).to_owned(), format!("{url}/"), format!("{url}/v2.0")])
        {
            assert_eq!(issuer(&url), Err(InvalidIdentityIssuer::Shared(url.clone())), "{url}");
        }
        assert!(
            issuer("https://login.microsoftonline.com/6c7b1b0c-0000-4000-8000-000000000000/v2.0").is_ok()
        );
    }

    #[test]
    fn the_first_parts_of_ids_of_users_end_at_the_first_number_signs() {
        let one = resources(&["https://a.example"]);
        let acme = || issuer("https://acme.example").unwrap();
        for wrong in ["", "acme", "https://acme.example#t1"] {
            assert!(matches!(
                acme().with_people_as(wrong).check(&one),
                Err(InvalidIdentityIssuer::PeopleAs(..))
            ));
        }
        for wrong in ["", "t#1"] {
            assert!(matches!(acme().with_tenant(wrong).check(&one), Err(InvalidIdentityIssuer::Tenant(..))));
        }
        let sound = acme().with_people_as("https://login.acme.example/x").with_tenant("t1");
        assert_eq!(sound.check(&one), Ok(()));
    }

    #[test]
    fn resources_and_scopes_have_to_be_configured() {
        let (one, two) =
            (resources(&["https://a.example"]), resources(&["https://a.example", "https://b.example"]));
        let acme = || issuer("https://acme.example").unwrap();
        assert_eq!(acme().check(&one), Ok(()));
        assert!(matches!(acme().check(&two), Err(InvalidIdentityIssuer::NoResources(_))));
        let named = |url: &str| acme().with_resources(vec![Resource::parse(url).unwrap()]);
        assert_eq!(named("https://b.example").check(&two), Ok(()));
        assert!(matches!(named("https://b.example").check(&one), Err(InvalidIdentityIssuer::Resource(..))));
        let scoped = |scope: &str| acme().with_scope(Scope::parse(scope).unwrap()).check(&one);
        assert_eq!(scoped("write"), Ok(()));
        assert!(scoped("").is_err() && scoped("read admin").is_err());
    }
}
