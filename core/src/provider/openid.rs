//! Sign-in at an OpenID provider, from the redirect there to the claims that come back (OpenID Connect Core 1.0
//! §3.1).

use crate::config::ProviderSettings;
use crate::jose::{ALGORITHMS, JwkSet};
use crate::ports::Timestamp;
use crate::protocol::{PersonId, Prompt};
use crate::provider::claims::Claims;
use crate::provider::connection::parse;
use crate::provider::error::{ProviderError, quoted};
use crate::provider::id_token::{Expected, IdToken};
use crate::provider::metadata::ProviderMetadata;
use crate::provider::need::Need;
use crate::provider::resources::Wanted;
use crate::provider::way::{Identity, SignInRedirect, SignInReturn, Way};
use std::sync::Arc;

/// An OpenID provider, with everything that the server needs to use it.
pub(super) struct OpenId<'a> {
    pub(super) settings: &'a ProviderSettings,
    pub(super) way: &'a Way<'a>,
}

impl OpenId<'_> {
    /// The URL of the authentication request (OpenID Connect Core 1.0 §3.1.2.1).
    pub(super) async fn redirect_url(
        &self,
        sign_in_redirect: SignInRedirect<'_>,
        now: Timestamp,
    ) -> Result<String, ProviderError> {
        let metadata = self.metadata(now).await?;
        let (login_hint, prompt) = (sign_in_redirect.login_hint, sign_in_redirect.prompt);
        let (provider_state, state) = self.way.new_state(sign_in_redirect, now);
        let mut query = form_urlencoded::Serializer::new(String::new());
        query
            .append_pair("response_type", "code")
            .append_pair("client_id", self.settings.client_id())
            .append_pair("redirect_uri", &self.way.callback)
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

    /// Checks that the authorization response is from this provider (mix-up attack; RFC 9207 §2.4).
    ///
    /// # Errors
    /// [`ProviderError::MixUp`] if it is not.
    pub(super) async fn validate_issuer(
        &self,
        sent: Option<&str>,
        now: Timestamp,
    ) -> Result<(), ProviderError> {
        let issuer = self.settings.issuer();
        let why = match sent {
            Some(sent) if sent == issuer => return Ok(()),
            Some(sent) => format!("has the iss {}, and not that of the provider, {issuer}", quoted(sent)),
            None if !self.metadata(now).await?.authorization_response_iss_parameter_supported => {
                return Ok(());
            }
            None => format!("has no iss, though the metadata of {issuer} says that its responses have one"),
        };
        Err(ProviderError::MixUp(format!("the provider's response {why} (mix-up attack)")))
    }

    async fn metadata(&self, now: Timestamp) -> Result<Arc<ProviderMetadata>, ProviderError> {
        let unusable = |why| ProviderError::Invalid(format!("the provider's metadata {why}"));
        let fetch = async {
            let body =
                self.way.connection.get(&self.settings.metadata_url(), None, self.way.deadline).await?;
            ProviderMetadata::parse(self.settings, &body).map_err(unusable)
        };
        self.way.connection.metadata(fetch, now, self.way.deadline).await
    }

    /// Redeems the code, and returns the claims about the user (OpenID Connect Core 1.0 §3.1.3, §5.3). A failure of
    /// `UserInfo` counts only if a rule needs its claims.
    pub(super) async fn identify(&self, came: &SignInReturn<'_>) -> Result<Identity, ProviderError> {
        let metadata = self.metadata(came.now).await?;
        // Before the code is spent, so that it is not spent in vain if the keys cannot be fetched.
        self.way.connection.keys(&metadata.jwks_uri, came.now, self.way.deadline).await?;
        let tokens = self.redeem(&metadata, came).await?;
        let mut claims = self.verified(&metadata, &tokens.id_token, came).await?;
        let (endpoint, token) = (&metadata.userinfo_endpoint, &tokens.access_token);
        let (Some(url), Some(token)) = (endpoint, token) else {
            return Ok(Identity { claims, missed: None });
        };
        let missed = match self.needs(&claims, came.wanted) {
            Need::Nothing => None,
            need => match (self.complete(&mut claims, url, token).await, need) {
                (Ok(()), _) => None,
                (Err(why), Need::Extra) => Some(why),
                // A fault that lasts does not hide the empty list. One that passes may hide the groups.
                (Err(why @ ProviderError::Invalid(_)), Need::EmptyList) => Some(why),
                (Err(why), _) => return Err(why),
            },
        };
        Ok(Identity { claims, missed })
    }

    fn needs(&self, claims: &Claims, wanted: Wanted<'_>) -> Need {
        let person = PersonId::at_provider(self.settings.issuer(), &claims.subject);
        let of_resources = person.map_or(Need::Nothing, |person| {
            self.settings.registration.people.resource_needs(claims, &person, wanted)
        });
        let has_email = self.settings.scope.split(' ').any(|one| one == "email");
        self.settings.registration.people.needs(claims, has_email).max(of_resources)
    }

    async fn complete(&self, claims: &mut Claims, url: &str, token: &str) -> Result<(), ProviderError> {
        let more = parse(
            "the claims of UserInfo",
            &self.way.connection.get(url, Some(token), self.way.deadline).await?,
        )?;
        claims.complete(more).map_err(|why| ProviderError::Invalid(why.to_owned()))
    }

    async fn verified(
        &self,
        metadata: &ProviderMetadata,
        token: &str,
        came: &SignInReturn<'_>,
    ) -> Result<Claims, ProviderError> {
        let token = IdToken::parse(token).ok_or_else(|| {
            unusable("it is not a signed JWT without critical extensions; encrypted tokens are not supported")
        })?;
        if !JwkSet::supports(token.algorithm()) {
            let (sent, known) = (quoted(token.algorithm()), ALGORITHMS.join(", "));
            return Err(unusable(&format!("its alg is {sent}; let the provider sign with one of {known}")));
        }
        let mut keys = self.way.connection.keys(&metadata.jwks_uri, came.now, self.way.deadline).await?;
        if !token.is_signed_by(&keys.value) {
            keys = self.way.connection.keys_again(&metadata.jwks_uri, came.now, self.way.deadline).await?;
        }
        if !token.is_signed_by(&keys.value) {
            return Err(self.unverified(token.key(), keys.since, came.now));
        }
        let (issuer, client_id) = (self.settings.issuer(), self.settings.client_id());
        let nonce = came.provider_state.nonce();
        token.validate(Expected { issuer, client_id, nonce: &nonce, now: came.now }).map_err(unusable)
    }

    /// No known key verifies the ID token. If the keys were not fetched just now, the provider may have newer ones.
    fn unverified(&self, kid: Option<&str>, since: Timestamp, now: Timestamp) -> ProviderError {
        let kid = kid.map_or("no kid".to_owned(), |kid| format!("the kid {}", quoted(kid)));
        let why = format!("no key that the provider publishes verifies its signature (it has {kid})");
        if since == now {
            return unusable(&why);
        }
        let age = now.0.saturating_sub(since.0);
        let failure = self.way.connection.keys_failure(now);
        let failure =
            failure.map(|failure| format!("; the last fetch failed: {failure}")).unwrap_or_default();
        ProviderError::Unavailable(format!(
            "the provider's ID token cannot be verified yet: {why}; the keys are {age} s old, and are fetched again \
             at most once a minute{failure}"
        ))
    }
}

fn unusable(why: &str) -> ProviderError {
    ProviderError::Invalid(format!("the provider's ID token is not valid: {why}"))
}
