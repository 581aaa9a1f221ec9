//! Which accounts of the provider may sign in: the operator's rules, applied to a provider's claims.

use crate::config::PeopleRules;
use crate::language::{Language, Sentence};
use crate::protocol::{ClaimRule, DisplayName, EmailAddress, Profile};
use crate::provider::claims::{Claims, Email};
use crate::provider::error::quoted;
use crate::provider::membership::Membership;
use thiserror::Error;

/// Any user can have a Google account, even with the email address of a company that they have left. Only the `hd`
/// claim says which organization the account belongs to.
const GOOGLE: &str = "https://accounts.google.com";
const HOSTED_DOMAIN: &str = "hd";

/// Why the claims match no rule of one kind. The text is for the operator.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub(crate) enum Mismatch {
    /// There is no email address.
    #[error("the provider sent no email; request it with provider-scope")]
    NoEmail,
    /// There is an address, and no `email_verified`.
    #[error(
        "the provider sent email without email_verified, so it does not say that it has verified the address"
    )]
    NoEmailVerified,
    /// The two claims are not from one source.
    #[error(
        "email and email_verified are not from one source: one is in the ID token, the other in UserInfo"
    )]
    EmailSplit,
    /// The address is not verified.
    #[error("email_verified is {0}: the provider has not verified the email address")]
    EmailUnverified(String),
    /// The verified address is in another domain.
    #[error("the verified email address is in the domain {0}, which no rule names")]
    OtherDomain(String),
    /// The Google account belongs to no organization.
    #[error("Google sent no hd: the account belongs to no organization")]
    NoOrganization,
    /// The Google account belongs to another organization.
    #[error("the hd of the account is {0}, which no rule names")]
    OtherOrganization(String),
    /// There are no groups.
    #[error("the provider sent no groups in the claim {0}; check provider-groups-claim and provider-scope")]
    NoGroups(String),
    /// The list of groups is empty.
    #[error("the provider sent an empty list of groups in the claim {0}")]
    EmptyGroups(String),
    /// The provider says that the groups are elsewhere (OpenID Connect Core 1.0 §5.6.2).
    #[error(
        "the provider left out the groups and says that they are elsewhere (_claim_names or hasgroups), as Entra \
         does for a user in more than 200 groups; let it send fewer groups, or application roles"
    )]
    GroupsLeftOut,
    /// There are groups, and none is allowed.
    #[error("the groups in the claim {0} are {1}; no rule names one of them")]
    OtherGroups(String, String),
    /// The rule is about organizations of GitHub, and the provider is another.
    #[error("the user did not sign in at GitHub, and org:{0} is a rule for users of GitHub")]
    NotAtGitHub(String),
    /// The user is no member.
    #[error("the user is no member of the organization {0}, or there is none")]
    NoMember(String),
    /// The user has not accepted the invitation.
    #[error("the membership in the organization {0} is pending: the user has not accepted the invitation")]
    PendingMember(String),
    /// GitHub does not let this server see the membership.
    #[error("GitHub does not let this server see the membership in the organization {0}: {1}")]
    HiddenMember(String, String),
    /// GitHub did not answer about the membership.
    #[error("GitHub did not say whether the user is a member of the organization {0}")]
    UnknownMember(String),
}

impl PeopleRules {
    /// Decides whether a user with these claims may sign in.
    ///
    /// # Errors
    /// For each kind of rule, why the claims match none.
    pub(crate) fn admit(&self, claims: &Claims) -> Result<(), Vec<Mismatch>> {
        self.judge(&self.allowed.0, claims)
    }

    /// Decides whether a user with these claims meets one of the rules.
    ///
    /// # Errors
    /// For each kind of rule, why the claims match none.
    pub(super) fn judge<'a>(
        &self,
        rules: impl IntoIterator<Item = &'a ClaimRule>,
        claims: &Claims,
    ) -> Result<(), Vec<Mismatch>> {
        let (mut domain, mut group, mut organization) = (None, None, None);
        for rule in rules {
            match rule {
                ClaimRule::Anyone => return Ok(()),
                ClaimRule::Domain(allowed) => match self.domain(claims) {
                    Ok(theirs) if theirs.eq_ignore_ascii_case(allowed) => return Ok(()),
                    Ok(theirs) => domain = Some(self.other_domain(theirs)),
                    Err(why) => domain = Some(why),
                },
                ClaimRule::Group(allowed) => match self.groups(claims) {
                    Ok(theirs) if theirs.contains(&allowed.as_str()) => return Ok(()),
                    Ok(theirs) => group = Some(self.other_groups(&theirs)),
                    Err(why) => group = Some(why),
                },
                ClaimRule::Organization(name) => match of_member(claims, name) {
                    None => return Ok(()),
                    // Of several organizations, the one that says most.
                    Some(Mismatch::NoMember(_)) if organization.is_some() => {}
                    why => organization = why,
                },
            }
        }
        Err(domain.into_iter().chain(group).chain(organization).collect())
    }

    /// What a client may be told about the user: the verified address, and the name. An address at Google counts only if
    /// Google hosts it.
    pub(crate) fn profile(&self, claims: &Claims) -> Profile {
        let email = match claims.email() {
            Email::Verified(address) => {
                EmailAddress::parse(address).filter(|email| self.hosts(email, claims))
            }
            Email::Unverified(_) | Email::Unstated | Email::Split | Email::Missing => None,
        };
        Profile { email, name: claims.full_name().and_then(DisplayName::parse) }
    }

    fn hosts(&self, email: &EmailAddress, claims: &Claims) -> bool {
        let is_gmail = || email.as_str().to_ascii_lowercase().ends_with("@gmail.com");
        self.issuer != GOOGLE || claims.text(HOSTED_DOMAIN).is_some() || is_gmail()
    }

    fn domain<'a>(&self, claims: &'a Claims) -> Result<&'a str, Mismatch> {
        if self.issuer == GOOGLE {
            return claims.text(HOSTED_DOMAIN).ok_or(Mismatch::NoOrganization);
        }
        match claims.email() {
            Email::Verified(address) => Ok(address.rsplit_once('@').map_or("", |(_, domain)| domain)),
            Email::Unverified(value) => Err(Mismatch::EmailUnverified(quoted(&value.to_string()))),
            Email::Unstated => Err(Mismatch::NoEmailVerified),
            Email::Split => Err(Mismatch::EmailSplit),
            Email::Missing => Err(Mismatch::NoEmail),
        }
    }

    fn other_domain(&self, domain: &str) -> Mismatch {
        let other = if self.issuer == GOOGLE { Mismatch::OtherOrganization } else { Mismatch::OtherDomain };
        other(quoted(domain))
    }

    fn groups<'a>(&self, claims: &'a Claims) -> Result<Vec<&'a str>, Mismatch> {
        let groups = claims.groups(&self.groups_claim);
        match groups.is_empty() {
            false => Ok(groups),
            true if claims.has_left_out(&self.groups_claim) => Err(Mismatch::GroupsLeftOut),
            true if claims.has_empty_groups(&self.groups_claim) => {
                Err(Mismatch::EmptyGroups(self.groups_claim.clone()))
            }
            true => Err(Mismatch::NoGroups(self.groups_claim.clone())),
        }
    }

    fn other_groups(&self, groups: &[&str]) -> Mismatch {
        let first: Vec<_> = groups.iter().take(MAX_LISTED).map(|group| quoted(group)).collect();
        let more = groups.len().saturating_sub(MAX_LISTED);
        let more = if more == 0 { String::new() } else { format!(" and {more} more") };
        Mismatch::OtherGroups(self.groups_claim.clone(), first.join(", ") + &more)
    }
}

/// Why the user does not meet the rule for members of this organization. `None` for a member.
fn of_member(claims: &Claims, organization: &str) -> Option<Mismatch> {
    let name = organization.to_owned();
    Some(match claims.membership(organization) {
        Some(Membership::Active) => return None,
        Some(Membership::Pending) => Mismatch::PendingMember(name),
        Some(Membership::None) => Mismatch::NoMember(name),
        Some(Membership::Hidden(why)) => Mismatch::HiddenMember(name, why.clone()),
        Some(Membership::Unknown) => Mismatch::UnknownMember(name),
        None => Mismatch::NotAtGitHub(name),
    })
}

/// How many groups a reason lists.
const MAX_LISTED: usize = 5;

impl Mismatch {
    /// Whether a claim is missing.
    pub(super) fn is_gap(&self) -> bool {
        match self {
            Self::NoEmail
            | Self::NoEmailVerified
            | Self::NoGroups(_)
            | Self::GroupsLeftOut
            | Self::UnknownMember(_) => true,
            Self::EmailSplit
            | Self::EmailUnverified(_)
            | Self::OtherDomain(_)
            | Self::NoOrganization
            | Self::OtherOrganization(_)
            | Self::EmptyGroups(_)
            | Self::OtherGroups(..)
            | Self::NotAtGitHub(_)
            | Self::NoMember(_)
            | Self::PendingMember(_)
            | Self::HiddenMember(..) => false,
        }
    }

    /// The sentence for the user. It has the placeholder `{provider}`, or none.
    pub(crate) fn sentence(&self, language: &Language) -> Sentence {
        match self {
            Self::NoEmail => language.no_email,
            Self::NoEmailVerified | Self::EmailSplit => language.email_not_said_to_be_verified,
            Self::EmailUnverified(_) => language.email_not_verified,
            Self::OtherDomain(_) => language.other_domain,
            Self::NoOrganization
            | Self::OtherOrganization(_)
            | Self::NotAtGitHub(_)
            | Self::NoMember(_)
            | Self::UnknownMember(_) => language.other_organization,
            Self::PendingMember(_) => language.invitation_not_accepted,
            Self::HiddenMember(..) => language.organization_hidden,
            Self::NoGroups(_) => language.no_groups,
            Self::GroupsLeftOut => language.groups_left_out,
            Self::EmptyGroups(_) | Self::OtherGroups(..) => language.other_groups,
        }
    }
}

#[cfg(test)]
mod tests;
