//! The connection to issuers elsewhere, with a memory of what each of them publishes.

use crate::jose::{JwkSet, Object};
use crate::ports::{Deadline, Timestamp};
use crate::provider::error::{Outlook, ProviderError, ProviderFault};
use crate::provider::metadata::ProviderMetadata;
use crate::wire::{Cache, Found, HttpClient, Request, Response, Unreachable};
use async_lock::Mutex;
use bytes::Bytes;
use http::{StatusCode, header};
use serde::de::DeserializeOwned;
use std::collections::HashMap;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

/// The connection to the issuers that the configuration names, and what is remembered of each.
pub struct Provider {
    http: Arc<dyn HttpClient>,
    /// By the issuer in the configuration, and by what it signs. Each has its own memory and its own bounds, so that none can
    /// use up the fetches of another.
    memories: std::sync::Mutex<HashMap<String, Arc<Memory>>>,
}

/// The connection to one issuer.
#[derive(Clone)]
pub(crate) struct Connection {
    http: Arc<dyn HttpClient>,
    memory: Arc<Memory>,
}

/// What is remembered of one issuer.
struct Memory {
    /// For a sign-in.
    metadata: Cache<(), ProviderMetadata, ProviderError>,
    /// The URL of the keys, of an issuer of whose metadata no more is read.
    keys_url: Cache<(), String, ProviderError>,
    keys: Cache<(), JwkSet, ProviderError>,
    /// Held while the keys are fetched again, so that requests at the same time cause one fetch.
    fetching_again: Mutex<()>,
}

/// How long metadata and keys are cached: 1 hour.
const KEPT: Duration = Duration::from_secs(60 * 60);
/// How long a failure is cached if there is no older copy: 2 seconds. Without this, an attacker who opens our pages
/// could make this server send requests without limit.
const FAILED: Duration = Duration::from_secs(2);
/// The least time between two fetches of the keys for ID tokens that the known keys do not verify (key rotation), and
/// between two fetches that fail while there is an older copy: 1 minute.
const SOON: Duration = Duration::from_secs(60);

impl Provider {
    /// A connection that remembers nothing yet.
    pub fn new(http: Arc<dyn HttpClient>) -> Self {
        Self { http, memories: std::sync::Mutex::default() }
    }

    /// The connection to an issuer that the configuration names. What is remembered is bounded only because no other issuer
    /// comes here: never one that a request has sent and that was not compared with the configuration.
    pub(crate) fn of(&self, issuer: &str) -> Connection {
        // A panic in another thread cannot leave the map half changed.
        let mut memories = self.memories.lock().unwrap_or_else(PoisonError::into_inner);
        let known = memories.get(issuer).cloned();
        let memory = known.unwrap_or_else(|| {
            let new = Arc::new(Memory::new());
            memories.insert(issuer.to_owned(), new.clone());
            new
        });
        Connection { http: self.http.clone(), memory }
    }

    /// The same for what an issuer signs beside ID tokens. It has a memory of its own, because the operator may say that these
    /// keys are elsewhere: keys of one place are never taken for those of the other.
    pub(crate) fn of_assertions(&self, issuer: &str) -> Connection {
        self.of(&format!("assertions of {issuer}"))
    }
}

impl Memory {
    fn new() -> Self {
        Self {
            metadata: Cache::new(1),
            keys_url: Cache::new(1),
            keys: Cache::new(1),
            fetching_again: Mutex::new(()),
        }
    }
}

impl Connection {
    /// The keys at `url`, at most one hour old.
    pub(super) async fn keys(
        &self,
        url: &str,
        now: Timestamp,
        deadline: &Deadline,
    ) -> Result<Found<JwkSet>, ProviderError> {
        find(&self.memory.keys, now, deadline, KEPT, self.fetch_keys(url, deadline)).await
    }

    /// The keys at `url` for an ID token that the known keys do not verify. The provider may have changed its keys,
    /// also under the same `kid`, so they are fetched again, at most once a minute.
    pub(super) async fn keys_again(
        &self,
        url: &str,
        now: Timestamp,
        deadline: &Deadline,
    ) -> Result<Found<JwkSet>, ProviderError> {
        let _fetching = self.memory.fetching_again.lock().await;
        find(&self.memory.keys, now, deadline, SOON, self.fetch_keys(url, deadline)).await
    }

    /// Why the last fetch of the keys failed, if it did.
    pub(super) fn keys_failure(&self, now: Timestamp) -> Option<ProviderError> {
        self.memory.keys.get(&(), now).failed
    }

    async fn fetch_keys(&self, url: &str, deadline: &Deadline) -> Result<JwkSet, ProviderError> {
        let set = parse("the keys", &self.get(url, None, deadline).await?)?;
        JwkSet::parse(&set).map_err(|error| ProviderError::Invalid(format!("the provider's {}", error.0)))
    }

    pub(super) async fn metadata(
        &self,
        fetch: impl Future<Output = Result<ProviderMetadata, ProviderError>>,
        now: Timestamp,
        deadline: &Deadline,
    ) -> Result<Arc<ProviderMetadata>, ProviderError> {
        Ok(find(&self.memory.metadata, now, deadline, KEPT, fetch).await?.value)
    }

    /// The URL of the keys, at most one hour old, of an issuer that is no provider at which users sign in: its metadata needs
    /// no endpoint.
    pub(super) async fn keys_url(
        &self,
        fetch: impl Future<Output = Result<String, ProviderError>>,
        now: Timestamp,
        deadline: &Deadline,
    ) -> Result<Arc<String>, ProviderError> {
        Ok(find(&self.memory.keys_url, now, deadline, KEPT, fetch).await?.value)
    }

    pub(super) async fn get(
        &self,
        url: &str,
        token: Option<&str>,
        deadline: &Deadline,
    ) -> Result<Bytes, ProviderError> {
        let request = http::Request::get(url).header(header::ACCEPT, "application/json");
        let request = token
            .into_iter()
            .fold(request, |request, token| request.header(header::AUTHORIZATION, format!("Bearer {token}")));
        let response = self.send(request.body(Bytes::new()), deadline).await?;
        if response.status() == StatusCode::OK {
            return Ok(response.into_body());
        }
        let told = ProviderFault::parse(response.body()).map(|fault| format!(": {}", fault.told()));
        let (status, told) = (response.status(), told.unwrap_or_default());
        Err(ProviderError::Invalid(format!("the provider answered {status} at {url}{told}")))
    }

    /// Sends a request. A response that asks to try later counts as no response.
    pub(super) async fn send(
        &self,
        request: Result<Request, http::Error>,
        deadline: &Deadline,
    ) -> Result<Response, ProviderError> {
        let request = request.map_err(|error| ProviderError::Invalid(error.to_string()))?;
        let url = request.uri().clone();
        let answered = self.http.send(request, deadline.step()?).await;
        let response = answered.map_err(|Unreachable(why)| ProviderError::Unavailable(why))?;
        let status = response.status();
        let passing = [StatusCode::REQUEST_TIMEOUT, StatusCode::TOO_EARLY, StatusCode::TOO_MANY_REQUESTS];
        if status.is_server_error() || passing.contains(&status) {
            let fault = ProviderFault::parse(response.body());
            let told = fault.as_ref().map(|fault| format!(": {}", fault.told())).unwrap_or_default();
            let why = format!("the provider answered {status} at {url}{told}");
            let lasts = fault.is_some_and(|fault| fault.outlook() == Outlook::Permanent);
            return Err(if lasts { ProviderError::Invalid(why) } else { ProviderError::Unavailable(why) });
        }
        Ok(response)
    }
}

/// Returns the cached value if it is younger than `kept`. Otherwise fetches a new value. If the fetch fails, the old
/// value is used, and the next fetch is a minute later.
async fn find<T>(
    cache: &Cache<(), T, ProviderError>,
    now: Timestamp,
    deadline: &Deadline,
    kept: Duration,
    fetch: impl Future<Output = Result<T, ProviderError>>,
) -> Result<Found<T>, ProviderError> {
    let cached = cache.get(&(), now);
    let old = match cached.found {
        Some(found) if now < found.since.after(kept) => return Ok(found),
        found => found,
    };
    if let Some(why) = cached.failed {
        return old.ok_or(why);
    }
    if let Err(error) = deadline.step() {
        // Not cached: the provider did nothing wrong.
        return old.ok_or(error.into());
    }
    match fetch.await {
        Ok(value) => {
            let found = Found::until(Arc::new(value), now, Timestamp(u64::MAX));
            cache.put((), found.clone(), now);
            Ok(found)
        }
        Err(why) => {
            let until = now.after(if old.is_some() { SOON } else { FAILED });
            cache.fail((), why.clone(), until, true, now);
            old.ok_or(why)
        }
    }
}

/// Reads JSON of the provider. `what` begins the sentence of the error.
pub(super) fn parse<T: DeserializeOwned>(what: &str, body: &[u8]) -> Result<T, ProviderError> {
    Object::read(crate::wire::without_bom(body)).map_err(|error| {
        let is_jwt = body.starts_with(b"eyJ");
        let why = if is_jwt {
            "a JWT, and this server reads JSON only".to_owned()
        } else {
            format!("not valid: {}", without_value(&error))
        };
        ProviderError::Invalid(format!("{what} that the provider sent are {why}"))
    })
}

/// The error of the parser without the text that it quotes, which may be a token.
pub(super) fn without_value(error: &serde_json::Error) -> String {
    let told = error.to_string();
    let quoted =
        told.split_once("string \"").and_then(|(before, rest)| Some((before, rest.rsplit_once('"')?.1)));
    quoted.map_or(told.clone(), |(before, after)| format!("{before}string{after}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::redemption::Tokens;

    struct Nothing;

    #[async_trait::async_trait]
    impl HttpClient for Nothing {
        async fn send(&self, _: Request, _: Duration) -> Result<Response, Unreachable> {
            Err(Unreachable("nothing is there".to_owned()))
        }
    }

    #[test]
    fn each_issuer_has_one_memory_of_its_own() {
        let provider = Provider::new(Arc::new(Nothing));
        let [one, again, other] = ["https://a.example", "https://a.example", "https://a.example/"]
            .map(|issuer| provider.of(issuer).memory);
        assert!(Arc::ptr_eq(&one, &again) && !Arc::ptr_eq(&one, &other));
    }

    #[test]
    fn an_error_repeats_no_text_of_the_response() {
        for (body, told) in [
            (&br#""a \"secret\" b""#[..], "invalid type: string, expected a JSON object"),
            (br#"{"id_token":{"secret":1}}"#, "invalid type: map, expected a string"),
            (br#"{"access_token":"secret"}"#, "missing field `id_token`"),
            (b"access_token=secret", "expected value"),
        ] {
            let Err(error) = parse::<Tokens>("the tokens", body) else { panic!("{body:?} is read") };
            assert!(error.to_string().contains(told) && !error.to_string().contains("secret"), "{error}");
        }
    }

    #[test]
    fn a_response_is_an_object() {
        assert!(parse::<Tokens>("the tokens", br#"{"id_token":"a","access_token":"b"}"#).is_ok());
        for wrong in [&br#"["a","b"]"#[..], b"[]", b"null", b"\"a\""] {
            assert!(parse::<Tokens>("the tokens", wrong).is_err(), "{}", String::from_utf8_lossy(wrong));
            assert!(
                parse::<serde_json::Value>("the keys", wrong).is_err(),
                "{}",
                String::from_utf8_lossy(wrong)
            );
        }
    }
}
