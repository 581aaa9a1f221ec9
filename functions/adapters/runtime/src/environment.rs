//! The environment: what a deployment says to a function. No variable holds a secret.

use crate::origin_secret::OriginSecret;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use doorward::config::{
    self, Allowances, Config, ConfiguredClients, Lifetimes, ProviderSettings, StaleRefresh,
};
use doorward::protocol::{Digest, Issuer, ProtectedResource, Resources, Scope};
use doorward_aws::{Account, Roots};
use doorward_parameters::Names;
use std::collections::BTreeMap;
use std::fmt;

/// What a deployment says to a function.
pub struct Environment {
    variables: BTreeMap<String, String>,
    /// As whom it speaks to AWS.
    pub account: Account,
    /// Over which connections.
    pub connector: doorward_aws::Connector,
    /// Under which names the keys are.
    pub names: Names,
}

/// The issuer's URL.
const ISSUER: &str = "DOORWARD_ISSUER";
/// `URL=SCOPE,SCOPE` for each resource, with white space between. The first is the MCP server's own. Without any, it is
/// `/mcp` at the issuer, with the scope `user`.
const RESOURCES: &str = "DOORWARD_RESOURCES";
/// `URL=DIGEST` for each resource that may introspect, with white space between: the SHA-256 of its secret in base64url.
const RESOURCE_DIGESTS: &str = "DOORWARD_RESOURCE_DIGESTS";
/// `TOOL=SCOPE,SCOPE` for each tool of the MCP server's own that needs more than the first scope, with white space between.
const TOOL_SCOPES: &str = "DOORWARD_TOOL_SCOPES";
/// `SCOPE=SENTENCE` for each scope that people read more of than its name, on lines or with semicolons between.
const SCOPE_DESCRIPTIONS: &str = "DOORWARD_SCOPE_DESCRIPTIONS";
/// Those of [`Lifetimes::SETTABLE`], in their order.
const LIFETIMES: [&str; 4] = [
    "DOORWARD_ACCESS_TOKEN_SECONDS",
    "DOORWARD_IDLE_SECONDS",
    "DOORWARD_GRANT_SECONDS",
    "DOORWARD_REFRESH_WINDOW_SECONDS",
];
/// `doubt` or `close`: what becomes of a grant of which somebody brings a stale refresh token.
const STALE_REFRESH: &str = "DOORWARD_STALE_REFRESH";
/// Those of [`ProviderSettings::SETTABLE`], in their order.
const PROVIDER: [&str; 6] = [
    "DOORWARD_PROVIDER",
    "DOORWARD_PROVIDER_CLIENT",
    "DOORWARD_PROVIDER_ALLOW",
    "DOORWARD_PROVIDER_NAME",
    "DOORWARD_PROVIDER_SCOPE",
    "DOORWARD_PROVIDER_GROUPS_CLAIM",
];
/// `true` where our MCP server asks the table about every token.
const IMMEDIATE_REVOCATION: &str = "DOORWARD_IMMEDIATE_REVOCATION";
/// Below which path of Parameter Store the keys are.
const KEYS: &str = "DOORWARD_KEYS";
/// The table's name.
const TABLE: &str = "DOORWARD_TABLE";
/// The SHA-256, in base64url, of what whoever stands before the functions shows in a header.
const DOOR: &str = "DOORWARD_DOOR_DIGEST";
/// `system`, where others than Amazon answer for Amazon's services.
const ROOTS: &str = "DOORWARD_ROOTS";

impl Environment {
    /// Reads variables.
    ///
    /// # Errors
    /// [`Invalid`] when one is missing that every function needs.
    pub fn of(variables: impl IntoIterator<Item = (String, String)>) -> Result<Self, Invalid> {
        let variables: BTreeMap<_, _> = variables.into_iter().collect();
        let required = |name: &'static str| required(&variables, name);
        let account = Account {
            region: required("AWS_REGION")?,
            access_key_id: required("AWS_ACCESS_KEY_ID")?,
            secret_access_key: required("AWS_SECRET_ACCESS_KEY")?,
            session_token: variables.get("AWS_SESSION_TOKEN").cloned(),
            endpoint: variables.get("AWS_ENDPOINT_URL").cloned(),
            roots: match variables.get(ROOTS).map(String::as_str) {
                None => Roots::Amazon,
                Some("system") => Roots::System,
                Some(_) => return Err(Invalid(ROOTS, "is system, or not set".into())),
            },
        };
        let connector = account.connector().map_err(|why| Invalid(ROOTS, why))?;
        let names = Names::below(required(KEYS)?);
        Ok(Self { account, connector, names, variables })
    }

    /// The table's name.
    ///
    /// # Errors
    /// [`Invalid`] when there is none.
    pub fn table(&self) -> Result<String, Invalid> {
        required(&self.variables, TABLE)
    }

    /// The authorization server's configuration.
    ///
    /// # Errors
    /// [`Invalid`], with the variable that has to be changed.
    pub fn config(&self) -> Result<Config, Invalid> {
        let issuer = Issuer::parse(&required(&self.variables, ISSUER)?);
        let issuer = issuer.map_err(|error| Invalid(ISSUER, error.to_string()))?;
        let resource = |line: &str| {
            let failure = |why: String| Invalid(RESOURCES, format!("{line}: {why}"));
            config::resource(line).map(|resource| self.with_secret(resource)).map_err(failure)?
        };
        let own = format!("{issuer}/mcp=user");
        let given = self.variables.get(RESOURCES).filter(|given| !given.is_empty()).unwrap_or(&own);
        let mut resources: Vec<_> = given.split_whitespace().map(resource).collect::<Result<_, _>>()?;
        if let Some(ours) = resources.first_mut() {
            ours.tools = self.tools()?;
        }
        let sentences = self.given(SCOPE_DESCRIPTIONS).unwrap_or_default().split(['\n', ';']);
        for text in sentences.map(str::trim).filter(|text| !text.is_empty()) {
            config::describe(&mut resources, text).map_err(|why| Invalid(SCOPE_DESCRIPTIONS, why))?;
        }
        let resources = Resources::new(resources).map_err(|error| Invalid(RESOURCES, error.to_string()))?;
        let (lifetimes, stale_refresh) = (self.lifetimes()?, self.stale_refresh()?);
        let (allowances, clients) = (Allowances::default(), ConfiguredClients::default());
        let immediate_revocation = self.is_on(IMMEDIATE_REVOCATION)?;
        let provider = ProviderSettings::read(PROVIDER.map(|variable| self.given(variable)));
        let provider = provider.map_err(|(index, why)| Invalid(PROVIDER[index], why))?;
        Ok(Config {
            issuer,
            resources,
            lifetimes,
            allowances,
            stale_refresh,
            immediate_revocation,
            clients,
            provider,
        })
    }

    fn with_secret(&self, mut resource: ProtectedResource) -> Result<ProtectedResource, Invalid> {
        let lines = self.variables.get(RESOURCE_DIGESTS).map(String::as_str).unwrap_or_default();
        let own = lines
            .split_whitespace()
            .find_map(|line| line.strip_prefix(resource.resource.as_str())?.strip_prefix('='));
        resource.secret = own.map(|text| digest(RESOURCE_DIGESTS, text)).transpose()?;
        Ok(resource)
    }

    fn tools(&self) -> Result<BTreeMap<String, Scope>, Invalid> {
        let lines = self.variables.get(TOOL_SCOPES).map(String::as_str).unwrap_or_default();
        let read =
            |text| config::tool_scope(text).map_err(|why| Invalid(TOOL_SCOPES, format!("{text}: {why}")));
        lines.split_whitespace().map(read).collect()
    }

    fn lifetimes(&self) -> Result<Lifetimes, Invalid> {
        let mut lifetimes = Lifetimes::default();
        for (name, variable) in Lifetimes::SETTABLE.into_iter().zip(LIFETIMES) {
            let set = self.given(variable).map_or(Ok(()), |text| lifetimes.set(name, text));
            set.map_err(|why| Invalid(variable, why))?;
        }
        Ok(lifetimes)
    }

    fn stale_refresh(&self) -> Result<StaleRefresh, Invalid> {
        let read = |text| config::stale_refresh(text).map_err(|why| Invalid(STALE_REFRESH, why));
        self.given(STALE_REFRESH).map_or(Ok(StaleRefresh::default()), read)
    }

    fn is_on(&self, switch: &'static str) -> Result<bool, Invalid> {
        match self.given(switch) {
            None | Some("false") => Ok(false),
            Some("true") => Ok(true),
            Some(_) => Err(Invalid(switch, "is true or false".into())),
        }
    }

    /// A variable that is there, and not empty.
    fn given(&self, variable: &str) -> Option<&str> {
        self.variables.get(variable).map(String::as_str).filter(|text| !text.is_empty())
    }

    /// What lets requests in.
    pub(crate) fn origin_secret(&self) -> Result<OriginSecret, Invalid> {
        let shown = self.variables.get(DOOR).filter(|text| !text.is_empty());
        Ok(shown
            .map(|text| digest(DOOR, text))
            .transpose()?
            .map_or(OriginSecret::Open, OriginSecret::ClientProof))
    }
}

fn required(variables: &BTreeMap<String, String>, name: &'static str) -> Result<String, Invalid> {
    let value = variables.get(name).filter(|value| !value.is_empty());
    value.cloned().ok_or_else(|| Invalid(name, "is not set".into()))
}

fn digest(name: &'static str, text: &str) -> Result<Digest, Invalid> {
    let bytes =
        URL_SAFE_NO_PAD.decode(text.trim_end_matches('=')).ok().and_then(|bytes| bytes.try_into().ok());
    bytes.map(Digest).ok_or_else(|| Invalid(name, "holds what is no SHA-256 in base64url".into()))
}

/// A variable that a function cannot start with: its name, and what is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invalid(pub &'static str, pub String);

impl fmt::Display for Invalid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.0, self.1)
    }
}

impl std::error::Error for Invalid {}
