//! TLS to AWS: whose certificates are accepted.

use crate::Roots;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use std::fmt::Display;
use std::sync::Arc;

/// The root certificates of Amazon Trust Services, and Starfield's for services that still chain to it.
const AMAZON: &[u8] = include_bytes!("roots.pem");

/// The certificates of these roots.
pub(crate) fn trusted(roots: Roots) -> Result<RootCertStore, String> {
    let mut trusted = RootCertStore::empty();
    match roots {
        Roots::Amazon => {
            for certificate in CertificateDer::pem_slice_iter(AMAZON) {
                trusted
                    .add(certificate.map_err(|error| refused(&error))?)
                    .map_err(|error| refused(&error))?;
            }
        }
        Roots::System => {
            // A system may have some that rustls does not accept.
            trusted.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        }
    }
    Ok(trusted)
}

/// TLS that accepts certificates of these roots.
pub(crate) fn config(trusted: RootCertStore) -> Result<Arc<ClientConfig>, String> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let builder = builder.map_err(|error| format!("TLS cannot be used: {error}"))?;
    Ok(Arc::new(builder.with_root_certificates(trusted).with_no_client_auth()))
}

fn refused(error: &dyn Display) -> String {
    format!("the root certificates are not valid: {error}")
}
