//! The HTTP client of the doctor. It sends requests to the given URL and to the origins that metadata names, and bounds the
//! time and the bytes of each response.

use super::ask::{Ask, Fault, Follow, Seen};
use super::network::{Network, OutOfReach, Within, literal};
use crate::Failure;
use doorward_outbound::{Lookup, NotBuilt};
use http::{Method, StatusCode, header};
use reqwest::{Client, Response, Url, redirect::Policy};
use std::error::Error;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, timeout};

/// The limits of an examination.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// For a request, until the last byte of its response. Claude waits as long in discovery, registration and token requests.
    pub request: Duration,
    /// For a refresh. Claude waits as long.
    pub refresh: Duration,
    /// For all requests, without the time in which a user signs in.
    pub total: Duration,
    /// The most bytes of a response's body.
    pub bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        let (request, refresh) = (Duration::from_secs(10), Duration::from_secs(30));
        Self { request, refresh, total: Duration::from_mins(3), bytes: 1024 * 1024 }
    }
}

/// The most redirects that are followed for one request.
const MOST_REDIRECTS: usize = 5;

/// An origin, and what named it.
pub(super) struct Named {
    pub(super) origin: String,
    pub(super) by: &'static str,
    pub(super) is_asked: bool,
}

/// Sends the requests of an examination.
pub(super) struct Probe {
    http: Client,
    network: Network,
    limits: Limits,
    end: Instant,
    origins: Vec<Named>,
}

impl Probe {
    pub(super) fn new(network: Network, lookup: Arc<dyn Lookup>, limits: Limits) -> Result<Self, Failure> {
        // An error means that a provider is installed already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = Client::builder()
            .redirect(Policy::none())
            // A proxy would choose the address.
            .no_proxy()
            .referer(false)
            .user_agent(concat!("doorward-doctor/", env!("CARGO_PKG_VERSION")))
            .dns_resolver(Arc::new(Within { network, lookup }))
            .build();
        let http = http.map_err(|error| Failure(NotBuilt::from(error).to_string()))?;
        Ok(Self { http, network, limits, end: Instant::now() + limits.total, origins: Vec::new() })
    }

    /// Allows requests to the origin of this URL.
    pub(super) fn name(&mut self, url: &Url, by: &'static str) {
        let origin = url.origin().ascii_serialization();
        if !self.origins.iter().any(|known| known.origin == origin) {
            self.origins.push(Named { origin, by, is_asked: false });
        }
    }

    pub(super) fn origins(&self) -> &[Named] {
        &self.origins
    }

    pub(super) fn network(&self) -> Network {
        self.network
    }

    /// Gives back the time in which a user signed in.
    pub(super) fn extend(&mut self, time: Duration) {
        self.end += time;
    }

    /// Sends a request, and follows redirects as far as it allows that.
    pub(super) async fn send(&mut self, ask: &Ask) -> Result<Seen, Fault> {
        let limit = if ask.refreshes { self.limits.refresh } else { self.limits.request };
        let left = self.end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(Fault::Ended);
        }
        let limit = limit.min(left);
        timeout(limit, self.exchange(ask)).await.unwrap_or(Err(Fault::Late(limit)))
    }

    async fn exchange(&mut self, ask: &Ask) -> Result<Seen, Fault> {
        let (mut ask, mut redirects) = (ask.clone(), Vec::new());
        loop {
            let mut seen = self.once(&ask).await?;
            let keeps =
                [StatusCode::TEMPORARY_REDIRECT, StatusCode::PERMANENT_REDIRECT].contains(&seen.status);
            let is_read = [Method::GET, Method::HEAD].contains(&ask.method);
            let may = (is_read || keeps) && seen.status.is_redirection();
            let to = seen.header("location").filter(|_| may).and_then(|to| ask.url.join(&to).ok());
            let is_followed = |to: &Url| match ask.follow {
                Follow::None => false,
                Follow::SameOrigin => to.origin() == ask.url.origin(),
                Follow::Anywhere => true,
            };
            match to.filter(is_followed).filter(|_| redirects.len() < MOST_REDIRECTS) {
                Some(to) => {
                    self.name(&to, "a redirect");
                    redirects.push(to.clone());
                    ask.url = to;
                }
                None => {
                    seen.redirects = redirects;
                    return Ok(seen);
                }
            }
        }
    }

    async fn once(&mut self, ask: &Ask) -> Result<Seen, Fault> {
        let origin = ask.url.origin().ascii_serialization();
        let network = self.network;
        let Some(named) = self.origins.iter_mut().find(|known| known.origin == origin) else {
            return Err(Fault::OutOfReach(format!("no metadata names {origin}; no request was sent")));
        };
        if literal(&ask.url).is_some_and(|address| !network.reaches(address)) {
            return Err(Fault::OutOfReach(OutOfReach.to_string()));
        }
        named.is_asked = true;
        let request = self.http.request(ask.method.clone(), ask.url.clone()).headers(ask.headers.clone());
        let response = request.body(ask.body.clone()).send().await.map_err(|error| fault(&error))?;
        self.read(response).await
    }

    async fn read(&self, mut response: Response) -> Result<Seen, Fault> {
        let mut seen = Seen {
            status: response.status(),
            headers: response.headers().clone(),
            body: Vec::new(),
            redirects: Vec::new(),
        };
        let kind = seen.headers.get(header::CONTENT_TYPE);
        // A stream ends when its client ends it. Its events are not needed.
        if kind.is_some_and(|kind| kind.as_bytes().starts_with(b"text/event-stream")) {
            return Ok(seen);
        }
        while let Some(piece) = response.chunk().await.map_err(|error| fault(&error))? {
            if seen.body.len() + piece.len() > self.limits.bytes {
                return Err(Fault::Broken(format!("the body is longer than {} bytes", self.limits.bytes)));
            }
            seen.body.extend_from_slice(&piece);
        }
        Ok(seen)
    }
}

/// The kind of an error, with its innermost cause in words.
fn fault(error: &reqwest::Error) -> Fault {
    let mut cause: &(dyn Error + 'static) = error;
    loop {
        if cause.is::<OutOfReach>() {
            return Fault::OutOfReach(cause.to_string());
        }
        if let Some(tls) = cause.downcast_ref::<rustls::Error>() {
            return Fault::Tls(tls.to_string());
        }
        // `source` of an I/O error leaves out the error that it holds.
        if let Some(inner) = cause.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
            cause = inner;
            continue;
        }
        match cause.source() {
            Some(inner) => cause = inner,
            None if error.is_connect() => return Fault::Unreachable(cause.to_string()),
            None => return Fault::Broken(cause.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::network::System;
    use std::net::TcpListener;

    #[tokio::test]
    async fn a_public_url_never_leads_to_this_machine() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let port = listener.local_addr().unwrap().port();
        for network in [Network::Public, Network::Private] {
            let mut probe = Probe::new(network, Arc::new(System), Limits::default()).unwrap();
            for host in ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "[::ffff:127.0.0.1]", "127.1"] {
                let url = Url::parse(&format!("http://{host}:{port}/mcp")).unwrap();
                probe.name(&url, "a test");
                let sent = probe.send(&Ask::get(&url)).await;
                assert!(matches!(sent, Err(Fault::OutOfReach(_))), "{host}");
            }
            assert!(
                probe.origins().iter().all(|named| named.is_asked == (named.origin.contains("localhost")))
            );
        }
        assert!(listener.accept().is_err(), "nothing is connected");
    }
}
