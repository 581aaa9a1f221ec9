//! What an operator decides: checked when it is built, trusted afterwards.

mod lifetimes;
mod provider;

use crate::guard::Verify;
use crate::lifecycle::StaleRefresh;
use crate::protocol::client::{Authentication, ClientId};
use crate::protocol::document_url::{DocumentUrl, without_port};
use crate::protocol::jwk::PublicKey;
use crate::protocol::protected_resource::{OfferedScope, ProtectedResource, Resources};
use crate::protocol::redirect_uri::{InvalidRedirectUri, RedirectUri, RegisteredRedirectUri};
use crate::protocol::{issuer::Issuer, resource::Resource, scope::Scope};
use crate::store::Grants;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

pub use lifetimes::Lifetimes;
pub use provider::{Allowed, ProviderSecret, ProviderSettings};

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
    /// How a guard beside the store judges tokens of ours.
    pub fn verify(&self, keys: Vec<PublicKey>, store: Arc<dyn Grants>) -> Verify {
        if self.immediate_revocation {
            Verify::stored(self.issuer.clone(), keys, store)
        } else {
            Verify::signed(self.issuer.clone(), keys)
        }
    }

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

/// A client of the configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfiguredClient {
    /// Its id, which people are shown as its name.
    pub id: ClientId,
    /// Where its codes may go.
    pub redirect_uris: BTreeSet<RegisteredRedirectUri>,
    /// How it shows that it is the one.
    pub authentication: Authentication,
    /// What it may have without any person (RFC 6749 §4.4).
    pub own_scope: Scope,
}

/// Clients by their ids.
#[derive(Clone, Debug, Default)]
pub struct ConfiguredClients(BTreeMap<String, ConfiguredClient>);

impl ConfiguredClients {
    /// Takes clients.
    ///
    /// # Errors
    /// A sentence, when two have one id, when one has an id that means something else here, or can do nothing.
    pub fn new(clients: Vec<ConfiguredClient>) -> Result<Self, String> {
        let mut by_id = BTreeMap::new();
        for client in clients {
            let id = client.id.0.clone();
            let printable = !id.is_empty() && id.bytes().all(|byte| (0x20..0x7F).contains(&byte));
            if !printable || id.starts_with("dw_") || id.contains("://") {
                return Err(format!("{id:?} cannot be a client's id: printable ASCII, no URL, and not dw_…"));
            }
            if client.redirect_uris.is_empty() && client.own_scope.is_empty() {
                return Err(format!("the client {id} has no redirect URI, and no scope of its own"));
            }
            if !client.own_scope.is_empty() && client.authentication == Authentication::None {
                return Err(format!("the client {id} has a scope of its own, and nothing to show for it"));
            }
            if by_id.insert(id.clone(), client).is_some() {
                return Err(format!("the client {id} is there twice"));
            }
        }
        Ok(Self(by_id))
    }

    pub(crate) fn find(&self, id: &str) -> Option<&ConfiguredClient> {
        self.0.get(id)
    }
}

/// Reads a client as settings have it: `ID=URI URI`.
///
/// # Errors
/// A sentence, with what cannot be read.
pub fn client(text: &str) -> Result<ConfiguredClient, String> {
    let (id, uris) = text.split_once('=').ok_or("has no =URI behind the id")?;
    let (id, redirect_uris) = (ClientId(id.to_owned()), redirect_uris(uris.split_whitespace())?);
    let (authentication, own_scope) = (Authentication::None, Scope::default());
    Ok(ConfiguredClient { id, redirect_uris, authentication, own_scope })
}

/// Reads redirect URIs of which every one has to be usable, since whoever wrote them can mend them.
pub(crate) fn redirect_uris<'a>(
    texts: impl Iterator<Item = &'a str>,
) -> Result<BTreeSet<RegisteredRedirectUri>, String> {
    let read = |text| match RedirectUri::parse(text) {
        Ok(uri) => Ok(uri.registered().clone()),
        Err(InvalidRedirectUri(why)) => Err(format!("the redirect URI {text} {why}")),
    };
    texts.map(read).collect()
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

/// Rules of OAuth 2.1 that are loosened for a tutorial; none, unless everybody concerned is on one machine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Allowances {
    pub(crate) missing_pkce: bool,
    pub(crate) credentials_in_query: bool,
    pub(crate) anonymous_introspection: bool,
}

impl Allowances {
    /// What the tutorial's programs need: an authorization request without PKCE, a name and password with
    /// `approve=true` in its query, and introspection by anybody. Nothing if the issuer is not on this machine; that
    /// the server listens nowhere else is for whoever binds it to see to.
    pub fn tutorial(issuer: &Issuer) -> Option<Self> {
        issuer.is_loopback().then_some(Self {
            missing_pkce: true,
            credentials_in_query: true,
            anonymous_introspection: true,
        })
    }
}
