//! Errors of settings: the name of the setting, its value, and the reason.

use crate::setting::Setting;
use doorward::client::InvalidKeys;
use doorward::config::{
    ConfigError, InvalidAllowed, InvalidBranding, InvalidGitHub, InvalidIdentityIssuer, InvalidProvider,
    InvalidTrustedIssuer, InvalidWorkloadClaims, LifetimeOutOfBounds, NoSuchProvider, ProviderId,
};
use doorward::gateway::InvalidHeaderName;
use doorward::protocol::{
    CyclicScope, InvalidDocumentUrl, InvalidIssuer, InvalidOrigin, InvalidProtectedResource, InvalidResource,
    InvalidScope, InvalidUpstreamUrl, InvalidUserRule,
};
use thiserror::Error;

/// A setting that is refused. `Display` begins with the setting's name.
#[derive(Debug, Error)]
#[error("{setting}{}: {reason}", .value.as_ref().map(|value| format!(" {value}")).unwrap_or_default())]
pub struct InvalidSetting {
    /// The name of the setting.
    pub setting: &'static str,
    /// The refused value, if the setting can have several values and holds no secret.
    pub value: Option<String>,
    /// The reason.
    pub reason: Reason,
}

impl InvalidSetting {
    /// Refuses a setting.
    pub fn of(setting: &Setting, reason: impl Into<Reason>) -> Self {
        Self { setting: setting.name, value: None, reason: reason.into() }
    }

    /// Refuses one of the values of a setting.
    pub(crate) fn value(setting: &Setting, value: &str, reason: impl Into<Reason>) -> Self {
        Self { value: Some(value.to_owned()), ..Self::of(setting, reason) }
    }
}

/// Reads each value of a setting. Errors repeat the value, so this is not for settings that hold secrets.
pub(crate) fn each<T>(
    values: &[String],
    setting: &Setting,
    mut read: impl FnMut(&str) -> Result<T, Reason>,
) -> Result<Vec<T>, InvalidSetting> {
    let refused = |text, reason| InvalidSetting::value(setting, text, reason);
    values.iter().map(|text| read(text).map_err(|reason| refused(text, reason))).collect()
}

/// Refuses a setting for a reason, without its value.
pub(crate) fn of<T>(setting: &Setting, read: Result<T, impl Into<Reason>>) -> Result<T, InvalidSetting> {
    read.map_err(|reason| InvalidSetting::of(setting, reason))
}

/// Why a setting is refused. The message does not repeat a value that may hold a secret.
#[derive(Debug, Error)]
pub enum Reason {
    /// A required setting has no value.
    #[error("is not set")]
    Missing,
    /// A switch has a value other than `true` or `false`.
    #[error("must be true or false, not {0:?}")]
    Switch(String),
    /// The value does not have this form.
    #[error("must be {0}")]
    Form(&'static str),
    /// The value is not a digest.
    #[error("must be {0} with a SHA-256 digest in base64url")]
    Digest(&'static str),
    /// The value is not a number of seconds.
    #[error("must be a number of seconds, not {0:?}")]
    Seconds(String),
    /// The value is not a number within these bounds.
    #[error("must be a whole number from {least} to {most}, not {sent:?}")]
    Number {
        /// The least number.
        least: u64,
        /// The greatest number.
        most: u64,
        /// The value.
        sent: String,
    },
    /// The value names no configured resource.
    #[error("must be {0} with the URL of a configured resource")]
    UnknownResource(&'static str),
    /// Rules about claims need a provider.
    #[error(
        "has a rule domain:, group: or org: for {0}, but users do not sign in at a provider; set provider, or use user:NAME"
    )]
    NoClaims(String),
    /// A rule of the users of a resource is about what no provider says.
    #[error(
        "has the rule {1} for {0}, which no user can meet: groups are of OpenID providers, and organizations of GitHub"
    )]
    Unmeetable(String, String),
    /// The value names no configured client.
    #[error("must be {0} with the ID of a configured client")]
    UnknownClient(&'static str),
    /// The value names a scope that no resource offers.
    #[error("describes the scope {0:?}, which no resource offers")]
    UnknownScope(String),
    /// A secret is too short.
    #[error(
        "has a secret of {sent} characters; it must have at least {least}: the command `doorward secret` makes one"
    )]
    ShortSecret {
        /// The number of its characters.
        sent: usize,
        /// The least number.
        least: usize,
    },
    /// A resource has two upstreams.
    #[error("gives the resource {0} two upstreams; remove one")]
    TwoUpstreams(String),
    /// A request to an upstream has two `Authorization` headers.
    #[error(
        "gives requests for {0} two Authorization headers: that of bearer, and that of upstream-header; remove one"
    )]
    TwoAuthorizations(String),
    /// An upstream is this server.
    #[error(
        "leads back to this server itself, at {0}; give the address of the MCP server behind it, or give this server \
         another port with mcp-port"
    )]
    UpstreamIsOurs(String),
    /// The name of a header is refused.
    #[error(transparent)]
    HeaderName(InvalidHeaderName),
    /// The URL of an upstream is refused.
    #[error("{0}; give [RESOURCE=]URL, for example http://127.0.0.1:3000/mcp")]
    UpstreamUrl(#[from] InvalidUpstreamUrl),
    /// The name of a well-known place is refused.
    #[error("must have a NAME of letters, digits, and -._~!$&'()*+,;:@, and not . or ..")]
    WellKnownName,
    /// A well-known place is that of a document of this server.
    #[error("{0} is a document of this server itself; use another name")]
    OwnDocument(String),
    /// A well-known place has two texts.
    #[error("gives the name {0} two texts; remove one")]
    TwoTexts(String),
    /// A resource has two secrets.
    #[error("gives the resource {0} two secrets; remove one")]
    TwoSecrets(String),
    /// A client has two ways to authenticate.
    #[error("gives the client {0} two secrets, or keys beside a secret; remove one")]
    TwoAuthentications(String),
    /// A redirect URI is refused.
    #[error("the redirect URI {uri} {reason}")]
    RedirectUri {
        /// The URI.
        uri: String,
        /// The rule that was broken, as the end of a sentence.
        reason: &'static str,
    },
    /// This setting needs another one.
    #[error("needs the setting {0}")]
    Needs(&'static str),
    /// This setting excludes another one.
    #[error("cannot be combined with the setting {0}")]
    Excludes(&'static str),
    /// The document is not TOML, or has a member that there is not.
    #[error("must be a TOML document of blocks [[issuer]] and [[workload]]: {0}")]
    Toml(String),
    /// A block of the document is refused.
    #[error("the issuer {0}: {1}")]
    Block(String, Box<Reason>),
    /// A rule for a workload is refused.
    #[error("the workload {0}: {1}")]
    Workload(String, Box<Reason>),
    /// An issuer speaks of users and of workloads.
    #[error(
        "speaks of users and of workloads; otherwise a job could become a user: use another issuer for one of them"
    )]
    OfUsersAndWorkloads,
    /// The claims of a rule are refused.
    #[error(transparent)]
    WorkloadClaims(#[from] InvalidWorkloadClaims),
    /// A member of a block excludes another one.
    #[error("has both {0} and {1}; remove one")]
    Excluded(&'static str, &'static str),
    /// Two blocks are of this issuer.
    #[error("is given twice; put what it may state into one block")]
    IssuerTwice,
    /// A member of a block is of another kind of issuer.
    #[error("has {0}, which its speaks-of does not use; remove it, or change speaks-of")]
    Unused(&'static str),
    /// The id of a provider is refused.
    #[error("has an id that is none: it {}", ProviderId::RULE)]
    ProviderId,
    /// GitHub is refused.
    #[error(transparent)]
    GitHub(#[from] InvalidGitHub),
    /// An issuer of another domain is refused.
    #[error(transparent)]
    TrustedIssuer(#[from] InvalidTrustedIssuer),
    /// An issuer of identity assertions is refused.
    #[error(transparent)]
    IdentityIssuer(#[from] InvalidIdentityIssuer),
    /// The URL of a resource is refused.
    #[error(transparent)]
    ResourceUrl(#[from] InvalidResource),
    /// The issuer is refused.
    #[error(transparent)]
    Issuer(#[from] InvalidIssuer),
    /// A resource is refused.
    #[error(transparent)]
    Resource(#[from] InvalidProtectedResource),
    /// An origin is refused.
    #[error(transparent)]
    Origin(#[from] InvalidOrigin),
    /// A rule about users is refused.
    #[error(transparent)]
    UserRule(#[from] InvalidUserRule),
    /// A scope is refused.
    #[error(transparent)]
    Scope(#[from] InvalidScope),
    /// A scope implies itself.
    #[error(transparent)]
    CyclicScope(#[from] CyclicScope),
    /// A URL of keys is refused.
    #[error(transparent)]
    DocumentUrl(#[from] InvalidDocumentUrl),
    /// The keys of a client are refused.
    #[error(transparent)]
    Keys(#[from] InvalidKeys),
    /// Rules of which users may sign in are refused.
    #[error(transparent)]
    Allowed(#[from] InvalidAllowed),
    /// The provider is refused.
    #[error(transparent)]
    Provider(#[from] InvalidProvider),
    /// The secret is of no provider.
    #[error(transparent)]
    ProviderSecret(#[from] NoSuchProvider),
    /// A lifetime is refused.
    #[error(transparent)]
    Lifetime(#[from] LifetimeOutOfBounds),
    /// The branding is refused.
    #[error(transparent)]
    Branding(#[from] InvalidBranding),
    /// The configuration as a whole is refused.
    #[error(transparent)]
    Config(#[from] ConfigError),
}
