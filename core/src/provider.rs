//! Signing in at an OpenID provider, from the way there to who came back (OpenID Connect Core 1.0 §3.1).

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
use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use http::{StatusCode, header};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
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
/// How long nobody is asked again after a failure: whoever opens our pages must not be able to have us ask without end.
const FAILED: Duration = Duration::from_secs(2);

#[derive(Deserialize)]
struct Tokens {
    id_token: String,
    access_token: Option<String>,
}

#[derive(Deserialize)]
struct Failure {
    error: String,
    #[serde(default)]
    error_description: String,
}

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
            claims.complete(more).map_err(unusable)?;
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

    /// Redeems the code (RFC 6749 §4.1.3).
    async fn redeem(&self, metadata: &ProviderMetadata, came: &Return<'_>) -> Result<Tokens, Unidentified> {
        let response = self.provider.send(self.redemption(metadata, came)).await?;
        if response.status() == StatusCode::OK { parse(response.body()) } else { Err(refused(&response)) }
    }

    /// With the verifier (RFC 7636 §4.5), and the secret where the provider takes it.
    fn redemption(&self, metadata: &ProviderMetadata, came: &Return<'_>) -> Result<Request, http::Error> {
        let verifier = came.departure.verifier();
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair("grant_type", "authorization_code")
            .append_pair("code", came.code)
            .append_pair("redirect_uri", came.callback)
            .append_pair("code_verifier", &verifier);
        let mut request = http::Request::post(&metadata.token_endpoint)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(header::ACCEPT, "application/json");
        let client_id = &self.settings.client_id;
        match self.secret {
            Some(secret) if !metadata.wants_secret_in_body() => {
                request = request.header(header::AUTHORIZATION, basic(client_id, secret.as_str()));
            }
            secret => {
                form.append_pair("client_id", client_id);
                form.extend_pairs(secret.map(|secret| ("client_secret", secret.as_str())));
            }
        }
        request.body(Bytes::from(form.finish()))
    }
}

/// Where the provider sends people back.
pub(crate) fn callback(server: &Server) -> String {
    server.config.issuer.url(paths::CALLBACK)
}

/// RFC 6749 §2.3.1: both are encoded as in a form before they are put together.
fn basic(id: &str, secret: &str) -> String {
    let encoded = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    format!("Basic {}", STANDARD.encode(format!("{}:{}", encoded(id), encoded(secret))))
}

/// Why a code was not taken (RFC 6749 §5.2).
fn refused(response: &Response) -> Unidentified {
    match serde_json::from_slice(response.body()) {
        Ok(Failure { error, error_description }) if error == "invalid_grant" => {
            Unidentified::Spent(format!("the provider does not take the code: {error_description}"))
        }
        Ok(Failure { error, error_description }) => {
            Unidentified::Unusable(format!("the provider's token endpoint says {error}: {error_description}"))
        }
        Err(_) => {
            Unidentified::Unusable(format!("the provider's token endpoint answers {}", response.status()))
        }
    }
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

/// The last of something that was fetched, and when; and why the last time it was not.
struct Memory<T>(Mutex<Held<T>>);

struct Held<T> {
    value: Option<(Arc<T>, Timestamp)>,
    failed: Option<(Unidentified, Timestamp)>,
}

impl<T> Default for Memory<T> {
    fn default() -> Self {
        Self(Mutex::new(Held { value: None, failed: None }))
    }
}

impl<T> Memory<T> {
    fn recall(&self) -> Option<(Arc<T>, Timestamp)> {
        self.held().value.clone()
    }

    fn held(&self) -> MutexGuard<'_, Held<T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn failure(&self, now: Timestamp) -> Option<Unidentified> {
        let held = self.held();
        held.failed.as_ref().filter(|(_, since)| now < since.after(FAILED)).map(|(why, _)| why.clone())
    }

    /// What is not older than that, or else what `fetch` brings; should it bring nothing, what there is.
    async fn find(
        &self,
        now: Timestamp,
        kept: Duration,
        fetch: impl Future<Output = Result<T, Unidentified>>,
    ) -> Result<Arc<T>, Unidentified> {
        let old = match self.recall() {
            Some((value, since)) if now < since.after(kept) => return Ok(value),
            old => old.map(|(value, _)| value),
        };
        if let Some(why) = self.failure(now) {
            return old.ok_or(why);
        }
        match fetch.await {
            Ok(value) => {
                let value = Arc::new(value);
                *self.held() = Held { value: Some((value.clone(), now)), failed: None };
                Ok(value)
            }
            Err(why) => {
                self.held().failed = Some((why.clone(), now));
                old.ok_or(why)
            }
        }
    }
}
