//! The result of an examination: findings, a verdict for each client, and what was asked.

mod json;
mod plain;

use super::clients::{self, Client};
use super::network::Network;
use super::rule::Rule;
use super::stops::{Effect, effect};

/// A broken rule, where it was seen.
#[derive(Clone, Debug)]
pub struct Finding {
    /// The rule.
    pub rule: Rule,
    /// The request.
    pub place: String,
    /// What the server answered. The text is the server's, with its control characters escaped.
    pub seen: String,
    /// The clients whose request it was, if the rule stops only these.
    pub askers: Vec<&'static str>,
}

impl Finding {
    /// What the client does here.
    pub fn effect(&self, client: &Client) -> Effect {
        if self.askers.contains(&client.name) { Effect::Stops } else { effect(self.rule, client) }
    }

    /// The names of the clients with this effect.
    pub fn clients(&self, wanted: Effect) -> Vec<&'static str> {
        clients::ALL.iter().filter(|client| self.effect(client) == wanted).map(|client| client.name).collect()
    }
}

/// How far the examination came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Not to a sign-in page.
    Begun,
    /// To a sign-in page.
    SignIn,
    /// A token was got, used and refreshed, or none is needed.
    Whole,
}

/// How far a client comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Everything was tried, up to a refresh, and the client stops nowhere.
    Connects,
    /// Everything before the sign-in was tried, and the client stops nowhere.
    ReachesSignIn,
    /// Not even that was tried.
    NotTried,
    /// The client stops where this rule is broken.
    StopsAt(Rule),
    /// Others stop where this rule is broken. It is not known what this client does.
    Unknown(Rule),
}

/// A part of the examination that was not made, and why.
pub type NotTried = (&'static str, String);

/// The result of an examination.
#[derive(Debug)]
pub struct Report {
    /// The URL that the user gave.
    pub url: String,
    /// Its network.
    pub network: Network,
    /// The origins that requests were sent to, and what named each.
    pub asked: Vec<(String, &'static str)>,
    /// What the server says that it supports.
    pub facts: Vec<(&'static str, String)>,
    /// What is wrong, in the order in which a client meets it.
    pub findings: Vec<Finding>,
    /// What was not tried, and why.
    pub not_tried: Vec<NotTried>,
    /// How far it came.
    pub progress: Progress,
}

impl Report {
    /// The verdict for a client: it stops at the first finding that stops it.
    pub fn verdict(&self, client: &Client) -> Verdict {
        let first = |wanted| self.findings.iter().find(|finding| finding.effect(client) == wanted);
        match (first(Effect::Stops), first(Effect::Unknown), self.progress) {
            (Some(finding), ..) => Verdict::StopsAt(finding.rule),
            (None, Some(finding), _) => Verdict::Unknown(finding.rule),
            (None, None, Progress::Whole) => Verdict::Connects,
            (None, None, Progress::SignIn) => Verdict::ReachesSignIn,
            (None, None, Progress::Begun) => Verdict::NotTried,
        }
    }

    /// Whether some client stops.
    pub fn stops_clients(&self) -> bool {
        clients::ALL.iter().any(|client| matches!(self.verdict(client), Verdict::StopsAt(_)))
    }
}

/// Text of a server, safe for a terminal: one line, at most 200 characters, and escapes for all that is not printable ASCII.
pub(super) fn shown(text: &str) -> String {
    const LONGEST: usize = 200;
    let mut shown: String = text
        .chars()
        .take(LONGEST)
        .flat_map(|letter| {
            let is_plain = letter.is_ascii_graphic() || letter == ' ';
            let escaped = (!is_plain).then(|| letter.escape_default());
            is_plain.then_some(letter).into_iter().chain(escaped.into_iter().flatten())
        })
        .collect();
    if text.chars().nth(LONGEST).is_some() {
        shown.push('…');
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_of_a_server_cannot_write_to_the_terminal() {
        assert_eq!(shown("a b\u{1b}[2J\n\u{202e}x"), "a b\\u{1b}[2J\\n\\u{202e}x");
        assert_eq!(shown(&"é".repeat(1000)).matches("\\u{e9}").count(), 200);
    }
}
