//! The events of the log, counted by their names and codes. No value of an event is a label, except codes, which the source lists.

use super::table::Table;
use doorward::rules;
use doorward::wire::{Event, EventKind};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::registry::Registry;

/// The codes of `upstream_failed`. The functions have more.
const FAILURES: [&str; 6] = ["busy", "late", "loop", "unreachable", "unsigned", "unusable"];
/// Any code that is not listed. There is none, as far as the source is known.
const OTHER: &str = "other";

/// Counts events. A clone counts together with it.
#[derive(Clone)]
pub(crate) struct Events {
    events: Table<Counter, 1>,
    refusals: Codes,
    failures: Codes,
}

/// Counters of codes.
#[derive(Clone)]
struct Codes {
    codes: Vec<&'static str>,
    counters: Table<Counter, 1>,
}

impl Codes {
    fn new(codes: impl IntoIterator<Item = &'static str>) -> Self {
        let mut codes: Vec<_> = codes.into_iter().collect();
        codes.sort_unstable();
        codes.dedup();
        let counters = Table::of("code", codes.iter().copied().chain([OTHER]), Counter::default);
        Self { codes, counters }
    }

    fn count(&self, code: Option<&'static str>) {
        let number = code.and_then(|code| self.codes.binary_search(&code).ok());
        self.counters.at(number.unwrap_or(self.codes.len())).inc();
    }
}

impl Events {
    pub(super) fn register(registry: &mut Registry) -> Self {
        let names = EventKind::ALL.iter().map(|kind| kind.name());
        let events = Table::of("event", names, Counter::default);
        // Of the gateway's rules, only this one is of events named refused.
        let [others @ .., _gateway] = &rules::CATALOGUE;
        let refused = others.iter().flat_map(|chapter| chapter.rules).copied();
        let refusals = Codes::new(refused.chain([&rules::CALLS_TOO_MANY]).map(|rule| rule.code));
        let failures = Codes::new(FAILURES);
        registry.register("doorward_events", "Events of the log", events.clone());
        registry.register("doorward_refusals", "Events named refused", refusals.counters.clone());
        registry.register(
            "doorward_upstream_failures",
            "Events named upstream_failed",
            failures.counters.clone(),
        );
        Self { events, refusals, failures }
    }

    pub(crate) fn count(&self, event: &Event) {
        self.events.at(event.kind as usize).inc();
        match event.kind {
            EventKind::Refused => self.refusals.count(event.code()),
            EventKind::UpstreamFailed => self.failures.count(event.code()),
            _ => {}
        }
    }
}
