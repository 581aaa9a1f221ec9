//! The account page.

use crate::client::Introducer;
use crate::language::{Filled, Language};
use crate::pages::html::Look;
use crate::pages::notice::Notice;
use crate::pages::scope::{about, described};
use crate::ports::Timestamp;
use crate::protocol::{ClientId, ClientName, GrantId, Installation, Profile, Resource, Resources, Scope};
use crate::wire::Response;
use askama::Template;
use http::StatusCode;

/// A user's connections, for one page of the list.
pub(crate) struct Connections<'a> {
    pub(crate) person: &'a str,
    pub(crate) open: Vec<Connection<'a>>,
    pub(crate) resources: &'a Resources,
    pub(crate) now: Timestamp,
    /// Whether this is the first page of the list.
    pub(crate) is_first: bool,
    /// The grant after which the next page of the list starts.
    pub(crate) next: Option<GrantId>,
    pub(crate) notice: Option<Notice>,
    /// The link to the page on which the user changes the password, if the user has one here.
    pub(crate) change_password: Option<&'static str>,
    pub(crate) look: Look<'a>,
}

/// One connection.
#[derive(Clone, Copy)]
pub(crate) struct Connection<'a> {
    pub(crate) id: GrantId,
    pub(crate) client: &'a ClientId,
    pub(crate) client_name: Option<&'a ClientName>,
    pub(crate) installation: Option<&'a Installation>,
    pub(crate) resource: &'a Resource,
    pub(crate) scope: &'a Scope,
    pub(crate) profile: &'a Profile,
    pub(crate) opened_at: Timestamp,
    pub(crate) last_used_at: Timestamp,
    pub(crate) is_doubted: bool,
    /// The name of the issuer whose assertion connected the client, if it was not the user.
    pub(crate) issuer: Option<&'a str>,
}

#[derive(Template)]
#[template(path = "account.html")]
struct Account<'a> {
    look: Look<'a>,
    language: &'static Language,
    person: &'a str,
    form: &'a str,
    notice: Option<Notice>,
    connections: Vec<Row<'a>>,
    is_first: bool,
    next: Option<GrantId>,
    change_password: Option<&'static str>,
}

/// A connection as a row of the page.
struct Row<'a> {
    connection: Connection<'a>,
    name: &'a str,
    introducer: Introducer,
    resource: &'a str,
    scopes: Vec<String>,
    about: Vec<Filled>,
    since: String,
    last_used: String,
}

impl Connections<'_> {
    pub(crate) fn html(&self, form: &str) -> Response {
        let mut connections: Vec<_> = self.open.iter().map(|connection| self.row(*connection)).collect();
        connections.sort_by_key(|row| std::cmp::Reverse(row.connection.opened_at));
        let Self { person, notice, look, is_first, next, change_password, .. } = *self;
        let page = Account {
            look,
            language: look.language,
            person,
            form,
            notice,
            connections,
            is_first,
            next,
            change_password,
        };
        look.html(StatusCode::OK, &page, "'self'")
    }

    fn row<'a>(&'a self, connection: Connection<'a>) -> Row<'a> {
        let known = self.resources.iter().find(|known| known.resource == *connection.resource);
        let granted = known.map(|known| known.implied.expand(connection.scope)).unwrap_or_default();
        let offered = known.iter().flat_map(|known| &known.scopes);
        let covered = offered.filter(|offered| granted.covers(&offered.scope));
        Row {
            connection,
            name: connection.client_name.map_or(self.look.language.nameless.0, |name| name.as_str()),
            introducer: Introducer::of(connection.client),
            resource: known.map_or(connection.resource.as_str(), |known| &known.name),
            scopes: covered.map(|offered| described(offered, self.look.language)).collect(),
            about: about(connection.profile, self.look.language),
            since: ago(connection.opened_at, self.now, self.look.language),
            last_used: ago(connection.last_used_at, self.now, self.look.language),
        }
    }
}

/// The time since `then`, as text for users.
fn ago(then: Timestamp, now: Timestamp, language: &Language) -> String {
    let units = [
        (24 * 60 * 60, language.day_ago, language.days_ago),
        (60 * 60, language.hour_ago, language.hours_ago),
        (60, language.minute_ago, language.minutes_ago),
    ];
    let passed = now.0.saturating_sub(then.0);
    match units.into_iter().find(|(unit, ..)| passed >= *unit) {
        None => language.just_now.to_string(),
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
