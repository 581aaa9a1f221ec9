//! Identity assertions: an issuer states which user acts through which client (ID-JAG;
//! draft-ietf-oauth-identity-assertion-authz-grant-03 §3.1, §4.4.1).

use crate::config::IdentityIssuer;
use crate::jose::jwt::Foreign;
use crate::jose::{ALGORITHMS, JwkSet};
use crate::ports::{CLOCK_SKEW, Timestamp};
use crate::protocol::{ClientId, Issuer, Refusal, Scope, shortened};
use crate::provider::claims::Claims;
use crate::provider::error::quoted;
use crate::rules;
use serde_json::{Map, Value};
use std::time::Duration;

/// An identity assertion whose signature is not verified yet.
pub(crate) struct IdentityAssertion(Foreign<Map<String, Value>>);

/// The `typ` header (§3.1).
pub(crate) const TYPE: &str = "oauth-id-jag+jwt";
/// The maximum length of an assertion, in bytes.
const MAX_BYTES: usize = 8 * 1024;
/// The longest accepted lifetime. Okta's assertions live for five minutes.
const MAX_LIFETIME: Duration = Duration::from_secs(10 * 60);
/// The maximum length of a `jti`, in bytes.
const MAX_ID: usize = 256;

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
    /// Reads an assertion without verifying it.
    ///
    /// # Errors
    /// What is wrong with it, for the operator.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        if text.len() > MAX_BYTES {
            return Err(format!("it has {} bytes, and may have {MAX_BYTES}", text.len()));
        }
        let token: Foreign<Map<String, Value>> =
            Foreign::parse(text).ok_or("it is not a signed JWT without critical extensions")?;
        if !token.is_type(TYPE) {
            let typ = token.typ().map_or("no typ".to_owned(), |typ| format!("the typ {}", quoted(typ)));
            return Err(format!("it has {typ}; it must be {TYPE}"));
        }
        if !JwkSet::supports(token.algorithm()) {
            let (sent, known) = (quoted(token.algorithm()), ALGORITHMS.join(", "));
            return Err(format!("its alg is {sent}; the issuer must sign with one of {known}"));
        }
        Ok(Self(token))
    }

    /// The token, to verify its signature.
    pub(crate) fn token(&self) -> &Foreign<Map<String, Value>> {
        &self.0
    }

    /// The issuer that it claims to be from, if that is one of these.
    ///
    /// # Errors
    /// What is wrong with it, for the operator.
    pub(crate) fn issuer<'a>(&self, known: &'a [IdentityIssuer]) -> Result<&'a IdentityIssuer, String> {
        let sent = self.0.claims.get("iss").and_then(Value::as_str);
        let found = known.iter().find(|known| Some(known.issuer().url()) == sent);
        found.ok_or_else(|| {
            let names: Vec<_> = known.iter().map(|known| known.issuer().url()).collect();
            let sent = sent.map_or("none".to_owned(), quoted);
            format!("its iss is {sent}, and the issuers of identity assertions are {}", names.join(", "))
        })
    }

    /// Checks everything except the signature, which holds already.
    ///
    /// # Errors
    /// A refusal with the rule that was broken.
    pub(crate) fn validate(self, expected: Expected<'_>) -> Result<Statement, Refusal> {
        let claims = self.0.claims;
        audience(&claims, expected.audience)?;
        client(&claims, expected.client)?;
        let expires_at = times(&claims, expected.now)?;
        let id = text(&claims, "jti").filter(|id| (1..=MAX_ID).contains(&id.len())).map(str::to_owned);
        let id = id.ok_or_else(|| identifiers(&format!("must have a jti of 1 to {MAX_ID} bytes")))?;
        let subject = text(&claims, "sub").filter(|subject| is_subject(subject)).map(str::to_owned);
        let subject =
            subject.ok_or_else(|| identifiers("must have a sub of 1 to 255 printable ASCII characters"))?;
        binding(&claims, expected.issuer.tenant.as_deref())?;
        let signed_in_at = claims.get("auth_time").and_then(Value::as_u64).map(Timestamp);
        let actor = claims.get("act").map(|actor| shortened(&actor.to_string()));
        let (resources, scope) = (resources(&claims)?, scope(&claims)?);
        let claims = Claims::of_assertion(subject, claims);
        Ok(Statement { claims, id, expires_at, signed_in_at, actor, resources, scope })
    }
}

fn text<'a>(claims: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    claims.get(name).and_then(Value::as_str)
}

/// The one recipient, as a string or a list of one (§4.4.1).
fn audience(claims: &Map<String, Value>, ours: &Issuer) -> Result<(), Refusal> {
    let aud = claims.get("aud");
    let one = match aud {
        Some(Value::String(one)) => Some(one.as_str()),
        Some(Value::Array(several)) => several.first().filter(|_| several.len() == 1).and_then(Value::as_str),
        _ => None,
    };
    // Some consoles add the slash. It is the same URL for an issuer without a path (RFC 3986 §6.2.3).
    let is_ours = |sent: &str| {
        sent == ours.as_str() || ours.path().is_empty() && sent.strip_suffix('/') == Some(ours.as_str())
    };
    one.is_some_and(is_ours).then_some(()).ok_or_else(|| {
        let sent = aud.map_or("missing".to_owned(), |aud| shortened(&aud.to_string()));
        let why = format!("the aud of the assertion is {sent}; it must be {ours}, alone");
        rules::IDENTITY_AUDIENCE.refuse(why)
    })
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

/// Returns when the assertion expires.
fn times(claims: &Map<String, Value>, now: Timestamp) -> Result<Timestamp, Refusal> {
    let refuse = |why: String| rules::IDENTITY_TIMES.refuse(format!("the assertion {why}"));
    let number = |name: &str| claims.get(name).and_then(Value::as_f64).filter(|at| at.abs() < 1e15);
    let (here, skew) = (now.0 as f64, CLOCK_SKEW.as_secs() as f64);
    let expires = number("exp").ok_or_else(|| refuse("must have an exp in seconds".to_owned()))?;
    let issued = number("iat").ok_or_else(|| refuse("must have an iat in seconds".to_owned()))?;
    if expires <= here {
        return Err(refuse(format!("has expired: exp is {expires}, and it is {here} here")));
    }
    if let Some((name, at)) = [("iat", Some(issued)), ("nbf", number("nbf"))]
        .into_iter()
        .find_map(|(name, at)| at.filter(|at| *at > here + skew).map(|at| (name, at)))
    {
        return Err(refuse(format!("is not valid yet: {name} is {at}, and it is {here} here")));
    }
    let (lifetime, most) = (expires - issued, MAX_LIFETIME.as_secs());
    if lifetime > most as f64 + skew {
        return Err(refuse(format!("is valid for {lifetime} s, and may be for {most} s")));
    }
    Ok(Timestamp(expires.ceil() as u64))
}

/// OpenID Connect Core 1.0 §2: at most 255 ASCII characters.
fn is_subject(subject: &str) -> bool {
    (1..=255).contains(&subject.len()) && subject.bytes().all(|byte| byte.is_ascii_graphic())
}

fn identifiers(why: &str) -> Refusal {
    rules::IDENTITY_IDENTIFIERS.refuse(format!("the assertion {why}"))
}

/// Refuses an assertion that is bound to a key or limited by authorization details, which this server does not know, and one of
/// another tenant (§6).
fn binding(claims: &Map<String, Value>, tenant: Option<&str>) -> Result<(), Refusal> {
    if claims.contains_key("cnf") {
        let why = "the assertion is bound to a key (cnf), and this server does not support DPoP; request one without";
        return Err(rules::IDENTITY_BOUND.refuse(why));
    }
    if claims.contains_key("authorization_details") {
        let why = "the assertion has authorization_details, and this server knows no type of these; request scopes alone";
        return Err(rules::IDENTITY_DETAILS.refuse(why));
    }
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
