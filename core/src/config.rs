//! What an operator decides: checked when it is built, trusted afterwards.

use crate::protocol::{issuer::Issuer, resource::Resource, scope::Scope};
use std::{fmt, time::Duration};

/// The configuration of one authorization server.
#[derive(Clone, Debug)]
pub struct Config {
    issuer: Issuer,
    /// The default, then the others.
    resources: Vec<ProtectedResource>,
    lifetimes: Lifetimes,
}

/// A server that tokens are issued for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProtectedResource {
    /// Its identifier: the URL that its users type.
    pub resource: Resource,
    /// Its name, for people.
    pub name: String,
    /// What may be asked there.
    pub scopes: Vec<OfferedScope>,
}

/// A scope with the sentence that the consent page shows for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OfferedScope {
    /// One token (RFC 6749 §3.3).
    pub scope: Scope,
    /// What it allows, as a person reads it.
    pub description: String,
}

/// How long things hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lifetimes {
    /// An authorization code; RFC 6749 §4.1.2 allows ten minutes.
    pub code: Duration,
    /// An access token.
    pub access_token: Duration,
    /// A page with a form on it.
    pub form: Duration,
    /// A sign-in session.
    pub session: Duration,
    /// For this long after a sign-in the person's record is not read again.
    pub fresh_sign_in: Duration,
}

impl Default for Lifetimes {
    fn default() -> Self {
        const MINUTE: u64 = 60;
        Self {
            code: Duration::from_secs(MINUTE),
            access_token: Duration::from_secs(60 * MINUTE),
            form: Duration::from_secs(10 * MINUTE),
            session: Duration::from_secs(12 * 60 * MINUTE),
            fresh_sign_in: Duration::from_secs(MINUTE),
        }
    }
}

impl ProtectedResource {
    /// Every scope it offers.
    pub fn scope(&self) -> Scope {
        let all: Vec<_> = self.scopes.iter().map(|offered| offered.scope.to_string()).collect();
        Scope::parse(&all.join(" ")).expect("printed scopes are scopes")
    }
}

impl Config {
    /// Checks a configuration; the first resource is the default.
    ///
    /// # Errors
    /// [`InvalidConfig`], with what has to be changed.
    pub fn new(issuer: Issuer, resources: Vec<ProtectedResource>) -> Result<Self, InvalidConfig> {
        if resources.is_empty() {
            return Err(InvalidConfig("there is no resource to issue tokens for".into()));
        }
        for (index, resource) in resources.iter().enumerate() {
            if resource.scope().is_empty() {
                return Err(InvalidConfig(format!("{} offers no scope", resource.resource)));
            }
            if resources[..index]
                .iter()
                .any(|earlier| earlier.resource.is_meant_by(resource.resource.as_str()))
            {
                return Err(InvalidConfig(format!("{} is configured twice", resource.resource)));
            }
        }
        Ok(Self { issuer, resources, lifetimes: Lifetimes::default() })
    }

    /// Who the server is.
    pub fn issuer(&self) -> &Issuer {
        &self.issuer
    }

    /// All servers that tokens are issued for; never empty.
    pub fn resources(&self) -> &[ProtectedResource] {
        &self.resources
    }

    /// The server that a client means which does not say.
    pub fn default_resource(&self) -> &ProtectedResource {
        &self.resources[0]
    }

    /// The server that a client means by `sent`.
    pub fn resource(&self, sent: &str) -> Option<&ProtectedResource> {
        self.resources.iter().find(|known| known.resource.is_meant_by(sent))
    }

    /// How long things hold.
    pub fn lifetimes(&self) -> &Lifetimes {
        &self.lifetimes
    }
}

/// Why a configuration cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidConfig(pub String);

impl fmt::Display for InvalidConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for InvalidConfig {}
