//! A provider at which users sign in, of either kind, from the redirect there to what it says of the user who comes back.

use crate::config::SignInProvider;
use crate::ports::Timestamp;
use crate::provider::error::ProviderError;
use crate::provider::github::GitHub;
use crate::provider::openid::OpenId;
use crate::provider::way::{Identity, SignInRedirect, SignInReturn, Way};
use crate::sealed::ProviderState;

/// A provider, with everything that the server needs to use it.
pub(crate) struct Upstream<'a> {
    /// The operator's settings for the provider.
    pub(crate) provider: &'a SignInProvider,
    pub(crate) way: Way<'a>,
}

impl Upstream<'_> {
    /// The URL of the authorization request at the provider.
    pub(crate) async fn redirect_url(
        &self,
        sign_in_redirect: SignInRedirect<'_>,
        now: Timestamp,
    ) -> Result<String, ProviderError> {
        match self.provider {
            SignInProvider::OpenId(settings) => {
                OpenId { settings, way: &self.way }.redirect_url(sign_in_redirect, now).await
            }
            SignInProvider::GitHub(settings) => {
                Ok(GitHub { settings, way: &self.way }.redirect_url(sign_in_redirect, now))
            }
        }
    }

    /// Checks that the authorization response is from this provider (mix-up attack; RFC 9207 §2.4).
    ///
    /// # Errors
    /// [`ProviderError::MixUp`] if it is not.
    pub(crate) async fn validate_issuer(
        &self,
        sent: Option<&str>,
        now: Timestamp,
    ) -> Result<(), ProviderError> {
        match self.provider {
            SignInProvider::OpenId(settings) => {
                OpenId { settings, way: &self.way }.validate_issuer(sent, now).await
            }
            SignInProvider::GitHub(settings) => GitHub { settings, way: &self.way }.validate_issuer(sent),
        }
    }

    /// Redeems the code, and returns what the provider says of the user.
    pub(crate) async fn identify(&self, came: &SignInReturn<'_>) -> Result<Identity, ProviderError> {
        match self.provider {
            SignInProvider::OpenId(settings) => OpenId { settings, way: &self.way }.identify(came).await,
            SignInProvider::GitHub(settings) => GitHub { settings, way: &self.way }.identify(came).await,
        }
    }

    /// What is read beside the code, for the log.
    pub(crate) fn more(&self) -> &'static str {
        match self.provider {
            SignInProvider::OpenId(_) => "UserInfo",
            SignInProvider::GitHub(_) => "the API of GitHub",
        }
    }

    /// Whether this is the provider that the user was sent to. The state of an earlier version, which had one provider, names
    /// none: that provider had no id.
    pub(crate) fn is_of(&self, state: &ProviderState) -> bool {
        match &state.issuer {
            Some(issuer) => issuer == self.provider.issuer(),
            None => self.provider.id().is_none(),
        }
    }
}
