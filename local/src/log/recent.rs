//! The last events of this process, in memory, for the commands `explain` and `trace`.

use super::discoveries::{Discoveries, Discovery};
use super::{Level, Utc};
use doorward::ports::Timestamp;
use doorward::wire::{Event, FieldValue};
use serde_json::{Map, Value};
use std::collections::VecDeque;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

/// The most events that are kept, of about 1 KB each.
const MOST: usize = 4096;

/// How far apart two events of one attempt are at most, in seconds: a user may take that long to sign in.
pub(crate) const ATTEMPT: u64 = 10 * 60;

/// The events that are kept, and the discoveries beside them. Clones keep the same.
#[derive(Clone, Default)]
pub(crate) struct Recent {
    events: Arc<Mutex<VecDeque<Kept>>>,
    discoveries: Arc<Mutex<Discoveries>>,
}

/// An event, and when it was.
#[derive(Clone)]
pub(crate) struct Kept {
    pub(super) time: Timestamp,
    pub(super) event: Event,
    pub(super) peer: Option<SocketAddr>,
}

impl Recent {
    /// Keeps an event. The oldest is forgotten when there are too many.
    pub(super) fn keep(&self, kept: Kept) {
        let mut all = self.events.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() == MOST {
            all.pop_front();
        }
        all.push_back(kept);
    }

    /// The events with this correlation id, and those beside them of the same client, user, grant or address.
    pub(crate) fn around(&self, correlation: &str) -> Vec<Kept> {
        let all = self.all();
        let asked: Vec<_> = all.iter().filter(|kept| kept.has(correlation)).cloned().collect();
        all.into_iter().filter(|kept| asked.iter().any(|asked| kept.is_beside(asked))).collect()
    }

    /// The events of a client, a user or a grant.
    pub(crate) fn of(&self, subject: &str) -> Vec<Kept> {
        self.all().into_iter().filter(|kept| kept.is_of(subject)).collect()
    }

    fn all(&self) -> VecDeque<Kept> {
        self.events.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Keeps a step of discovery.
    pub(super) fn discovered(&self, step: Discovery) {
        self.discoveries.lock().unwrap_or_else(PoisonError::into_inner).keep(step);
    }

    /// The steps of discovery that are kept.
    pub(crate) fn discoveries(&self) -> Vec<Discovery> {
        self.discoveries.lock().unwrap_or_else(PoisonError::into_inner).all()
    }
}

impl Kept {
    pub(crate) fn new(time: Timestamp, event: Event, peer: Option<SocketAddr>) -> Self {
        Self { time, event, peer }
    }

    /// Whether the event is of the response with this correlation id.
    pub(crate) fn has(&self, correlation: &str) -> bool {
        self.event.correlation.as_deref() == Some(correlation)
    }

    pub(crate) fn event(&self) -> &Event {
        &self.event
    }

    pub(crate) fn time(&self) -> Timestamp {
        self.time
    }

    pub(crate) fn address(&self) -> Option<IpAddr> {
        self.peer.map(|peer| peer.ip())
    }

    fn is_beside(&self, other: &Self) -> bool {
        let (one, two) = (&self.event, &other.event);
        let is_near = self.time.0.abs_diff(other.time.0) <= ATTEMPT;
        let same_response = one.correlation.is_some() && one.correlation == two.correlation;
        let same_party = one.client.is_some() && one.client == two.client
            || one.person.is_some() && one.person == two.person
            || one.grant.is_some() && one.grant == two.grant;
        // All requests through a proxy have its address.
        let ip = |kept: &Self| kept.peer.map(|peer| peer.ip()).filter(|ip| !ip.is_loopback());
        let same_address = ip(self).is_some() && ip(self) == ip(other);
        same_response || is_near && (same_party || same_address)
    }

    /// Whether the event is of this client, user or grant. The log has only the end of a long client id, after `..`.
    fn is_of(&self, subject: &str) -> bool {
        let Event { client, person, grant, .. } = &self.event;
        let is_client = |id: &str| match subject.strip_prefix("..") {
            Some(end) => end.len() >= 8 && id.ends_with(end),
            None => id == subject,
        };
        client.as_ref().is_some_and(|client| is_client(&client.0))
            || person.as_ref().is_some_and(|person| person.as_str() == subject)
            || grant.is_some_and(|grant| grant.to_string() == subject)
    }

    /// The line of the event, as an object. `peer` is in every line, not only in refusals.
    pub(crate) fn json(&self) -> Map<String, Value> {
        let level = Level::of(&self.event).name();
        let mut line = Map::new();
        line.insert("time".to_owned(), Utc(self.time).to_string().into());
        line.insert("level".to_owned(), level.into());
        line.insert("event".to_owned(), self.event.kind.name().into());
        for (key, value) in self.event.fields() {
            let value = match value {
                FieldValue::Text(text) => text.into_owned().into(),
                FieldValue::Sentence(text) => text.into(),
                FieldValue::Number(number) => number.into(),
            };
            line.insert(key.to_owned(), value);
        }
        if let Some(peer) = self.peer {
            line.insert("peer".to_owned(), peer.to_string().into());
        }
        line
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use doorward::protocol::{ClientId, PersonId};
    use doorward::rules;
    use doorward::wire::EventKind;

    fn kept(time: u64, correlation: &str, client: Option<&str>, person: Option<&str>) -> Kept {
        let event = Event {
            correlation: Some(correlation.to_owned()),
            client: client.map(|id| ClientId(id.to_owned())),
            person: person.and_then(PersonId::parse),
            ..Event::refused(&rules::CODE_EXPIRED, "")
        };
        Kept { time: Timestamp(time), event, peer: None }
    }

    fn ids(found: &[Kept]) -> Vec<&str> {
        found.iter().filter_map(|kept| kept.event.correlation.as_deref()).collect()
    }

    #[test]
    fn the_neighbours_of_a_line_are_of_the_same_party_and_near() {
        let recent = Recent::default();
        let address = |port| Some(SocketAddr::from(([192, 0, 2, 1], port)));
        for kept in [
            kept(0, "long before", Some("app"), None),
            kept(1000, "client", Some("app"), None),
            kept(1001, "other", Some("another"), Some("bob")),
            kept(1002, "asked", Some("app"), Some("alice")),
            kept(1003, "user", None, Some("alice")),
            Kept { peer: address(1), ..kept(1004, "address", None, None) },
            Kept { peer: address(2), ..kept(1005, "asked", None, None) },
        ] {
            recent.keep(kept);
        }
        assert_eq!(ids(&recent.around("asked")), ["client", "asked", "user", "address", "asked"]);
        assert_eq!(ids(&recent.around("nothing")), [""; 0]);
        assert_eq!(ids(&recent.of("alice")), ["asked", "user"]);
        assert_eq!(ids(&recent.of("app")), ["long before", "client", "asked"]);
    }

    #[test]
    fn a_client_is_found_by_the_end_of_its_id() {
        let recent = Recent::default();
        recent.keep(kept(0, "a", Some("dw_client_0123456789abcdef"), None));
        assert_eq!(ids(&recent.of("..89abcdef")), ["a"]);
        for other in ["..cdef", "dw_client", "..", ""] {
            assert_eq!(ids(&recent.of(other)), [""; 0], "{other}");
        }
    }

    #[test]
    fn the_oldest_are_forgotten() {
        let recent = Recent::default();
        for time in 0..MOST as u64 + 2 {
            recent.keep(kept(time, &time.to_string(), None, Some("alice")));
        }
        let found = recent.of("alice");
        assert_eq!((found.len(), ids(&found)[0]), (MOST, "2"));
    }

    #[test]
    fn a_line_has_what_the_log_has() {
        let Value::String(time) = kept(0, "x", None, None).json()["time"].clone() else { panic!() };
        assert_eq!(time, "1970-01-01T00:00:00Z");
        let line = kept(0, "x", Some("app"), None).json();
        assert_eq!((&line["level"], &line["event"]), (&"warn".into(), &"refused".into()));
        assert_eq!((&line["rule"], &line["client"]), (&"code-expired".into(), &"app".into()));
        assert_eq!(Level::of(&Event::new(EventKind::SignedIn)), Level::Info);
    }
}
