//! The configuration of a local server, from its settings.

use super::logo;
use crate::Failure;
use doorward::config::Config;
use doorward::protocol::{Issuer, Resource};
use doorward_settings::{
    AUTH_HOST, Defaults, ISSUER, InvalidSetting, ONLY, PROVIDER, RESOURCE, RESOURCE_SECRET, Reason, Setting,
    TUTORIAL, USER, Values, build, check_sign_in, config,
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
    refuse_no_issuer(values, addresses)?;
    let builder = config(values, &defaults, |_| format!("{}/mcp=user", addresses.mcp))?;
    let config = build(builder)?;
    if values.one(&ONLY) != Some("mcp") {
        check_sign_in(&config)?;
    }
    refuse_half_public(values, &config)?;
    let is_set = |setting: &&Setting| values.one(setting).is_some();
    match [USER, TUTORIAL].iter().find(is_set).filter(|_| !config.providers().is_empty()) {
        Some(setting) => Err(InvalidSetting::of(setting, Reason::Excludes(PROVIDER.name)).into()),
        None => Ok(config),
    }
}

/// Refuses a listener for other machines without an issuer: its address is no URL that clients may use.
fn refuse_no_issuer(values: &Values, addresses: &Addresses) -> Result<(), Failure> {
    let host = values.one(&AUTH_HOST).filter(|_| values.one(&ISSUER).is_none());
    match host.filter(|_| Issuer::parse(&addresses.auth).is_err()) {
        None => Ok(()),
        Some(host) => Err(Failure(format!(
            "--issuer: is not set, but --auth-host {host} is not loopback; add --issuer with the public URL of the authorization \
             server, for example --issuer https://auth.example.com"
        ))),
    }
}

/// Refuses a public address beside a default on loopback: clients on other machines could not reach one of the two servers. A
/// default that is overridden is the operator's own decision. The MCP server alone may be on loopback.
fn refuse_half_public(values: &Values, config: &Config) -> Result<(), Failure> {
    let (issuer, resources) = (config.issuer(), config.resources());
    let default = &resources.default().resource;
    let is_mcp_alone = values.one(&ONLY) == Some("mcp");
    if !issuer.is_loopback() && values.all(&RESOURCE).is_empty() && !is_mcp_alone {
        return Err(Failure(format!(
            "--resource: is not set, but the issuer {issuer} is public; tokens would be issued for {default}, which only \
             this machine reaches; add --resource with the public URL of the MCP server, for example --resource \
             https://mcp.example.com/mcp=user"
        )));
    }
    let public = resources.iter().map(|known| &known.resource).find(|resource| !resource.is_loopback());
    match public.filter(|_| values.one(&ISSUER).is_none()) {
        None => Ok(()),
        Some(public) => Err(Failure(format!(
            "--issuer: is not set, but the resource {public} is public; its clients would be sent to {issuer}, which only \
             this machine reaches; add --issuer with the public URL of the authorization server, for example --issuer \
             https://auth.example.com"
        ))),
    }
}

/// The secret with which the MCP server of this resource authenticates at the introspection endpoint.
pub(super) fn secret_of(values: &Values, resource: &Resource) -> Option<String> {
    let secret = |text: &String| text.strip_prefix(resource.as_str())?.strip_prefix('=').map(str::to_owned);
    values.all(&RESOURCE_SECRET).iter().find_map(secret)
}

impl From<InvalidSetting> for Failure {
    fn from(error: InvalidSetting) -> Self {
        Self(format!("--{error}"))
    }
}
