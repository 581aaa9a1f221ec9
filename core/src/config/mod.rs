//! What an operator decides: checked when it is built, trusted afterwards.

mod allowances;
mod clients;
mod lifetimes;
mod provider;
mod stale_refresh;

use crate::client::Authentication;
use crate::protocol::{
    ClientId, DocumentUrl, InvalidRedirectUri, Issuer, OfferedScope, ProtectedResource,
    RegisteredRedirectUri, Resource, Resources, Scope, without_port,
};
use std::collections::BTreeMap;

pub use allowances::Allowances;
pub use clients::{ConfiguredClient, ConfiguredClients};
pub use lifetimes::Lifetimes;
pub(crate) use provider::Rule;
pub use provider::{Allowed, ProviderSecret, ProviderSettings};
pub use stale_refresh::StaleRefresh;

/// The configuration of one authorization server.
#[derive(Clone, Debug)]
pub struct Config {
    /// Who the server is.
    pub issuer: Issuer,
    /// The servers that tokens are issued for.
    pub resources: Resources,
    /// How long things hold.
    pub lifetimes: Lifetimes,
    /// Which rules of OAuth 2.1 are loosened.
    pub allowances: Allowances,
    /// What becomes of a grant of which somebody brings a stale refresh token.
    pub stale_refresh: StaleRefresh,
    /// Whether our own MCP server asks the store about every token, so that what is revoked is refused at once and not when
    /// the token ends. One read for each call.
    pub immediate_revocation: bool,
    /// Clients that need not register.
    pub clients: ConfiguredClients,
    /// Where people sign in; here, by a password, if nothing is said.
    pub provider: Option<ProviderSettings>,
}

impl Config {
    /// Whether a URL is one of our own servers': what is fetched there is answered by us, who would fetch again. On this
    /// machine, where everybody shares a host, it is the port that tells.
    pub fn is_ours(&self, url: &DocumentUrl) -> bool {
        let resources = self.resources.iter().map(|known| known.resource.authority());
        let mut ours =
            resources.chain(self.issuer.as_str().split_once("://").map(|(_, authority)| authority));
        if url.is_loopback() {
            return ours.any(|authority| authority == url.authority());
        }
        ours.any(|authority| without_port(authority) == url.host())
    }
}

/// Reads a client as settings have it: `ID=URI URI`.
///
/// # Errors
/// A sentence, with what cannot be read.
pub fn client(text: &str) -> Result<ConfiguredClient, String> {
    let (id, uris) = text.split_once('=').ok_or("has no =URI behind the id")?;
    let refused = |(uri, InvalidRedirectUri(why)): (&str, _)| format!("the redirect URI {uri} {why}");
    let redirect_uris = RegisteredRedirectUri::parse_all(uris.split_whitespace()).map_err(refused)?;
    let id = ClientId(id.to_owned());
    let (authentication, own_scope) = (Authentication::None, Scope::default());
    Ok(ConfiguredClient { id, redirect_uris, authentication, own_scope })
}

/// Reads a resource as settings have it: `URL=SCOPE,SCOPE`.
///
/// # Errors
/// A sentence, with what cannot be read.
pub fn resource(text: &str) -> Result<ProtectedResource, String> {
    let (url, scopes) = text.rsplit_once('=').ok_or("has no =SCOPE behind the URL")?;
    let resource = Resource::parse(url).map_err(|error| error.to_string())?;
    let scopes = scopes.split(',').map(|name| {
        let scope = Scope::parse(name).map_err(|error| error.to_string())?;
        Ok(OfferedScope { scope, description: None })
    });
    let name = resource.authority().to_owned();
    let (scopes, tools) = (scopes.collect::<Result<_, String>>()?, BTreeMap::new());
    Ok(ProtectedResource { name, scopes, tools, resource, secret: None })
}

/// Reads what a tool needs as settings have it: `TOOL=SCOPE,SCOPE`.
///
/// # Errors
/// A sentence, with what cannot be read.
pub fn tool_scope(text: &str) -> Result<(String, Scope), String> {
    let (tool, scopes) = text.split_once('=').ok_or("has no =SCOPE behind the tool")?;
    let scope = Scope::parse(&scopes.replace(',', " ")).map_err(|error| error.to_string())?;
    let named = !tool.is_empty() && !scope.is_empty();
    named.then(|| (tool.to_owned(), scope)).ok_or_else(|| "needs TOOL=SCOPE".to_owned())
}

/// Reads [`Config::stale_refresh`].
///
/// # Errors
/// A sentence, with what it may be.
pub fn stale_refresh(text: &str) -> Result<StaleRefresh, String> {
    let named = StaleRefresh::ALL.into_iter().find(|policy| policy.name() == text);
    named.ok_or_else(|| "is doubt or close".to_owned())
}

/// Says in the operator's words what a scope allows, as settings have it: `SCOPE=SENTENCE`.
///
/// # Errors
/// A sentence, when it cannot be read, or none of the resources offers this scope.
pub fn describe(resources: &mut [ProtectedResource], text: &str) -> Result<(), String> {
    let (name, sentence) = text.split_once('=').ok_or("needs SCOPE=SENTENCE")?;
    let scope = Scope::parse(name.trim()).map_err(|error| error.to_string())?;
    let offered = resources.iter_mut().flat_map(|resource| &mut resource.scopes);
    let mut meant = offered.filter(|offered| offered.scope == scope).peekable();
    if sentence.trim().is_empty() || meant.peek().is_none() {
        return Err(format!("needs a SENTENCE for a SCOPE that is offered, which {name:?} is not"));
    }
    meant.for_each(|offered| offered.description = Some(sentence.trim().to_owned()));
    Ok(())
}
