//! Sign-in at an OpenID provider, from the redirect there to the claims that come back (OpenID Connect Core 1.0
//! §3.1).

use crate::config::ProviderSettings;
use crate::ports::{Deadline, Entropy, Timestamp};
use crate::protocol::{BrowserDigest, Prompt};
use crate::provider::connection::{Provider, parse};
use crate::provider::error::ProviderError;
use crate::provider::id_token::{Claims, Expected, IdToken};
use crate::provider::metadata::ProviderMetadata;
use crate::sealed::{Destination, ProviderState, Ring};
use std::sync::Arc;
use std::time::Duration;

/// A provider, with everything that the server needs to use it.
pub(crate) struct Upstream<'a> {
    /// The operator's settings for the provider.
    pub(crate) settings: &'a ProviderSettings,
    pub(crate) provider: &'a Provider,
    /// Of the request.
    pub(crate) deadline: &'a Deadline,
    /// Seals the `state`.
    pub(crate) states: &'a Ring<ProviderState>,
    pub(crate) entropy: &'a dyn Entropy,
    /// How long a `state` is accepted.
    pub(crate) state_lifetime: Duration,
    /// The URL to which the provider sends the browser back: our redirect URI there (OpenID Connect Core 1.0
    /// §3.1.2.1).
    pub(crate) callback: String,
}

/// A user who is about to go to the provider.
pub(crate) struct SignInRedirect<'a> {
    pub(crate) destination: Destination,
    /// The digest that binds the `state` to the user's browser (CSRF).
    pub(crate) browser: BrowserDigest,
    pub(crate) login_hint: Option<&'a str>,
    pub(crate) prompt: Prompt,
}

/// A user who came back from the provider with a code.
pub(crate) struct SignInReturn<'a> {
    pub(crate) provider_state: &'a ProviderState,
    pub(crate) code: &'a str,
    pub(crate) now: Timestamp,
}

impl Upstream<'_> {
    /// The URL of the authentication request (OpenID Connect Core 1.0 §3.1.2.1).
    pub(crate) async fn redirect_url(
        &self,
        sign_in_redirect: SignInRedirect<'_>,
        now: Timestamp,
    ) -> Result<String, ProviderError> {
        let metadata = self.metadata(now).await?;
        let SignInRedirect { destination, browser, login_hint, prompt } = sign_in_redirect;
        let expires_at = now.after(self.state_lifetime);
        let provider_state = ProviderState::new(destination, prompt, browser, expires_at, self.entropy);
        let state = self.states.seal(&provider_state, self.entropy);
        let mut query = form_urlencoded::Serializer::new(String::new());
        query
            .append_pair("response_type", "code")
            .append_pair("client_id", &self.settings.client_id)
            .append_pair("redirect_uri", &self.callback)
            .append_pair("scope", &self.settings.scope)
            .append_pair("state", &state)
            .append_pair("nonce", &provider_state.nonce())
            .append_pair("code_challenge", &provider_state.challenge())
            .append_pair("code_challenge_method", "S256");
        query.extend_pairs(login_hint.map(|hint| ("login_hint", hint)));
        let wanted: &[&str] = match prompt {
            Prompt::AsUsual | Prompt::Nothing => &[],
            Prompt::SelectAccount => &["select_account", "login"],
            Prompt::Login => &["login", "select_account"],
        };
        query.extend_pairs(metadata.prompt(wanted).map(|prompt| ("prompt", prompt)));
        let endpoint = &metadata.authorization_endpoint;
        let joint = if endpoint.contains('?') { '&' } else { '?' };
        Ok(format!("{endpoint}{joint}{}", query.finish()))
    }

    /// Whether the response may be from this provider (mix-up attack; RFC 9207 §2.4).
    pub(crate) async fn accepts_issuer(
        &self,
        issuer: Option<&str>,
        now: Timestamp,
    ) -> Result<bool, ProviderError> {
        match issuer {
            Some(issuer) => Ok(issuer == self.settings.issuer),
            None => Ok(!self.metadata(now).await?.authorization_response_iss_parameter_supported),
        }
    }

    async fn metadata(&self, now: Timestamp) -> Result<Arc<ProviderMetadata>, ProviderError> {
        let unusable = |why| ProviderError::Invalid(format!("the provider's metadata {why}"));
        let fetch = async {
            let body = self.provider.get(&self.settings.metadata_url(), None, self.deadline).await?;
            ProviderMetadata::parse(&self.settings.issuer, &body).map_err(unusable)
        };
        self.provider.metadata(fetch, now, self.deadline).await
    }

    /// Redeems the code, and returns the claims about the user (OpenID Connect Core 1.0 §3.1.3, §5.3).
    pub(crate) async fn identify(&self, came: &SignInReturn<'_>) -> Result<Claims, ProviderError> {
        let metadata = self.metadata(came.now).await?;
        // Before the code is spent, so that it is not spent in vain if the keys cannot be fetched.
        self.provider.keys(&metadata.jwks_uri, None, came.now, self.deadline).await?;
        let tokens = self.redeem(&metadata, came).await?;
        let mut claims = self.verified(&metadata, &tokens.id_token, came).await?;
        if let (true, Some(url), Some(token)) =
            (self.settings.lacks(&claims), &metadata.userinfo_endpoint, &tokens.access_token)
        {
            let more = parse(&self.provider.get(url, Some(token), self.deadline).await?)?;
            claims.complete(more).map_err(|why| ProviderError::Invalid(why.to_owned()))?;
        }
        Ok(claims)
    }

    async fn verified(
        &self,
        metadata: &ProviderMetadata,
        token: &str,
        came: &SignInReturn<'_>,
    ) -> Result<Claims, ProviderError> {
        let token = IdToken::parse(token).ok_or_else(|| unusable("it is not a signed JWT"))?;
        let keys = self.provider.keys(&metadata.jwks_uri, token.key(), came.now, self.deadline).await?;
        if !token.is_signed_by(&keys) {
            return Err(unusable("it is not signed with a key of the provider"));
        }
        let ProviderSettings { issuer, client_id, .. } = self.settings;
        let nonce = came.provider_state.nonce();
        token.validate(Expected { issuer, client_id, nonce: &nonce, now: came.now }).map_err(unusable)
    }
}

fn unusable(why: &str) -> ProviderError {
    ProviderError::Invalid(format!("the provider's ID token is not valid: {why}"))
}
