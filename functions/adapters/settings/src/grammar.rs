//! Parsers of values, such as `URL=SCOPE,SCOPE` and `ID=URI URI`.

use crate::error::{InvalidSetting, Reason};
use crate::setting::{Setting, Values};
use doorward::client::Authentication;
use doorward::config::{AssertionAudience, ConfiguredClient, StaleRefresh};
use doorward::protocol::{ClientId, InvalidRedirectUri, ProtectedResource, RegisteredRedirectUri, Scope};
use std::time::Duration;

impl Values {
    /// Whether a switch is on.
    ///
    /// # Errors
    /// [`Reason::Switch`] when the value is neither `true` nor `false`.
    pub fn is_on(&self, setting: &Setting) -> Result<bool, InvalidSetting> {
        match self.one(setting) {
            None | Some("false") => Ok(false),
            Some("true") => Ok(true),
            Some(other) => Err(InvalidSetting::of(setting, Reason::Switch(other.to_owned()))),
        }
    }
}

/// Parses `URL=SCOPE,SCOPE`.
pub(crate) fn resource(text: &str) -> Result<ProtectedResource, Reason> {
    let (url, scopes) = text
        .rsplit_once('=')
        .ok_or(Reason::Form("URL=SCOPE,SCOPE, for example https://mcp.example.com/mcp=user"))?;
    Ok(ProtectedResource::parse(url, &scopes.replace(',', " "))?)
}

/// Parses `TOOL=SCOPE,SCOPE`.
pub(crate) fn tool_scope(text: &str) -> Result<(String, Scope), Reason> {
    let form = || Reason::Form("TOOL=SCOPE,SCOPE");
    let (tool, scopes) = text.split_once('=').filter(|(tool, _)| !tool.is_empty()).ok_or_else(form)?;
    let scope = self::scopes(scopes)?;
    if scope.is_empty() { Err(form()) } else { Ok((tool.to_owned(), scope)) }
}

/// Parses `SCOPE=SCOPE,SCOPE`.
pub(crate) fn scope_implies(text: &str) -> Result<(Scope, Scope), Reason> {
    let form = || Reason::Form("SCOPE=SCOPE,SCOPE");
    let (scope, implied) = text.split_once('=').ok_or_else(form)?;
    let (scope, implied) = (Scope::parse(scope)?, scopes(implied)?);
    if scope.iter().count() == 1 && !implied.is_empty() { Ok((scope, implied)) } else { Err(form()) }
}

/// Parses `SCOPE,SCOPE`.
pub(crate) fn scopes(text: &str) -> Result<Scope, Reason> {
    Ok(Scope::parse(&text.replace(',', " "))?)
}

/// Parses `ID=URI URI`.
pub(crate) fn client(text: &str) -> Result<ConfiguredClient, Reason> {
    let (id, uris) = text.split_once('=').ok_or(Reason::Form("ID=URI URI"))?;
    let refused =
        |(uri, InvalidRedirectUri(reason)): (&str, _)| Reason::RedirectUri { uri: uri.to_owned(), reason };
    let redirect_uris = RegisteredRedirectUri::parse_all(uris.split_whitespace()).map_err(refused)?;
    let (authentication, own_scope) = (Authentication::None, Scope::default());
    Ok(ConfiguredClient { id: ClientId(id.to_owned()), redirect_uris, authentication, own_scope })
}

/// Parses `SCOPE=SENTENCE`, and adds this description to the scope in every resource that offers it.
pub(crate) fn describe(resources: &mut [ProtectedResource], text: &str) -> Result<(), Reason> {
    let form = || Reason::Form("SCOPE=SENTENCE");
    let (name, sentence) = text.split_once('=').ok_or_else(form)?;
    let scope = Scope::parse(name.trim())?;
    if sentence.trim().is_empty() {
        return Err(form());
    }
    let offered = resources.iter_mut().flat_map(|resource| &mut resource.scopes);
    let mut described = offered.filter(|offered| offered.scope == scope).peekable();
    if described.peek().is_none() {
        return Err(Reason::UnknownScope(name.to_owned()));
    }
    described.for_each(|offered| offered.description = Some(sentence.trim().to_owned()));
    Ok(())
}

/// The fewest characters of a secret: as many as 128 random bits have in base64url. In hexadecimal they have 32.
const SECRET: usize = 22;

/// Checks the length of a secret with which a program authenticates. A shorter one could be guessed (RFC 6749 §10.10).
pub(crate) fn secret(text: &str) -> Result<&str, Reason> {
    match text.chars().count() {
        SECRET.. => Ok(text),
        sent => Err(Reason::ShortSecret { sent, least: SECRET }),
    }
}

/// Parses `doubt` or `close`.
pub(crate) fn stale_refresh(text: &str) -> Result<StaleRefresh, Reason> {
    let named = StaleRefresh::ALL.iter().copied().find(|policy| policy.name() == text);
    named.ok_or(Reason::Form("doubt or close"))
}

/// Parses `issuer` or `token-endpoint`.
pub(crate) fn assertion_audience(text: &str) -> Result<AssertionAudience, Reason> {
    let named = AssertionAudience::ALL.iter().copied().find(|audience| audience.name() == text);
    named.ok_or(Reason::Form("issuer or token-endpoint"))
}

/// Parses a number of seconds.
pub(crate) fn seconds(text: &str) -> Result<Duration, Reason> {
    text.parse().map(Duration::from_secs).map_err(|_| Reason::Seconds(text.to_owned()))
}
