//! The account's page.

use super::{Notice, STYLE, described, html};
use crate::clock::Timestamp;
use crate::language::Language;
use crate::lifecycle::{Chain, State};
use crate::protocol::client::Introducer;
use crate::protocol::grant_id::GrantId;
use crate::protocol::protected_resource::Resources;
use crate::store::Grant;
use crate::wire::Response;
use askama::Template;
use http::StatusCode;

/// What a person has let in.
pub(crate) struct Connections<'a> {
    pub(crate) person: &'a str,
    pub(crate) open: &'a [&'a Grant],
    pub(crate) resources: &'a Resources,
    pub(crate) now: Timestamp,
    /// Whether nothing comes before these.
    pub(crate) is_first: bool,
    /// Behind which the next page begins.
    pub(crate) next: Option<GrantId>,
    pub(crate) notice: Option<Notice>,
    pub(crate) words: &'static Language,
}

#[derive(Template)]
#[template(path = "account.html")]
struct Account<'a> {
    style: &'static str,
    words: &'static Language,
    person: &'a str,
    form: &'a str,
    notice: Option<Notice>,
    connections: Vec<Connection<'a>>,
    is_first: bool,
    next: Option<GrantId>,
}

/// One of them, as it is shown.
struct Connection<'a> {
    grant: &'a Grant,
    name: &'a str,
    introducer: Introducer,
    resource: &'a str,
    scopes: Vec<String>,
    since: String,
    last_used: String,
    is_doubted: bool,
}

impl Connections<'_> {
    pub(crate) fn html(&self, form: &str) -> Response {
        let mut connections: Vec<_> = self.open.iter().map(|grant| self.connection(grant)).collect();
        connections.sort_by_key(|connection| std::cmp::Reverse(connection.grant.opened_at));
        let Self { person, notice, words, is_first, next, .. } = *self;
        let page = Account { style: STYLE, words, person, form, notice, connections, is_first, next };
        html(StatusCode::OK, words, &page, "'self'")
    }

    fn connection<'a>(&'a self, grant: &'a Grant) -> Connection<'a> {
        let known = self.resources.iter().find(|known| known.resource == grant.resource);
        let offered = known.iter().flat_map(|known| &known.scopes);
        let covered = offered.filter(|offered| grant.scope.covers(&offered.scope));
        let (last_used, is_doubted) = match &grant.state {
            State::Open(chain @ Chain { doubted, .. }) => (chain.last_used(), doubted.is_some()),
            State::Closed { at, .. } => (*at, false),
        };
        Connection {
            grant,
            name: grant.client_name.as_ref().map_or(self.words.nameless.0, |name| name.as_str()),
            introducer: Introducer::of(&grant.client),
            resource: known.map_or(grant.resource.as_str(), |known| &known.name),
            scopes: covered.map(|offered| described(offered, self.words)).collect(),
            since: ago(grant.opened_at, self.now, self.words),
            last_used: ago(last_used, self.now, self.words),
            is_doubted,
        }
    }
}

/// How long ago that was, for people.
fn ago(then: Timestamp, now: Timestamp, words: &Language) -> String {
    let units = [
        (24 * 60 * 60, words.day_ago, words.days_ago),
        (60 * 60, words.hour_ago, words.hours_ago),
        (60, words.minute_ago, words.minutes_ago),
    ];
    let passed = now.0.saturating_sub(then.0);
    match units.into_iter().find(|(unit, ..)| passed >= *unit) {
        None => words.just_now.to_string(),
        Some((unit, one, several)) => match passed / unit {
            1 => one.to_string(),
            count => several.plain("count", &count.to_string()),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderMap;

    #[test]
    fn what_has_passed_is_said_in_the_largest_unit_that_fits() {
        let english = Language::of(&HeaderMap::new());
        let told = [0, 59, 60, 119, 3599, 3600, 86_399, 86_400, 864_000]
            .map(|then| ago(Timestamp(0), Timestamp(then), english));
        let expected = [
            "just now",
            "just now",
            "1 minute ago",
            "1 minute ago",
            "59 minutes ago",
            "1 hour ago",
            "23 hours ago",
            "1 day ago",
            "10 days ago",
        ];
        assert_eq!(told, expected);
        assert_eq!(ago(Timestamp(9), Timestamp(0), english), "just now", "clocks differ");
    }
}
