//! Signing in at an OpenID provider, from the redirect there to the claims that come back (OpenID Connect Core 1.0 §3.1).

use crate::config::{ProviderSecret, ProviderSettings};
use crate::ports::{Entropy, Timestamp};
use crate::protocol::{Digest, Prompt};
use crate::provider::connection::{KEPT, Provider, parse};
use crate::provider::error::Unidentified;
use crate::provider::id_token::{Claims, Expected, IdToken};
use crate::provider::metadata::ProviderMetadata;
use crate::sealed::{Departure, Destination, Ring};
use std::sync::Arc;
use std::time::Duration;

/// A provider as the server uses it.
pub(crate) struct Upstream<'a> {
    /// What the operator decided about it.
    pub(crate) settings: &'a ProviderSettings,
    /// The secret with which codes are redeemed there; a public client has none.
    pub(crate) secret: Option<&'a ProviderSecret>,
    pub(crate) provider: &'a Provider,
    /// Seals the `state`.
    pub(crate) states: &'a Ring<Departure>,
    pub(crate) entropy: &'a dyn Entropy,
    /// How long a `state` is accepted.
    pub(crate) state_lifetime: Duration,
    /// Where the provider sends the browser back: our redirect URI there (OpenID Connect Core 1.0 §3.1.2.1).
    pub(crate) callback: String,
}

/// Somebody who is about to leave for the provider.
pub(crate) struct Leaving<'a> {
    pub(crate) destination: Destination,
    /// What tells their browser from others.
    pub(crate) browser: Digest,
    pub(crate) login_hint: Option<&'a str>,
    pub(crate) prompt: Prompt,
}

/// Somebody who came back with a code.
pub(crate) struct Return<'a> {
    pub(crate) departure: &'a Departure,
    pub(crate) code: &'a str,
    pub(crate) now: Timestamp,
}

impl Upstream<'_> {
    /// The way there (OpenID Connect Core 1.0 §3.1.2.1).
    pub(crate) async fn way(&self, leaving: Leaving<'_>, now: Timestamp) -> Result<String, Unidentified> {
        let metadata = self.metadata(now).await?;
        let Leaving { destination, browser, login_hint, prompt } = leaving;
        let expires_at = now.after(self.state_lifetime);
        let departure = Departure::new(destination, prompt, browser, expires_at, self.entropy);
        let state = self.states.seal(&departure, self.entropy);
        let mut query = form_urlencoded::Serializer::new(String::new());
        query
            .append_pair("response_type", "code")
            .append_pair("client_id", &self.settings.client_id)
            .append_pair("redirect_uri", &self.callback)
            .append_pair("scope", &self.settings.scope)
            .append_pair("state", &state)
            .append_pair("nonce", &departure.nonce())
            .append_pair("code_challenge", &departure.challenge())
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

    /// Whether the answer may be this provider's (RFC 9207 §2.4).
    pub(crate) async fn may_have_sent(
        &self,
        issuer: Option<&str>,
        now: Timestamp,
    ) -> Result<bool, Unidentified> {
        match issuer {
            Some(issuer) => Ok(issuer == self.settings.issuer),
            None => Ok(!self.metadata(now).await?.authorization_response_iss_parameter_supported),
        }
    }

    async fn metadata(&self, now: Timestamp) -> Result<Arc<ProviderMetadata>, Unidentified> {
        let unusable = |why| Unidentified::Unusable(format!("the provider's metadata {why}"));
        let fetch = async {
            let body = self.provider.get(&self.settings.metadata_url(), None).await?;
            ProviderMetadata::parse(&self.settings.issuer, &body).map_err(unusable)
        };
        self.provider.metadata.find(now, KEPT, fetch).await
    }

    /// Who came back (OpenID Connect Core 1.0 §3.1.3, §5.3).
    pub(crate) async fn identify(&self, came: &Return<'_>) -> Result<Claims, Unidentified> {
        let metadata = self.metadata(came.now).await?;
        let tokens = self.redeem(&metadata, came).await?;
        let mut claims = self.verified(&metadata, &tokens.id_token, came).await?;
        if let (true, Some(url), Some(token)) =
            (self.settings.lacks(&claims), &metadata.userinfo_endpoint, &tokens.access_token)
        {
            let more = parse(&self.provider.get(url, Some(token)).await?)?;
            claims.complete(more).map_err(|why| Unidentified::Unusable(why.to_owned()))?;
        }
        Ok(claims)
    }

    async fn verified(
        &self,
        metadata: &ProviderMetadata,
        token: &str,
        came: &Return<'_>,
    ) -> Result<Claims, Unidentified> {
        let token = IdToken::parse(token).ok_or_else(|| unusable("it is none"))?;
        let keys = self.provider.keys(&metadata.jwks_uri, token.key(), came.now).await?;
        if !token.is_signed_by(&keys) {
            return Err(unusable("none of the provider's keys signed it"));
        }
        let ProviderSettings { issuer, client_id, .. } = self.settings;
        let nonce = came.departure.nonce();
        token.judge(Expected { issuer, client_id, nonce: &nonce, now: came.now }).map_err(unusable)
    }
}

fn unusable(why: &str) -> Unidentified {
    Unidentified::Unusable(format!("the provider's ID token cannot be taken: {why}"))
}
