//! What an operator decides: checked when it is built, trusted afterwards.

use crate::protocol::protected_resource::{OfferedScope, ProtectedResource, Resources};
use crate::protocol::{issuer::Issuer, resource::Resource, scope::Scope};
use std::time::Duration;

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
        Ok(OfferedScope { scope, description: describe(name) })
    });
    let name = resource.authority().to_owned();
    Ok(ProtectedResource { name, scopes: scopes.collect::<Result<_, String>>()?, resource, secret: None })
}

fn describe(scope: &str) -> String {
    match scope {
        "user" => "see who you are, and your own data".to_owned(),
        other => format!("use the permission “{other}”"),
    }
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

/// How long things hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lifetimes {
    /// An authorization code; RFC 6749 §4.1.2 allows ten minutes.
    pub code: Duration,
    /// An access token.
    pub access_token: Duration,
    /// A grant, from the day its code is spent: no refresh goes beyond it.
    pub grant: Duration,
    /// For this long a refresh token that was used can be used again, and gives the same successor: answers get lost,
    /// and processes race.
    pub refresh_window: Duration,
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
            grant: Duration::from_secs(90 * 24 * 60 * MINUTE),
            refresh_window: Duration::from_secs(2 * MINUTE),
            form: Duration::from_secs(10 * MINUTE),
            session: Duration::from_secs(12 * 60 * MINUTE),
            fresh_sign_in: Duration::from_secs(MINUTE),
        }
    }
}
