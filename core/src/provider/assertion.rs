//! Assertions of trusted issuers (RFC 7523 §2.1, §3): what identity assertions and tokens of workloads have in common. The type
//! of an assertion says which it is.

use crate::config::TrustedIssuer;
use crate::jose::jwt::Foreign;
use crate::jose::{ALGORITHMS, JwkSet};
use crate::ports::{CLOCK_SKEW, Timestamp};
use crate::protocol::{Issuer, Refusal, shortened};
use crate::provider::error::quoted;
use crate::rules;
use serde_json::{Map, Value};
use std::time::Duration;

/// An assertion whose signature is not verified yet.
pub(crate) struct Assertion(Foreign<Map<String, Value>>);

/// The `typ` header of identity assertions (draft-ietf-oauth-identity-assertion-authz-grant-03 §3.1).
const IDENTITY: &str = "oauth-id-jag+jwt";
/// The maximum length of an assertion, in bytes.
const MAX_BYTES: usize = 8 * 1024;
/// The maximum length of a `jti`, in bytes.
const MAX_ID: usize = 256;

/// The recipients that an assertion may name.
#[derive(Clone, Copy)]
pub(crate) enum Audience<'a> {
    /// This server, by its issuer.
    Issuer(&'a Issuer),
    /// This server, by its issuer or its token endpoint.
    Server(&'a Issuer, &'a str),
    /// What the operator has set.
    Set(&'a str),
}

impl Assertion {
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
        if !JwkSet::supports(token.algorithm()) {
            let (sent, known) = (quoted(token.algorithm()), ALGORITHMS.join(", "));
            return Err(format!("its alg is {sent}; the issuer must sign with one of {known}"));
        }
        Ok(Self(token))
    }

    /// Whether it states which user acts through a client. Any other one states which workload it is.
    pub(crate) fn is_identity(&self) -> bool {
        self.0.is_type(IDENTITY)
    }

    /// The token, to verify its signature.
    pub(crate) fn token(&self) -> &Foreign<Map<String, Value>> {
        &self.0
    }

    /// The issuer that it claims to be from, if that is one of these.
    ///
    /// # Errors
    /// What is wrong with it, for the operator.
    pub(super) fn issuer<'a, T>(
        &self,
        known: &'a [T],
        trusted: impl Fn(&T) -> &TrustedIssuer,
    ) -> Result<&'a T, String> {
        let sent = text(&self.0.claims, "iss");
        known.iter().find(|known| Some(trusted(known).url()) == sent).ok_or_else(|| {
            let names: Vec<_> = known.iter().map(|known| trusted(known).url()).collect();
            let names = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
            let [sent, typ] = [sent, self.0.typ()].map(|sent| sent.map_or("none".to_owned(), quoted));
            format!(
                "its iss is {sent} and its typ {typ}; the issuers that are trusted for such ones: {names}"
            )
        })
    }

    /// The claims. They count after the signature is verified.
    pub(super) fn claims(&self) -> &Map<String, Value> {
        &self.0.claims
    }

    /// The claims, as [`Self::claims`].
    pub(super) fn into_claims(self) -> Map<String, Value> {
        self.0.claims
    }
}

pub(super) fn text<'a>(claims: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    claims.get(name).and_then(Value::as_str)
}

/// The one recipient, as a string or a list of one. A second recipient could bring the assertion here.
pub(super) fn audience(claims: &Map<String, Value>, expected: Audience<'_>) -> Result<(), Refusal> {
    let aud = claims.get("aud");
    let one = match aud {
        Some(Value::String(one)) => Some(one.as_str()),
        Some(Value::Array(several)) => several.first().filter(|_| several.len() == 1).and_then(Value::as_str),
        _ => None,
    };
    one.is_some_and(|sent| expected.is(sent)).then_some(()).ok_or_else(|| {
        let sent = aud.map_or("missing".to_owned(), |aud| shortened(&aud.to_string()));
        let why = format!("the aud of the assertion is {sent}; it must be {}, alone", expected.names());
        rules::TRUSTED_AUDIENCE.refuse(why)
    })
}

impl Audience<'_> {
    fn is(self, sent: &str) -> bool {
        // Some consoles add the slash. It is the same URL for an issuer without a path (RFC 3986 §6.2.3).
        let is_issuer = |ours: &Issuer| {
            sent == ours.as_str() || ours.path().is_empty() && sent.strip_suffix('/') == Some(ours.as_str())
        };
        match self {
            Self::Issuer(ours) => is_issuer(ours),
            Self::Server(ours, endpoint) => is_issuer(ours) || sent == endpoint,
            Self::Set(ours) => sent == ours,
        }
    }

    fn names(self) -> String {
        match self {
            Self::Issuer(ours) => ours.to_string(),
            Self::Server(ours, endpoint) => format!("{ours} or {endpoint}"),
            Self::Set(ours) => ours.to_owned(),
        }
    }
}

/// Returns when the assertion expires. It may live for `most`.
pub(super) fn times(
    claims: &Map<String, Value>,
    most: Duration,
    now: Timestamp,
) -> Result<Timestamp, Refusal> {
    let refuse = |why: String| rules::TRUSTED_TIMES.refuse(format!("the assertion {why}"));
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
    let (lifetime, most) = (expires - issued, most.as_secs());
    if lifetime > most as f64 + skew {
        return Err(refuse(format!("is valid for {lifetime} s, and may be for {most} s")));
    }
    Ok(Timestamp(expires.ceil() as u64))
}

/// The unique id of the assertion.
pub(super) fn id(claims: &Map<String, Value>) -> Result<String, Refusal> {
    let id = text(claims, "jti").filter(|id| (1..=MAX_ID).contains(&id.len()));
    id.map(str::to_owned).ok_or_else(|| identifiers(&format!("must have a jti of 1 to {MAX_ID} bytes")))
}

pub(super) fn identifiers(why: &str) -> Refusal {
    rules::TRUSTED_IDENTIFIERS.refuse(format!("the assertion {why}"))
}

/// Refuses an assertion that is bound to a key, or limited by authorization details, which this server does not know.
pub(super) fn unlimited(claims: &Map<String, Value>) -> Result<(), Refusal> {
    if claims.contains_key("cnf") {
        let why = "the assertion is bound to a key (cnf), and this server does not support DPoP; request one without";
        return Err(rules::TRUSTED_BOUND.refuse(why));
    }
    if claims.contains_key("authorization_details") {
        let why = "the assertion has authorization_details, and this server knows no type of these; request scopes alone";
        return Err(rules::TRUSTED_DETAILS.refuse(why));
    }
    Ok(())
}
