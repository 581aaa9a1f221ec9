//! TLS to an upstream: whose certificates are accepted, and which protocols are offered.

use crate::SettingsError;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use rustls_platform_verifier::BuilderVerifierExt;
use std::path::Path;
use std::sync::Arc;
use tokio_rustls::TlsConnector;

/// TLS to one host.
#[derive(Clone)]
pub(crate) struct Tls {
    /// Makes the handshake.
    pub(crate) connector: TlsConnector,
    /// The name in SNI and in the certificate.
    pub(crate) name: ServerName<'static>,
}

impl Tls {
    /// TLS to this host. Its certificate is verified with the system's roots, or with those of a PEM file instead.
    pub(crate) fn new(host: &str, ca: Option<&Path>) -> Result<Self, SettingsError> {
        let name = ServerName::try_from(host.to_owned()).map_err(|_| SettingsError::Host(host.to_owned()))?;
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| SettingsError::Roots(error.to_string()))?;
        let builder = match ca {
            Some(file) => builder.with_root_certificates(roots(file)?),
            None => {
                let verifier = builder.with_platform_verifier();
                verifier.map_err(|error| SettingsError::Roots(error.to_string()))?
            }
        };
        let mut config = builder.with_no_client_auth();
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(Self { connector: Arc::new(config).into(), name })
    }
}

fn roots(file: &Path) -> Result<RootCertStore, SettingsError> {
    let refused = |reason: String| SettingsError::Ca { file: file.to_owned(), reason };
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(file).map_err(|error| refused(error.to_string()))? {
        let certificate = certificate.map_err(|error| refused(error.to_string()))?;
        roots.add(certificate).map_err(|error| refused(error.to_string()))?;
    }
    if roots.is_empty() { Err(refused("it holds no certificate".to_owned())) } else { Ok(roots) }
}
