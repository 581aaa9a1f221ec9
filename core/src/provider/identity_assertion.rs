//! Identity assertions: an issuer states which user acts through which client (ID-JAG;
//! draft-ietf-oauth-identity-assertion-authz-grant-03 §3.1, §4.4.1).

use crate::config::IdentityIssuer;
use crate::jose::jwt::Foreign;
use crate::ports::Timestamp;
use crate::protocol::{ClientId, Issuer, Refusal, Scope, shortened};
use crate::provider::assertion::{self, Assertion, Audience, text};
use crate::provider::claims::Claims;
use crate::rules;
use serde_json::{Map, Value};
use std::time::Duration;

/// An identity assertion whose signature is not verified yet.
pub(crate) struct IdentityAssertion(Assertion);

/// The longest accepted lifetime. Okta's assertions live for five minutes.
const MAX_LIFETIME: Duration = Duration::from_secs(10 * 60);

/// What an assertion states, after all checks that need no store.
pub(crate) struct Statement {
    /// The claims about the user.
    pub(crate) claims: Claims,
    /// The unique id of the assertion.
    pub(crate) id: String,
    /// When the assertion expires. From then on it is refused anyway.
    pub(crate) expires_at: Timestamp,
    /// When the user signed in, if the issuer says it.
    pub(crate) signed_in_at: Option<Timestamp>,
    /// The actor that acts for the user (RFC 8693 §4.1), for the log. It gives nothing.
    pub(crate) actor: Option<String>,
    /// The resources that the assertion names. Empty if it names none.
    pub(crate) resources: Vec<String>,
    /// The scope that the assertion names.
    pub(crate) scope: Option<Scope>,
}

/// The values that an assertion must have.
#[derive(Clone, Copy)]
pub(crate) struct Expected<'a> {
    /// This server.
    pub(crate) audience: &'a Issuer,
    /// The authenticated client.
    pub(crate) client: &'a ClientId,
    /// The issuer that signed the assertion.
    pub(crate) issuer: &'a IdentityIssuer,
    /// The current time.
    pub(crate) now: Timestamp,
}

impl IdentityAssertion {
    /// The identity assertion that an assertion is.
    ///
    /// # Errors
    /// A text that says that it states something else, for the operator.
    pub(crate) fn of(assertion: Assertion) -> Result<Self, String> {
        let is_one = assertion.is_identity();
        is_one.then_some(Self(assertion)).ok_or("its typ is not that of an identity assertion".to_owned())
    }

    /// The token, to verify its signature.
    pub(crate) fn token(&self) -> &Foreign<Map<String, Value>> {
        self.0.token()
    }

    /// The issuer that it claims to be from, if that is one of these.
    ///
    /// # Errors
    /// What is wrong with it, for the operator.
    pub(crate) fn issuer<'a>(&self, known: &'a [IdentityIssuer]) -> Result<&'a IdentityIssuer, String> {
        self.0.issuer(known, IdentityIssuer::issuer)
    }

    /// Checks everything except the signature, which holds already.
    ///
    /// # Errors
    /// A refusal with the rule that was broken.
    pub(crate) fn validate(self, expected: Expected<'_>) -> Result<Statement, Refusal> {
        let claims = self.0.into_claims();
        assertion::audience(&claims, Audience::Issuer(expected.audience))?;
        client(&claims, expected.client)?;
        let expires_at = assertion::times(&claims, MAX_LIFETIME, expected.now)?;
        let id = assertion::id(&claims)?;
        let subject = text(&claims, "sub").filter(|subject| is_subject(subject)).map(str::to_owned);
        let subject = subject.ok_or_else(|| {
            assertion::identifiers("must have a sub of 1 to 255 printable ASCII characters")
        })?;
        assertion::unlimited(&claims)?;
        tenant(&claims, expected.issuer.tenant.as_deref())?;
        // No later than now, or a rule of the MCP server about the age of a sign-in would hold for ever.
        let signed_in_at = claims.get("auth_time").and_then(Value::as_u64);
        let signed_in_at = signed_in_at.map(|at| Timestamp(at).min(expected.now));
        let actor = claims.get("act").map(|actor| shortened(&actor.to_string()));
        let (resources, scope) = (resources(&claims)?, scope(&claims)?);
        let claims = Claims::of_assertion(subject, claims);
        Ok(Statement { claims, id, expires_at, signed_in_at, actor, resources, scope })
    }
}

/// The client of the assertion is the one that brings it (§4.4.1).
fn client(claims: &Map<String, Value>, caller: &ClientId) -> Result<(), Refusal> {
    let sent = text(claims, "client_id");
    (sent == Some(caller.0.as_str())).then_some(()).ok_or_else(|| {
        let sent = sent.map_or("missing".to_owned(), shortened);
        let caller = shortened(&caller.0);
        let why = format!("the client_id of the assertion is {sent}, and the client is {caller}");
        rules::IDENTITY_OTHER_CLIENT.refuse(why)
    })
}

/// OpenID Connect Core 1.0 §2: at most 255 ASCII characters.
fn is_subject(subject: &str) -> bool {
    (1..=255).contains(&subject.len()) && subject.bytes().all(|byte| byte.is_ascii_graphic())
}

/// Refuses an assertion of another tenant (§6).
fn tenant(claims: &Map<String, Value>, tenant: Option<&str>) -> Result<(), Refusal> {
    let sent = claims.get("tenant");
    if sent.map(Value::as_str) == tenant.map(Some) {
        return Ok(());
    }
    let sent =
        sent.map_or("no tenant".to_owned(), |sent| format!("the tenant {}", shortened(&sent.to_string())));
    let known = tenant.map_or("no tenant".to_owned(), |tenant| format!("the tenant {tenant}"));
    let why = format!("the assertion has {sent}, and the operator expects {known} of this issuer");
    Err(rules::IDENTITY_TENANT.refuse(why))
}

/// The resources that the assertion names: one, or a list (§3.1).
fn resources(claims: &Map<String, Value>) -> Result<Vec<String>, Refusal> {
    let malformed =
        || rules::IDENTITY_RESOURCE.refuse("the resource of the assertion must be a URL, or a list of URLs");
    let one = |value: &Value| value.as_str().map(str::to_owned);
    match claims.get("resource") {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(Value::Array(several)) => several.iter().map(one).collect::<Option<_>>().ok_or_else(malformed),
        Some(value) => one(value).map(|one| vec![one]).ok_or_else(malformed),
    }
}

fn scope(claims: &Map<String, Value>) -> Result<Option<Scope>, Refusal> {
    let malformed =
        || rules::IDENTITY_SCOPE.refuse("the scope of the assertion is not a space-separated list of scopes");
    match claims.get("scope") {
        None | Some(Value::Null) => Ok(None),
        Some(value) => {
            value.as_str().and_then(|text| Scope::parse(text).ok()).map(Some).ok_or_else(malformed)
        }
    }
}
