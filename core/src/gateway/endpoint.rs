//! HTTP+SSE, the older transport (MCP 2024-11-05, Transports, HTTP with SSE). The first event of the stream that answers
//! GET names the endpoint to which the client posts its messages. The client gets the resource's own path in its place,
//! with the upstream's path and query sealed into the query.

use super::exchange::{NamedEndpoint, Sent};
use super::{Gateway, refusal};
use crate::wire::Response;
use fluent_uri::{Uri as FluentUri, UriRef};
use http::Uri;
use http::request::Parts;
use http::uri::PathAndQuery;

/// The query parameter with the sealed endpoint.
const PARAMETER: &str = "doorward=";
/// The longest reason in the log, in characters. The data are the upstream's.
const MAX_SHOWN: usize = 200;

impl Gateway {
    /// What the client gets in place of the data of an event of the type `endpoint`.
    ///
    /// # Errors
    /// 502 for an endpoint that is too long, not at the upstream's own origin, or not in the first event of the stream. A client
    /// posts its messages, with its token, where the last one says, and no revision of MCP has a second one. If the response
    /// has begun, cut it.
    pub fn endpoint(&self, sent: &Sent, named: NamedEndpoint<'_>) -> Result<String, Response> {
        let data = match named {
            NamedEndpoint::First(data) => data,
            NamedEndpoint::TooLong => {
                let reason = "the endpoint event of the upstream is longer than 4 KiB".to_owned();
                return Err(refusal::unusable(sent, reason));
            }
            NamedEndpoint::Later => {
                let reason = "the upstream named an endpoint in another event than the first".to_owned();
                return Err(refusal::unusable(sent, reason));
            }
        };
        let path = self.endpoint_path(sent, data).ok_or_else(|| {
            let shown: String = data.chars().take(MAX_SHOWN).collect();
            let reason =
                format!("the upstream named {shown:?} as its endpoint, which is not at its own origin");
            refusal::unusable(sent, reason)
        })?;
        let sealed = self.endpoints.issue(self.owner(&sent.access), path.as_str(), &*self.entropy);
        let own = Some(self.guard.resource().resource.path()).filter(|path| !path.is_empty()).unwrap_or("/");
        Ok(format!("{own}?{PARAMETER}{sealed}"))
    }

    /// The path and query at the upstream that `data` names, as a client of the upstream resolves them (RFC 3986 §5.2).
    /// `None` if they are at another origin, or no reference.
    fn endpoint_path(&self, sent: &Sent, data: &str) -> Option<PathAndQuery> {
        // Clients remove these characters, as browsers do (URL Standard, "URL parsing").
        let data: String = data.trim().chars().filter(|c| !['\n', '\r', '\t'].contains(c)).collect();
        let base = sent.uri.to_string();
        let base = FluentUri::parse(base.as_str()).ok()?;
        let named = UriRef::parse(data.as_str()).ok()?.resolve_against(&base).ok()?;
        let is_http = ["http", "https"].contains(&named.scheme().as_str().to_ascii_lowercase().as_str());
        if !is_http || !self.is_own_host(named.authority()?.as_str()) {
            return None;
        }
        let path = Some(named.path().as_str()).filter(|path| !path.is_empty()).unwrap_or("/");
        let query = named.query().map(|query| format!("?{query}")).unwrap_or_default();
        PathAndQuery::try_from(format!("{path}{query}")).ok()
    }

    /// Whether an upstream that names this host means itself: it is that of its URL, that of the `Host` header, or that of
    /// `X-Forwarded-Host`.
    pub(super) fn is_own_host(&self, host: &str) -> bool {
        let (resource, upstream) = (&self.guard.resource().resource, self.upstream.url.authority());
        let known = [self.host.as_str(), upstream.as_str(), resource.authority()];
        known.iter().any(|known| without_default_port(known).eq_ignore_ascii_case(without_default_port(host)))
    }

    /// The URI that the sealed endpoint in the query of a POST means.
    ///
    /// # Errors
    /// 404 if this user and client did not get the value for this resource.
    pub(super) fn opened_endpoint(&self, sent: &Sent, head: &Parts) -> Result<Option<Uri>, Response> {
        let pairs = head.uri.query().unwrap_or_default().split('&');
        let mut given = pairs.filter_map(|pair| pair.strip_prefix(PARAMETER));
        let Some(sealed) = given.next() else { return Ok(None) };
        let path = self.endpoints.path(self.owner(&sent.access), sealed);
        let path = path.filter(|_| given.next().is_none()).and_then(|path| PathAndQuery::try_from(path).ok());
        let uri = path.map(|path| self.upstream.url.with_path(&self.host, path));
        uri.map(Some).ok_or_else(|| refusal::unknown_session(sent))
    }
}

/// A host without the default ports of http and https. The connection to the upstream is always the configured one.
fn without_default_port(host: &str) -> &str {
    [":80", ":443"].iter().find_map(|port| host.strip_suffix(port)).unwrap_or(host)
}
