//! The discovery of a client, joined with what it did afterwards. The requests of a discovery name no client, so this is a guess
//! by software, address and time, and says so.

use crate::log::{ATTEMPT, Discovery, DiscoveryStep, Kept, Utc};
use doorward::ports::Timestamp;
use doorward::wire::{EventKind, UserAgent};
use serde_json::{Value, json};

/// The longest pause between two events of one attempt of a client, in seconds.
const PAUSE: u64 = 60;

/// A discovery, and why it is taken for that of a client.
pub(super) struct Discovered {
    discovery: Discovery,
    guess: Guess,
}

/// How much a discovery and a later event have in common. The strongest is first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Likeness {
    /// The address and the software.
    Both,
    /// The software. The address is that of this machine, which all requests through a proxy have.
    Software,
    /// The address. One of the two names no software, or the event is of the user's browser.
    Address,
    /// Nothing but the time: no software is named, and the address is that of this machine.
    Time,
}

/// What a discovery is joined with.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Guess {
    likeness: Likeness,
    seconds: u64,
}

/// The discoveries that are likely of the same client as one of the events: for each attempt, the likeliest of each step.
pub(super) fn joined(discoveries: Vec<Discovery>, events: &[Kept]) -> Vec<Discovered> {
    let attempts = attempts(events);
    let mut all: Vec<(usize, Discovered)> = Vec::new();
    for discovery in discoveries {
        let guesses = events.iter().zip(&attempts);
        let guesses = guesses.filter_map(|(event, attempt)| Some((guess(&discovery, event)?, *attempt)));
        let Some((guess, attempt)) = guesses.min() else { continue };
        let step = discovery.step;
        let same = |(of, known): &&mut (usize, Discovered)| *of == attempt && known.discovery.step == step;
        let discovered = Discovered { discovery, guess };
        match all.iter_mut().find(same) {
            Some((_, known)) if guess <= known.guess => *known = discovered,
            Some(_) => {}
            None => all.push((attempt, discovered)),
        }
    }
    all.into_iter().map(|(_, discovered)| discovered).collect()
}

/// The number of the attempt of each event. Another client, or a pause, begins another attempt.
fn attempts(events: &[Kept]) -> Vec<usize> {
    let mut last: Vec<(&Kept, usize)> = Vec::new();
    let mut numbers = Vec::new();
    for event in events {
        let client = |other: &Kept| other.event().client == event.event().client;
        let is_next = |other: &Kept| event.time().0.saturating_sub(other.time().0) <= PAUSE;
        let known = last.iter().rposition(|(other, _)| client(other) && is_next(other));
        let number = known.map_or(numbers.len(), |at| last[at].1);
        last.push((event, number));
        numbers.push(number);
    }
    numbers
}

fn guess(discovery: &Discovery, event: &Kept) -> Option<Guess> {
    let seconds = before(discovery, event.time())?;
    let address = event.address().filter(|address| discovery.address == Some(*address))?;
    let (before, after) = (discovery.software.as_ref(), event.event().user_agent.as_ref());
    let is_same = before.is_some() && before == after;
    // The MCP SDK for Python names itself in calls, and not in discovery, registration and token requests.
    let is_unnamed = before.is_none() || after.is_none();
    let likeness = match address.is_loopback() {
        false if is_same => Likeness::Both,
        true if is_same => Likeness::Software,
        false if is_unnamed => Likeness::Address,
        true if is_unnamed && event.event().kind == EventKind::ClientRegistered => Likeness::Time,
        _ => return None,
    };
    (seconds <= likeness.within()).then_some(Guess { likeness, seconds })
}

/// How long the discovery was before `time`, if it was before.
fn before(discovery: &Discovery, time: Timestamp) -> Option<u64> {
    let latest = if discovery.last <= time { discovery.last } else { discovery.first };
    time.0.checked_sub(latest.0)
}

impl Likeness {
    /// How long before the event the discovery was at most, in seconds.
    fn within(self) -> u64 {
        match self {
            Self::Both => ATTEMPT,
            Self::Software | Self::Address => 60,
            Self::Time => 5,
        }
    }
}

impl Discovered {
    /// The step, and its time.
    pub(super) fn step(&self) -> (Timestamp, Value) {
        let Discovery { step, status, software, address, first, times, .. } = &self.discovery;
        let what = match step {
            DiscoveryStep::Challenge => "called the MCP server without a good token",
            DiscoveryStep::ResourceMetadata => "read the protected resource metadata",
            DiscoveryStep::ServerMetadata => "read the authorization server metadata",
        };
        let step = json!({
            "time": Utc(*first).to_string(),
            "step": "discovered",
            "what": what,
            "status": status.as_u16(),
            "times": times,
            "user_agent": software.as_ref().map(UserAgent::as_str),
            "peer": address.map(|address| address.to_string()),
            "guess": self.guess.sentence(),
        });
        (*first, step)
    }
}

impl Guess {
    fn sentence(self) -> String {
        let Self { likeness, seconds } = self;
        match likeness {
            Likeness::Both => format!("likely: same address and software, {seconds} s before"),
            Likeness::Software => {
                format!(
                    "possibly: same software, {seconds} s before; the address is this machine's or a proxy's"
                )
            }
            Likeness::Address => format!("possibly: same address, {seconds} s before"),
            Likeness::Time => format!("possibly: {seconds} s before, and nothing else tells"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use doorward::protocol::ClientId;
    use doorward::wire::Event;
    use http::StatusCode;
    use std::net::SocketAddr;

    const FAR: [u8; 4] = [192, 0, 2, 1];
    const HERE: [u8; 4] = [127, 0, 0, 1];

    fn agent(name: &str) -> Option<UserAgent> {
        UserAgent::read(&name.parse().unwrap())
    }

    fn discovery(step: DiscoveryStep, second: u64, address: [u8; 4], name: &str) -> Discovery {
        let (first, last) = (Timestamp(second), Timestamp(second));
        let (status, software, address) = (StatusCode::OK, agent(name), Some(address.into()));
        Discovery { step, status, software, address, first, last, times: 1 }
    }

    fn event(kind: EventKind, second: u64, address: [u8; 4], name: &str) -> Kept {
        let event = Event { user_agent: agent(name), ..Event::new(kind) };
        Kept::new(Timestamp(second), event, Some(SocketAddr::from((address, 1))))
    }

    fn guesses(discoveries: Vec<Discovery>, events: &[Kept]) -> Vec<String> {
        joined(discoveries, events).iter().map(|joined| joined.guess.sentence()).collect()
    }

    fn of(second: u64, address: [u8; 4], before: &str, after: &str) -> Vec<String> {
        let event = event(EventKind::ClientRegistered, 1000, address, after);
        guesses(vec![discovery(DiscoveryStep::Challenge, second, address, before)], &[event])
    }

    #[test]
    fn a_guess_says_how_much_it_knows() {
        assert_eq!(of(997, FAR, "node", "node"), ["likely: same address and software, 3 s before"]);
        let sentence =
            "possibly: same software, 3 s before; the address is this machine's or a proxy's".to_owned();
        assert_eq!(of(997, HERE, "node", "node"), [sentence]);
        assert_eq!(of(997, FAR, "python-httpx/0.28.1", ""), ["possibly: same address, 3 s before"]);
        assert_eq!(of(997, HERE, "", ""), ["possibly: 3 s before, and nothing else tells"]);
    }

    #[test]
    fn what_is_too_early_or_of_another_is_not_joined() {
        for (second, address, before, after) in [
            (1000 - ATTEMPT - 1, FAR, "node", "node"),
            (939, HERE, "node", "node"),
            (994, HERE, "", ""),
            (1001, FAR, "node", "node"),
            (999, FAR, "node", "curl/8"),
            (999, HERE, "node", "curl/8"),
        ] {
            assert_eq!(of(second, address, before, after), [""; 0], "{second} {before} {after}");
        }
        let elsewhere = event(EventKind::ClientRegistered, 1000, [192, 0, 2, 9], "node");
        let near = discovery(DiscoveryStep::Challenge, 999, FAR, "node");
        assert_eq!(guesses(vec![near], &[elsewhere]), [""; 0]);
    }

    #[test]
    fn each_attempt_has_one_entry_for_a_step_the_likeliest() {
        let events = [
            event(EventKind::ClientRegistered, 1000, FAR, "node"),
            event(EventKind::SignedIn, 1010, FAR, ""),
        ];
        let steps = [
            discovery(DiscoveryStep::Challenge, 990, FAR, "node"),
            discovery(DiscoveryStep::Challenge, 998, FAR, "node"),
            discovery(DiscoveryStep::ServerMetadata, 999, FAR, "node"),
            discovery(DiscoveryStep::Challenge, 1009, FAR, ""),
        ];
        assert_eq!(
            guesses(steps.into(), &events),
            [
                "likely: same address and software, 2 s before",
                "likely: same address and software, 1 s before"
            ]
        );
    }
    #[test]
    fn a_later_attempt_of_a_client_and_another_client_have_their_own_discovery() {
        let step = |second| discovery(DiscoveryStep::Challenge, second, FAR, "node");
        let redeemed = |second| event(EventKind::CodeSpent, second, FAR, "node");
        let two = "likely: same address and software, 1 s before";
        assert_eq!(guesses(vec![step(999), step(1099)], &[redeemed(1000), redeemed(1100)]), [two; 2]);
        assert_eq!(guesses(vec![step(999), step(1049)], &[redeemed(1000), redeemed(1050)]), [two]);
        let (kind, client) = (EventKind::ClientRegistered, Some(ClientId("other".to_owned())));
        let other = Event { client, user_agent: agent("node"), ..Event::new(kind) };
        let other = Kept::new(Timestamp(1050), other, Some(SocketAddr::from((FAR, 1))));
        assert_eq!(guesses(vec![step(999), step(1049)], &[redeemed(1000), other]), [two; 2]);
    }
}
