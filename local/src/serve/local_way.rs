//! The ways to an upstream that a local server has: HTTP, or the standard input and output of a program.

use super::stdio::{Stdio, StdioBody};
use bytes::Bytes;
use doorward::gateway::UpstreamFailure;
use doorward::guard::Access;
use doorward_upstream::{Upstream, UpstreamBody, Way};
use http::{Request, Response};
use http_body_util::Either;
use std::time::Duration;

/// A way to an upstream.
pub(super) enum LocalWay {
    /// Over HTTP.
    Http(Upstream),
    /// A program.
    Program(Box<Stdio>),
}

impl Way for LocalWay {
    type Body = Either<UpstreamBody, StdioBody>;

    async fn send(
        &self,
        access: &Access,
        request: Request<Bytes>,
        limit: Duration,
    ) -> Result<Response<Self::Body>, UpstreamFailure> {
        match self {
            Self::Http(upstream) => Ok(Way::send(upstream, access, request, limit).await?.map(Either::Left)),
            Self::Program(stdio) => Ok(Way::send(&**stdio, access, request, limit).await?.map(Either::Right)),
        }
    }
}
