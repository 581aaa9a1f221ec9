//! Membership in organizations of GitHub.

use std::collections::BTreeMap;

/// What GitHub says of a user's membership in an organization.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Membership {
    /// The user is a member.
    Active,
    /// The user is invited, and has not accepted.
    Pending,
    /// The user is no member, or the organization does not exist.
    None,
    /// GitHub does not let this server see it. Why, in GitHub's words.
    Hidden(String),
    /// GitHub was not asked, or did not answer.
    Unknown,
}

/// The memberships that GitHub was asked for. The names of organizations are compared without case, as GitHub does.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Memberships(BTreeMap<String, Membership>);

impl Memberships {
    pub(super) fn set(&mut self, organization: &str, membership: Membership) {
        self.0.insert(organization.to_ascii_lowercase(), membership);
    }

    pub(super) fn of(&self, organization: &str) -> &Membership {
        self.0.get(&organization.to_ascii_lowercase()).unwrap_or(&Membership::Unknown)
    }
}
