//! Access to AWS: credentials, region and connections.
//!
//! Everything is built from Lambda's environment variables. The SDK's default provider chain would read files and
//! query services that no function needs. The system's root certificates are 140 files. Together, they would be most
//! of a cold start.

use aws_smithy_async::rt::sleep::TokioSleep;
use aws_smithy_http_client::Connector as Client;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore, rustls_provider::CryptoMode};
use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorSettings, SharedHttpConnector};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use std::fmt;
use std::time::Duration;

/// The root certificates of Amazon Trust Services, and Starfield's for services that still chain to it.
const AMAZON: &[u8] = include_bytes!("roots.pem");

/// Connect timeout. A connection that takes longer is unlikely to succeed.
const CONNECT: Duration = Duration::from_secs(1);
/// Read timeout of one attempt. A caller of the function waits meanwhile.
const READ: Duration = Duration::from_secs(2);

/// Connects to AWS services. Clones share their connections.
pub type Connector = SharedHttpConnector;

/// A function's credentials and region.
#[derive(Clone)]
pub struct Account {
    /// The region's name.
    pub region: String,
    /// The access key id of the function's role, valid for the life of this process.
    pub access_key_id: String,
    /// The secret of that access key.
    pub secret_access_key: String,
    /// The session token: it marks the key as temporary credentials of a role.
    pub session_token: Option<String>,
    /// The domain of AWS in the partition of the region: `amazonaws.com`, or `amazonaws.com.cn` in China.
    pub domain: String,
    /// The URL of AWS, if it is an emulator.
    pub endpoint: Option<String>,
    /// Which root certificates are trusted.
    pub roots: Roots,
}

/// Which root certificates are trusted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Roots {
    /// The roots of Amazon's services: a few kilobytes, compiled in.
    #[default]
    Amazon,
    /// The system's roots, for networks in which another server (a proxy) answers for Amazon.
    System,
}

impl fmt::Debug for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Account({} in {})", self.access_key_id, self.region)
    }
}

impl Account {
    /// The URL of a service, by its name.
    pub fn url(&self, service: &str) -> String {
        let ours = || format!("https://{service}.{}.{}", self.region, self.domain);
        self.endpoint.clone().unwrap_or_else(ours)
    }

    /// Creates a connector to AWS services.
    ///
    /// # Errors
    /// A sentence for the operator, when the root certificates cannot be read.
    pub fn connector(&self) -> Result<Connector, String> {
        let trusted = match self.roots {
            Roots::Amazon => TrustStore::empty().with_pem_certificate(AMAZON),
            Roots::System => TrustStore::empty().with_native_roots(true),
        };
        let context = TlsContext::builder().with_trust_store(trusted).build();
        let context = context.map_err(|error| format!("the root certificates are not valid: {error}"))?;
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

/// Opens a connection during the cold start, so that the first caller does not wait for a TLS handshake.
///
/// The content of the response does not matter. An error is ignored: the first real request would fail too, and
/// report it.
pub async fn open(connector: &Connector, url: &str) {
    if let Ok(request) = HttpRequest::get(url) {
        let _ = connector.call(request).await;
    }
}
