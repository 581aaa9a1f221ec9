//! The settings of an OpenID provider at which users sign in, and the rules of which users may sign in.

use crate::protocol::parse_server_url;
use std::fmt;
use thiserror::Error;
use zeroize::Zeroizing;

/// The operator's settings for an OpenID provider.
#[derive(Clone, Debug)]
pub struct ProviderSettings {
    pub(crate) issuer: String,
    pub(crate) client_id: String,
    pub(crate) name: String,
    pub(crate) scope: String,
    pub(crate) groups_claim: String,
    pub(crate) allowed: Allowed,
    pub(crate) secret: Option<ProviderSecret>,
}

/// The client secret with which this server redeems codes at the provider.
#[derive(Clone)]
pub struct ProviderSecret(Zeroizing<String>);

/// The rules of which users of a provider may sign in. A user must meet one of them. There is at least one rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Allowed(pub(crate) Vec<Rule>);

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Rule {
    Anyone,
    Domain(String),
    Group(String),
}

impl ProviderSettings {
    /// Creates the settings from the required values. By default the name is the provider's host, the scope is
    /// `openid email profile`, the groups are in the claim `groups`, and there is no secret.
    ///
    /// # Errors
    /// [`InvalidProvider::Issuer`] if the issuer is not a URL with https, or with http on loopback.
    pub fn new(issuer: &str, client_id: &str, allowed: Allowed) -> Result<Self, InvalidProvider> {
        let url = parse_server_url(issuer).map_err(InvalidProvider::Issuer)?;
        let name = url.authority().map_or("", |authority| authority.host()).to_owned();
        Ok(Self {
            issuer: issuer.to_owned(),
            client_id: client_id.to_owned(),
            name,
            scope: "openid email profile".to_owned(),
            groups_claim: "groups".to_owned(),
            allowed,
            secret: None,
        })
    }

    /// Sets the name of the provider on the pages.
    #[must_use]
    pub fn with_name(self, name: &str) -> Self {
        Self { name: name.to_owned(), ..self }
    }

    /// Sets the scopes that are requested (OpenID Connect Core 1.0 §5.4).
    ///
    /// # Errors
    /// [`InvalidProvider::Scope`] if `openid` is missing.
    pub fn with_scope(self, scope: &str) -> Result<Self, InvalidProvider> {
        let has_openid = scope.split(' ').any(|one| one == "openid");
        has_openid.then(|| Self { scope: scope.to_owned(), ..self }).ok_or(InvalidProvider::Scope)
    }

    /// Sets the claim that lists a user's groups.
    #[must_use]
    pub fn with_groups_claim(self, claim: &str) -> Self {
        Self { groups_claim: claim.to_owned(), ..self }
    }

    /// Sets the secret with which codes are redeemed.
    #[must_use]
    pub fn with_secret(self, secret: ProviderSecret) -> Self {
        Self { secret: Some(secret), ..self }
    }

    /// The issuer identifier, byte for byte as the provider's metadata has it (OpenID Connect Discovery 1.0 §4.3).
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// The client id of this server at the provider.
    pub fn client_id(&self) -> &str {
        &self.client_id
    }

    /// The name of the provider on the pages.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The scopes that are requested.
    pub fn scope(&self) -> &str {
        &self.scope
    }

    /// The claim that lists a user's groups.
    pub fn groups_claim(&self) -> &str {
        &self.groups_claim
    }

    /// The rules of which users may sign in.
    pub fn allowed(&self) -> &Allowed {
        &self.allowed
    }

    /// The URL of the provider's metadata (OpenID Connect Discovery 1.0 §4).
    pub fn metadata_url(&self) -> String {
        format!("{}/.well-known/openid-configuration", self.issuer.trim_end_matches('/'))
    }
}

impl Allowed {
    /// Reads a list of rules, separated by commas: `anyone`, `domain:EXAMPLE.COM` or `group:NAME`.
    ///
    /// # Errors
    /// [`InvalidProvider::NoRule`] or [`InvalidProvider::Rule`].
    pub fn parse(text: &str) -> Result<Self, InvalidProvider> {
        let rules = text.split(',').map(str::trim).filter(|rule| !rule.is_empty());
        let rules: Vec<_> = rules.map(rule).collect::<Result<_, _>>()?;
        if rules.is_empty() { Err(InvalidProvider::NoRule) } else { Ok(Self(rules)) }
    }
}

impl fmt::Display for Allowed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, rule) in self.0.iter().enumerate() {
            f.write_str(if index == 0 { "" } else { "," })?;
            match rule {
                Rule::Anyone => f.write_str("anyone")?,
                Rule::Domain(domain) => write!(f, "domain:{domain}")?,
                Rule::Group(group) => write!(f, "group:{group}")?,
            }
        }
        Ok(())
    }
}

fn rule(text: &str) -> Result<Rule, InvalidProvider> {
    match text.split_once(':') {
        None if text == "anyone" => Ok(Rule::Anyone),
        Some(("domain", domain)) if domain.contains('.') && !domain.contains('@') => {
            Ok(Rule::Domain(domain.to_owned()))
        }
        Some(("group", group)) if !group.is_empty() => Ok(Rule::Group(group.to_owned())),
        _ => Err(InvalidProvider::Rule(text.to_owned())),
    }
}

impl ProviderSecret {
    /// Creates a secret from its text.
    pub fn new(secret: impl Into<String>) -> Self {
        Self(Zeroizing::new(secret.into()))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for ProviderSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ProviderSecret(…)")
    }
}

/// Why the settings of a provider are refused.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum InvalidProvider {
    /// The issuer is not a valid URL. The text completes a sentence that begins with "the issuer".
    #[error("the issuer {0}")]
    Issuer(&'static str),
    /// The scope does not contain `openid`.
    #[error("the scope must contain openid")]
    Scope,
    /// There is no rule of which users may sign in.
    #[error("no rule allows a user to sign in; use anyone, domain:EXAMPLE.COM or group:NAME")]
    NoRule,
    /// This text is not a rule.
    #[error("{0:?} is not a rule; use anyone, domain:EXAMPLE.COM or group:NAME")]
    Rule(String),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_meant_is_refused() {
        for wrong in ["", " , ", "all", "domain:a", "domain:x@a.example", "group:", "domain:"] {
            assert!(Allowed::parse(wrong).is_err(), "{wrong:?}");
        }
        let printed = "anyone,domain:a.example,group:Team A";
        assert_eq!(Allowed::parse(printed).unwrap().to_string(), printed);
        let allowed = Allowed(vec![Rule::Anyone]);
        for issuer in ["http://idp.example", "idp.example", "https://a.example?b"] {
            assert!(ProviderSettings::new(issuer, "us", allowed.clone()).is_err(), "{issuer}");
        }
        let with_slash = ProviderSettings::new("https://a.example/", "us", allowed).unwrap();
        assert_eq!(with_slash.metadata_url(), "https://a.example/.well-known/openid-configuration");
    }

    #[test]
    fn a_scope_without_openid_is_refused() {
        let settings =
            || ProviderSettings::new("https://a.example", "us", Allowed(vec![Rule::Anyone])).unwrap();
        assert_eq!(settings().with_scope("email").unwrap_err(), InvalidProvider::Scope);
        assert_eq!(settings().with_scope("email openid").unwrap().scope(), "email openid");
    }
}
