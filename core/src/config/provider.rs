//! The settings of an OpenID provider at which users sign in, and the rules of which users may sign in.

use crate::config::issuer_url::IssuerUrl;
use crate::config::people_rules::{Allowed, PeopleRules};
use crate::config::provider_id::ProviderId;
use crate::config::provider_secret::ProviderSecret;
use crate::config::registration::Registration;
use crate::protocol::{ClaimRule, paths};
use thiserror::Error;

/// The operator's settings for an OpenID provider.
#[derive(Clone, Debug)]
pub struct ProviderSettings {
    pub(crate) url: IssuerUrl,
    pub(crate) registration: Registration,
    pub(crate) scope: String,
    metadata: Option<String>,
}

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
        let url = IssuerUrl::parse(issuer, private_http).map_err(InvalidProvider::Issuer)?;
        let name = url.host(issuer).map_err(InvalidProvider::Issuer)?.to_owned();
        if allowed.0.iter().any(|rule| matches!(rule, ClaimRule::Organization(_))) {
            return Err(InvalidProvider::Organization);
        }
        let (client_id, people) = (client_id.to_owned(), PeopleRules::new(issuer, allowed));
        let registration = Registration { id: None, client_id, name, people, secret: None };
        Ok(Self { url, registration, scope: "openid email profile".to_owned(), metadata: None })
    }

    /// Checks the URL of an endpoint of this provider: https, or http where that is allowed.
    ///
    /// # Errors
    /// The rule that the URL breaks, as the end of a sentence.
    pub(crate) fn validate_url(&self, url: &str) -> Result<(), &'static str> {
        self.url.host(url).map(drop)
    }

    /// Sets the name of the provider on the pages.
    #[must_use]
    pub fn with_name(mut self, name: &str) -> Self {
        name.clone_into(&mut self.registration.name);
        self
    }

    /// Sets the id, the last segment of the redirect URI at the provider.
    #[must_use]
    pub fn with_id(mut self, id: ProviderId) -> Self {
        self.registration.id = Some(id);
        self
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
    pub fn with_groups_claim(mut self, claim: &str) -> Self {
        claim.clone_into(&mut self.registration.people.groups_claim);
        self
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
    pub fn with_secret(mut self, secret: ProviderSecret) -> Self {
        self.registration.secret = Some(secret);
        self
    }

    /// The issuer identifier, byte for byte as the provider's metadata has it (OpenID Connect Discovery 1.0 §4.3).
    pub fn issuer(&self) -> &str {
        self.url.as_str()
    }

    /// The client id of this server at the provider.
    pub fn client_id(&self) -> &str {
        &self.registration.client_id
    }

    /// The name of the provider on the pages.
    pub fn name(&self) -> &str {
        &self.registration.name
    }

    /// The scopes that are requested.
    pub fn scope(&self) -> &str {
        &self.scope
    }

    /// The claim that holds a user's groups, or the path to it.
    pub fn groups_claim(&self) -> &str {
        &self.registration.people.groups_claim
    }

    /// The rules of which users may sign in.
    pub fn allowed(&self) -> &Allowed {
        &self.registration.people.allowed
    }

    /// The URL of the provider's metadata: as configured, or the well-known place (OpenID Connect Discovery 1.0 §4).
    pub fn metadata_url(&self) -> String {
        self.metadata.clone().unwrap_or_else(|| self.url.below(paths::OPENID))
    }

    /// Whether plain http is allowed on private addresses.
    pub fn has_private_http(&self) -> bool {
        self.url.has_private_http()
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
    /// A rule is about organizations.
    #[error(
        "only GitHub has organizations, and this is an OpenID provider; use group:NAME in the place of org:NAME"
    )]
    Organization,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::ClaimRule;

    #[test]
    fn an_issuer_is_a_url_without_a_query() {
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
