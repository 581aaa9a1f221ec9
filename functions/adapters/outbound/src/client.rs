//! HTTP client for the identity provider. The operator chose that server, so it may have a private address.

use crate::choose_ring;
use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use doorward::wire::{HttpClient, Unreachable};
use doorward::wire::{Request, Response};
use reqwest::{Client, Error, redirect::Policy};
use std::sync::OnceLock;
use std::time::Duration;

/// The longest time of one request. Less, if the deadline of the caller's request comes earlier.
const TIMEOUT: Duration = Duration::from_secs(5);
const MAX_BODY: usize = 64 * 1024;

/// HTTP client for the identity provider. It is built at the first request, because reading the root certificates
/// would be most of a cold start.
#[derive(Default)]
pub struct OutboundClient(OnceLock<Client>);

impl OutboundClient {
    fn http(&self) -> Result<&Client, Error> {
        if let Some(http) = self.0.get() {
            return Ok(http);
        }
        choose_ring();
        let agent = concat!("doorward/", env!("CARGO_PKG_VERSION"));
        let built = Client::builder().redirect(Policy::none()).user_agent(agent).build()?;
        Ok(self.0.get_or_init(|| built))
    }
}

#[async_trait]
impl HttpClient for OutboundClient {
    async fn send(&self, request: Request, limit: Duration) -> Result<Response, Unreachable> {
        let mut request: reqwest::Request = request.try_into().map_err(unreached)?;
        *request.timeout_mut() = Some(limit.min(TIMEOUT));
        let answered = self.http().map_err(unreached)?.execute(request).await.map_err(unreached)?;
        let status = answered.status();
        let mut response = Response::new(body(answered).await?);
        *response.status_mut() = status;
        Ok(response)
    }
}

async fn body(mut response: reqwest::Response) -> Result<Bytes, Unreachable> {
    let mut body = BytesMut::new();
    while let Some(piece) = response.chunk().await.map_err(unreached)? {
        if body.len() + piece.len() > MAX_BODY {
            return Err(Unreachable("the response is longer than 64 KiB".to_owned()));
        }
        body.extend_from_slice(&piece);
    }
    Ok(body.freeze())
}

/// The error without the URL, because the query may hold values that only the provider may see.
fn unreached(error: Error) -> Unreachable {
    let error = error.without_url();
    let cause = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
    Unreachable(format!("the provider cannot be reached: {error}: {cause}"))
}
