//! Reader of the configuration of a server, from the values of its settings.

use crate::error::{InvalidSetting, Reason};
use crate::grammar;
use crate::names::{
    ACCENT, ACCESS_TOKEN, CLIENT, CLIENT_KEYS, CLIENT_SCOPE, CLIENT_SECRET, GRANT, IDLE,
    IMMEDIATE_REVOCATION, ISSUER, OPERATOR_LOGO, OPERATOR_NAME, PROVIDER, PROVIDER_ALLOW, PROVIDER_CLIENT,
    PROVIDER_GROUPS_CLAIM, PROVIDER_NAME, PROVIDER_SCOPE, PROVIDER_SECRET, REFRESH_WINDOW, RESOURCE,
    RESOURCE_DIGEST, RESOURCE_SECRET, SCOPE_DESCRIPTION, STALE_REFRESH, TOOL_SCOPE, TUTORIAL,
};
use crate::setting::{Setting, Values};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use doorward::client::{Authentication, PublishedKeys};
use doorward::config::{
    Allowances, Allowed, Branding, Config, ConfigBuilder, ConfigError, ConfiguredClient, Lifetime, Lifetimes,
    ProviderSecret, ProviderSettings,
};
use doorward::protocol::{Digest, DocumentUrl, Issuer, ProtectedResource};

/// Default values that depend on the deployment.
pub struct Defaults {
    /// The default issuer. If it is `None`, the setting is required.
    pub issuer: Option<String>,
}

/// The settings of lifetimes, and the lifetime that each one sets.
const LIFETIMES: [(Setting, Lifetime); 4] = [
    (ACCESS_TOKEN, Lifetime::AccessToken),
    (IDLE, Lifetime::Idle),
    (GRANT, Lifetime::Grant),
    (REFRESH_WINDOW, Lifetime::RefreshWindow),
];

/// The settings that need [`PROVIDER`]. Without it, they are refused.
const OF_PROVIDER: [Setting; 6] =
    [PROVIDER_CLIENT, PROVIDER_ALLOW, PROVIDER_NAME, PROVIDER_SCOPE, PROVIDER_GROUPS_CLAIM, PROVIDER_SECRET];

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
        .branding(branding(values)?);
    let builder = match values.one(&STALE_REFRESH) {
        None => builder,
        Some(text) => builder.stale_refresh(of(&STALE_REFRESH, grammar::stale_refresh(text))?),
    };
    let builder = if values.is_on(&TUTORIAL)? { builder.allowances(Allowances::TUTORIAL) } else { builder };
    let builder = clients(values)?.into_iter().fold(builder, ConfigBuilder::client);
    Ok(provider(values)?.into_iter().fold(builder, ConfigBuilder::provider))
}

/// Builds the configuration. An error names the setting that caused it.
///
/// # Errors
/// [`InvalidSetting`], with the setting that has to be changed.
pub fn build(builder: ConfigBuilder) -> Result<Config, InvalidSetting> {
    builder.build().map_err(|error| {
        let setting = match &error {
            ConfigError::AllowancesBeyondLoopback(_) => TUTORIAL,
            ConfigError::Resources(_) => RESOURCE,
            ConfigError::Client(_) => CLIENT,
            ConfigError::Lifetime(refused) => {
                let known = LIFETIMES.into_iter().find(|(_, lifetime)| *lifetime == refused.lifetime);
                known.map_or(ACCESS_TOKEN, |(setting, _)| setting)
            }
            ConfigError::Paths(_) => ISSUER,
        };
        InvalidSetting::of(&setting, error)
    })
}

/// Reads each value of a setting. Errors repeat the value, so this is not for settings that hold secrets.
fn each<T>(
    values: &[String],
    setting: &Setting,
    mut read: impl FnMut(&str) -> Result<T, Reason>,
) -> Result<Vec<T>, InvalidSetting> {
    let refused = |text, reason| InvalidSetting::value(setting, text, reason);
    values.iter().map(|text| read(text).map_err(|reason| refused(text, reason))).collect()
}

fn of<T>(setting: &Setting, read: Result<T, impl Into<Reason>>) -> Result<T, InvalidSetting> {
    read.map_err(|reason| InvalidSetting::of(setting, reason))
}

fn resources(
    values: &Values,
    default: impl FnOnce() -> String,
) -> Result<Vec<ProtectedResource>, InvalidSetting> {
    let given = match values.all(&RESOURCE) {
        [] => &[default()],
        given => given,
    };
    let mut resources = each(given, &RESOURCE, grammar::resource)?;
    if let Some(ours) = resources.first_mut() {
        ours.tools = each(values.all(&TOOL_SCOPE), &TOOL_SCOPE, grammar::tool_scope)?.into_iter().collect();
    }
    let describe = |text: &str| grammar::describe(&mut resources, text);
    each(values.all(&SCOPE_DESCRIPTION), &SCOPE_DESCRIPTION, describe)?;
    for text in values.all(&RESOURCE_SECRET) {
        let digest = |secret: &str| Some(Digest::of(secret));
        of(&RESOURCE_SECRET, give_secret(&mut resources, text, RESOURCE_SECRET.value, digest))?;
    }
    for text in values.all(&RESOURCE_DIGEST) {
        of(&RESOURCE_DIGEST, give_secret(&mut resources, text, RESOURCE_DIGEST.value, digest))?;
    }
    Ok(resources)
}

/// Reads `URL=…` and sets the secret of that resource. `digest` makes the digest from the text after `=`.
fn give_secret(
    resources: &mut [ProtectedResource],
    text: &str,
    form: &'static str,
    digest: impl FnOnce(&str) -> Option<Digest>,
) -> Result<(), Reason> {
    let pair = resources.iter_mut().find_map(|known| {
        let secret = text.strip_prefix(known.resource.as_str())?.strip_prefix('=')?;
        Some((known, secret)).filter(|(_, secret)| !secret.is_empty())
    });
    let (resource, secret) = pair.ok_or(Reason::UnknownResource(form))?;
    let digest = digest(secret).ok_or(Reason::Digest(form))?;
    match resource.secret.replace(digest) {
        None => Ok(()),
        Some(_) => Err(Reason::TwoSecrets(resource.resource.to_string())),
    }
}

fn digest(text: &str) -> Option<Digest> {
    let bytes = URL_SAFE_NO_PAD.decode(text.trim_end_matches('=')).ok()?;
    bytes.try_into().ok().map(Digest)
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

fn provider(values: &Values) -> Result<Option<ProviderSettings>, InvalidSetting> {
    let Some(issuer) = values.one(&PROVIDER) else {
        let alone = OF_PROVIDER.iter().find(|setting| values.one(setting).is_some());
        let needs = |setting| Err(InvalidSetting::of(setting, Reason::Needs(PROVIDER.name)));
        return alone.map_or(Ok(None), needs);
    };
    let allowed = of(&PROVIDER_ALLOW, Allowed::parse(values.one(&PROVIDER_ALLOW).unwrap_or_default()))?;
    let client_id = values.one(&PROVIDER_CLIENT);
    let client_id = client_id.ok_or_else(|| InvalidSetting::of(&PROVIDER_CLIENT, Reason::Missing))?;
    let mut provider = of(&PROVIDER, ProviderSettings::new(issuer, client_id, allowed))?;
    if let Some(scope) = values.one(&PROVIDER_SCOPE) {
        provider = of(&PROVIDER_SCOPE, provider.with_scope(scope))?;
    }
    if let Some(name) = values.one(&PROVIDER_NAME) {
        provider = provider.with_name(name);
    }
    if let Some(claim) = values.one(&PROVIDER_GROUPS_CLAIM) {
        provider = provider.with_groups_claim(claim);
    }
    if let Some(secret) = values.one(&PROVIDER_SECRET) {
        provider = provider.with_secret(ProviderSecret::new(secret));
    }
    Ok(Some(provider))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pairs: &[(&Setting, &str)]) -> Result<Config, InvalidSetting> {
        let values = Values::of(pairs.iter().copied());
        let defaults = Defaults { issuer: Some("https://auth.example".to_owned()) };
        build(config(&values, &defaults, |issuer| format!("{issuer}/mcp=user"))?)
    }

    #[test]
    fn without_values_the_defaults_count() {
        let config = read(&[]).unwrap();
        assert_eq!(config.resources().default().resource.as_str(), "https://auth.example/mcp");
        assert_eq!(*config.lifetimes(), Lifetimes::default());
        assert!(config.provider().is_none());
    }

    #[test]
    fn a_refused_value_is_named_with_its_setting_and_no_secret_is_repeated() {
        let (mcp, app) = ((&RESOURCE, "https://mcp.example=user"), (&CLIENT, "app=https://app.example/cb"));
        let (provider, us) = ((&PROVIDER, "https://idp.example"), (&PROVIDER_CLIENT, "us"));
        for (pairs, expected) in [
            (&[(&ISSUER, "http://auth.example")][..], "issuer: "),
            (&[(&RESOURCE, "https://mcp.example")], "resource https://mcp.example: must be URL=SCOPE,SCOPE"),
            (
                &[(&RESOURCE, "ftp://mcp.example=user")],
                "resource ftp://mcp.example=user: the resource must begin with https://",
            ),
            (&[mcp, mcp], "resource: the resource https://mcp.example is configured twice"),
            (&[(&TOOL_SCOPE, "=a")], "tool-scope =a: must be TOOL=SCOPE,SCOPE"),
            (&[(&TOOL_SCOPE, "t=nothing")], "resource: the tool t needs the scope nothing"),
            (
                &[(&SCOPE_DESCRIPTION, "files=read")],
                "scope-description files=read: describes the scope \"files\"",
            ),
            (&[(&SCOPE_DESCRIPTION, "user= ")], "scope-description user= : must be SCOPE=SENTENCE"),
            (
                &[(&RESOURCE_SECRET, "https://other.example=S3CRET")],
                "resource-secret: must be URL=SECRET with",
            ),
            (
                &[
                    mcp,
                    (&RESOURCE_SECRET, "https://mcp.example=S3CRET"),
                    (&RESOURCE_SECRET, "https://mcp.example=S3CRET"),
                ],
                "resource-secret: gives the resource https://mcp.example two",
            ),
            (&[mcp, (&RESOURCE_DIGEST, "https://mcp.example=short")], "resource-digest: must be URL=DIGEST"),
            (
                &[(&ACCESS_TOKEN, "0")],
                "access-token-seconds: the lifetime of an access token is 0 s; it must be 1",
            ),
            (&[(&IDLE, "a day")], "idle-seconds: must be a number of seconds"),
            (
                &[(&REFRESH_WINDOW, "119")],
                "refresh-window-seconds: the lifetime of the refresh window is 119 s",
            ),
            (&[(&STALE_REFRESH, "maybe")], "stale-refresh: must be doubt or close"),
            (&[(&IMMEDIATE_REVOCATION, "1")], "immediate-revocation: must be true or false"),
            (&[(&TUTORIAL, "true")], "tutorial: exceptions to OAuth 2.1 need"),
            (&[(&CLIENT, "app")], "client app: must be ID=URI URI"),
            (
                &[(&CLIENT, "app=http://app.example/")],
                "client app=http://app.example/: the redirect URI http://app.example/ uses http",
            ),
            (&[(&CLIENT, "dw_x=https://app.example/")], "client: \"dw_x\" is not a valid"),
            (&[app, app], "client: the client app is configured twice"),
            (&[(&CLIENT_SECRET, "app=S3CRET")], "client-secret: must be ID=SECRET with the ID"),
            (
                &[app, (&CLIENT_SECRET, "app=S3CRET"), (&CLIENT_KEYS, "app=https://app.example/keys")],
                "client-keys: gives the client app two",
            ),
            (
                &[app, (&CLIENT_SCOPE, "app=user")],
                "client: the client app has a scope of its own, but does not",
            ),
            (&[us], "provider-client: needs the setting provider"),
            (&[provider, (&PROVIDER_ALLOW, "anyone")], "provider-client: is not set"),
            (&[provider, us], "provider-allow: no rule"),
            (&[provider, us, (&PROVIDER_ALLOW, "all")], "provider-allow: \"all\" is not a rule"),
            (
                &[provider, us, (&PROVIDER_ALLOW, "anyone"), (&PROVIDER_SCOPE, "email")],
                "provider-scope: the scope must",
            ),
            (&[(&PROVIDER, "idp"), us, (&PROVIDER_ALLOW, "anyone")], "provider: the issuer is not a URL"),
            (&[(&ACCENT, "yellow")], "accent: the accent must be"),
            (&[(&OPERATOR_LOGO, "https://a.example/x.png")], "operator-logo: the logo must be"),
            (&[(&OPERATOR_NAME, " ")], "operator-name: the name must"),
        ] {
            let refused = read(pairs).unwrap_err().to_string();
            assert!(refused.starts_with(expected), "{expected}: {refused}");
            assert!(!refused.contains("S3CRET"), "{refused}");
        }
    }

    #[test]
    fn what_is_given_is_configured() {
        let config = read(&[
            (&RESOURCE, "https://mcp.example/mcp=user,files"),
            (&TOOL_SCOPE, "write=files"),
            (&SCOPE_DESCRIPTION, "files=read your files"),
            (&RESOURCE_SECRET, "https://mcp.example/mcp=secret"),
            (&GRANT, "300"),
            (&PROVIDER, "https://idp.example"),
            (&PROVIDER_CLIENT, "us"),
            (&PROVIDER_ALLOW, "domain:a.example"),
            (&PROVIDER_NAME, "Example ID"),
            (&PROVIDER_GROUPS_CLAIM, "roles"),
        ]);
        let config = config.unwrap();
        let resource = config.resources().default();
        assert_eq!(resource.scope().to_string(), "files user");
        assert_eq!(resource.tools["write"].to_string(), "files");
        assert_eq!(resource.scopes[1].description.as_deref(), Some("read your files"));
        assert!(resource.is_secret("secret") && !resource.is_secret("other"));
        assert_eq!(config.lifetimes().grant.as_secs(), 300);
        let provider = config.provider().unwrap();
        assert_eq!((provider.name(), provider.groups_claim()), ("Example ID", "roles"));
        assert_eq!(provider.allowed().to_string(), "domain:a.example");
    }
}
