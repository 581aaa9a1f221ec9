//! A hint for the operator: a proxy is in front, but the issuer is an address of this machine. No header of a proxy is believed.

use crate::log::Log;
use doorward::protocol::Issuer;
use http::{HeaderMap, HeaderName, header};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// The headers by which proxies name the host that the client asked for.
static FORWARDED: [HeaderName; 2] = [HeaderName::from_static("x-forwarded-host"), header::FORWARDED];

/// Gives the hint once. A clone shares that. With a public issuer there is none to give.
#[derive(Clone)]
pub(super) struct ProxyHint(Option<Arc<AtomicBool>>);

impl ProxyHint {
    pub(super) fn of(issuer: &Issuer) -> Self {
        Self(issuer.is_loopback().then(Arc::default))
    }

    /// Looks at the headers of a request.
    pub(super) fn look(&self, headers: &HeaderMap, log: &Log) {
        let Some(given) = &self.0 else { return };
        if FORWARDED.iter().any(|name| headers.contains_key(name)) && !given.swap(true, Ordering::Relaxed) {
            log.trouble(
                "a request came through a proxy, but the issuer is an address of this machine; give the public URLs with \
                 --issuer and --resource",
            );
        }
    }
}
