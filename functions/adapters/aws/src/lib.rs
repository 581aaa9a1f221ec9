//! How a function reaches AWS: as whom, where, and over which connection.
//!
//! All of it is put together by hand from what Lambda says in the environment. The SDK's own chain of providers would
//! read files and ask services that no function needs, and the system's certificates are a hundred and forty files:
//! together most of a cold start.

use aws_smithy_async::rt::sleep::TokioSleep;
use aws_smithy_http_client::Connector as Client;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore, rustls_provider::CryptoMode};
use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorSettings, SharedHttpConnector};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use std::fmt;
use std::time::Duration;

/// The roots of Amazon Trust Services and, for services that still lead there, Starfield's.
const AMAZON: &[u8] = include_bytes!("roots.pem");

/// A connection that is not there by then will not be.
const CONNECT: Duration = Duration::from_secs(1);
/// One attempt at one question. Somebody waits for ours.
const READ: Duration = Duration::from_secs(2);

/// Connects to services; whatever is called through clones of one shares its connections.
pub type Connector = SharedHttpConnector;

/// As whom a function speaks to AWS, and where.
#[derive(Clone)]
pub struct Account {
    /// The region's name.
    pub region: String,
    /// The role's key for the life of this process.
    pub access_key_id: String,
    /// Its secret.
    pub secret_access_key: String,
    /// What shows that both are a role's.
    pub session_token: Option<String>,
    /// Where AWS is, if it is an emulator.
    pub endpoint: Option<String>,
    /// Whose certificates are taken.
    pub roots: Roots,
}

/// Whose certificates are taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Roots {
    /// Those that Amazon's services show: a few kilobytes that are compiled in.
    #[default]
    Amazon,
    /// Those that the system trusts, for networks in which somebody else answers for Amazon.
    System,
}

impl fmt::Debug for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Account({} in {})", self.access_key_id, self.region)
    }
}

impl Account {
    /// Where a service of this name answers.
    pub fn url(&self, service: &str) -> String {
        let ours = || format!("https://{service}.{}.amazonaws.com", self.region);
        self.endpoint.clone().unwrap_or_else(ours)
    }

    /// What connects to services.
    ///
    /// # Errors
    /// A sentence, when the certificates cannot be read.
    pub fn connector(&self) -> Result<Connector, String> {
        let trusted = match self.roots {
            Roots::Amazon => TrustStore::empty().with_pem_certificate(AMAZON),
            Roots::System => TrustStore::empty().with_native_roots(true),
        };
        let context = TlsContext::builder().with_trust_store(trusted).build();
        let context = context.map_err(|error| format!("the root certificates cannot be used: {error}"))?;
        let settings = HttpConnectorSettings::builder().connect_timeout(CONNECT).read_timeout(READ).build();
        let connector = Client::builder()
            .connector_settings(settings)
            .sleep_impl(TokioSleep::new())
            .tls_provider(Provider::Rustls(CryptoMode::Ring))
            .tls_context(context)
            .build();
        Ok(SharedHttpConnector::new(connector))
    }
}

/// Opens a connection, so that the first caller does not wait for a TLS handshake. Any answer will do, and none is no
/// reason not to start: the first question would find out, and say so to whoever asks it.
pub async fn open(connector: &Connector, url: &str) {
    if let Ok(request) = HttpRequest::get(url) {
        let _ = connector.call(request).await;
    }
}
