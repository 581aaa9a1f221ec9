//! Client of an introspection endpoint (RFC 7662 §2.1).

use async_trait::async_trait;
use doorward::jose::Object;
use doorward::token::{Introspect, Introspection, IntrospectionUnavailable};
use reqwest::{Client, Error};
use std::time::Duration;

/// Timeout of one request. A caller of the resource server waits meanwhile.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Sends introspection requests to one endpoint.
pub struct Introspector {
    http: Client,
    endpoint: String,
    credentials: Option<Credentials>,
}

/// The credentials of the resource server.
pub struct Credentials {
    /// The resource identifier.
    pub id: String,
    /// The secret configured for it.
    pub secret: String,
}

impl Introspector {
    /// An introspector for `endpoint`. Without credentials, the endpoint must accept unauthenticated requests.
    pub fn new(http: Client, endpoint: String, credentials: Option<Credentials>) -> Self {
        Self { http, endpoint, credentials }
    }

    async fn ask(&self, token: &str, limit: Duration) -> Result<Introspection, Error> {
        let mut form = vec![("token", token)];
        if let Some(Credentials { id, secret }) = &self.credentials {
            form.extend([("client_id", id.as_str()), ("client_secret", secret)]);
        }
        let request = self.http.post(&self.endpoint).form(&form).timeout(limit.min(TIMEOUT));
        let Object(introspection) = request.send().await?.error_for_status()?.json().await?;
        Ok(introspection)
    }
}

#[async_trait]
impl Introspect for Introspector {
    async fn introspect(
        &self,
        token: &str,
        limit: Duration,
    ) -> Result<Introspection, IntrospectionUnavailable> {
        self.ask(token, limit)
            .await
            .map_err(|error| IntrospectionUnavailable(error.without_url().to_string()))
    }
}
