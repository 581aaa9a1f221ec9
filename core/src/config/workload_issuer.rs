//! An issuer of tokens for workloads: a platform states which job, pod or machine it runs (RFC 7523 §2.1, §2.2).

use crate::config::trusted_issuer::TrustedIssuer;

/// An issuer of tokens for workloads, and which of them count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkloadIssuer {
    pub(crate) issuer: TrustedIssuer,
    pub(crate) audience: Option<String>,
    pub(crate) again: bool,
}

impl WorkloadIssuer {
    /// An issuer whose tokens are for this server: their audience is its issuer or its token endpoint. Each is accepted once.
    pub fn new(issuer: TrustedIssuer) -> Self {
        Self { issuer, audience: None, again: false }
    }

    /// Sets the only audience that counts.
    #[must_use]
    pub fn with_audience(self, audience: &str) -> Self {
        Self { audience: Some(audience.to_owned()), ..self }
    }

    /// Sets that a token may be used until it expires, for a platform whose tokens have no `jti`, or come from a cache. Then an
    /// access token ends with the token for which it was issued, at the latest.
    #[must_use]
    pub fn with_again(self, is_on: bool) -> Self {
        Self { again: is_on, ..self }
    }

    /// The only audience that counts, if the operator has set one.
    pub fn audience(&self) -> Option<&str> {
        self.audience.as_deref()
    }

    /// Whether a token may be used until it expires.
    pub fn may_be_used_again(&self) -> bool {
        self.again
    }

    /// The issuer, its name and where its keys are.
    pub fn issuer(&self) -> &TrustedIssuer {
        &self.issuer
    }
}
