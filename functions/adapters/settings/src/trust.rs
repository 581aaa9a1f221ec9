//! Reader of the setting `trust`: a TOML document with the issuers of other domains, what each may state, and which clients their
//! workloads are.

mod sign_in;
mod workload;

use crate::error::{InvalidSetting, Reason};
use crate::names::TRUST;
use crate::setting::Values;
use doorward::config::{Allowed, ConfigBuilder, IdentityIssuer, PeopleBy, SignInProvider, TrustedIssuer};
use doorward::protocol::{ClientId, Resource, Scope};
use serde::Deserialize;
use serde_json::Value;
use workload::Rule;

/// The document of the setting.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Document {
    #[serde(default)]
    issuer: Vec<Block>,
    #[serde(default)]
    workload: Vec<Rule>,
}

/// What an issuer may state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Kind {
    SignIn,
    Identity,
    Workload,
}

/// A block `[[issuer]]`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Block {
    url: String,
    speaks_of: Vec<Kind>,
    name: Option<String>,
    #[serde(default)]
    private_http: bool,
    metadata: Option<String>,
    keys: Option<Keys>,
    allow: Option<String>,
    groups_claim: Option<String>,
    people_as: Option<String>,
    people_by: Option<By>,
    clients: Option<Vec<String>>,
    scope: Option<String>,
    resources: Option<Vec<String>>,
    tenant: Option<String>,
    client: Option<String>,
    id: Option<String>,
    request_scope: Option<String>,
    kind: Option<sign_in::Provider>,
    audience: Option<String>,
    again: Option<bool>,
}

/// The keys of an issuer: their URL, or a JWK Set.
#[derive(Deserialize)]
#[serde(untagged)]
enum Keys {
    At(String),
    Here(Value),
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum By {
    Subject,
    Email,
}

fn refused(reason: Reason) -> InvalidSetting {
    InvalidSetting::of(&TRUST, reason)
}

impl Document {
    /// Reads the setting. Without it, the document is empty.
    pub(crate) fn read(values: &Values) -> Result<Self, InvalidSetting> {
        let text = values.one(&TRUST).unwrap_or_default();
        let document: Self = toml::from_str(text).map_err(|error| refused(Reason::Toml(one_line(&error))))?;
        for (index, block) in document.issuer.iter().enumerate() {
            if document.issuer[..index].iter().any(|other| other.url == block.url) {
                return Err(block.refused(Reason::IssuerTwice));
            }
        }
        Ok(document)
    }

    /// The providers at which users sign in.
    pub(crate) fn providers(&self) -> Result<Vec<SignInProvider>, InvalidSetting> {
        let blocks = self.issuer.iter().filter(|block| block.speaks_of.contains(&Kind::SignIn));
        blocks.map(|block| block.sign_in().map_err(|reason| block.refused(reason))).collect()
    }

    /// Adds the other issuers to a configuration.
    pub(crate) fn add_to(&self, builder: ConfigBuilder) -> Result<ConfigBuilder, InvalidSetting> {
        let add = |builder, block: &Block| block.add(builder).map_err(|reason| block.refused(reason));
        let builder = self.issuer.iter().try_fold(builder, add)?;
        self.workload.iter().try_fold(builder, |builder, rule| match rule.read() {
            Ok(read) => Ok(builder.workload(read)),
            Err(reason) => Err(refused(Reason::Workload(rule.client.clone(), Box::new(reason)))),
        })
    }
}

/// The error of the parser without the lines that it quotes: a document has several lines, and a message has one.
fn one_line(error: &toml::de::Error) -> String {
    error.message().lines().collect::<Vec<_>>().join("; ")
}

impl Block {
    fn refused(&self, reason: Reason) -> InvalidSetting {
        refused(Reason::Block(self.url.clone(), Box::new(reason)))
    }

    fn add(&self, mut builder: ConfigBuilder) -> Result<ConfigBuilder, Reason> {
        if self.speaks_of.is_empty() {
            return Err(Reason::Form(
                "a block with speaks-of = [\"sign-in\"], [\"identity\"] or [\"workload\"]",
            ));
        }
        if let Some(member) = self.unused() {
            return Err(Reason::Unused(member));
        }
        if self.speaks_of.contains(&Kind::Workload) {
            builder = builder.workload_issuer(self.workload()?);
        }
        if self.speaks_of.contains(&Kind::Identity) {
            builder = builder.identity_issuer(self.identity()?);
        }
        Ok(builder)
    }

    /// A member that only another kind of issuer has.
    fn unused(&self) -> Option<&'static str> {
        const USERS: &[Kind] = &[Kind::SignIn, Kind::Identity];
        const ASSERTIONS: &[Kind] = &[Kind::Identity, Kind::Workload];
        let given = [
            ("allow", self.allow.is_some(), USERS),
            ("groups-claim", self.groups_claim.is_some(), USERS),
            ("keys", self.keys.is_some(), ASSERTIONS),
            ("people-as", self.people_as.is_some(), &[Kind::Identity]),
            ("people-by", self.people_by.is_some(), &[Kind::Identity]),
            ("clients", self.clients.is_some(), &[Kind::Identity]),
            ("scope", self.scope.is_some(), &[Kind::Identity]),
            ("resources", self.resources.is_some(), &[Kind::Identity]),
            ("tenant", self.tenant.is_some(), &[Kind::Identity]),
            ("client", self.client.is_some(), &[Kind::SignIn]),
            ("id", self.id.is_some(), &[Kind::SignIn]),
            ("request-scope", self.request_scope.is_some(), &[Kind::SignIn]),
            ("kind", self.kind.is_some(), &[Kind::SignIn]),
            ("audience", self.audience.is_some(), &[Kind::Workload]),
            ("again", self.again.is_some(), &[Kind::Workload]),
        ];
        let is_unused = |kinds: &[Kind]| !self.speaks_of.iter().any(|kind| kinds.contains(kind));
        given
            .into_iter()
            .find_map(|(member, is_given, kinds)| (is_given && is_unused(kinds)).then_some(member))
    }

    /// The issuer, and where its keys are.
    fn issuer(&self) -> Result<TrustedIssuer, Reason> {
        let new = if self.private_http { TrustedIssuer::on_private_network } else { TrustedIssuer::new };
        let mut issuer = new(&self.url)?;
        if let Some(name) = &self.name {
            issuer = issuer.with_name(name);
        }
        if self.metadata.is_some() && self.keys.is_some() {
            return Err(Reason::Excluded("metadata", "keys"));
        }
        if let Some(url) = &self.metadata {
            issuer = issuer.with_metadata_url(url)?;
        }
        Ok(match &self.keys {
            None => issuer,
            Some(Keys::At(url)) => issuer.with_keys_url(url)?,
            Some(Keys::Here(set)) => issuer.with_keys(set)?,
        })
    }

    fn identity(&self) -> Result<IdentityIssuer, Reason> {
        let allowed = Allowed::parse(self.allow.as_deref().unwrap_or_default())?;
        let mut identity = IdentityIssuer::new(self.issuer()?, allowed)?;
        if let Some(claim) = &self.groups_claim {
            identity = identity.with_groups_claim(claim);
        }
        if let Some(issuer) = &self.people_as {
            identity = identity.with_people_as(issuer);
        }
        if let Some(clients) = &self.clients {
            identity = identity.with_clients(clients.iter().cloned().map(ClientId));
        }
        if let Some(scope) = &self.scope {
            identity = identity.with_scope(Scope::parse(scope)?);
        }
        if let Some(resources) = &self.resources {
            let parsed = resources.iter().map(|url| Resource::parse(url)).collect::<Result<_, _>>();
            identity = identity.with_resources(parsed?);
        }
        if let Some(tenant) = &self.tenant {
            identity = identity.with_tenant(tenant);
        }
        Ok(identity.with_people_by(match self.people_by {
            None | Some(By::Subject) => PeopleBy::Subject,
            Some(By::Email) => PeopleBy::Email,
        }))
    }
}

#[cfg(test)]
mod tests;
