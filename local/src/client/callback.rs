//! The client's listener on the loopback interface (RFC 8252 §7.3).

use crate::Failure;
use axum::{Router, extract::State, http::Uri, response::Html};
use std::collections::HashMap;
use tokio::net::TcpListener;
use tokio::sync::mpsc;

/// A listener that waits for the browser's redirect.
pub(super) struct Callback {
    listener: TcpListener,
    uri: String,
}

type Query = HashMap<String, String>;

impl Callback {
    /// Listens on a free port.
    pub(super) async fn listen() -> Result<Self, Failure> {
        let failure = |error| Failure::new("listening for the callback", error);
        let listener = TcpListener::bind("127.0.0.1:0").await.map_err(failure)?;
        let port = listener.local_addr().map_err(failure)?.port();
        Ok(Self { listener, uri: format!("http://127.0.0.1:{port}/callback") })
    }

    /// The redirect URI.
    pub(super) fn uri(&self) -> &str {
        &self.uri
    }

    /// Waits for the redirect and returns its query parameters.
    pub(super) async fn answer(self) -> Result<Query, Failure> {
        let (sender, mut receiver) = mpsc::channel(1);
        let routes = Router::new().route("/callback", axum::routing::get(receive)).with_state(sender);
        let listening = async { axum::serve(self.listener, routes).await };
        tokio::select! {
            ended = listening => Err(Failure(format!("the callback's listener ended: {ended:?}"))),
            answer = receiver.recv() => answer.ok_or_else(|| Failure("the callback received no response".into())),
        }
    }
}

async fn receive(State(sender): State<mpsc::Sender<Query>>, uri: Uri) -> Html<&'static str> {
    let query = form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()).into_owned().collect();
    // Only the first answer counts, so a later redirect is ignored.
    let _ = sender.try_send(query);
    Html("<!doctype html><html lang=\"en\"><title>Done</title><p>Done. You can close this window.</p></html>")
}
