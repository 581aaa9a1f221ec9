//! Signing in at an OpenID provider, from the way there to who came back (OpenID Connect Core 1.0 §3.1).

mod memory;
mod redemption;

use crate::clock::Timestamp;
use crate::config::{ProviderSecret, ProviderSettings};
use crate::paths;
use crate::protocol::departure::{Departure, Destination};
use crate::protocol::digest::Digest;
use crate::protocol::id_token::{Claims, Expected, IdToken};
use crate::protocol::jwk_set::JwkSet;
use crate::protocol::prompt::Prompt;
use crate::protocol::provider_metadata::ProviderMetadata;
use crate::server::Server;
use crate::wire::{Request, Response};
use async_trait::async_trait;
use bytes::Bytes;
use http::{StatusCode, header};
use memory::Memory;
use serde::de::DeserializeOwned;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// Asks a provider. It follows no redirect, and ends within seconds.
#[async_trait]
pub trait Ask: Send + Sync {
    /// Whatever is answered, of no more than 64 KiB.
    ///
    /// # Errors
    /// [`Unreached`] when there is no answer.
    async fn ask(&self, request: Request) -> Result<Response, Unreached>;
}

/// Nobody answered; why is for the operator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreached(pub String);

/// The way to a provider, and what is remembered of it.
pub struct Provider {
    ask: Arc<dyn Ask>,
    metadata: Memory<ProviderMetadata>,
    keys: Memory<JwkSet>,
}

/// A provider as the server uses it.
#[derive(Clone, Copy)]
pub(crate) struct Upstream<'a> {
    /// What the operator decided about it.
    pub(crate) settings: &'a ProviderSettings,
    /// The secret with which codes are redeemed there; a public client has none.
    pub(crate) secret: Option<&'a ProviderSecret>,
    pub(crate) provider: &'a Provider,
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
    /// Where, as the provider was told (RFC 6749 §4.1.3).
    pub(crate) callback: &'a str,
    pub(crate) now: Timestamp,
}

/// Why nobody knows who somebody is; the sentence is for the operator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Unidentified {
    /// The provider did not answer.
    Unreached(String),
    /// It does not take the code: it was spent before, or given to somebody else.
    Spent(String),
    /// It answers what it must not, or does not know this server: for the operator to mend.
    Unusable(String),
}

/// How long what a provider says is kept, and how soon its keys are fetched again when one is missing.
const KEPT: Duration = Duration::from_secs(60 * 60);
const SOON: Duration = Duration::from_secs(60);

impl Provider {
    /// One of which nothing is known yet.
    pub fn new(ask: Arc<dyn Ask>) -> Self {
        Self { ask, metadata: Memory::default(), keys: Memory::default() }
    }

    async fn keys(&self, url: &str, id: Option<&str>, now: Timestamp) -> Result<Arc<JwkSet>, Unidentified> {
        let known = self.keys.recall();
        let lacks = known.is_some_and(|(keys, _)| id.is_some_and(|id| !keys.has(id)));
        self.keys
            .find(now, if lacks { SOON } else { KEPT }, async {
                let set = parse(&self.get(url, None).await?)?;
                JwkSet::parse(&set)
                    .map_err(|error| Unidentified::Unusable(format!("the provider's {}", error.0)))
            })
            .await
    }

    async fn get(&self, url: &str, token: Option<&str>) -> Result<Bytes, Unidentified> {
        let request = http::Request::get(url).header(header::ACCEPT, "application/json");
        let request = token
            .into_iter()
            .fold(request, |request, token| request.header(header::AUTHORIZATION, format!("Bearer {token}")));
        let response = self.send(request.body(Bytes::new())).await?;
        let status = response.status();
        (status == StatusCode::OK)
            .then(|| response.into_body())
            .ok_or_else(|| Unidentified::Unusable(format!("the provider answers {status} at {url}")))
    }

    /// Sends a request; an answer that asks for patience is none.
    async fn send(&self, request: Result<Request, http::Error>) -> Result<Response, Unidentified> {
        let request = request.map_err(|error| Unidentified::Unusable(error.to_string()))?;
        let answered = self.ask.ask(request).await;
        let response = answered.map_err(|Unreached(why)| Unidentified::Unreached(why))?;
        let status = response.status();
        let patience = status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS;
        if patience {
            return Err(Unidentified::Unreached(format!("the provider answers {status}")));
        }
        Ok(response)
    }
}

impl Upstream<'_> {
    /// The way there (OpenID Connect Core 1.0 §3.1.2.1).
    pub(crate) async fn way(
        &self,
        server: &Server,
        leaving: Leaving<'_>,
        now: Timestamp,
    ) -> Result<String, Unidentified> {
        let metadata = self.metadata(now).await?;
        let Leaving { destination, browser, login_hint, prompt } = leaving;
        let expires_at = now.after(server.config.lifetimes.departure);
        let departure = Departure::new(destination, prompt, browser, expires_at, &*server.entropy);
        let state = server.keys.departures.seal(&departure, &*server.entropy);
        let mut query = form_urlencoded::Serializer::new(String::new());
        query
            .append_pair("response_type", "code")
            .append_pair("client_id", &self.settings.client_id)
            .append_pair("redirect_uri", &callback(server))
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

/// Where the provider sends people back.
pub(crate) fn callback(server: &Server) -> String {
    server.config.issuer.url(paths::CALLBACK)
}

fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, Unidentified> {
    serde_json::from_slice(body)
        .map_err(|error| Unidentified::Unusable(format!("the provider's answer cannot be read: {error}")))
}

fn unusable(why: &str) -> Unidentified {
    Unidentified::Unusable(format!("the provider's ID token cannot be taken: {why}"))
}

impl fmt::Display for Unidentified {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Self::Unreached(why) | Self::Spent(why) | Self::Unusable(why)) = self;
        f.write_str(why)
    }
}

impl std::error::Error for Unidentified {}
