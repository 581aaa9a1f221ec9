//! Client that waits for the user's decision.

use doorward_local::Failure;
use doorward_local::client::{self, Person};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// A client that has sent its user to the browser.
pub(crate) struct Connecting {
    /// The authorization URL.
    pub(crate) url: String,
    outcome: JoinHandle<Result<String, Failure>>,
}

impl Connecting {
    /// Starts a client that connects to the MCP server at `resource`.
    pub(crate) async fn to(resource: String) -> Self {
        let (sender, url) = oneshot::channel();
        let sender = std::sync::Mutex::new(Some(sender));
        let open = move |url: &str| sender.lock().unwrap().take().unwrap().send(url.to_owned()).unwrap();
        let outcome = tokio::spawn(async move {
            let mut told = Vec::new();
            client::run(&resource, Person::AtBrowser(Box::new(open)), &mut told).await?;
            Ok(String::from_utf8(told).unwrap())
        });
        Self { url: url.await.unwrap(), outcome }
    }

    /// The issuer of the authorization server.
    pub(crate) fn issuer(&self) -> &str {
        self.url.split("/oauth/").next().unwrap()
    }

    /// Waits until the client ends. Returns its output, or the failure.
    pub(crate) async fn ends(&mut self) -> Result<String, Failure> {
        (&mut self.outcome).await.unwrap()
    }
}
