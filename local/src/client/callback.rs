//! The client's listener on the loopback interface (RFC 8252 §7.3).

use crate::Failure;
use crate::serve::listener::{Limits, Listener, Received};
use crate::serve::shutdown::Stage;
use bytes::Bytes;
use http::{HeaderValue, Request, Response, StatusCode, header};
use http_body_util::Full;
use hyper::service::service_fn;
use std::collections::HashMap;
use std::convert::Infallible;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};

/// A listener that waits for the browser's redirect.
pub(crate) struct Callback {
    listener: TcpListener,
    uri: String,
}

type Query = HashMap<String, String>;

impl Callback {
    /// Listens on a free port.
    pub(crate) async fn listen() -> Result<Self, Failure> {
        let failure = |error| Failure::new("listening for the callback", error);
        let listener = TcpListener::bind("127.0.0.1:0").await.map_err(failure)?;
        let port = listener.local_addr().map_err(failure)?.port();
        Ok(Self { listener, uri: format!("http://127.0.0.1:{port}/callback") })
    }

    /// The redirect URI.
    pub(crate) fn uri(&self) -> &str {
        &self.uri
    }

    /// Waits for the redirect and returns its query parameters.
    pub(crate) async fn answer(self) -> Result<Query, Failure> {
        let (sender, mut receiver) = mpsc::channel(1);
        let (_running, stage) = watch::channel(Stage::Serving);
        let answer = move |request: Request<Received>| {
            let answer = receive(&sender, &request);
            async move { Ok::<_, Infallible>(answer) }
        };
        let listening =
            Listener::new(self.listener, Limits::default(), |_: &str| ()).serve(service_fn(answer), stage);
        tokio::select! {
            () = listening => Err(Failure("the callback's listener ended".into())),
            answer = receiver.recv() => answer.ok_or_else(|| Failure("the callback received no response".into())),
        }
    }
}

fn receive(sender: &mpsc::Sender<Query>, request: &Request<Received>) -> Response<Full<Bytes>> {
    if request.uri().path() != "/callback" {
        let mut response = Response::new(Full::default());
        *response.status_mut() = StatusCode::NOT_FOUND;
        return response;
    }
    let query = request.uri().query().unwrap_or_default();
    // Only the first answer counts, so a later redirect is ignored.
    let _ = sender.try_send(form_urlencoded::parse(query.as_bytes()).into_owned().collect());
    let mut response = Response::new(Full::from(DONE));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    response
}

const DONE: &str =
    "<!doctype html><html lang=\"en\"><title>Done</title><p>Done. You can close this window.</p></html>";
