//! Why a configuration is refused.

use crate::config::clients::InvalidClient;
use crate::config::identity_issuer::InvalidIdentityIssuer;
use crate::config::lifetimes::LifetimeOutOfBounds;
use crate::config::sign_in_provider::InvalidProviders;
use crate::config::workloads::InvalidWorkload;
use crate::protocol::{InvalidPaths, InvalidResources, Issuer};
use thiserror::Error;

/// The error of [`ConfigBuilder::build`](crate::config::ConfigBuilder::build): why a configuration is refused.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ConfigError {
    /// There are exceptions to OAuth 2.1, but the issuer is not on loopback.
    #[error("exceptions to OAuth 2.1 need a loopback issuer, not {0}; use http://127.0.0.1:PORT")]
    AllowancesBeyondLoopback(Issuer),
    /// A lifetime is out of bounds.
    #[error(transparent)]
    Lifetime(#[from] LifetimeOutOfBounds),
    /// The protected resources are invalid.
    #[error(transparent)]
    Resources(#[from] InvalidResources),
    /// A pre-registered client is invalid.
    #[error(transparent)]
    Client(#[from] InvalidClient),
    /// An issuer of identity assertions is invalid.
    #[error(transparent)]
    IdentityIssuer(#[from] InvalidIdentityIssuer),
    /// A rule for a workload is invalid.
    #[error(transparent)]
    Workload(#[from] InvalidWorkload),
    /// This server would trust its own tokens as statements of another domain.
    #[error("this server itself cannot be a trusted issuer; remove its block")]
    OwnIssuer,
    /// An issuer is trusted twice.
    #[error("the issuer {0} is given twice; put what it may state into one block")]
    IssuerTwice(String),
    /// Users sign in at an issuer of tokens for workloads.
    #[error("users sign in at {0}, so it cannot speak of workloads; use another issuer for one of them")]
    WorkloadsOfProvider(String),
    /// The mount paths are invalid.
    #[error(transparent)]
    Paths(#[from] InvalidPaths),
    /// The providers at which users sign in are invalid.
    #[error(transparent)]
    Providers(#[from] InvalidProviders),
}
