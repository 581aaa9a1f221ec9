//! Tokens of workloads: a platform states which job, pod or machine it runs (RFC 7523 §2.1, §2.2, §3).

use crate::config::{WorkloadIssuer, WorkloadRule, Workloads};
use crate::jose::jwt::Foreign;
use crate::ports::Timestamp;
use crate::protocol::{ClientId, GrantId, Refusal, Scope};
use crate::provider::assertion::{self, Assertion, Audience, text};
use crate::rules;
use serde_json::{Map, Value};
use std::time::Duration;

/// A token of a workload whose signature is not verified yet.
pub(crate) struct WorkloadToken(Assertion);

/// The longest accepted lifetime.
const MAX_LIFETIME: Duration = Duration::from_secs(60 * 60);
/// The longest lifetime of an access token of a workload.
const MAX_ACCESS: Duration = Duration::from_secs(60 * 60);
/// The maximum length of a `sub`, in bytes. Platforms put names of repositories, branches and roles into it.
const MAX_SUBJECT: usize = 1024;

/// What a token states, after all checks that need no store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Workload {
    /// The client that the workload is.
    pub(crate) client: ClientId,
    /// The most that the client gets.
    pub(crate) scope: Scope,
    /// The issuer of the token.
    pub(crate) issuer: String,
    /// The platform's name for the workload (`sub`).
    pub(crate) subject: String,
    /// The unique id of the token, if it has one.
    pub(crate) id: Option<String>,
    /// The only grant that the token opens (replay). `None` if it may be used until it expires.
    pub(crate) once: Option<GrantId>,
    /// When the token expires. From then on it is refused anyway.
    pub(crate) expires_at: Timestamp,
}

impl Workload {
    /// When an access token of the workload ends, which would live for `longest`. If the platform's token may be used again, it
    /// ends with that token.
    pub(crate) fn ends_at(&self, longest: Duration, now: Timestamp) -> Timestamp {
        let end = now.after(longest.min(MAX_ACCESS));
        if self.once.is_some() { end } else { end.min(self.expires_at) }
    }
}

impl WorkloadToken {
    /// The token of a workload that an assertion is.
    ///
    /// # Errors
    /// A text that says that it states something else, for the operator.
    pub(crate) fn of(assertion: Assertion) -> Result<Self, String> {
        let is_other = assertion.is_identity();
        (!is_other).then_some(Self(assertion)).ok_or("it is an identity assertion, of a user".to_owned())
    }

    /// The token, to verify its signature.
    pub(crate) fn token(&self) -> &Foreign<Map<String, Value>> {
        self.0.token()
    }

    /// The issuer that it claims to be from, if that is one of these.
    ///
    /// # Errors
    /// What is wrong with it, for the operator.
    pub(crate) fn issuer<'a>(&self, known: &'a [WorkloadIssuer]) -> Result<&'a WorkloadIssuer, String> {
        self.0.issuer(known, WorkloadIssuer::issuer)
    }

    /// The client of the rule that fits the claims.
    ///
    /// # Errors
    /// A refusal whose reason says which claims differ.
    pub(crate) fn client(&self, workloads: &Workloads) -> Result<ClientId, Refusal> {
        let issuer = text(self.0.claims(), "iss").unwrap_or_default();
        rule(workloads, issuer, self.0.claims()).map(|rule| rule.client.clone())
    }

    /// Checks everything except the signature, which holds already. `server` is the audience if the operator has set none.
    ///
    /// # Errors
    /// A refusal with the rule that was broken.
    pub(crate) fn validate(
        &self,
        workloads: &Workloads,
        issuer: &WorkloadIssuer,
        server: Audience<'_>,
        now: Timestamp,
    ) -> Result<Workload, Refusal> {
        let claims = self.0.claims();
        let expected = issuer.audience.as_deref().map_or(server, Audience::Set);
        assertion::audience(claims, expected)?;
        let expires_at = assertion::times(claims, MAX_LIFETIME, now)?;
        let has_id = claims.contains_key("jti") || !issuer.again;
        let id = has_id.then(|| assertion::id(claims)).transpose()?;
        let subject = text(claims, "sub").filter(|subject| is_subject(subject)).map(str::to_owned);
        let subject = subject.ok_or_else(|| {
            let why = format!("must have a sub of 1 to {MAX_SUBJECT} bytes without control characters");
            assertion::identifiers(&why)
        })?;
        assertion::unlimited(claims)?;
        let url = issuer.issuer().url();
        let WorkloadRule { client, scope, .. } = rule(workloads, url, claims)?;
        let (client, scope) = (client.clone(), scope.clone());
        let once = id
            .as_ref()
            .filter(|_| !issuer.again)
            .map(|id| GrantId::of_assertion("workload", url, &subject, id));
        Ok(Workload { client, scope, issuer: url.to_owned(), subject, id, once, expires_at })
    }
}

fn is_subject(subject: &str) -> bool {
    (1..=MAX_SUBJECT).contains(&subject.len()) && !subject.chars().any(char::is_control)
}

/// The only rule that fits. The caller is not told what the rules are: any user of a public platform can have tokens of it.
fn rule<'a>(
    workloads: &'a Workloads,
    issuer: &str,
    claims: &Map<String, Value>,
) -> Result<&'a WorkloadRule, Refusal> {
    let compared: Vec<_> =
        workloads.rules_of(issuer).map(|rule| (rule, rule.claims.mismatch(claims))).collect();
    let fitting: Vec<_> = compared.iter().filter(|(_, why)| why.is_none()).map(|(rule, _)| *rule).collect();
    match fitting[..] {
        [one] => Ok(one),
        [] => {
            let why = |(rule, why): &(&WorkloadRule, Option<String>)| {
                format!("of {} because {}", rule.client, why.as_deref().unwrap_or_default())
            };
            let all = compared.iter().map(why).collect::<Vec<_>>().join("; ");
            let all = if all.is_empty() { format!("{issuer} has none") } else { all };
            let told = rules::WORKLOAD_UNKNOWN.refuse("no rule of the operator fits the workload");
            Err(told.for_operator(&format!("no rule for the workload fits: {all}")))
        }
        _ => {
            let clients = fitting.iter().map(|rule| rule.client.0.as_str()).collect::<Vec<_>>().join(", ");
            let told = rules::WORKLOAD_AMBIGUOUS.refuse("several rules of the operator fit the workload");
            Err(told.for_operator(&format!("several rules fit the workload, of the clients {clients}")))
        }
    }
}
