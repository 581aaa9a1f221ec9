//! Connections to AWS: HTTP/1.1, over TLS except to emulators. A function sends one request at a time, so HTTP/2 would
//! gain nothing.

use crate::Roots;
use crate::dialer::{Cause, Dialer};
use crate::tls;
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::{Client, connect::capture_connection};
use hyper_util::rt::TokioExecutor;
use std::time::Duration;
use tokio::time::timeout;

/// The longest time of one attempt. A caller of the function waits meanwhile.
const ATTEMPT: Duration = Duration::from_secs(2);

/// Connects to AWS services. Clones share their connections.
#[derive(Clone)]
pub struct Connector(Client<Dialer, Full<Bytes>>);

impl Connector {
    /// Connects to services whose certificates these roots have signed.
    pub(crate) fn new(roots: Roots) -> Result<Self, String> {
        let dialer = Dialer::new(tls::config(tls::trusted(roots)?)?);
        Ok(Self(Client::builder(TokioExecutor::new()).build(dialer)))
    }

    /// Sends a request once, and reads the whole response.
    pub(crate) async fn send(&self, mut request: Request<Full<Bytes>>) -> Result<Response<Bytes>, Cause> {
        let taken = capture_connection(&mut request);
        let answering = async {
            let (head, body) = self.0.request(request).await?.into_parts();
            Ok::<_, Cause>(Response::from_parts(head, body.collect().await?.to_bytes()))
        };
        // It is large, and every request of a function waits for it.
        let response = timeout(ATTEMPT, Box::pin(answering)).await??;
        if response.status().is_server_error() {
            // Another connection may reach another server of the service.
            if let Some(connection) = taken.connection_metadata().as_ref() {
                connection.poison();
            }
        }
        Ok(response)
    }

    /// Opens a connection during the cold start, so that the first caller does not wait for a TLS handshake.
    ///
    /// The content of the response does not matter. An error is ignored: the first real request would fail too, and
    /// report it.
    pub(crate) async fn open(&self, url: &str) {
        if let Ok(request) = Request::get(url).body(Full::default()) {
            let _ = self.send(request).await;
        }
    }
}

#[cfg(test)]
mod tests;
