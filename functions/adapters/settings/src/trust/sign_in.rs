//! The blocks of `trust` about providers at which users sign in.

use super::{Block, Kind};
use crate::error::Reason;
use doorward::config::{Allowed, GitHubSettings, ProviderId, ProviderSettings, SignInProvider};
use serde::Deserialize;

/// A provider that is no OpenID provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub(super) enum Provider {
    #[serde(rename = "github")]
    GitHub,
}

impl Block {
    /// The provider of this block.
    pub(super) fn sign_in(&self) -> Result<SignInProvider, Reason> {
        let client = self
            .client
            .as_deref()
            .ok_or(Reason::Form("a block with client, the client id of this server there"))?;
        let allowed = Allowed::parse(self.allow.as_deref().unwrap_or_default())?;
        let id = match &self.id {
            None => None,
            Some(text) => Some(ProviderId::parse(text).ok_or(Reason::ProviderId)?),
        };
        match self.kind {
            None => Ok(self.openid(client, allowed, id)?.into()),
            Some(Provider::GitHub) => Ok(self.github(client, allowed, id)?.into()),
        }
    }

    fn openid(
        &self,
        client: &str,
        allowed: Allowed,
        id: Option<ProviderId>,
    ) -> Result<ProviderSettings, Reason> {
        let new =
            if self.private_http { ProviderSettings::on_private_network } else { ProviderSettings::new };
        let mut provider = new(&self.url, client, allowed)?;
        if let Some(id) = id {
            provider = provider.with_id(id);
        }
        if let Some(name) = &self.name {
            provider = provider.with_name(name);
        }
        if let Some(scope) = &self.request_scope {
            provider = provider.with_scope(scope)?;
        }
        if let Some(claim) = &self.groups_claim {
            provider = provider.with_groups_claim(claim);
        }
        if let Some(url) = &self.metadata {
            provider = provider.with_metadata_url(url)?;
        }
        Ok(provider)
    }

    /// What this server asks of GitHub, and where, is fixed.
    fn github(
        &self,
        client: &str,
        allowed: Allowed,
        id: Option<ProviderId>,
    ) -> Result<GitHubSettings, Reason> {
        if self.speaks_of != [Kind::SignIn] {
            return Err(Reason::Form(
                "a block with speaks-of = [\"sign-in\"] alone: GitHub states nothing else",
            ));
        }
        let fixed = [
            ("request-scope", self.request_scope.is_some()),
            ("groups-claim", self.groups_claim.is_some()),
            ("metadata", self.metadata.is_some()),
            ("private-http", self.private_http),
        ];
        if let Some((member, _)) = fixed.into_iter().find(|(_, is_given)| *is_given) {
            return Err(Reason::Excluded("kind = \"github\"", member));
        }
        let mut github = GitHubSettings::new(&self.url, client, allowed)?;
        if let Some(id) = id {
            github = github.with_id(id);
        }
        if let Some(name) = &self.name {
            github = github.with_name(name);
        }
        Ok(github)
    }
}
