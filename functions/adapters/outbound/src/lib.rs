//! Outbound HTTP, with reqwest: fetches of client documents, requests to the identity provider, and introspection.

mod address;
mod client;
mod fetcher;
mod introspector;
mod not_built;

pub use address::is_public;
pub use client::OutboundClient;
pub use fetcher::{Fetcher, Limits, Lookup};
pub use introspector::{Credentials, Introspector};
pub use not_built::NotBuilt;

use doorward::client::Documents;
use doorward::protocol::Issuer;
use reqwest::{Client, redirect::Policy};
use std::sync::Arc;

/// An HTTP client that follows no redirects: a request may hold secrets, which only the addressed server may see.
///
/// # Errors
/// [`NotBuilt`] when the machine's root certificates cannot be read.
pub fn http() -> Result<Client, NotBuilt> {
    choose_ring();
    Ok(Client::builder().redirect(Policy::none()).build()?)
}

/// A source of documents that clients publish. Loopback URLs are allowed only if the issuer is on loopback too.
pub fn documents(issuer: &Issuer) -> Arc<Documents> {
    Arc::new(Documents::new(Arc::new(Fetcher::default()), issuer.is_loopback()))
}

fn choose_ring() {
    // An error means that a provider is installed already, which is fine.
    let _ = rustls::crypto::ring::default_provider().install_default();
}
