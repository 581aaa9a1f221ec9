//! The one place where an upstream listens.

use std::path::PathBuf;

/// Where an upstream listens. Each connection goes there, whatever a request's URI says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// A host and its port.
    Tcp {
        /// With TLS (`https`). Without, the host must have a private or loopback address.
        tls: bool,
        /// A name or an IP address. With TLS it is the name of the certificate too.
        host: String,
        /// The port.
        port: u16,
    },
    /// A unix domain socket.
    Unix(PathBuf),
}

impl Target {
    /// The host without the brackets that an IPv6 address has in a URL (RFC 3986 §3.2.2).
    pub(crate) fn bare(host: &str) -> &str {
        host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host)
    }
}
