//! The report in JSON.

use super::{Finding, Report, Verdict};
use crate::doctor::clients;
use crate::doctor::later;
use crate::doctor::rule::Rule;
use crate::doctor::stops::Effect;
use serde_json::{Map, Value, json};

impl Report {
    /// The report as a JSON object.
    pub fn json(&self) -> Value {
        let asked = self.asked.iter().map(|(origin, by)| json!({ "origin": origin, "named_by": by }));
        let facts: Map<_, _> =
            self.facts.iter().map(|(name, fact)| ((*name).to_owned(), json!(fact))).collect();
        let not_tried = self.not_tried.iter().map(|(part, why)| json!({ "part": part, "why": why }));
        let clients = clients::ALL.iter().map(|client| {
            let (verdict, rule) = words(self.verdict(client));
            let mut members = json!({ "name": client.name, "verdict": verdict });
            if let Some(rule) = rule {
                members["rule"] = json!(rule.id());
            }
            members
        });
        json!({
            "url": self.url,
            "asked": asked.collect::<Vec<_>>(),
            "facts": facts,
            "findings": self.findings.iter().map(finding).collect::<Vec<_>>(),
            "not_tried": not_tried.collect::<Vec<_>>(),
            "clients": clients.collect::<Vec<_>>(),
        })
    }
}

fn words(verdict: Verdict) -> (&'static str, Option<Rule>) {
    match verdict {
        Verdict::Connects => ("connects", None),
        Verdict::ReachesSignIn => ("reaches-sign-in", None),
        Verdict::NotTried => ("not-tried", None),
        Verdict::StopsAt(rule) => ("stops", Some(rule)),
        Verdict::Unknown(rule) => ("unknown", Some(rule)),
    }
}

fn finding(finding: &Finding) -> Value {
    let text = finding.rule.text();
    let level: &str = text.level.into();
    json!({
        "rule": finding.rule.id(),
        "level": level,
        "section": text.section,
        "wrong": text.wrong,
        "where": finding.place,
        "seen": finding.seen,
        "change": text.cure,
        "stops": finding.clients(Effect::Stops),
        "unknown": finding.clients(Effect::Unknown),
        "later": later::clients(finding.rule),
    })
}
