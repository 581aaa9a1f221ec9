//! The configuration of a local server, from its settings.

use crate::Failure;
use crate::settings::{
    ACCESS_TOKEN, GRANT, IDLE, IMMEDIATE_REVOCATION, ISSUER, KNOWN_CLIENT, KNOWN_CLIENT_KEYS,
    KNOWN_CLIENT_SCOPE, KNOWN_CLIENT_SECRET, PROVIDER, PROVIDER_ALLOW, PROVIDER_CLIENT,
    PROVIDER_GROUPS_CLAIM, PROVIDER_NAME, PROVIDER_SCOPE, REFRESH_WINDOW, RESOURCE, RESOURCE_SECRET,
    SCOPE_DESCRIPTION, STALE_REFRESH, Setting, Settings, TOOL_SCOPE, TUTORIAL, USER,
};
use doorward::client::{Authentication, PublishedKeys};
use doorward::config::{
    self, Allowances, Config, ConfiguredClient, ConfiguredClients, Lifetimes, ProviderSettings, StaleRefresh,
};
use doorward::protocol::{Digest, DocumentUrl, Issuer, ProtectedResource, Resources, Scope};
use std::collections::BTreeMap;

/// The URLs by which the two servers are reached from this machine.
pub(super) struct Addresses {
    pub(super) auth: String,
    pub(super) mcp: String,
}

/// What is deployed.
pub(super) struct Deployment {
    pub(super) config: Config,
    /// The secret with which our own MCP server introspects.
    pub(super) mcp_secret: Option<String>,
}

impl Deployment {
    pub(super) fn read(settings: &Settings, addresses: &Addresses) -> Result<Self, Failure> {
        let issuer = Issuer::parse(settings.one(&ISSUER).unwrap_or(&addresses.auth));
        let issuer = issuer.map_err(|error| Failure::new("--issuer", error))?;
        let ours = [format!("{}/mcp=user", addresses.mcp)];
        let given = settings.all(&RESOURCE);
        let given = if given.is_empty() { &ours } else { given };
        let mut resources: Vec<_> = given.iter().map(|text| resource(text)).collect::<Result<_, _>>()?;
        if let Some(ours) = resources.first_mut() {
            ours.tools = tools(settings)?;
        }
        for text in settings.all(&SCOPE_DESCRIPTION) {
            config::describe(&mut resources, text).map_err(|why| Failure::new("--scope-description", why))?;
        }
        for text in settings.all(&RESOURCE_SECRET) {
            give_secret(&mut resources, text)?;
        }
        let mcp_secret = resources.first().and_then(|ours| secret_of(ours, settings));
        let resources = Resources::new(resources).map_err(|error| Failure::new("--resource", error))?;
        let allowances = allowances(settings, &issuer)?;
        let clients = clients(settings)?;
        let (lifetimes, stale_refresh) = (lifetimes(settings)?, stale_refresh(settings)?);
        let immediate_revocation = settings.is_on(&IMMEDIATE_REVOCATION)?;
        let config = Config {
            issuer,
            resources,
            lifetimes,
            allowances,
            stale_refresh,
            immediate_revocation,
            clients,
            provider: provider(settings)?,
        };
        Ok(Self { config, mcp_secret })
    }
}

/// Those of [`ProviderSettings::SETTABLE`], in their order.
const OF_PROVIDER: [Setting; 6] =
    [PROVIDER, PROVIDER_CLIENT, PROVIDER_ALLOW, PROVIDER_NAME, PROVIDER_SCOPE, PROVIDER_GROUPS_CLAIM];

fn provider(settings: &Settings) -> Result<Option<ProviderSettings>, Failure> {
    let given = OF_PROVIDER.map(|setting| settings.one(&setting));
    let provider = ProviderSettings::read(given)
        .map_err(|(index, why)| Failure::new(format_args!("--{}", ProviderSettings::SETTABLE[index]), why))?;
    let here = [USER, TUTORIAL].into_iter().find(|setting| settings.one(setting).is_some());
    match here.filter(|_| provider.is_some()) {
        Some(setting) => {
            let why = format!("is for people who sign in here, and with --{} nobody does", PROVIDER.name);
            Err(Failure::new(format_args!("--{}", setting.name), why))
        }
        None => Ok(provider),
    }
}

fn lifetimes(settings: &Settings) -> Result<Lifetimes, Failure> {
    let mut lifetimes = Lifetimes::default();
    for setting in [ACCESS_TOKEN, IDLE, GRANT, REFRESH_WINDOW] {
        let set = settings.one(&setting).map_or(Ok(()), |text| lifetimes.set(setting.name, text));
        set.map_err(|why| Failure::new(format_args!("--{}", setting.name), why))?;
    }
    Ok(lifetimes)
}

fn stale_refresh(settings: &Settings) -> Result<StaleRefresh, Failure> {
    let read = |text| config::stale_refresh(text).map_err(|why| Failure::new("--stale-refresh", why));
    settings.one(&STALE_REFRESH).map_or(Ok(StaleRefresh::default()), read)
}

fn allowances(settings: &Settings, issuer: &Issuer) -> Result<Allowances, Failure> {
    if !settings.is_on(&TUTORIAL)? {
        return Ok(Allowances::default());
    }
    Allowances::tutorial(issuer)
        .ok_or_else(|| Failure("--tutorial loosens rules, and is for an issuer on this machine".into()))
}

fn resource(text: &str) -> Result<ProtectedResource, Failure> {
    config::resource(text).map_err(|error| Failure::new(format_args!("--resource {text}"), error))
}

fn tools(settings: &Settings) -> Result<BTreeMap<String, Scope>, Failure> {
    let read = |text: &String| config::tool_scope(text).map_err(|why| Failure::new("--tool-scope", why));
    settings.all(&TOOL_SCOPE).iter().map(read).collect()
}

fn clients(settings: &Settings) -> Result<ConfiguredClients, Failure> {
    let failure = |why: String| Failure::new("--client", why);
    let clients = settings.all(&KNOWN_CLIENT).iter().map(|text| config::client(text).map_err(failure));
    let mut clients: Vec<_> = clients.collect::<Result<_, _>>()?;
    for text in settings.all(&KNOWN_CLIENT_SECRET) {
        let (client, secret) = of_client(&mut clients, &KNOWN_CLIENT_SECRET, text)?;
        give(client, Authentication::Secret(Digest::of(secret)))?;
    }
    for text in settings.all(&KNOWN_CLIENT_KEYS) {
        let (client, url) = of_client(&mut clients, &KNOWN_CLIENT_KEYS, text)?;
        let url = DocumentUrl::parse(url)
            .map_err(|error| Failure::new(format_args!("--client-keys {url}"), error))?;
        give(client, Authentication::Keys(PublishedKeys::At(url)))?;
    }
    for text in settings.all(&KNOWN_CLIENT_SCOPE) {
        let (client, scopes) = of_client(&mut clients, &KNOWN_CLIENT_SCOPE, text)?;
        let scopes = Scope::parse(&scopes.replace(',', " "));
        client.own_scope = scopes.map_err(|error| Failure::new("--client-scope", error))?;
    }
    ConfiguredClients::new(clients).map_err(failure)
}

/// Reads `ID=…` of one of these clients. What follows may be a secret, and is not repeated in what is said about it.
fn of_client<'a, 'b>(
    clients: &'a mut [ConfiguredClient],
    setting: &Setting,
    text: &'b str,
) -> Result<(&'a mut ConfiguredClient, &'b str), Failure> {
    let pair = text.split_once('=').filter(|(_, given)| !given.is_empty());
    let named =
        pair.and_then(|(id, given)| Some((clients.iter_mut().find(|known| known.id.0 == id)?, given)));
    let why = format!("needs {} with the ID of a --client", setting.value);
    named.ok_or_else(|| Failure::new(format_args!("--{}", setting.name), why))
}

fn give(client: &mut ConfiguredClient, authentication: Authentication) -> Result<(), Failure> {
    match std::mem::replace(&mut client.authentication, authentication) {
        Authentication::None => Ok(()),
        _ => Err(Failure::new(
            format_args!("--client {}", client.id),
            "is given two secrets, or keys beside one",
        )),
    }
}

/// Reads `URL=SECRET`, which is not repeated in what is said about it.
fn give_secret(resources: &mut [ProtectedResource], text: &str) -> Result<(), Failure> {
    let failure = |why: &str| Failure::new("--resource-secret", why);
    let pair = resources.iter_mut().find_map(|known| {
        let secret = after(text, known)?;
        Some((known, secret))
    });
    let (resource, secret) = pair.ok_or_else(|| failure("needs URL=SECRET with the URL of a --resource"))?;
    match resource.secret.replace(Digest::of(secret)) {
        None => Ok(()),
        Some(_) => Err(failure("is given twice for one resource")),
    }
}

fn secret_of(resource: &ProtectedResource, settings: &Settings) -> Option<String> {
    settings.all(&RESOURCE_SECRET).iter().find_map(|text| after(text, resource)).map(str::to_owned)
}

/// The secret, if `text` is one for `resource`.
fn after<'a>(text: &'a str, resource: &ProtectedResource) -> Option<&'a str> {
    text.strip_prefix(resource.resource.as_str())?.strip_prefix('=').filter(|secret| !secret.is_empty())
}
