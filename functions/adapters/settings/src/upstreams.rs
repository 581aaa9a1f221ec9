//! Reader of the upstreams: the MCP servers behind the gateway, each with its resource.

use crate::error::{InvalidSetting, Reason};
use crate::names::{
    UPSTREAM, UPSTREAM_CA, UPSTREAM_COMMAND, UPSTREAM_ENV, UPSTREAM_FORWARD, UPSTREAM_HEADER, UPSTREAM_HOST,
    UPSTREAM_IDENTITY,
};
use crate::setting::{Setting, Values};
use crate::upstream_command::{CommandSettings, argv, variable};
use doorward::gateway::{IdentityForm, Upstream, forwarded_name, static_name};
use doorward::protocol::{Resource, Resources, UpstreamUrl};

/// An upstream, and what its adapter needs to reach it.
pub struct UpstreamSettings {
    /// The resource that clients are given.
    pub resource: Resource,
    /// The server behind it.
    pub upstream: Upstream,
    /// Headers that every request to it gets, as `NAME: VALUE`. The values are secrets.
    pub headers: Vec<String>,
    /// The PEM file of the certificate authorities that it is checked with, in place of the usual ones.
    pub ca: Option<String>,
    /// The program that is the server, in the place of a URL.
    pub command: Option<CommandSettings>,
}

impl UpstreamSettings {
    /// What the operator is shown of the upstream: its URL, or its program without arguments, which may be secrets.
    pub fn shown(&self) -> String {
        self.command.as_ref().map_or_else(|| self.upstream.url.to_string(), |command| command.argv[0].clone())
    }
}

/// Reads the upstreams.
///
/// # Errors
/// [`InvalidSetting`], with the setting that has to be changed.
pub fn upstreams(values: &Values, resources: &Resources) -> Result<Vec<UpstreamSettings>, InvalidSetting> {
    let mut all: Vec<UpstreamSettings> = Vec::new();
    for text in values.all(&UPSTREAM) {
        let (resource, url) = addressed(resources, text);
        // Not with the value: a URL may hold a password.
        let refused = |reason| InvalidSetting::of(&UPSTREAM, reason);
        // A URL may contain "=", so the URL of an unknown resource would be a part of it.
        if ["=http://", "=https://", "=unix:"].iter().any(|scheme| url.contains(scheme)) {
            return Err(refused(Reason::UnknownResource(UPSTREAM.value)));
        }
        refuse_second(&all, resource).map_err(refused)?;
        let url = UpstreamUrl::parse(url).map_err(|error| refused(error.into()))?;
        let origins = resources.iter().map(|known| known.resource.origin());
        if let Some(own) = origins.into_iter().find(|origin| url.has_origin(origin)) {
            return Err(refused(Reason::UpstreamIsOurs(own.to_owned())));
        }
        let upstream = Upstream { url, host: None, forward: Vec::new(), identity: IdentityForm::Signed };
        all.push(UpstreamSettings {
            resource: resource.clone(),
            upstream,
            headers: Vec::new(),
            ca: None,
            command: None,
        });
    }
    programs(values, resources, &mut all)?;
    for text in values.all(&UPSTREAM_HEADER) {
        let (of, header) = of_upstream(&mut all, resources, &UPSTREAM_HEADER, text)?;
        check_header(header).map_err(|reason| InvalidSetting::of(&UPSTREAM_HEADER, reason))?;
        of.headers.push(header.to_owned());
    }
    for text in values.all(&UPSTREAM_FORWARD) {
        let (of, name) = of_upstream(&mut all, resources, &UPSTREAM_FORWARD, text)?;
        let refused = |error| InvalidSetting::value(&UPSTREAM_FORWARD, text, Reason::HeaderName(error));
        of.upstream.forward.push(forwarded_name(name).map_err(refused)?);
    }
    for text in values.all(&UPSTREAM_HOST) {
        let (of, host) = of_upstream(&mut all, resources, &UPSTREAM_HOST, text)?;
        let host = host.parse().ok();
        let form = || InvalidSetting::value(&UPSTREAM_HOST, text, Reason::Form(UPSTREAM_HOST.value));
        of.upstream.host = Some(host.ok_or_else(form)?);
    }
    for text in values.all(&UPSTREAM_IDENTITY) {
        let (of, name) = of_upstream(&mut all, resources, &UPSTREAM_IDENTITY, text)?;
        let form = IdentityForm::ALL.iter().copied().find(|form| form.name() == name);
        let refused =
            || InvalidSetting::value(&UPSTREAM_IDENTITY, text, Reason::Form(UPSTREAM_IDENTITY.value));
        of.upstream.identity = form.ok_or_else(refused)?;
    }
    for text in values.all(&UPSTREAM_CA) {
        let (of, path) = of_upstream(&mut all, resources, &UPSTREAM_CA, text)?;
        of.ca = Some(path.to_owned());
    }
    for one in &all {
        let is_authorization = |header: &String| {
            header.split(':').next().is_some_and(|name| name.trim().eq_ignore_ascii_case("authorization"))
        };
        if one.upstream.identity == IdentityForm::Bearer && one.headers.iter().any(is_authorization) {
            return Err(InvalidSetting::of(
                &UPSTREAM_IDENTITY,
                Reason::TwoAuthorizations(one.resource.to_string()),
            ));
        }
    }
    // What is for no resource goes to the first one.
    all.sort_by_key(|one| resources.iter().position(|known| known.resource == one.resource));
    Ok(all)
}

/// Reads the upstreams that are programs.
fn programs(
    values: &Values,
    resources: &Resources,
    all: &mut Vec<UpstreamSettings>,
) -> Result<(), InvalidSetting> {
    for text in values.all(&UPSTREAM_COMMAND) {
        let (resource, line) = addressed(resources, text);
        // Not the whole value: an argument may be a secret.
        let refused = |reason| InvalidSetting::of(&UPSTREAM_COMMAND, reason);
        refuse_second(all, resource).map_err(refused)?;
        let command = CommandSettings { argv: argv(line).map_err(refused)?, environment: Vec::new() };
        // A program has no URL. The gateway forms requests as for one, and the adapter does not look at it.
        let url = UpstreamUrl::parse("http://localhost/").expect("a URL of loopback");
        let upstream = Upstream { url, host: None, forward: Vec::new(), identity: IdentityForm::None };
        all.push(UpstreamSettings {
            resource: resource.clone(),
            upstream,
            headers: Vec::new(),
            ca: None,
            command: Some(command),
        });
    }
    for text in values.all(&UPSTREAM_ENV) {
        let (resource, given) = addressed(resources, text);
        let refused = |reason| InvalidSetting::of(&UPSTREAM_ENV, reason);
        let of = all.iter_mut().find(|known| known.resource == *resource);
        let command = of.and_then(|of| of.command.as_mut());
        let command = command.ok_or_else(|| refused(Reason::Needs(UPSTREAM_COMMAND.name)))?;
        command.environment.push(variable(given, &command.environment).map_err(refused)?);
    }
    Ok(())
}

fn refuse_second(all: &[UpstreamSettings], resource: &Resource) -> Result<(), Reason> {
    let is_known = all.iter().any(|known| known.resource == *resource);
    if is_known { Err(Reason::TwoUpstreams(resource.to_string())) } else { Ok(()) }
}

/// Splits `[RESOURCE=]…`. Without a known resource, the default one is meant.
fn addressed<'a, 'b>(resources: &'a Resources, text: &'b str) -> (&'a Resource, &'b str) {
    let known = resources.iter().find_map(|known| {
        let given = text.strip_prefix(known.resource.as_str())?.strip_prefix('=')?;
        Some((&known.resource, given))
    });
    known.unwrap_or((&resources.default().resource, text))
}

fn of_upstream<'a, 'b>(
    all: &'a mut [UpstreamSettings],
    resources: &Resources,
    setting: &Setting,
    text: &'b str,
) -> Result<(&'a mut UpstreamSettings, &'b str), InvalidSetting> {
    let (resource, given) = addressed(resources, text);
    let of = all.iter_mut().find(|known| known.resource == *resource);
    let of = of.ok_or_else(|| InvalidSetting::of(setting, Reason::Needs(UPSTREAM.name)))?;
    match of.command {
        Some(_) => Err(InvalidSetting::of(setting, Reason::Excludes(UPSTREAM_COMMAND.name))),
        None => Ok((of, given)),
    }
}

/// Checks the form `NAME: VALUE`.
fn check_header(text: &str) -> Result<(), Reason> {
    // The URL of an unknown resource would be a header of the first, whose upstream would get the secret.
    if ["http://", "https://"].iter().any(|scheme| text.starts_with(scheme)) {
        return Err(Reason::UnknownResource(UPSTREAM_HEADER.value));
    }
    let (name, _) = text.split_once(':').ok_or(Reason::Form(UPSTREAM_HEADER.value))?;
    static_name(name.trim()).map(|_| ()).map_err(Reason::HeaderName)
}

#[cfg(test)]
mod tests;
