//! Which user an identity assertion is about, and whether the operator's rules admit them.

use crate::config::{IdentityIssuer, PeopleBy};
use crate::protocol::{ClaimRule, Judgement, PersonId, ProtectedResource};
use crate::provider::admission::Mismatch;
use crate::provider::claims::{Claims, Email};

/// What the rules say about a user, as far as the claims of an assertion decide.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Admission {
    /// A rule is met.
    Admitted,
    /// The claim that a rule needs was left out. A user who is known already met it before.
    OnlyIfKnown(String),
}

impl IdentityIssuer {
    /// The id of the user.
    ///
    /// # Errors
    /// Why the claims name no user.
    pub(crate) fn person(&self, claims: &Claims) -> Result<PersonId, String> {
        match (self.people_by, &self.tenant) {
            (PeopleBy::Subject, None) => self.at_issuer(&claims.subject),
            (PeopleBy::Subject, Some(tenant)) => self.at_issuer(&format!("{tenant}#{}", claims.subject)),
            (PeopleBy::Email, _) => match claims.email() {
                Email::Verified(address) => named(address),
                _ => Err("the assertion has no email that counts, and people-by is email".to_owned()),
            },
        }
    }

    fn at_issuer(&self, subject: &str) -> Result<PersonId, String> {
        PersonId::at_provider(&self.people_as, subject)
            .ok_or_else(|| "issuer, tenant and sub have more than 255 bytes in total".to_owned())
    }

    /// Decides whether the user of these claims may use the resource: by the rules of the issuer, and by those of the
    /// resource.
    ///
    /// # Errors
    /// Why no rule is met.
    pub(crate) fn judge(
        &self,
        claims: &Claims,
        person: &PersonId,
        resource: &ProtectedResource,
    ) -> Result<Admission, String> {
        let by_issuer = self.admission(claims)?;
        let no_rule = |why: &str| format!("no rule of resource-people for {} {why}", resource.resource);
        match resource.users.judge(person) {
            Judgement::Admitted => Ok(by_issuer),
            Judgement::Excluded => Err(no_rule("names the user")),
            Judgement::ByClaims => match self.people.judge(resource.users.claims(), claims) {
                Ok(()) => Ok(by_issuer),
                Err(mismatches) => Err(no_rule(&format!("matches: {}", reasons(&mismatches)))),
            },
        }
    }

    fn admission(&self, claims: &Claims) -> Result<Admission, String> {
        // An address names a user only within the domains that the operator gives the issuer.
        let counts = |rule: &&ClaimRule| match self.people_by {
            PeopleBy::Subject => true,
            PeopleBy::Email => matches!(rule, ClaimRule::Domain(_)),
        };
        match self.people.judge(self.people.allowed.0.iter().filter(counts), claims) {
            Ok(()) => Ok(Admission::Admitted),
            Err(mismatches) => {
                let why = format!("no rule of allow matches: {}", reasons(&mismatches));
                let is_known_enough =
                    self.people_by == PeopleBy::Subject && mismatches.iter().any(Mismatch::is_gap);
                if is_known_enough { Ok(Admission::OnlyIfKnown(why)) } else { Err(why) }
            }
        }
    }
}

/// The user whose name is this address. A character that ids of provider users have, and addresses do not need, is refused.
fn named(address: &str) -> Result<PersonId, String> {
    let is_plain = !address.contains(['#', '/', ':']);
    let person = PersonId::parse(address).filter(|_| is_plain);
    person.ok_or_else(|| "the email of the assertion cannot be the name of a user".to_owned())
}

fn reasons(mismatches: &[Mismatch]) -> String {
    mismatches.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Allowed, TrustedIssuer};
    use crate::protocol::UserRules;
    use serde_json::{Value, json};

    const ACME: &str = "https://acme.example";

    fn issuer(allow: &str) -> IdentityIssuer {
        IdentityIssuer::new(TrustedIssuer::new(ACME).unwrap(), Allowed::parse(allow).unwrap()).unwrap()
    }

    fn claims(members: &Value) -> Claims {
        Claims::of_assertion("u1".to_owned(), members.as_object().unwrap().clone())
    }

    fn resource(rules: Option<&str>) -> ProtectedResource {
        let mut resource = ProtectedResource::parse("https://mcp.example/mcp", "read").unwrap();
        resource.users = rules.map_or_else(UserRules::default, |rules| UserRules::parse(rules).unwrap());
        resource
    }

    #[test]
    fn a_user_is_named_by_issuer_tenant_and_subject_or_by_an_address() {
        let by_email = || issuer("domain:acme.example").with_people_by(PeopleBy::Email);
        let address = |email: &str| json!({ "email": email });
        for (issuer, held, expected) in [
            (issuer("anyone"), json!({}), Some("https://acme.example#u1")),
            (issuer("anyone").with_tenant("t"), json!({}), Some("https://acme.example#t#u1")),
            (issuer("anyone").with_people_as("https://b.example"), json!({}), Some("https://b.example#u1")),
            (by_email(), address("alice@acme.example"), Some("alice@acme.example")),
            (by_email(), json!({ "email": "a@acme.example", "email_verified": false }), None),
            (by_email(), json!({}), None),
            (by_email(), address("https://acme.example#u2@acme.example"), None),
            (by_email(), address("client:x@acme.example"), None),
        ] {
            let person = issuer.person(&claims(&held)).ok();
            assert_eq!(person.as_ref().map(PersonId::as_str), expected, "{held}");
        }
    }

    #[test]
    fn a_claim_that_was_left_out_is_made_up_for_by_an_earlier_sign_in() {
        let verdict = |issuer: &IdentityIssuer, held: Value, rules: Option<&str>| {
            let claims = claims(&held);
            let person = issuer.person(&claims).unwrap();
            match issuer.judge(&claims, &person, &resource(rules)) {
                Ok(Admission::Admitted) => "admitted",
                Ok(Admission::OnlyIfKnown(_)) => "known",
                Err(_) => "no",
            }
        };
        let acme = issuer("domain:acme.example,group:mcp");
        for (held, expected) in [
            (json!({ "email": "a@acme.example" }), "admitted"),
            (json!({ "email": "a@acme.example", "email_verified": true }), "admitted"),
            (json!({ "groups": ["mcp"] }), "admitted"),
            (json!({}), "known"),
            (json!({ "email": "a@b.example" }), "known"),
            (json!({ "email": "a@b.example", "groups": ["x"] }), "no"),
            (json!({ "email": "a@acme.example", "email_verified": false, "groups": ["x"] }), "no"),
        ] {
            assert_eq!(verdict(&acme, held.clone(), None), expected, "{held}");
        }
        let email = json!({ "email": "a@acme.example" });
        assert_eq!(verdict(&acme, email.clone(), Some("user:bob")), "no");
        assert_eq!(verdict(&acme, email.clone(), Some("domain:acme.example")), "admitted");
        assert_eq!(verdict(&acme, email.clone(), Some("group:board")), "no", "left out");
        let by_email = issuer("domain:acme.example,anyone").with_people_by(PeopleBy::Email);
        assert_eq!(verdict(&by_email, email, None), "admitted");
        assert_eq!(verdict(&by_email, json!({ "email": "a@b.example" }), None), "no", "only domains count");
    }
}
