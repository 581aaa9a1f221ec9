//! The authorization server as a tower service.

use crate::body::{Unread, discard, read};
use crate::deadline;
use crate::on_event::OnEvent;
use bytes::Bytes;
use doorward::answer::{MAX_BODY, incomplete, refused_by_head, too_large};
use doorward::guard::{Guard, Verify};
use doorward::protocol::ProtectedResource;
use doorward::server::Server;
use http::request::Parts;
use http::{HeaderValue, Request, Response, header};
use http_body::Body;
use http_body_util::Full;
use std::convert::Infallible;
use std::error::Error;
use std::pin::Pin;
use std::task::{Context, Poll};
use tower_service::Service;

/// An authorization server. A clone shares everything.
///
/// It answers every request, with 404 for a path that is no endpoint. So mount it as the fallback of a router.
#[derive(Clone)]
pub struct AuthorizationServer {
    server: Server,
    on_event: OnEvent,
}

impl AuthorizationServer {
    pub(crate) fn new(server: Server, on_event: OnEvent) -> Self {
        Self { server, on_event }
    }

    /// The server of the core, for example for operator commands.
    pub fn server(&self) -> &Server {
        &self.server
    }

    /// A guard of the first resource of the configuration, for an MCP server in this process.
    pub fn guard(&self) -> Guard {
        self.guard_of(self.server.config.resources().default())
    }

    /// A guard of the resource with this URL, if the configuration has it.
    pub fn guard_at(&self, url: &str) -> Option<Guard> {
        let resource = self.server.config.resources().iter().find(|known| known.resource.as_str() == url)?;
        Some(self.guard_of(resource))
    }

    fn guard_of(&self, resource: &ProtectedResource) -> Guard {
        let (config, clock) = (&self.server.config, self.server.clock.clone());
        let keys = self.server.token_keys.public_keys().to_vec();
        let verify = Verify::of(config, keys, self.server.stores.grants().clone());
        Guard::new(resource.clone(), config.issuer().clone(), verify, clock)
            .with_issuer_paths(config.paths().clone())
    }

    /// Answers a request. A body of more than 64 KiB is refused. The body of a request that is refused by its head is not kept.
    /// Outbound requests end before the [`Deadline`](doorward::ports::Deadline) in the request's extensions, which is 25
    /// seconds after the request by default.
    ///
    /// Set a timeout for reading on the server, against clients that send slowly.
    pub async fn answer<B>(&self, request: Request<B>) -> Response<Full<Bytes>>
    where
        B: Body<Data = Bytes>,
        B::Error: Into<Box<dyn Error + Send + Sync>>,
    {
        let (mut head, body) = request.into_parts();
        deadline::set(&mut head.extensions);
        let response = match refused_by_head(&self.server, &head) {
            Some(mut response) => {
                if !discard(body, MAX_BODY).await {
                    close(&mut response);
                }
                response
            }
            None => match read(body, MAX_BODY).await {
                Ok(body) => doorward::answer(self.server.clone(), Request::from_parts(head, body)).await,
                Err(unread) => self.unread(unread, &head),
            },
        };
        self.on_event.report(&response);
        response.map(Full::new)
    }

    /// Refuses a request and closes the connection. Otherwise the rest of the body is taken for the next request.
    fn unread(&self, unread: Unread, head: &Parts) -> Response<Bytes> {
        let mut response = match unread {
            Unread::TooLarge => too_large(&self.server, head),
            Unread::Broken => incomplete(&self.server, head),
        };
        close(&mut response);
        response
    }
}

fn close(response: &mut Response<Bytes>) {
    response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
}

impl<B> Service<Request<B>> for AuthorizationServer
where
    B: Body<Data = Bytes> + Send + 'static,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    type Response = Response<Full<Bytes>>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let server = self.clone();
        Box::pin(async move { Ok(server.answer(request).await) })
    }
}
