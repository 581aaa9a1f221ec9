//! What an identity assertion is for: the resource and the scope that request, assertion, configuration and the operator's
//! limit have in common (draft-ietf-oauth-identity-assertion-authz-grant-03 §4.4.1; RFC 8707 §2).

use crate::client::{Target, target};
use crate::config::{Config, IdentityIssuer};
use crate::protocol::{Parameters, ProtectedResource, Refusal, Scope};
use crate::provider::Statement;
use crate::rules;

/// The resource of the token, and its scope.
pub(super) struct IdentityTarget<'a> {
    pub(super) resource: &'a ProtectedResource,
    pub(super) scope: Scope,
}

impl<'a> IdentityTarget<'a> {
    pub(super) fn of(
        config: &'a Config,
        issuer: &IdentityIssuer,
        statement: &Statement,
        form: &Parameters,
    ) -> Result<Self, Refusal> {
        let resource = resource(config, issuer, statement, form)?;
        let scope = scope(issuer, resource, statement.scope.as_ref(), form.once("scope")?)?;
        Ok(Self { resource, scope })
    }
}

/// The resource that request and assertion mean. Absent on one side, the other decides.
fn resource<'a>(
    config: &'a Config,
    issuer: &IdentityIssuer,
    statement: &Statement,
    form: &Parameters,
) -> Result<&'a ProtectedResource, Refusal> {
    let mut stated = Vec::new();
    for sent in &statement.resources {
        let known = config.resources().meant_by(sent).ok_or_else(|| {
            let why = config.resources().unknown(sent);
            rules::IDENTITY_RESOURCE.refuse(format!("the resource of the assertion: {}", why.description()))
        })?;
        if !stated.iter().any(|one: &&ProtectedResource| one.resource == known.resource) {
            stated.push(may_name(issuer, known)?);
        }
    }
    let Target { resource, is_named } = target(form, config.resources(), false)?;
    let is_stated = || stated.iter().any(|one| one.resource == resource.resource);
    match (&stated[..], is_named) {
        ([], true) => may_name(issuer, resource),
        ([one], false) => Ok(one),
        (_, true) if is_stated() => Ok(resource),
        (_, true) => {
            let why = format!("resource is {}, which is no resource of the assertion", resource.resource);
            Err(rules::IDENTITY_OTHER_RESOURCE.refuse(why))
        }
        ([], false) => sole(config, issuer),
        (_, false) => Err(several()),
    }
}

fn may_name<'a>(
    issuer: &IdentityIssuer,
    known: &'a ProtectedResource,
) -> Result<&'a ProtectedResource, Refusal> {
    let why = || format!("assertions of this issuer may not be for {}", known.resource);
    issuer.may_name(&known.resource).then_some(known).ok_or_else(|| rules::IDENTITY_RESOURCE.refuse(why()))
}

/// The only resource that an assertion of this issuer can mean.
fn sole<'a>(config: &'a Config, issuer: &IdentityIssuer) -> Result<&'a ProtectedResource, Refusal> {
    let mut possible = config.resources().iter().filter(|known| issuer.may_name(&known.resource));
    possible.next().filter(|_| possible.next().is_none()).ok_or_else(several)
}

fn several() -> Refusal {
    rules::IDENTITY_RESOURCE.refuse("the assertion can be for several resources; send one with resource")
}

/// What request, assertion, resource and limit have in common. What is absent on one side does not limit. If no side names a
/// scope, it is the first of the resource: no user saw a page.
fn scope(
    issuer: &IdentityIssuer,
    resource: &ProtectedResource,
    stated: Option<&Scope>,
    sent: Option<&str>,
) -> Result<Scope, Refusal> {
    let asked = sent.map(Scope::parse).transpose();
    let asked =
        asked.map_err(|why| rules::SCOPE_MALFORMED.refuse(format!("{why}; send a list of scopes")))?;
    let asked = asked.map(|asked| asked.without_offline_access()).filter(|asked| !asked.is_empty());
    let first = || resource.scopes.first().map(|first| first.scope.clone()).unwrap_or_default();
    let limit = issuer.scope.clone().unwrap_or_else(first);
    let possible = limit.intersection(&resource.scope());
    let granted = match (&asked, stated) {
        (None, None) => {
            let allowed = resource.scopes.iter().find(|one| possible.covers(&one.scope));
            allowed.map(|one| one.scope.clone()).unwrap_or_default()
        }
        (Some(one), None) | (None, Some(one)) => one.intersection(&possible),
        (Some(asked), Some(stated)) => asked.intersection(stated).intersection(&possible),
    };
    if granted.is_empty() {
        let named =
            |scope: Option<&Scope>| scope.map_or("none".to_owned(), |scope| format!("{:?}", scope.as_str()));
        return Err(rules::IDENTITY_SCOPE.refuse(format!(
            "no scope is left: the request has {}, the assertion {}, and assertions of this issuer may give {:?} at {}",
            named(asked.as_ref()),
            named(stated),
            possible.as_str(),
            resource.resource
        )));
    }
    Ok(granted)
}
