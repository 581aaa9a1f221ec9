//! The public keys of a remote issuer: discovered (RFC 8414), fetched (RFC 7517 §5), and fetched again after a key
//! rotation.

use crate::jose::{PublicKey, jwt};
use crate::ports::{Clock, Timestamp};
use crate::protocol::{Issuer, paths};
use crate::token::introspection::IntrospectionUnavailable;
use crate::token::verifier::Verifier;
use crate::wire::{Cache, Found, HttpClient};
use bytes::Bytes;
use http::{StatusCode, header};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;

/// How long keys are used before they are fetched again: 10 minutes. A removed key is refused after that fetch.
const FRESH: Duration = Duration::from_secs(10 * 60);
/// The least time between two fetches for tokens with an unknown key id. An attacker can invent key ids, so this is
/// the rate limit for the requests that they cause.
const UNKNOWN_KEY: Duration = Duration::from_secs(10);
/// How long keys stay in use if they cannot be fetched. In an outage the issuer issues no tokens, and by default those of
/// before have expired by then.
const STALE: Duration = Duration::from_secs(60 * 60);
/// How long a fetch may take: two requests of 5 seconds. It may be cancelled before it ends, so another follows then.
const FETCH: Duration = Duration::from_secs(10);
/// How long a failure is cached.
const FAILED: Duration = Duration::from_secs(2);

/// Verifies tokens of an issuer by its published keys. The keys are fetched again when they are too old. If a fetch
/// fails, the old keys stay in use for an hour.
pub struct RemoteKeys {
    issuer: Issuer,
    http: Arc<dyn HttpClient>,
    clock: Arc<dyn Clock>,
    cache: Cache<(), Verifier, String>,
}

#[derive(Deserialize)]
struct Metadata {
    issuer: String,
    jwks_uri: String,
}

impl RemoteKeys {
    /// Creates the keys of `issuer`. Nothing is fetched yet.
    pub fn new(issuer: Issuer, http: Arc<dyn HttpClient>, clock: Arc<dyn Clock>) -> Self {
        Self { issuer, http, clock, cache: Cache::new(1) }
    }

    /// The issuer.
    pub fn issuer(&self) -> &Issuer {
        &self.issuer
    }

    /// Returns a verifier. It has the key that `token` names, if the issuer publishes that key.
    ///
    /// # Errors
    /// [`IntrospectionUnavailable`] if there are no keys, and none can be fetched.
    pub(crate) async fn verifier(&self, token: &str) -> Result<Arc<Verifier>, IntrospectionUnavailable> {
        let now = self.clock.now();
        let cached = self.cache.get(&(), now);
        if let Some(known) = &cached.found {
            let has_key = jwt::key_id(token).is_none_or(|id| known.value.has_key(&id));
            if now < known.since.after(if has_key { FRESH } else { UNKNOWN_KEY }) {
                return Ok(known.value.clone());
            }
        }
        let known = cached.found.map(|found| found.value);
        if let Some(why) = cached.failed {
            return known.ok_or(IntrospectionUnavailable(why));
        }
        if known.is_some() {
            // One request fetches. The others use the old keys meanwhile, without a stampede.
            self.cache.fail((), "the keys are being fetched".to_owned(), now.after(FETCH), true, now);
        }
        match self.fetch().await {
            Ok(keys) => Ok(self.keep(keys, known, now)),
            Err(why) => {
                self.cache.fail((), why.clone(), now.after(FAILED), true, now);
                known.ok_or(IntrospectionUnavailable(why))
            }
        }
    }

    /// Stores fetched keys. If they are unchanged, the verifier stays, with its cache of verified tokens.
    fn keep(&self, keys: Vec<PublicKey>, known: Option<Arc<Verifier>>, now: Timestamp) -> Arc<Verifier> {
        let same = known.filter(|known| known.has_keys(&keys));
        let verifier = same.unwrap_or_else(|| Arc::new(Verifier::new(self.issuer.clone(), keys)));
        let fresh = now.after(FRESH);
        let found = Found { value: verifier.clone(), since: now, fresh, stale: fresh.after(STALE) };
        self.cache.put((), found, now);
        verifier
    }

    async fn fetch(&self) -> Result<Vec<PublicKey>, String> {
        let metadata: Metadata = self.get(&self.issuer.url(paths::METADATA)).await?;
        if metadata.issuer != self.issuer.as_str() {
            return Err(format!("the metadata of {} has the issuer {:?}", self.issuer, metadata.issuer));
        }
        let is_safe = metadata.jwks_uri.starts_with("https://") || !self.issuer.is_https();
        if !is_safe {
            return Err(format!("the metadata of {} has a jwks_uri without https", self.issuer));
        }
        let set: Value = self.get(&metadata.jwks_uri).await?;
        let keys: Vec<_> =
            set["keys"].as_array().into_iter().flatten().filter_map(PublicKey::parse).collect();
        if keys.is_empty() { Err(format!("{} has no ES256 key", metadata.jwks_uri)) } else { Ok(keys) }
    }

    async fn get<T: DeserializeOwned>(&self, url: &str) -> Result<T, String> {
        let request = http::Request::get(url).header(header::ACCEPT, "application/json").body(Bytes::new());
        let request = request.map_err(|error| format!("{url}: {error}"))?;
        let response = self.http.send(request).await.map_err(|error| format!("{url}: {error}"))?;
        match response.status() {
            StatusCode::OK => {
                serde_json::from_slice(response.body()).map_err(|error| format!("{url}: {error}"))
            }
            status => Err(format!("{url} answered {status}")),
        }
    }
}
