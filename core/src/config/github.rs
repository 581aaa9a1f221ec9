//! The settings of GitHub as a provider at which users sign in. It speaks OAuth 2.0 and has no ID tokens, so what this server
//! reads of a user, and where, is fixed: there is nothing to map.

use crate::config::issuer_url::IssuerUrl;
use crate::config::people_rules::{Allowed, PeopleRules};
use crate::config::provider_id::ProviderId;
use crate::config::provider_secret::ProviderSecret;
use crate::config::registration::Registration;
use crate::protocol::ClaimRule;
use thiserror::Error;

/// The URL of GitHub itself, which is also the first part of the ids of its users.
const GITHUB: &str = "https://github.com";

/// The operator's settings for GitHub, GitHub Enterprise Cloud with a domain of its own, or a GitHub Enterprise Server.
#[derive(Clone, Debug)]
pub struct GitHubSettings {
    pub(crate) registration: Registration,
}

impl GitHubSettings {
    /// Creates the settings. `url` is `https://github.com`, or the URL of a GitHub Enterprise Server. By default the name is
    /// `GitHub` or the server's host, and there is no secret, without which GitHub redeems no code.
    ///
    /// # Errors
    /// [`InvalidGitHub`] if the URL has a path, or no https beyond loopback, and for a rule that GitHub cannot judge.
    pub fn new(url: &str, client_id: &str, allowed: Allowed) -> Result<Self, InvalidGitHub> {
        let known = IssuerUrl::parse(url, false).map_err(InvalidGitHub::Url)?;
        let host = known.host(url).map_err(InvalidGitHub::Url)?;
        let is_bare = url.split_once("://").is_some_and(|(_, rest)| !rest.contains('/'));
        if !is_bare {
            return Err(InvalidGitHub::Url("must have no path; use https://github.com or https://HOST"));
        }
        if allowed.0.iter().any(|rule| matches!(rule, ClaimRule::Group(_))) {
            return Err(InvalidGitHub::Group);
        }
        let name = if url == GITHUB { "GitHub" } else { host }.to_owned();
        let people = PeopleRules::new(url, allowed);
        let registration =
            Registration { id: None, client_id: client_id.to_owned(), name, people, secret: None };
        Ok(Self { registration })
    }

    /// Sets the id, the last segment of the redirect URI at GitHub.
    #[must_use]
    pub fn with_id(mut self, id: ProviderId) -> Self {
        self.registration.id = Some(id);
        self
    }

    /// Sets the name on the pages.
    #[must_use]
    pub fn with_name(mut self, name: &str) -> Self {
        name.clone_into(&mut self.registration.name);
        self
    }

    /// Sets the secret with which codes are redeemed.
    #[must_use]
    pub fn with_secret(mut self, secret: ProviderSecret) -> Self {
        self.registration.secret = Some(secret);
        self
    }

    /// The URL.
    pub fn url(&self) -> &str {
        &self.registration.people.issuer
    }

    /// The URL of a page or call of OAuth, such as `authorize`.
    pub(crate) fn oauth(&self, place: &str) -> String {
        format!("{}/login/oauth/{place}", self.url())
    }

    /// The `iss` of authorization responses (RFC 9207 §2).
    pub(crate) fn response_issuer(&self) -> String {
        format!("{}/login/oauth", self.url())
    }

    /// The URL of a call of the REST API. GitHub Enterprise Cloud with data residency is at `SUBDOMAIN.ghe.com`, and has the
    /// API at a host of its own, as GitHub has.
    pub(crate) fn api(&self, path: &str) -> String {
        match self.url().strip_prefix("https://") {
            Some(host) if host == "github.com" || host.ends_with(".ghe.com") => {
                format!("https://api.{host}{path}")
            }
            _ => format!("{}/api/v3{path}", self.url()),
        }
    }
}

/// Why the settings of GitHub are refused.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum InvalidGitHub {
    /// The URL. The text completes a sentence that begins with "the URL".
    #[error("the URL {0}")]
    Url(&'static str),
    /// A rule is about groups.
    #[error("GitHub has no groups; use org:NAME in the place of group:NAME")]
    Group,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(url: &str, rules: &str) -> Result<GitHubSettings, InvalidGitHub> {
        GitHubSettings::new(url, "us", Allowed::parse(rules).unwrap())
    }

    #[test]
    fn the_api_is_where_this_kind_of_github_has_it() {
        for (url, name, api) in [
            (GITHUB, "GitHub", "https://api.github.com/user"),
            ("https://acme.ghe.com", "acme.ghe.com", "https://api.acme.ghe.com/user"),
            ("https://git.acme.example", "git.acme.example", "https://git.acme.example/api/v3/user"),
            ("http://127.0.0.1:9", "127.0.0.1", "http://127.0.0.1:9/api/v3/user"),
        ] {
            let settings = settings(url, "org:acme").unwrap();
            assert_eq!((settings.registration.name.as_str(), settings.api("/user").as_str()), (name, api));
            assert_eq!(settings.oauth("authorize"), format!("{url}/login/oauth/authorize"));
        }
    }

    #[test]
    fn what_cannot_be_meant_is_refused() {
        for wrong in
            ["http://github.com", "https://github.com/", "https://github.com/login/oauth", "github.com", ""]
        {
            assert!(matches!(settings(wrong, "anyone"), Err(InvalidGitHub::Url(_))), "{wrong}");
        }
        assert_eq!(settings(GITHUB, "org:acme,group:staff").unwrap_err(), InvalidGitHub::Group);
    }
}
