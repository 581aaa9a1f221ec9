//! A bounded cache of what clients publish: their Client ID Metadata Documents (CIMD) and keys. With it, this
//! server does not ask the client's web server at every request (RFC 9111;
//! draft-ietf-oauth-client-id-metadata-document §5).

use crate::client::authentication::{InvalidKeys, PublishedKeys};
use crate::client::document::{ClientDocument, InvalidDocument};
use crate::client::fetches::Fetches;
use crate::jose::{JwkSet, Object};
use crate::ports::{Deadline, NoTimeLeft, Timestamp};
use crate::protocol::{DocumentUrl, Refusal};
use crate::rules;
use crate::wire::{self, Cache, Cached, Found, Response};
use async_trait::async_trait;
use http::{HeaderMap, StatusCode, header};
use std::sync::Arc;
use std::time::Duration;
use thiserror::Error;

/// Fetches what clients publish. Against SSRF, an implementation connects to public addresses only, follows no
/// redirect, sends no credentials, and reads at most [`MAX_DOCUMENT_BYTES`].
#[async_trait]
pub trait Fetch: Send + Sync {
    /// Sends a GET request for `url` and returns the response, whatever its status. The whole exchange ends after `limit`
    /// at the latest. An implementation may have a shorter limit of its own.
    ///
    /// # Errors
    /// [`FetchError`], which says whether the client caused it.
    async fn fetch(&self, url: &DocumentUrl, limit: Duration) -> Result<Response, FetchError>;
}

/// The longest document that is read, in bytes.
pub const MAX_DOCUMENT_BYTES: usize = 32 * 1024;

/// Why something could not be fetched.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{0}")]
pub enum FetchError {
    /// The URL must not be fetched, or the response cannot be used. The client must fix it.
    Invalid(String),
    /// The client's web server did not answer this time, or asked to try later.
    Unavailable(String),
}

impl From<NoTimeLeft> for FetchError {
    fn from(error: NoTimeLeft) -> Self {
        Self::Unavailable(error.to_string())
    }
}

/// How long a response is fresh: minimum (1 minute), maximum (1 hour), and the default without `Cache-Control` (5
/// minutes). The maximum is the time after which a client can use the new keys in its document, whatever its
/// headers say.
const FRESH: (Duration, Duration) = (Duration::from_secs(60), Duration::from_secs(60 * 60));
const USUAL: Duration = Duration::from_secs(5 * 60);
/// How long an expired document is used while its server does not answer (stale-if-error, RFC 5861 §4): 24 hours.
/// For keys it is 10 minutes, because they may have been withdrawn.
const STALE: (Duration, Duration) = (Duration::from_secs(24 * 60 * 60), Duration::from_secs(10 * 60));
/// How long a failure is cached: 10 seconds. So an attacker cannot make this server send requests without limit.
const FAILED: Duration = Duration::from_secs(10);
/// The most entries in each cache. Each is a few kilobytes at most.
const MAX_KEPT: usize = 512;

/// The cache of what clients publish.
pub struct Documents {
    fetch: Arc<dyn Fetch>,
    /// Whether a client may be on this machine. True only if this server is local too.
    loopback: bool,
    documents: Cache<DocumentUrl, ClientDocument, FetchError>,
    keys: Cache<DocumentUrl, JwkSet, FetchError>,
    fetches: Fetches,
}

/// A lookup: the cache, the URL, and how long an expired value may be used.
struct Wanted<'a, T> {
    cache: &'a Cache<DocumentUrl, T, FetchError>,
    url: &'a DocumentUrl,
    stale: Duration,
    /// Whether a fresh value may be outdated, because it does not verify a signature (key rotation).
    is_doubted: &'a (dyn Fn(&Found<T>) -> bool + Sync),
    /// Of the request that needs it.
    deadline: &'a Deadline,
}

impl<T> Wanted<'_, T> {
    /// What the cache answers, if that is enough.
    fn cached(&self, now: Timestamp) -> Option<Result<Arc<T>, FetchError>> {
        let Cached { found, failed } = self.cache.get(self.url, now);
        let sound = found.filter(|found| now < found.fresh && !(self.is_doubted)(found));
        sound.map(|found| Ok(found.value)).or(failed.map(Err))
    }
}

impl Documents {
    /// An empty cache that fetches with `fetch`. With `loopback`, it also fetches from this machine.
    pub fn new(fetch: Arc<dyn Fetch>, loopback: bool) -> Self {
        let (documents, keys) = (Cache::new(MAX_KEPT), Cache::new(MAX_KEPT));
        Self { fetch, loopback, documents, keys, fetches: Fetches::default() }
    }

    /// The document at `url`.
    ///
    /// # Errors
    /// [`FetchError`], which says whether the client caused it.
    pub async fn client(
        &self,
        url: &DocumentUrl,
        now: Timestamp,
        deadline: &Deadline,
    ) -> Result<Arc<ClientDocument>, FetchError> {
        let parse = |body: &[u8]| ClientDocument::parse(url, body);
        let is_doubted = &|_: &Found<_>| false;
        self.find(Wanted { cache: &self.documents, url, stale: STALE.0, is_doubted, deadline }, now, parse)
            .await
    }

    /// The document at `url`, if this process has fetched it.
    pub(crate) fn known(&self, url: &DocumentUrl, now: Timestamp) -> Option<Arc<ClientDocument>> {
        self.documents.get(url, now).found.map(|found| found.value)
    }

    /// A client's keys. `doubted` says that the known keys do not verify a signature. The client may have changed them,
    /// also under the same `kid`, so they are fetched again, unless that was done in the last 10 seconds.
    ///
    /// # Errors
    /// [`FetchError`], which says whether the client caused it.
    pub async fn keys(
        &self,
        published: &PublishedKeys,
        doubted: bool,
        now: Timestamp,
        deadline: &Deadline,
    ) -> Result<Arc<JwkSet>, FetchError> {
        let url = match published {
            PublishedKeys::Here(keys) => return Ok(Arc::new(keys.clone())),
            PublishedKeys::At(url) => url,
        };
        // Not at every request: an attacker can invent signatures.
        let is_doubted = &|known: &Found<JwkSet>| doubted && known.since.after(FAILED) <= now;
        let parse = |body: &[u8]| {
            let set = Object::read(body).map_err(|error| InvalidDocument::read(&error))?;
            Ok(JwkSet::parse(&set).map_err(InvalidKeys::from)?)
        };
        self.find(Wanted { cache: &self.keys, url, stale: STALE.1, is_doubted, deadline }, now, parse).await
    }

    async fn find<T>(
        &self,
        wanted: Wanted<'_, T>,
        now: Timestamp,
        parse: impl Fn(&[u8]) -> Result<T, InvalidDocument>,
    ) -> Result<Arc<T>, FetchError> {
        if let Some(cached) = wanted.cached(now) {
            return cached;
        }
        // Requests that need the same document at once cause one fetch.
        let _turn = self.fetches.turn(wanted.url).await;
        match wanted.cached(now) {
            Some(cached) => cached,
            None => self.find_anew(wanted, now, parse).await,
        }
    }

    async fn find_anew<T>(
        &self,
        Wanted { cache, url, stale, deadline, .. }: Wanted<'_, T>,
        now: Timestamp,
        parse: impl Fn(&[u8]) -> Result<T, InvalidDocument>,
    ) -> Result<Arc<T>, FetchError> {
        let found = cache.get(url, now).found;
        let is_fresh = found.as_ref().is_some_and(|found| now < found.fresh);
        let old = found.map(|found| found.value);
        let limit = match (deadline.step(), old.clone()) {
            (Ok(limit), _) => limit,
            (Err(_), Some(old)) => return Ok(old),
            // Not cached: the document's server did nothing wrong.
            (Err(error), None) => return Err(error.into()),
        };
        // Not cached for the same reason.
        let Some(_fetching) = self.fetches.begin(url) else {
            let busy = "too many fetches are under way, to its host or in all";
            return old.ok_or_else(|| FetchError::Unavailable(busy.to_owned()));
        };
        match (self.ask(url, limit, parse).await, old) {
            (Ok((value, lifetime)), _) => {
                let (value, fresh) = (Arc::new(value), now.after(lifetime.fresh));
                let stale = if lifetime.stale { fresh.after(stale) } else { fresh };
                cache.put(url.clone(), Found { value: value.clone(), since: now, fresh, stale }, now);
                Ok(value)
            }
            // An attacker who invents a signature must not make this server drop valid keys.
            (Err(why), Some(old)) if is_fresh || matches!(why, FetchError::Unavailable(_)) => {
                cache.confirm(url, now, now.after(FAILED));
                Ok(old)
            }
            (Err(why), _) => {
                cache.fail(url.clone(), why.clone(), now.after(FAILED), false, now);
                Err(why)
            }
        }
    }

    async fn ask<T>(
        &self,
        url: &DocumentUrl,
        limit: Duration,
        parse: impl Fn(&[u8]) -> Result<T, InvalidDocument>,
    ) -> Result<(T, Lifetime), FetchError> {
        if url.is_loopback() && !self.loopback {
            return Err(FetchError::Invalid("its host is a loopback host; use a public host".to_owned()));
        }
        let response = self.fetch.fetch(url, limit).await?;
        validate(&response)?;
        let value = parse(wire::without_bom(response.body()))
            .map_err(|error| FetchError::Invalid(error.to_string()))?;
        Ok((value, lifetime(response.headers())))
    }
}

/// Statuses of bot protection and overload. They do not make the client invalid.
const PASSING: [StatusCode; 5] = [
    StatusCode::UNAUTHORIZED,
    StatusCode::FORBIDDEN,
    StatusCode::REQUEST_TIMEOUT,
    StatusCode::TOO_EARLY,
    StatusCode::TOO_MANY_REQUESTS,
];

/// Whether a response is a document. A redirect is not followed (SSRF), and passes: a page of bot protection or of
/// maintenance begins with one. 404, 410 and an unsound document are final.
fn validate(response: &Response) -> Result<(), FetchError> {
    let status = response.status();
    if status.is_server_error() || status.is_redirection() || PASSING.contains(&status) {
        return Err(FetchError::Unavailable(format!("its server answered {status}")));
    }
    if status != StatusCode::OK {
        return Err(FetchError::Invalid(format!("its server answered {status}")));
    }
    // We asked for `identity`. A server or a cache in front of it that encodes all the same says nothing about the client,
    // so a kept copy stays in use.
    if let Some(encoding) = wire::content_encoding(response.headers()) {
        return Err(FetchError::Unavailable(format!("its server answered with Content-Encoding {encoding}")));
    }
    if !wire::is_json(response.headers()) {
        return Err(FetchError::Invalid("its Content-Type must be JSON".to_owned()));
    }
    Ok(())
}

/// How long a response may be cached.
#[derive(Clone, Copy)]
struct Lifetime {
    fresh: Duration,
    /// Whether it may be used after that, if a new fetch fails (RFC 9111 §4.2.4).
    stale: bool,
}

/// The lifetime from `Cache-Control` and `Age` (RFC 9111 §5.2.2), within our limits.
fn lifetime(headers: &HeaderMap) -> Lifetime {
    let values = headers.get_all(header::CACHE_CONTROL).iter().filter_map(|value| value.to_str().ok());
    let directives: Vec<_> =
        values.flat_map(|value| value.split(',')).map(|one| one.trim().to_ascii_lowercase()).collect();
    let says = |names: &[&str]| directives.iter().any(|one| names.contains(&one.as_str()));
    if says(&["no-store", "no-cache"]) {
        return Lifetime { fresh: FRESH.0, stale: false };
    }
    let seconds = |name: &str| {
        let argument = directives.iter().find_map(|one| one.strip_prefix(name)?.strip_prefix('='))?;
        argument.trim_matches('"').parse().ok()
    };
    let age = headers.get(header::AGE).and_then(|age| age.to_str().ok()?.parse().ok()).unwrap_or(0);
    let said = seconds("s-maxage").or_else(|| seconds("max-age")).map(|said: u64| said.saturating_sub(age));
    let fresh = said.map_or(USUAL, Duration::from_secs).clamp(FRESH.0, FRESH.1);
    Lifetime { fresh, stale: !says(&["must-revalidate", "proxy-revalidate"]) }
}

impl FetchError {
    /// The refusal for the client. It says whether trying again can help.
    pub(crate) fn refusal(&self, what: &str) -> Refusal {
        match self {
            Self::Invalid(why) => {
                rules::CLIENT_DOCUMENT_INVALID.refuse(format!("{what} cannot be used: {why}"))
            }
            Self::Unavailable(why) => {
                let sorry = format!("{what} could not be fetched; try again in a minute");
                rules::CLIENT_DOCUMENT_AWAY.refuse(sorry).because(format!("{what}: {why}"))
            }
        }
    }
}
