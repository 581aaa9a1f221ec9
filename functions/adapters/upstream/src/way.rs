//! A way to an upstream. It takes HTTP requests and gives HTTP answers, whatever the upstream speaks.

use crate::{Upstream, UpstreamBody};
use bytes::Bytes;
use doorward::gateway::UpstreamFailure;
use doorward::guard::Access;
use http::{Request, Response};
use http_body::Body;
use std::error::Error;
use std::future::Future;
use std::time::Duration;

/// A way to an upstream.
pub trait Way: Send + Sync {
    /// The body of an answer. To drop it cancels the request.
    type Body: Body<Data = Bytes, Error: Into<Box<dyn Error + Send + Sync>>> + Send + Unpin;

    /// Sends a request that the gateway has judged, for the holder of this authorization. The answer has to begin within
    /// the limit.
    ///
    /// # Errors
    /// [`UpstreamFailure`] when no answer begins.
    fn send(
        &self,
        access: &Access,
        request: Request<Bytes>,
        limit: Duration,
    ) -> impl Future<Output = Result<Response<Self::Body>, UpstreamFailure>> + Send;
}

impl Way for Upstream {
    type Body = UpstreamBody;

    async fn send(
        &self,
        _: &Access,
        request: Request<Bytes>,
        limit: Duration,
    ) -> Result<Response<UpstreamBody>, UpstreamFailure> {
        Upstream::send(self, request, limit).await
    }
}
