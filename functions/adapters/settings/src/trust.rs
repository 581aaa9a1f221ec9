//! Reader of the setting `trust`: a TOML document with the issuers of other domains, and what each may state.

mod sign_in;

use crate::error::{InvalidSetting, Reason};
use crate::names::TRUST;
use crate::setting::Values;
use doorward::config::{Allowed, ConfigBuilder, IdentityIssuer, PeopleBy, SignInProvider, TrustedIssuer};
use doorward::protocol::{ClientId, Resource, Scope};
use serde::Deserialize;
use serde_json::Value;

/// The document of the setting.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Document {
    #[serde(default)]
    issuer: Vec<Block>,
}

/// What an issuer may state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Kind {
    SignIn,
    Identity,
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
        toml::from_str(text).map_err(|error| refused(Reason::Toml(one_line(&error))))
    }

    /// The providers at which users sign in.
    pub(crate) fn providers(&self) -> Result<Vec<SignInProvider>, InvalidSetting> {
        let blocks = self.issuer.iter().filter(|block| block.speaks_of.contains(&Kind::SignIn));
        blocks.map(|block| block.sign_in().map_err(|reason| block.refused(reason))).collect()
    }

    /// Adds the other issuers to a configuration.
    pub(crate) fn add_to(&self, builder: ConfigBuilder) -> Result<ConfigBuilder, InvalidSetting> {
        let add = |builder, block: &Block| block.add(builder).map_err(|reason| block.refused(reason));
        self.issuer.iter().try_fold(builder, add)
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
            return Err(Reason::Form("a block with speaks-of = [\"sign-in\"], or [\"identity\"]"));
        }
        if let Some(member) = self.unused() {
            return Err(Reason::Unused(member));
        }
        if self.speaks_of.contains(&Kind::Identity) {
            builder = builder.identity_issuer(self.identity()?);
        }
        Ok(builder)
    }

    /// A member that only another kind of issuer has.
    fn unused(&self) -> Option<&'static str> {
        let of_identity = [
            ("keys", self.keys.is_some()),
            ("people-as", self.people_as.is_some()),
            ("people-by", self.people_by.is_some()),
            ("clients", self.clients.is_some()),
            ("scope", self.scope.is_some()),
            ("resources", self.resources.is_some()),
            ("tenant", self.tenant.is_some()),
        ];
        let of_sign_in = [
            ("client", self.client.is_some()),
            ("id", self.id.is_some()),
            ("request-scope", self.request_scope.is_some()),
            ("kind", self.kind.is_some()),
        ];
        let of = |kind, members: &[(&'static str, bool)]| {
            let given = members.iter().find(|(_, is_given)| *is_given && !self.speaks_of.contains(&kind));
            given.map(|(member, _)| *member)
        };
        of(Kind::Identity, &of_identity).or_else(|| of(Kind::SignIn, &of_sign_in))
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
