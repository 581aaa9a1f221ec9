//! Reader of the resources: the MCP servers that tokens are issued for, and what their settings say about them.

use crate::error::{InvalidSetting, Reason, each, of};
use crate::grammar;
use crate::names::{
    ALLOWED_ORIGIN, RESOURCE, RESOURCE_DIGEST, RESOURCE_ID, RESOURCE_PEOPLE, RESOURCE_SECRET,
    SCOPE_DESCRIPTION, SCOPE_IMPLIES, TOOL_SCOPE,
};
use crate::setting::Values;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use doorward::protocol::{Digest, Origin, ProtectedResource, ScopeHierarchy, UserRules};

/// Reads the resources. `default` is used if none is given.
pub(crate) fn resources(
    values: &Values,
    default: impl FnOnce() -> String,
) -> Result<Vec<ProtectedResource>, InvalidSetting> {
    let given = match values.all(&RESOURCE) {
        [] => &[default()],
        given => given,
    };
    let mut resources = each(given, &RESOURCE, grammar::resource)?;
    each(values.all(&TOOL_SCOPE), &TOOL_SCOPE, |text| {
        let (of, text) = addressed(&mut resources, text);
        let (tool, scope) = grammar::tool_scope(text)?;
        of.tools.insert(tool, scope);
        Ok(())
    })?;
    let implied = each(values.all(&SCOPE_IMPLIES), &SCOPE_IMPLIES, grammar::scope_implies)?;
    let implied = of(&SCOPE_IMPLIES, ScopeHierarchy::new(implied))?;
    resources.iter_mut().for_each(|resource| resource.implied = implied.clone());
    each(values.all(&ALLOWED_ORIGIN), &ALLOWED_ORIGIN, |text| {
        let (of, text) = addressed(&mut resources, text);
        of.origins.push(Origin::parse(text)?);
        Ok(())
    })?;
    each(values.all(&RESOURCE_PEOPLE), &RESOURCE_PEOPLE, |text| {
        let (of, text) = addressed(&mut resources, text);
        // No rule begins with a URL, so this is the URL of another resource.
        if ["http://", "https://"].iter().any(|scheme| text.starts_with(scheme)) {
            return Err(Reason::UnknownResource(RESOURCE_PEOPLE.value));
        }
        of.users.add(UserRules::parse(text)?);
        Ok(())
    })?;
    let describe = |text: &str| grammar::describe(&mut resources, text);
    each(values.all(&SCOPE_DESCRIPTION), &SCOPE_DESCRIPTION, describe)?;
    for text in values.all(&RESOURCE_SECRET) {
        let digest = |secret: &str| grammar::secret(secret).map(Digest::of);
        of(&RESOURCE_SECRET, give_secret(&mut resources, text, RESOURCE_SECRET.value, digest))?;
    }
    for text in values.all(&RESOURCE_DIGEST) {
        let digest = |text: &str| digest(text).ok_or(Reason::Digest(RESOURCE_DIGEST.value));
        of(&RESOURCE_DIGEST, give_secret(&mut resources, text, RESOURCE_DIGEST.value, digest))?;
    }
    for text in values.all(&RESOURCE_ID) {
        let (resource, id) = of(&RESOURCE_ID, of_resource(&mut resources, text, RESOURCE_ID.value))?;
        resource.id = Some(id.to_owned());
    }
    Ok(resources)
}

/// Splits `[RESOURCE=]…`. Without a known resource, the first is meant.
fn addressed<'a, 'b>(
    resources: &'a mut [ProtectedResource],
    text: &'b str,
) -> (&'a mut ProtectedResource, &'b str) {
    let known = resources.iter().position(|known| given(known, text).is_some()).unwrap_or_default();
    let of = &mut resources[known];
    let text = given(of, text).unwrap_or(text);
    (of, text)
}

/// The text after `URL=`, if the URL is that of this resource.
fn given<'a>(resource: &ProtectedResource, text: &'a str) -> Option<&'a str> {
    text.strip_prefix(resource.resource.as_str())?.strip_prefix('=')
}

/// Reads `URL=…`. Returns that resource, and the text after `=`.
fn of_resource<'a, 'b>(
    resources: &'a mut [ProtectedResource],
    text: &'b str,
    form: &'static str,
) -> Result<(&'a mut ProtectedResource, &'b str), Reason> {
    let pair = resources.iter_mut().find_map(|known| {
        let given = given(known, text)?;
        Some((known, given)).filter(|(_, given)| !given.is_empty())
    });
    pair.ok_or(Reason::UnknownResource(form))
}

/// Reads `URL=…` and sets the secret of that resource. `digest` makes the digest from the text after `=`.
fn give_secret(
    resources: &mut [ProtectedResource],
    text: &str,
    form: &'static str,
    digest: impl FnOnce(&str) -> Result<Digest, Reason>,
) -> Result<(), Reason> {
    let (resource, secret) = of_resource(resources, text, form)?;
    let digest = digest(secret)?;
    match resource.secret.replace(digest) {
        None => Ok(()),
        Some(_) => Err(Reason::TwoSecrets(resource.resource.to_string())),
    }
}

fn digest(text: &str) -> Option<Digest> {
    let bytes = URL_SAFE_NO_PAD.decode(text.trim_end_matches('=')).ok()?;
    bytes.try_into().ok().map(Digest)
}
