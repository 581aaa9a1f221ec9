//! Reader of the configuration of a server, from the values of its settings.

use crate::error::{InvalidSetting, Reason, each, of};
use crate::grammar;
use crate::names::{
    ACCENT, ACCESS_TOKEN, ASSERTION_AUDIENCE, BLOCKED_CLIENT, CLIENT, CLIENT_KEYS, CLIENT_SCOPE,
    CLIENT_SECRET, GRANT, IDENTITY, IDLE, IMMEDIATE_REVOCATION, ISSUER, OPERATOR_LOGO, OPERATOR_NAME,
    PROVIDER, PROVIDER_ALLOW, PROVIDER_CLIENT, PROVIDER_GROUPS_CLAIM, PROVIDER_METADATA, PROVIDER_NAME,
    PROVIDER_PRIVATE_HTTP, PROVIDER_SCOPE, PROVIDER_SECRET, REFRESH_WINDOW, REQUIRE_RESOURCE, RESOURCE,
    RESOURCE_ID, RESOURCE_PEOPLE, SCOPE_IMPLIES, STALE_REFRESH, TRUST, TUTORIAL,
};
use crate::resources::resources;
use crate::setting::{Setting, Values};
use crate::trust::Document;
use doorward::client::{Authentication, Block, PublishedKeys};
use doorward::config::{
    Allowances, Allowed, Branding, Config, ConfigBuilder, ConfigError, ConfiguredClient, InvalidProvider,
    Lifetime, Lifetimes, ProviderSettings, SignInProvider, assign_secret,
};
use doorward::protocol::{Digest, DocumentUrl, InvalidResources, Issuer};

/// Default values that depend on the deployment.
pub struct Defaults {
    /// The default issuer. If it is `None`, the setting is required.
    pub issuer: Option<String>,
}

/// The settings of lifetimes, and the lifetime that each one sets.
const LIFETIMES: [(Setting, Lifetime); 5] = [
    (ACCESS_TOKEN, Lifetime::AccessToken),
    (IDENTITY, Lifetime::Identity),
    (IDLE, Lifetime::Idle),
    (GRANT, Lifetime::Grant),
    (REFRESH_WINDOW, Lifetime::RefreshWindow),
];

/// The settings that need [`PROVIDER`]. Without it, they are refused.
const OF_PROVIDER: [Setting; 7] = [
    PROVIDER_CLIENT,
    PROVIDER_ALLOW,
    PROVIDER_NAME,
    PROVIDER_SCOPE,
    PROVIDER_GROUPS_CLAIM,
    PROVIDER_METADATA,
    PROVIDER_PRIVATE_HTTP,
];

/// Reads the configuration. `resource` returns the default resource of an issuer, in the form of [`RESOURCE`].
///
/// # Errors
/// [`InvalidSetting`], with the setting that has to be changed.
pub fn config(
    values: &Values,
    defaults: &Defaults,
    resource: impl FnOnce(&Issuer) -> String,
) -> Result<ConfigBuilder, InvalidSetting> {
    let issuer = values.one(&ISSUER).or(defaults.issuer.as_deref());
    let issuer = issuer.ok_or_else(|| InvalidSetting::of(&ISSUER, Reason::Missing))?;
    let issuer = Issuer::parse(issuer).map_err(|error| InvalidSetting::of(&ISSUER, error))?;
    let builder = Config::builder(issuer.clone())
        .resources(resources(values, || resource(&issuer))?)
        .lifetimes(lifetimes(values)?)
        .immediate_revocation(values.is_on(&IMMEDIATE_REVOCATION)?)
        .require_resource(values.is_on(&REQUIRE_RESOURCE)?)
        .branding(branding(values)?);
    let builder = match values.one(&STALE_REFRESH) {
        None => builder,
        Some(text) => builder.stale_refresh(of(&STALE_REFRESH, grammar::stale_refresh(text))?),
    };
    let builder = match values.one(&ASSERTION_AUDIENCE) {
        None => builder,
        Some(text) => builder.assertion_audience(of(&ASSERTION_AUDIENCE, grammar::assertion_audience(text))?),
    };
    let builder = if values.is_on(&TUTORIAL)? { builder.allowances(Allowances::TUTORIAL) } else { builder };
    let builder = clients(values)?.into_iter().fold(builder, ConfigBuilder::client);
    let blocked = each(values.all(&BLOCKED_CLIENT), &BLOCKED_CLIENT, |text| {
        Block::parse(text).ok_or(Reason::Form(BLOCKED_CLIENT.value))
    })?;
    let builder = blocked.into_iter().fold(builder, ConfigBuilder::block);
    let trust = Document::read(values)?;
    let providers = providers(values, trust.providers()?)?;
    trust.add_to(providers.into_iter().fold(builder, ConfigBuilder::provider))
}

/// Builds the configuration. An error names the setting that caused it.
///
/// # Errors
/// [`InvalidSetting`], with the setting that has to be changed.
pub fn build(builder: ConfigBuilder) -> Result<Config, InvalidSetting> {
    builder.build().map_err(|error| {
        let setting = match &error {
            ConfigError::AllowancesBeyondLoopback(_) => TUTORIAL,
            ConfigError::Resources(InvalidResources::Implied(_)) => SCOPE_IMPLIES,
            ConfigError::Resources(InvalidResources::Id(..) | InvalidResources::IdTwice(_)) => RESOURCE_ID,
            ConfigError::Resources(_) => RESOURCE,
            ConfigError::Client(_) => CLIENT,
            ConfigError::Lifetime(refused) => {
                let known = LIFETIMES.into_iter().find(|(_, lifetime)| *lifetime == refused.lifetime);
                known.map_or(ACCESS_TOKEN, |(setting, _)| setting)
            }
            ConfigError::Paths(_) => ISSUER,
            ConfigError::IdentityIssuer(_)
            | ConfigError::IssuerTwice(_)
            | ConfigError::OwnIssuer
            | ConfigError::Providers(_)
            | ConfigError::Workload(_)
            | ConfigError::WorkloadsOfProvider(_) => TRUST,
        };
        InvalidSetting::of(&setting, error)
    })
}

fn lifetimes(values: &Values) -> Result<Lifetimes, InvalidSetting> {
    let mut lifetimes = Lifetimes::default();
    for (setting, lifetime) in LIFETIMES {
        if let Some(text) = values.one(&setting) {
            lifetimes.set(lifetime, of(&setting, grammar::seconds(text))?);
        }
    }
    Ok(lifetimes)
}

fn branding(values: &Values) -> Result<Branding, InvalidSetting> {
    let mut branding = Branding::default();
    if let Some(name) = values.one(&OPERATOR_NAME) {
        branding = of(&OPERATOR_NAME, branding.with_name(name))?;
    }
    if let Some(logo) = values.one(&OPERATOR_LOGO) {
        branding = of(&OPERATOR_LOGO, branding.with_logo(logo))?;
    }
    if let Some(accent) = values.one(&ACCENT) {
        branding = of(&ACCENT, branding.with_accent(accent))?;
    }
    Ok(branding)
}

fn clients(values: &Values) -> Result<Vec<ConfiguredClient>, InvalidSetting> {
    let mut clients = each(values.all(&CLIENT), &CLIENT, grammar::client)?;
    for text in values.all(&CLIENT_SECRET) {
        let (client, secret) = of_client(&mut clients, &CLIENT_SECRET, text)?;
        let secret = of(&CLIENT_SECRET, grammar::secret(secret))?;
        of(&CLIENT_SECRET, authenticate(client, Authentication::Secret(Digest::of(secret))))?;
    }
    for text in values.all(&CLIENT_KEYS) {
        let (client, url) = of_client(&mut clients, &CLIENT_KEYS, text)?;
        let url = of(&CLIENT_KEYS, DocumentUrl::parse(url))?;
        of(&CLIENT_KEYS, authenticate(client, Authentication::Keys(PublishedKeys::At(url))))?;
    }
    for text in values.all(&CLIENT_SCOPE) {
        let (client, scopes) = of_client(&mut clients, &CLIENT_SCOPE, text)?;
        client.own_scope = of(&CLIENT_SCOPE, grammar::scopes(scopes))?;
    }
    Ok(clients)
}

/// Reads `ID=…`. Returns the client with this id, and the text after `=`.
fn of_client<'a, 'b>(
    clients: &'a mut [ConfiguredClient],
    setting: &Setting,
    text: &'b str,
) -> Result<(&'a mut ConfiguredClient, &'b str), InvalidSetting> {
    let pair = text.split_once('=').filter(|(_, given)| !given.is_empty());
    let named =
        pair.and_then(|(id, given)| Some((clients.iter_mut().find(|known| known.id.0 == id)?, given)));
    named.ok_or_else(|| InvalidSetting::of(setting, Reason::UnknownClient(setting.value)))
}

fn authenticate(client: &mut ConfiguredClient, authentication: Authentication) -> Result<(), Reason> {
    match std::mem::replace(&mut client.authentication, authentication) {
        Authentication::None => Ok(()),
        _ => Err(Reason::TwoAuthentications(client.id.to_string())),
    }
}

/// The providers at which users sign in, with their secrets: that of the short form, and those of the document `trust`.
fn providers(values: &Values, trusted: Vec<SignInProvider>) -> Result<Vec<SignInProvider>, InvalidSetting> {
    let mut providers: Vec<_> = provider(values)?.into_iter().map(SignInProvider::from).collect();
    providers.extend(trusted);
    for secret in values.all(&PROVIDER_SECRET) {
        of(&PROVIDER_SECRET, assign_secret(&mut providers, secret))?;
    }
    Ok(providers)
}

/// The first provider in its short form.
fn provider(values: &Values) -> Result<Option<ProviderSettings>, InvalidSetting> {
    let Some(issuer) = values.one(&PROVIDER) else {
        let alone = OF_PROVIDER.iter().find(|setting| values.one(setting).is_some());
        let needs = |setting| Err(InvalidSetting::of(setting, Reason::Needs(PROVIDER.name)));
        return alone.map_or(Ok(None), needs);
    };
    let allowed = of(&PROVIDER_ALLOW, Allowed::parse(values.one(&PROVIDER_ALLOW).unwrap_or_default()))?;
    let client_id = values.one(&PROVIDER_CLIENT);
    let client_id = client_id.ok_or_else(|| InvalidSetting::of(&PROVIDER_CLIENT, Reason::Missing))?;
    let is_private = values.is_on(&PROVIDER_PRIVATE_HTTP)?;
    let new = if is_private { ProviderSettings::on_private_network } else { ProviderSettings::new };
    let mut provider = new(issuer, client_id, allowed).map_err(|error| {
        let is_rule = error == InvalidProvider::Organization;
        InvalidSetting::of(if is_rule { &PROVIDER_ALLOW } else { &PROVIDER }, error)
    })?;
    if let Some(url) = values.one(&PROVIDER_METADATA) {
        provider = of(&PROVIDER_METADATA, provider.with_metadata_url(url))?;
    }
    if let Some(scope) = values.one(&PROVIDER_SCOPE) {
        provider = of(&PROVIDER_SCOPE, provider.with_scope(scope))?;
    }
    if let Some(name) = values.one(&PROVIDER_NAME) {
        provider = provider.with_name(name);
    }
    if let Some(claim) = values.one(&PROVIDER_GROUPS_CLAIM) {
        provider = provider.with_groups_claim(claim);
    }
    Ok(Some(provider))
}

/// Refuses rules about what a provider says of a user if users sign in here, or at providers that never say it. A process at
/// which no user signs in needs no settings of the providers.
///
/// # Errors
/// [`InvalidSetting`] with [`RESOURCE_PEOPLE`].
pub fn check_sign_in(config: &Config) -> Result<(), InvalidSetting> {
    let Some((resource, rule)) = config.unmeetable_rule() else { return Ok(()) };
    let resource = resource.resource.to_string();
    let why = match config.providers().is_empty() {
        true => Reason::NoClaims(resource),
        false => Reason::Unmeetable(resource, rule.to_string()),
    };
    Err(InvalidSetting::of(&RESOURCE_PEOPLE, why))
}

#[cfg(test)]
mod tests;
