//! Which resources a user of the provider may use: the operator's rules of each resource, applied to a provider's claims.

use crate::config::PeopleRules;
use crate::protocol::{Judgement, PersonId, ProtectedResource, Resources, UserRules};
use crate::provider::admission::Mismatch;
use crate::provider::claims::Claims;
use crate::provider::error::ProviderError;
use crate::provider::need::Need;
use crate::sealed::{RulesDigest, Verdict};

/// The most verdicts of a session. Browsers keep no cookie of more than 4096 bytes (RFC 6265 §6.1), and a verdict takes 12.
const MOST: usize = 160;

/// The resources that a sign-in is for.
#[derive(Clone, Copy)]
pub(crate) struct Wanted<'a> {
    /// All resources of this server. The session that begins may be used for each of them.
    pub(crate) resources: &'a Resources,
    /// The resource that the user is about to decide on.
    pub(crate) asked: Option<&'a ProtectedResource>,
}

impl PeopleRules {
    /// The digest of rules, and of what decides how claims are read.
    pub(crate) fn digest(&self, rules: &UserRules) -> RulesDigest {
        RulesDigest::of(&format!("{}\n{}\n{rules}", self.issuer, self.groups_claim))
    }

    /// What the `UserInfo` response is needed for, beside these claims of the ID token, to judge the user of this id by
    /// the rules of the resources.
    pub(super) fn resource_needs(&self, claims: &Claims, person: &PersonId, wanted: Wanted<'_>) -> Need {
        let need = |resource: &ProtectedResource| match resource.users.judge(person) {
            Judgement::ByClaims => Need::of(&self.judge(resource.users.claims(), claims)),
            Judgement::Admitted | Judgement::Excluded => Need::Nothing,
        };
        let asked = wanted.asked.map_or(Need::Nothing, need);
        let others = wanted.resources.iter().map(|resource| need(resource).min(Need::Extra));
        others.fold(asked, Need::max)
    }

    /// Judges the user by the rules of all resources that are about claims, first those of the resource that was asked for.
    /// A resource for which `UserInfo` would be needed and was not read has no verdict: the user signs in again for it.
    pub(crate) fn verdicts(
        &self,
        claims: &Claims,
        missed: Option<&ProviderError>,
        wanted: Wanted<'_>,
    ) -> Vec<Verdict> {
        let mut verdicts: Vec<Verdict> = Vec::new();
        let all = wanted.asked.into_iter().chain(wanted.resources.iter()).map(|known| &known.users);
        for users in all.filter(|users| users.need_claims()) {
            let (rules, judged) = (self.digest(users), self.judge(users.claims(), claims));
            let is_known = verdicts.iter().any(|known| known.rules == rules);
            if !is_known && !may_change(&judged, missed) && verdicts.len() < MOST {
                verdicts.push(Verdict { rules, is_met: judged.is_ok() });
            }
        }
        verdicts
    }

    /// Why the user of this id may not use the resource. `None` if the user may.
    pub(crate) fn excluded(
        &self,
        claims: &Claims,
        person: &PersonId,
        resource: &ProtectedResource,
    ) -> Option<String> {
        let no_rule = |why: &str| format!("no rule of resource-people for {} {why}", resource.resource);
        match resource.users.judge(person) {
            Judgement::Admitted => None,
            Judgement::Excluded => Some(no_rule("names the user")),
            Judgement::ByClaims => {
                let mismatches = self.judge(resource.users.claims(), claims).err()?;
                let reasons: Vec<_> = mismatches.iter().map(ToString::to_string).collect();
                Some(no_rule(&format!("matches: {}", reasons.join("; "))))
            }
        }
    }
}

/// Whether the `UserInfo` response that was not read could have changed the judgement.
fn may_change(judged: &Result<(), Vec<Mismatch>>, missed: Option<&ProviderError>) -> bool {
    match (missed, Need::of(judged)) {
        (None, _) | (_, Need::Nothing | Need::Extra) => false,
        // A fault that lasts does not hide an empty list.
        (Some(ProviderError::Invalid(_)), Need::EmptyList) => false,
        (Some(_), Need::EmptyList | Need::Rule) => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Allowed, ProviderSettings};
    use crate::ports::{Entropy, Timestamp};
    use crate::protocol::{DisplayName, EmailAddress, Profile};
    use crate::sealed::{Keys, RootSecret, Session};
    use serde_json::json;

    struct Same;

    impl Entropy for Same {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(5);
        }
    }

    fn settings() -> PeopleRules {
        let settings =
            ProviderSettings::new("https://idp.example", "us", Allowed::parse("anyone").unwrap()).unwrap();
        settings.registration.people
    }

    fn resources(number: usize, rules: impl Fn(usize) -> String) -> Resources {
        let resource = |at| ProtectedResource {
            users: UserRules::parse(&rules(at)).unwrap(),
            ..ProtectedResource::parse(&format!("https://mcp.example/{at}"), "a").unwrap()
        };
        Resources::new((0..number).map(resource).collect()).unwrap()
    }

    fn claims() -> Claims {
        let members = json!({ "groups": ["0", "7"] });
        Claims::new("1".to_owned(), members.as_object().unwrap().clone())
    }

    #[test]
    fn rules_are_judged_once_and_those_without_claims_not_at_all() {
        let rules = ["group:7", "group:8", "group:7", "user:alice", "anyone"];
        let resources = resources(rules.len(), |at| rules[at].to_owned());
        let verdicts = settings().verdicts(&claims(), None, Wanted { resources: &resources, asked: None });
        assert_eq!(verdicts.iter().map(|verdict| verdict.is_met).collect::<Vec<_>>(), [true, false]);
        let settings = settings();
        let changed = PeopleRules { groups_claim: "roles".to_owned(), ..settings.clone() };
        let rules = UserRules::parse("group:7").unwrap();
        assert_eq!(settings.digest(&rules), verdicts[0].rules);
        assert_ne!(changed.digest(&rules), verdicts[0].rules, "another claim decides");
    }

    #[test]
    fn the_session_of_the_longest_names_fits_into_a_cookie_and_has_what_was_asked_for() {
        let resources = resources(300, |at| format!("group:{at}"));
        let asked = resources.iter().nth(250);
        let settings = settings();
        let verdicts = settings.verdicts(&claims(), None, Wanted { resources: &resources, asked });
        let domain = ["d".repeat(94), "d".repeat(94)].join(".");
        let address = format!("{}@{domain}", "l".repeat(64));
        assert_eq!(address.len(), EmailAddress::MAX_BYTES);
        let session = Session {
            person: PersonId::parse(&"p".repeat(PersonId::MAX_BYTES)).unwrap(),
            called: Some("\u{1F642}".repeat(100)),
            epoch: u64::MAX,
            signed_in_at: Timestamp(u64::MAX),
            verdicts,
            profile: Profile {
                email: EmailAddress::parse(&address),
                name: DisplayName::parse(&"n".repeat(DisplayName::MAX_BYTES)),
            },
        };
        assert!(session.profile.email.is_some() && session.profile.name.is_some());
        assert_eq!(session.verdict(settings.digest(&asked.unwrap().users)), Some(false));
        let sealed = Keys::derive(&RootSecret::new([1; 32]), &[]).sessions.seal(&session, &Same);
        assert!("__Secure-doorward-session=".len() + sealed.len() <= 4096, "{}", sealed.len());
    }
}
