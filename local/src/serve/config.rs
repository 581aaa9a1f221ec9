//! The configuration of a local server, from its settings.

use super::logo;
use crate::Failure;
use doorward::config::Config;
use doorward_settings::{
    Defaults, InvalidSetting, PROVIDER, RESOURCE_SECRET, Reason, Setting, TUTORIAL, USER, Values, build,
    config,
};

/// The URLs at which the two servers listen.
pub(super) struct Addresses {
    pub(super) auth: String,
    pub(super) mcp: String,
}

/// Reads the configuration. By default, issuer and resource are at the addresses of the listeners.
pub(super) fn read(values: &Values, addresses: &Addresses) -> Result<Config, Failure> {
    let defaults = Defaults { issuer: Some(addresses.auth.clone()) };
    let values = &logo::load(values)?;
    let builder = config(values, &defaults, |_| format!("{}/mcp=user", addresses.mcp))?;
    let config = build(builder)?;
    let is_set = |setting: &&Setting| values.one(setting).is_some();
    match [USER, TUTORIAL].iter().find(is_set).filter(|_| config.provider().is_some()) {
        Some(setting) => Err(InvalidSetting::of(setting, Reason::Excludes(PROVIDER.name)).into()),
        None => Ok(config),
    }
}

/// The secret with which the built-in MCP server authenticates at the introspection endpoint.
pub(super) fn mcp_secret(values: &Values, config: &Config) -> Option<String> {
    let ours = config.resources().default().resource.as_str();
    let secret = |text: &String| text.strip_prefix(ours)?.strip_prefix('=').map(str::to_owned);
    values.all(&RESOURCE_SECRET).iter().find_map(secret)
}

impl From<InvalidSetting> for Failure {
    fn from(error: InvalidSetting) -> Self {
        Self(format!("--{error}"))
    }
}
