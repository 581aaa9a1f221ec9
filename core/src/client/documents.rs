//! What clients publish, and how long it is kept: a bounded memory of their documents and keys, so that a client's own
//! web server is asked now and then and not with every request (RFC 9111; draft-ietf-oauth-client-id-metadata-document §5).

use crate::client::authentication::PublishedKeys;
use crate::client::document::{ClientDocument, InvalidDocument};
use crate::jose::JwkSet;
use crate::ports::Timestamp;
use crate::protocol::{DocumentUrl, Refusal};
use crate::wire::{self, Response};
use async_trait::async_trait;
use http::{HeaderMap, StatusCode, header};
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Fetches what clients publish. It follows no redirect, shows no credentials, reaches public addresses alone, reads no
/// more than [`MAX_DOCUMENT_BYTES`], and ends within seconds.
#[async_trait]
pub trait Fetch: Send + Sync {
    /// What a GET of `url` is answered, whatever its status.
    ///
    /// # Errors
    /// [`FetchError`], by whose fault it is.
    async fn fetch(&self, url: &DocumentUrl) -> Result<Response, FetchError>;
}

/// The longest document that is read, in bytes.
pub const MAX_DOCUMENT_BYTES: usize = 32 * 1024;

/// Why something could not be fetched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FetchError {
    /// It is not to be fetched, or is not what it should be: the client's fault.
    Invalid(String),
    /// Nobody answered this time.
    Unavailable(String),
}

/// How long documents are kept at least, at most, and when nothing is said of it. A client that changes its keys in its
/// document is let in again within the hour, whatever it says.
const FRESH: (Duration, Duration) = (Duration::from_secs(60), Duration::from_secs(60 * 60));
const USUAL: Duration = Duration::from_secs(5 * 60);
/// How long an old document stands in while its server does not answer (RFC 5861 §4), and how long old keys do: those may
/// have been withdrawn.
const STALE: (Duration, Duration) = (Duration::from_secs(24 * 60 * 60), Duration::from_secs(10 * 60));
/// How long nobody is asked again after a failure, so that this server cannot be made to ask without end.
const FAILED: Duration = Duration::from_secs(10);
/// So many documents are kept, of a few kilobytes each at most.
const MAX_KEPT: usize = 512;

/// What clients publish.
pub struct Documents {
    fetch: Arc<dyn Fetch>,
    /// Whether a client may be on this machine: then this server is, too.
    loopback: bool,
    documents: Memory<ClientDocument>,
    keys: Memory<JwkSet>,
}

impl Documents {
    /// Fetches with `fetch`; from this machine too if `loopback`.
    pub fn new(fetch: Arc<dyn Fetch>, loopback: bool) -> Self {
        Self { fetch, loopback, documents: Memory::new(STALE.0), keys: Memory::new(STALE.1) }
    }

    /// The document at `url`.
    ///
    /// # Errors
    /// [`FetchError`], by whose fault it is.
    pub async fn client(&self, url: &DocumentUrl, now: Timestamp) -> Result<Arc<ClientDocument>, FetchError> {
        let remembered = self.documents.recall(url, now);
        self.find(&self.documents, remembered, url, now, |body| ClientDocument::parse(url, body)).await
    }

    /// A client's keys. Should none be called `id`, they may have changed, and are fetched again.
    ///
    /// # Errors
    /// [`FetchError`], by whose fault it is.
    pub async fn keys(
        &self,
        published: &PublishedKeys,
        id: Option<&str>,
        now: Timestamp,
    ) -> Result<Arc<JwkSet>, FetchError> {
        let url = match published {
            PublishedKeys::Here(keys) => return Ok(Arc::new(keys.clone())),
            PublishedKeys::At(url) => url,
        };
        let lacks = |keys: &JwkSet| id.is_some_and(|id| !keys.has(id));
        let remembered = match self.keys.recall(url, now) {
            Remembered::Fresh { value, since } if lacks(&value) && since.after(FAILED) <= now => {
                Remembered::Doubted(value)
            }
            remembered => remembered,
        };
        let parse = |body: &[u8]| {
            let set = serde_json::from_slice(body).map_err(|error| InvalidDocument::read(&error))?;
            Ok(JwkSet::parse(&set)?)
        };
        self.find(&self.keys, remembered, url, now, parse).await
    }

    async fn find<T>(
        &self,
        memory: &Memory<T>,
        remembered: Remembered<T>,
        url: &DocumentUrl,
        now: Timestamp,
        parse: impl Fn(&[u8]) -> Result<T, InvalidDocument>,
    ) -> Result<Arc<T>, FetchError> {
        match remembered {
            Remembered::Fresh { value, .. } => return Ok(value),
            Remembered::Failed(why) => return Err(why),
            Remembered::Doubted(_) | Remembered::Stale(_) | Remembered::Nothing => {}
        }
        match (self.ask(url, parse).await, remembered) {
            (Ok((value, lifetime)), _) => Ok(memory.keep(url, value, lifetime, now)),
            // Whoever makes a key's name up must not be able to have good keys forgotten.
            (Err(_), Remembered::Doubted(value))
            | (Err(FetchError::Unavailable(_)), Remembered::Stale(value)) => {
                Ok(memory.keep_on(url, value, now))
            }
            (Err(why), _) => Err(memory.fail(url, why, now)),
        }
    }

    async fn ask<T>(
        &self,
        url: &DocumentUrl,
        parse: impl Fn(&[u8]) -> Result<T, InvalidDocument>,
    ) -> Result<(T, Lifetime), FetchError> {
        if url.is_loopback() && !self.loopback {
            return Err(FetchError::Invalid("is on this machine".to_owned()));
        }
        let response = self.fetch.fetch(url).await?;
        validate(&response)?;
        let value = parse(response.body()).map_err(|InvalidDocument(why)| FetchError::Invalid(why))?;
        Ok((value, lifetime(response.headers())))
    }
}

/// Whether a response is a document. Bot protection and overload say nothing about the client.
fn validate(response: &Response) -> Result<(), FetchError> {
    let status = response.status();
    let passing = [StatusCode::FORBIDDEN, StatusCode::REQUEST_TIMEOUT, StatusCode::TOO_MANY_REQUESTS];
    if status.is_server_error() || passing.contains(&status) {
        return Err(FetchError::Unavailable(format!("its server answered {status}")));
    }
    if status != StatusCode::OK {
        return Err(FetchError::Invalid(format!("its server answered {status}")));
    }
    if !wire::is_json(response.headers()) || response.headers().contains_key(header::CONTENT_ENCODING) {
        return Err(FetchError::Invalid("is not plain JSON".to_owned()));
    }
    Ok(())
}

/// How long a response may be kept.
#[derive(Clone, Copy)]
struct Lifetime {
    fresh: Duration,
    /// Whether it may stand in after that (RFC 9111 §4.2.4).
    stale: bool,
}

/// What a response says of that (RFC 9111 §5.2.2), within bounds of ours.
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

/// What was fetched, by its URL.
struct Memory<T> {
    kept: Mutex<HashMap<DocumentUrl, Kept<T>>>,
    /// How long something old stands in.
    stale: Duration,
}

enum Kept<T> {
    Found { value: Arc<T>, since: Timestamp, fresh: Timestamp, stale: Timestamp },
    Failed { why: FetchError, until: Timestamp },
}

/// What is remembered of a URL.
enum Remembered<T> {
    Fresh {
        value: Arc<T>,
        since: Timestamp,
    },
    /// Fresh, and yet there may be something newer.
    Doubted(Arc<T>),
    Stale(Arc<T>),
    Failed(FetchError),
    Nothing,
}

impl<T> Memory<T> {
    fn new(stale: Duration) -> Self {
        Self { kept: Mutex::default(), stale }
    }

    fn recall(&self, url: &DocumentUrl, now: Timestamp) -> Remembered<T> {
        match self.kept().get(url) {
            Some(Kept::Found { value, since, fresh, .. }) if now < *fresh => {
                Remembered::Fresh { value: value.clone(), since: *since }
            }
            Some(Kept::Found { value, stale, .. }) if now < *stale => Remembered::Stale(value.clone()),
            Some(Kept::Failed { why, until }) if now < *until => Remembered::Failed(why.clone()),
            _ => Remembered::Nothing,
        }
    }

    fn keep(&self, url: &DocumentUrl, value: T, lifetime: Lifetime, now: Timestamp) -> Arc<T> {
        let (value, fresh) = (Arc::new(value), now.after(lifetime.fresh));
        let stale = if lifetime.stale { fresh.after(self.stale) } else { fresh };
        self.put(url, Kept::Found { value: value.clone(), since: now, fresh, stale }, now);
        value
    }

    /// Keeps what there is for a moment at least: it stands in for what could not be fetched.
    fn keep_on(&self, url: &DocumentUrl, value: Arc<T>, now: Timestamp) -> Arc<T> {
        if let Some(Kept::Found { since, fresh, .. }) = self.kept().get_mut(url) {
            (*since, *fresh) = (now, now.after(FAILED).max(*fresh));
        }
        value
    }

    fn fail(&self, url: &DocumentUrl, why: FetchError, now: Timestamp) -> FetchError {
        self.put(url, Kept::Failed { why: why.clone(), until: now.after(FAILED) }, now);
        why
    }

    /// Makes room by forgetting what is of no more use, or else everything: it is only kept to save work.
    fn put(&self, url: &DocumentUrl, kept: Kept<T>, now: Timestamp) {
        let mut all = self.kept();
        if all.len() >= MAX_KEPT {
            all.retain(|_, kept| match kept {
                Kept::Found { fresh, .. } => now < *fresh,
                Kept::Failed { until, .. } => now < *until,
            });
        }
        if all.len() >= MAX_KEPT {
            all.clear();
        }
        all.insert(url.clone(), kept);
    }

    /// A panic elsewhere cannot have left it half changed.
    fn kept(&self) -> MutexGuard<'_, HashMap<DocumentUrl, Kept<T>>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Display for FetchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Self::Invalid(why) | Self::Unavailable(why)) = self;
        f.write_str(why)
    }
}

impl std::error::Error for FetchError {}

impl FetchError {
    /// How it is told. Whose fault it is decides whether another try can help.
    pub(crate) fn refusal(&self, what: &str) -> Refusal {
        match self {
            Self::Invalid(why) => Refusal::invalid_client(format!("{what} cannot be used: {why}")),
            Self::Unavailable(why) => {
                let sorry = format!("{what} could not be fetched; try again in a minute");
                Refusal::unavailable(&sorry, format!("{what}: {why}"))
            }
        }
    }
}
