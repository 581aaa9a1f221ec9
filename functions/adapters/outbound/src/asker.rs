//! Asking an identity provider: a server that the operator chose, wherever it is.

use crate::choose_ring;
use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use doorward::provider::{ProviderTransport, ProviderUnreachable};
use doorward::wire::{Request, Response};
use reqwest::{Client, Error, redirect::Policy};
use std::sync::OnceLock;
use std::time::Duration;

/// A person waits for it, and for two or three of them.
const TIMEOUT: Duration = Duration::from_secs(5);
const MAX_DOCUMENT_BYTES: usize = 64 * 1024;

/// Asks. Its client is made when it is first needed: reading the root certificates is most of a cold start.
#[derive(Default)]
pub struct ProviderClient(OnceLock<Client>);

impl ProviderClient {
    fn http(&self) -> Result<&Client, Error> {
        if let Some(http) = self.0.get() {
            return Ok(http);
        }
        choose_ring();
        let agent = concat!("doorward/", env!("CARGO_PKG_VERSION"));
        let built = Client::builder().redirect(Policy::none()).user_agent(agent).timeout(TIMEOUT).build()?;
        Ok(self.0.get_or_init(|| built))
    }
}

#[async_trait]
impl ProviderTransport for ProviderClient {
    async fn ask(&self, request: Request) -> Result<Response, ProviderUnreachable> {
        let request = request.try_into().map_err(unreached)?;
        let answered = self.http().map_err(unreached)?.execute(request).await.map_err(unreached)?;
        let status = answered.status();
        let mut response = Response::new(body(answered).await?);
        *response.status_mut() = status;
        Ok(response)
    }
}

async fn body(mut response: reqwest::Response) -> Result<Bytes, ProviderUnreachable> {
    let mut body = BytesMut::new();
    while let Some(piece) = response.chunk().await.map_err(unreached)? {
        if body.len() + piece.len() > MAX_DOCUMENT_BYTES {
            return Err(ProviderUnreachable("the provider answers more than 64 KiB".to_owned()));
        }
        body.extend_from_slice(&piece);
    }
    Ok(body.freeze())
}

/// Without the URL: its query may hold what only the provider is to know.
fn unreached(error: Error) -> ProviderUnreachable {
    let error = error.without_url();
    let cause = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
    ProviderUnreachable(format!("the provider cannot be reached: {error}: {cause}"))
}
