//! What Doorward asks of others over HTTP, with reqwest.

mod address;
mod asker;
mod fetcher;
mod introspector;

pub use address::is_public;
pub use asker::ProviderClient;
pub use fetcher::{Fetcher, Limits, Lookup};
pub use introspector::{Credentials, Introspector};

use doorward::client::Documents;
use doorward::protocol::Issuer;
use reqwest::{Client, Error, redirect::Policy};
use std::sync::Arc;

/// A client that follows no redirect: what is asked is asked of one server, and holds secrets.
///
/// # Errors
/// [`Error`] when the machine's root certificates cannot be read.
pub fn http() -> Result<Client, Error> {
    choose_ring();
    Client::builder().redirect(Policy::none()).build()
}

/// What clients publish, for a server of this issuer. Clients on this machine are for a server that is there too.
pub fn documents(issuer: &Issuer) -> Arc<Documents> {
    Arc::new(Documents::new(Arc::new(Fetcher::default()), issuer.is_loopback()))
}

fn choose_ring() {
    // Whoever was first has chosen already, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
}
