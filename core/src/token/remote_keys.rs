//! The public keys of a remote issuer: discovered (RFC 8414), fetched (RFC 7517 §5), and fetched again after a key
//! rotation.

use crate::jose::{Object, PublicKey, jwt};
use crate::ports::{Clock, Deadline, Timestamp};
use crate::protocol::{Issuer, paths};
use crate::token::introspection::IntrospectionUnavailable;
use crate::token::verifier::Verifier;
use crate::wire::{Cache, Found, HttpClient};
use async_lock::Mutex;
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
/// How long a failure is cached.
const FAILED: Duration = Duration::from_secs(2);

/// Verifies tokens of an issuer by its published keys. The keys are fetched again when they are too old. If a fetch
/// fails, the old keys stay in use for an hour.
pub struct RemoteKeys {
    issuer: Issuer,
    http: Arc<dyn HttpClient>,
    clock: Arc<dyn Clock>,
    cache: Cache<(), Verifier, String>,
    fetching: Mutex<()>,
}

#[derive(Deserialize)]
struct Metadata {
    issuer: String,
    jwks_uri: String,
}

impl RemoteKeys {
    /// Creates the keys of `issuer`. Nothing is fetched yet.
    pub fn new(issuer: Issuer, http: Arc<dyn HttpClient>, clock: Arc<dyn Clock>) -> Self {
        Self { issuer, http, clock, cache: Cache::new(1), fetching: Mutex::new(()) }
    }

    /// Returns a verifier. It has the key that `token` names, if the issuer publishes that key.
    ///
    /// # Errors
    /// [`IntrospectionUnavailable`] if that key is not known, and the keys cannot be fetched.
    pub(crate) async fn verifier(
        &self,
        token: &str,
        deadline: &Deadline,
    ) -> Result<Arc<Verifier>, IntrospectionUnavailable> {
        let Some(id) = jwt::key_id(token) else {
            // The verifier refuses a token without a key id. It causes no fetch.
            return Ok(Arc::new(Verifier::new(self.issuer.clone(), Vec::new())));
        };
        if let Some(settled) = self.settled(&id) {
            return settled;
        }
        // One request fetches. Requests whose key is known use it meanwhile, and the others wait.
        let _fetching = match (self.known(&id), self.fetching.try_lock()) {
            (_, Some(lock)) => lock,
            (Some(known), None) => return Ok(known),
            (None, None) => self.fetching.lock().await,
        };
        if let Some(settled) = self.settled(&id) {
            return settled;
        }
        if let Err(error) = deadline.step() {
            // Not cached: the issuer did nothing wrong.
            return self.known(&id).ok_or(IntrospectionUnavailable(error.to_string()));
        }
        let fetched = self.fetch(deadline).await;
        let now = self.clock.now();
        match fetched {
            Ok(keys) => Ok(self.keep(keys, now)),
            Err(why) => {
                self.cache.fail((), why.clone(), now.after(FAILED), true, now);
                self.known(&id).ok_or(IntrospectionUnavailable(why))
            }
        }
    }

    /// The answer without a fetch. `None` if the keys have to be fetched.
    fn settled(&self, id: &str) -> Option<Result<Arc<Verifier>, IntrospectionUnavailable>> {
        let (now, known) = (self.clock.now(), self.known(id));
        let cached = self.cache.get(&(), now);
        let kept = if known.is_some() { FRESH } else { UNKNOWN_KEY };
        let fresh = cached.found.filter(|found| now < found.since.after(kept));
        match (fresh, cached.failed) {
            (Some(fresh), _) => Some(Ok(fresh.value)),
            (None, Some(why)) => Some(known.ok_or(IntrospectionUnavailable(why))),
            (None, None) => None,
        }
    }

    /// The verifier, if it has this key.
    fn known(&self, id: &str) -> Option<Arc<Verifier>> {
        let found = self.cache.get(&(), self.clock.now()).found.map(|found| found.value);
        found.filter(|verifier| verifier.has_key(id))
    }

    /// Unchanged keys keep their verifier, and with it the tokens that it has verified.
    fn keep(&self, keys: Vec<PublicKey>, now: Timestamp) -> Arc<Verifier> {
        let known = self.cache.get(&(), now).found.map(|found| found.value);
        let same = known.filter(|known| known.has_keys(&keys));
        let verifier = same.unwrap_or_else(|| Arc::new(Verifier::new(self.issuer.clone(), keys)));
        let fresh = now.after(FRESH);
        let found = Found { value: verifier.clone(), since: now, fresh, stale: fresh.after(STALE) };
        self.cache.put((), found, now);
        verifier
    }

    async fn fetch(&self, deadline: &Deadline) -> Result<Vec<PublicKey>, String> {
        let metadata: Metadata = self.get(&self.issuer.document(paths::METADATA), deadline).await?;
        if metadata.issuer != self.issuer.as_str() {
            return Err(format!("the metadata of {} has the issuer {:?}", self.issuer, metadata.issuer));
        }
        let is_safe = metadata.jwks_uri.starts_with("https://") || !self.issuer.is_https();
        if !is_safe {
            return Err(format!("the metadata of {} has a jwks_uri without https", self.issuer));
        }
        let set: Value = self.get(&metadata.jwks_uri, deadline).await?;
        let keys: Vec<_> =
            set["keys"].as_array().into_iter().flatten().filter_map(PublicKey::parse).collect();
        if keys.is_empty() { Err(format!("{} has no ES256 key", metadata.jwks_uri)) } else { Ok(keys) }
    }

    async fn get<T: DeserializeOwned>(&self, url: &str, deadline: &Deadline) -> Result<T, String> {
        let limit = deadline.step().map_err(|error| format!("{url}: {error}"))?;
        let request = http::Request::get(url).header(header::ACCEPT, "application/json").body(Bytes::new());
        let request = request.map_err(|error| format!("{url}: {error}"))?;
        let response = self.http.send(request, limit).await.map_err(|error| format!("{url}: {error}"))?;
        match response.status() {
            StatusCode::OK => Object::read(crate::wire::without_bom(response.body()))
                .map_err(|error| format!("{url}: {error}")),
            status => Err(format!("{url} answered {status}")),
        }
    }
}
