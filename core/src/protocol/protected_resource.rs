//! Protected resources: the MCP servers that tokens are issued for, and the scopes that each offers (RFC 9728 §2).

use crate::protocol::digest::Digest;
use crate::protocol::openid_scope::is_of_server;
use crate::protocol::origin::Origin;
use crate::protocol::refusal::{Refusal, shortened};
use crate::protocol::resource::{InvalidResource, Resource};
use crate::protocol::scope::{InvalidScope, Scope};
use crate::protocol::scope_hierarchy::ScopeHierarchy;
use crate::protocol::user_rules::UserRules;
use crate::rules;
use fluent_uri::Uri;
use std::collections::BTreeMap;
use subtle::ConstantTimeEq;
use thiserror::Error;

/// A protected resource: a server that tokens are issued for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProtectedResource {
    /// The resource identifier: the URL that users type.
    pub resource: Resource,
    /// The name to show to users.
    pub name: String,
    /// The scopes that clients may request.
    pub scopes: Vec<OfferedScope>,
    /// The scopes that a tool call needs in addition to the first scope, by tool name.
    pub tools: BTreeMap<String, Scope>,
    /// The scopes that imply other scopes. A token with such a scope passes wherever an implied scope is needed.
    pub implied: ScopeHierarchy,
    /// The digest of the secret with which the resource authenticates for introspection (RFC 7662 §2.1). Without a
    /// secret, it cannot introspect.
    pub secret: Option<Digest>,
    /// A short id with which the resource may authenticate for introspection, beside its identifier: 1 to 64 letters,
    /// digits, `-`, `.` and `_`.
    pub id: Option<String>,
    /// The origins of web pages that may call the resource, besides its own.
    pub origins: Vec<Origin>,
    /// The rules of which users may use the resource.
    pub users: UserRules,
}

/// A scope with its description on the consent page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OfferedScope {
    /// One scope token (RFC 6749 §3.3).
    pub scope: Scope,
    /// What the scope allows, as the operator describes it. Without a description, the page uses a default text.
    pub description: Option<String>,
}

/// All protected resources: at least one, each with at least one scope, without duplicates.
#[derive(Clone, Debug)]
pub struct Resources {
    default: ProtectedResource,
    others: Vec<ProtectedResource>,
}

impl ProtectedResource {
    /// Creates the MCP server at `url`, which offers these scopes, separated by spaces. Each call needs the first
    /// scope. The name is the server's host.
    ///
    /// # Errors
    /// [`InvalidProtectedResource`] if the URL or a scope is refused.
    pub fn parse(url: &str, scopes: &str) -> Result<Self, InvalidProtectedResource> {
        let resource = Resource::parse(url)?;
        let scopes = scopes.split_whitespace().map(Scope::parse);
        let offered = scopes.map(|scope| scope.map(|scope| OfferedScope { scope, description: None }));
        Ok(Self {
            name: resource.authority().to_owned(),
            scopes: offered.collect::<Result<_, _>>()?,
            tools: BTreeMap::new(),
            implied: ScopeHierarchy::default(),
            secret: None,
            id: None,
            origins: Vec::new(),
            users: UserRules::default(),
            resource,
        })
    }

    fn check(&self) -> Result<(), InvalidResources> {
        let (resource, offered) = (|| self.resource.clone(), self.scope());
        if offered.is_empty() {
            return Err(InvalidResources::NoScope(resource()));
        }
        if let Some(id) = self.id.as_ref().filter(|id| !is_short_id(id)) {
            return Err(InvalidResources::Id(resource(), id.clone()));
        }
        if let Some(reserved) = offered.iter().find(|token| is_of_server(token)) {
            return Err(InvalidResources::OfServer(resource(), reserved.to_owned()));
        }
        match self.tools.iter().find(|(_, needed)| !offered.covers(needed)) {
            None => Ok(()),
            Some((tool, scope)) => {
                Err(InvalidResources::Tool { resource: resource(), tool: tool.clone(), scope: scope.clone() })
            }
        }
    }

    /// Whether `secret` is the configured secret. Compares digests in constant time. A random secret needs no salt.
    pub fn is_secret(&self, secret: &str) -> bool {
        self.secret.is_some_and(|known| known.0.ct_eq(&Digest::of(secret).0).into())
    }

    /// Whether the resource server authenticates with this id.
    fn is_called(&self, id: &str) -> bool {
        self.id.as_deref() == Some(id)
    }

    /// All scopes that the resource offers.
    pub fn scope(&self) -> Scope {
        self.scopes.iter().map(|offered| &offered.scope).fold(Scope::default(), |all, one| all.union(one))
    }
}

impl Resources {
    /// Creates the list. The first resource is the default.
    ///
    /// # Errors
    /// [`InvalidResources`], with the rule that was broken.
    pub fn new(resources: Vec<ProtectedResource>) -> Result<Self, InvalidResources> {
        for (index, resource) in resources.iter().enumerate() {
            resource.check()?;
            let same = |earlier: &ProtectedResource| earlier.resource.is_meant_by(resource.resource.as_str());
            if resources[..index].iter().any(same) {
                return Err(InvalidResources::Twice(resource.resource.clone()));
            }
            let id =
                resource.id.as_ref().filter(|id| resources[..index].iter().any(|other| other.is_called(id)));
            if let Some(id) = id {
                return Err(InvalidResources::IdTwice(id.clone()));
            }
        }
        let offered = resources.iter().fold(Scope::default(), |all, resource| all.union(&resource.scope()));
        let is_offered = |name: &str| offered.iter().any(|one| one == name);
        if let Some(name) =
            resources.iter().flat_map(|resource| resource.implied.names()).find(|name| !is_offered(name))
        {
            return Err(InvalidResources::Implied(name.to_owned()));
        }
        let mut others = resources.into_iter();
        let default = others.next().ok_or(InvalidResources::None)?;
        Ok(Self { default, others: others.collect() })
    }

    /// The resource for clients that name none.
    pub fn default(&self) -> &ProtectedResource {
        &self.default
    }

    /// All resources, the default first.
    pub fn iter(&self) -> impl Iterator<Item = &ProtectedResource> {
        std::iter::once(&self.default).chain(&self.others)
    }

    /// The resource server with this `client_id`: its short id, or its identifier.
    pub fn called(&self, id: &str) -> Option<&ProtectedResource> {
        self.iter().find(|known| known.is_called(id)).or_else(|| self.meant_by(id))
    }

    /// The refusal of a `resource` that is none of these (RFC 8707 §2). The description may be shown on a page, so it
    /// repeats only a URL.
    pub(crate) fn unknown(&self, sent: &str) -> Refusal {
        let why = |sent: &str| format!("this server issues no tokens for {sent}; it knows {}", self.names());
        let refusal = match Uri::parse(sent) {
            Ok(_) => rules::RESOURCE_UNKNOWN.refuse(why(&shortened(sent))),
            Err(_) => rules::RESOURCE_UNKNOWN.refuse(why("a resource that is not a URL")),
        };
        refusal.for_operator(&why(&shortened(sent)))
    }

    /// The identifiers, for an error message: at most five.
    pub(crate) fn names(&self) -> String {
        let known: Vec<_> = self.iter().map(|known| known.resource.as_str()).collect();
        match known.get(..5).filter(|_| known.len() > 5) {
            None => known.join(", "),
            Some(first) => format!("{} and {} more", first.join(", "), known.len() - 5),
        }
    }

    /// The resource that a client means by `sent` (RFC 8707 §2). Some clients omit the path: a bare origin means the
    /// resource of that origin, if there is exactly one.
    pub fn meant_by(&self, sent: &str) -> Option<&ProtectedResource> {
        let exact = self.iter().find(|known| known.resource.is_meant_by(sent));
        exact.or_else(|| {
            let mut there = self.iter().filter(|known| known.resource.has_origin(sent));
            there.next().filter(|_| there.next().is_none())
        })
    }
}

fn is_short_id(id: &str) -> bool {
    (1..=64).contains(&id.len())
        && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte))
}

/// Why protected resources are refused.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum InvalidResources {
    /// There are no resources.
    #[error("no resource is configured; add the URL of an MCP server with at least one scope")]
    None,
    /// A resource offers no scope.
    #[error("the resource {0} has no scope; add one")]
    NoScope(Resource),
    /// A resource offers a scope of this server itself.
    #[error(
        "the resource {0} has the scope {1}, which is one of this server itself (UserInfo); give it another name"
    )]
    OfServer(Resource, String),
    /// A tool needs a scope that its resource does not offer.
    #[error("the tool {tool} needs the scope {scope}, which the resource {resource} does not have; add it")]
    Tool {
        /// The resource.
        resource: Resource,
        /// The name of the tool.
        tool: String,
        /// The scopes that the tool needs.
        scope: Scope,
    },
    /// A short id is refused.
    #[error("the id {1:?} of the resource {0} must have 1 to 64 letters, digits, -, . and _")]
    Id(Resource, String),
    /// Two resources have the same short id.
    #[error("the id {0} is given to two resources; remove one")]
    IdTwice(String),
    /// A scope implies another, and no resource offers one of the two.
    #[error(
        "the scope {0} implies another scope or is implied by one, but no resource offers it; add it to one"
    )]
    Implied(String),
    /// Two resources have the same identifier.
    #[error("the resource {0} is configured twice; remove one")]
    Twice(Resource),
}

/// Why a text is not a protected resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum InvalidProtectedResource {
    /// The identifier is refused.
    #[error(transparent)]
    Resource(#[from] InvalidResource),
    /// A scope is refused.
    #[error(transparent)]
    Scope(#[from] InvalidScope),
}

#[cfg(test)]
mod tests;
