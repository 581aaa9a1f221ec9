//! Access to AWS: credentials, region, connections, and the protocol of its services.
//!
//! Everything is built from Lambda's environment variables. The SDK's default provider chain would read files and
//! query services that no function needs. The system's root certificates are 140 files. Together, they would be most
//! of a cold start.

mod connector;
mod dialer;
mod service;
mod signature;
mod tls;

pub use connector::Connector;
pub use service::{Failure, Protocol, Service};

use std::fmt;

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
        Connector::new(self.roots)
    }
}
