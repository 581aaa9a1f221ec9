//! The settings of an OpenID provider at which users sign in, and the rules of which users may sign in.

use crate::config::provider_secret::ProviderSecret;
use crate::protocol::{ClaimRule, is_loopback, may_be_private, parse_endpoint};
use std::fmt;
use thiserror::Error;

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
    metadata: Option<String>,
    private_http: bool,
}

/// The rules of which users of a provider may sign in. A user must meet one of them. There is at least one rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Allowed(pub(crate) Vec<ClaimRule>);

impl ProviderSettings {
    /// Creates the settings from the required values. By default the name is the provider's host, the scope is
    /// `openid email profile`, the groups are in the claim `groups`, the metadata is at the well-known place below the
    /// issuer, and there is no secret.
    ///
    /// # Errors
    /// [`InvalidProvider::Issuer`] if the issuer is not a URL with https, or with http on loopback.
    pub fn new(issuer: &str, client_id: &str, allowed: Allowed) -> Result<Self, InvalidProvider> {
        Self::of(issuer, client_id, allowed, false)
    }

    /// Like [`Self::new`], for a provider on a private network: its issuer, metadata and endpoints may be plain http
    /// on private addresses. The authorization endpoint, which the browser opens, may be so only if the issuer is.
    ///
    /// # Errors
    /// [`InvalidProvider::Issuer`] if the issuer is not a URL with https, or with http on a host that can be private.
    pub fn on_private_network(
        issuer: &str,
        client_id: &str,
        allowed: Allowed,
    ) -> Result<Self, InvalidProvider> {
        Self::of(issuer, client_id, allowed, true)
    }

    fn of(
        issuer: &str,
        client_id: &str,
        allowed: Allowed,
        private_http: bool,
    ) -> Result<Self, InvalidProvider> {
        let mut settings = Self {
            issuer: issuer.to_owned(),
            client_id: client_id.to_owned(),
            name: String::new(),
            scope: "openid email profile".to_owned(),
            groups_claim: "groups".to_owned(),
            allowed,
            secret: None,
            metadata: None,
            private_http,
        };
        settings.name = settings.host(issuer).map_err(InvalidProvider::Issuer)?.to_owned();
        if issuer.contains('?') {
            return Err(InvalidProvider::Issuer("must have neither a query nor a fragment"));
        }
        Ok(settings)
    }

    /// The host of a URL of this provider, if the URL may be used: https, or http where that is allowed.
    fn host<'a>(&self, url: &'a str) -> Result<&'a str, &'static str> {
        let local = self.issuer.starts_with("http://");
        let plain = |host: &str| local && is_loopback(host) || self.private_http && may_be_private(host);
        match parse_endpoint(url, plain) {
            Ok(uri) => Ok(uri.authority().map_or("", |authority| authority.host())),
            Err(_) if url.starts_with("http://") && self.private_http => {
                Err("uses http on an address that is not private; use https")
            }
            Err(_) if url.starts_with("http://") => {
                Err("uses http; use https, or allow http on private addresses with provider-private-http")
            }
            Err(why) => Err(why),
        }
    }

    /// Checks the URL of an endpoint of this provider: https, or http where that is allowed.
    ///
    /// # Errors
    /// The rule that the URL breaks, as the end of a sentence.
    pub(crate) fn validate_url(&self, url: &str) -> Result<(), &'static str> {
        self.host(url).map(drop)
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

    /// Sets the claim that holds a user's groups: its name, or a path to it with dots, such as `realm_access.roles`.
    #[must_use]
    pub fn with_groups_claim(self, claim: &str) -> Self {
        Self { groups_claim: claim.to_owned(), ..self }
    }

    /// Sets the URL of the provider's metadata, for a provider whose metadata is not at the well-known place below the
    /// issuer. The issuer in the metadata must be the configured one all the same.
    ///
    /// # Errors
    /// [`InvalidProvider::Metadata`] if it is not a URL with https, or with http where that is allowed.
    pub fn with_metadata_url(self, url: &str) -> Result<Self, InvalidProvider> {
        self.validate_url(url).map_err(InvalidProvider::Metadata)?;
        Ok(Self { metadata: Some(url.to_owned()), ..self })
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

    /// The claim that holds a user's groups, or the path to it.
    pub fn groups_claim(&self) -> &str {
        &self.groups_claim
    }

    /// The rules of which users may sign in.
    pub fn allowed(&self) -> &Allowed {
        &self.allowed
    }

    /// The URL of the provider's metadata: as configured, or the well-known place (OpenID Connect Discovery 1.0 §4).
    pub fn metadata_url(&self) -> String {
        let issuer = self.issuer.trim_end_matches('/');
        self.metadata.clone().unwrap_or_else(|| format!("{issuer}/.well-known/openid-configuration"))
    }

    /// Whether plain http is allowed on private addresses.
    pub fn has_private_http(&self) -> bool {
        self.private_http
    }
}

impl Allowed {
    /// Reads a list of rules, separated by commas: `anyone`, `domain:EXAMPLE.COM` or `group:NAME`.
    ///
    /// # Errors
    /// [`InvalidProvider::NoRule`] or [`InvalidProvider::Rule`].
    pub fn parse(text: &str) -> Result<Self, InvalidProvider> {
        let rules = text.split(',').map(str::trim).filter(|rule| !rule.is_empty());
        let rule = |text: &str| ClaimRule::parse(text).ok_or_else(|| InvalidProvider::Rule(text.to_owned()));
        let rules: Vec<_> = rules.map(rule).collect::<Result<_, _>>()?;
        if rules.is_empty() { Err(InvalidProvider::NoRule) } else { Ok(Self(rules)) }
    }
}

impl fmt::Display for Allowed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, rule) in self.0.iter().enumerate() {
            f.write_str(if index == 0 { "" } else { "," })?;
            rule.fmt(f)?;
        }
        Ok(())
    }
}

/// Why the settings of a provider are refused.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum InvalidProvider {
    /// The issuer is not a valid URL. The text completes a sentence that begins with "the issuer".
    #[error("the issuer {0}")]
    Issuer(&'static str),
    /// The URL of the metadata is not valid. The text completes a sentence that begins with that URL's name.
    #[error("the URL of the metadata {0}")]
    Metadata(&'static str),
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
        let allowed = Allowed(vec![ClaimRule::Anyone]);
        for issuer in ["http://idp.example", "idp.example", "https://a.example?b"] {
            assert!(ProviderSettings::new(issuer, "us", allowed.clone()).is_err(), "{issuer}");
        }
        let with_slash = ProviderSettings::new("https://a.example/", "us", allowed).unwrap();
        assert_eq!(with_slash.metadata_url(), "https://a.example/.well-known/openid-configuration");
    }

    #[test]
    fn plain_http_needs_loopback_or_a_permission_and_a_private_address() {
        let allowed = Allowed(vec![ClaimRule::Anyone]);
        let public = ProviderSettings::new("https://a.example", "us", allowed.clone()).unwrap();
        let local = ProviderSettings::new("http://localhost:1", "us", allowed.clone()).unwrap();
        let private = |issuer: &str| ProviderSettings::on_private_network(issuer, "us", allowed.clone());
        let permitted = private("https://a.example").unwrap();
        for (url, of_public, of_local, of_permitted) in [
            ("https://b.example/x?p=1", true, true, true),
            ("http://localhost:2/x", false, true, true),
            ("http://10.0.0.5:8080/x", false, false, true),
            ("http://keycloak:8080/x", false, false, true),
            ("http://[fd00::5]/x", false, false, true),
            ("http://8.8.8.8/x", false, false, false),
            ("http://169.254.169.254/x", false, false, false),
            ("http://u:p@keycloak/x", false, false, false),
            ("https://b.example/x#y", false, false, false),
            ("javascript:alert(1)", false, false, false),
        ] {
            let allowed = [&public, &local, &permitted].map(|settings| settings.validate_url(url).is_ok());
            assert_eq!(allowed, [of_public, of_local, of_permitted], "{url}");
            assert_eq!(public.clone().with_metadata_url(url).is_ok(), of_public, "{url}");
        }
        assert_eq!(
            permitted.with_metadata_url("http://k:1/m?p=1").unwrap().metadata_url(),
            "http://k:1/m?p=1"
        );
        assert!(private("http://10.0.0.5").is_ok() && private("http://8.8.8.8").is_err());
        assert!(private("http://10.0.0.5?a=b").is_err());
    }

    #[test]
    fn a_scope_without_openid_is_refused() {
        let settings =
            || ProviderSettings::new("https://a.example", "us", Allowed(vec![ClaimRule::Anyone])).unwrap();
        assert_eq!(settings().with_scope("email").unwrap_err(), InvalidProvider::Scope);
        assert_eq!(settings().with_scope("email openid").unwrap().scope(), "email openid");
    }
}
