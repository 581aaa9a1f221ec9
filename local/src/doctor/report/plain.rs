//! The report as text for a terminal.

use super::{Report, Verdict};
use crate::doctor::clients;
use crate::doctor::later;
use crate::doctor::network::Network;
use crate::doctor::stops::Effect;
use std::fmt::{self, Display, Formatter};

/// The width of the text, with its margin.
const WIDTH: usize = 118;

impl Display for Report {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.url)?;
        self.about(f)?;
        self.findings(f)?;
        self.verdicts(f)?;
        for (part, why) in &self.not_tried {
            line(f, "not tried", &format!("{part}: {why}"))?;
        }
        Ok(())
    }
}

impl Report {
    fn about(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for (origin, by) in &self.asked {
            line(f, "asked", &format!("{origin} ({by})"))?;
        }
        for (name, fact) in &self.facts {
            line(f, name, fact)?;
        }
        let place = match self.network {
            Network::Public => return Ok(()),
            Network::Private => "a private network",
            Network::Loopback => "this machine",
        };
        line(
            f,
            "network",
            &format!("{place}; clients that run elsewhere, such as Claude and ChatGPT, do not reach it"),
        )
    }

    fn findings(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if self.findings.is_empty() {
            return writeln!(f, "\nNothing is wrong.");
        }
        for finding in &self.findings {
            let text = finding.rule.text();
            let level: &str = text.level.into();
            writeln!(f, "\n{level}: {} [{}]", text.wrong, finding.rule.id())?;
            line(f, "rule", text.section)?;
            line(f, "where", &finding.place)?;
            line(f, "seen", &finding.seen)?;
            for (title, effect) in [("stops", Effect::Stops), ("unknown", Effect::Unknown)] {
                let clients = finding.clients(effect);
                match clients.len() {
                    0 => {}
                    count if count == clients::ALL.len() => line(f, title, "every client")?,
                    _ => line(f, title, &clients.join("; "))?,
                }
            }
            let later = later::clients(finding.rule);
            if !later.is_empty() {
                line(f, "later", &later.join("; "))?;
            }
            line(f, "change", text.cure)?;
        }
        Ok(())
    }

    fn verdicts(&self, f: &mut Formatter<'_>) -> fmt::Result {
        writeln!(f)?;
        for client in &clients::ALL {
            let verdict = match self.verdict(client) {
                Verdict::Connects => "connects".to_owned(),
                Verdict::ReachesSignIn => "reaches the sign-in page".to_owned(),
                Verdict::NotTried => "not tried".to_owned(),
                Verdict::StopsAt(rule) => format!("stops at {}", rule.id()),
                Verdict::Unknown(rule) => format!("unknown: what it does at {}", rule.id()),
            };
            writeln!(f, "{:<40}{verdict}", client.name)?;
        }
        writeln!(f)
    }
}

/// A title and its text, wrapped at spaces.
fn line(f: &mut Formatter<'_>, title: &str, text: &str) -> fmt::Result {
    const MARGIN: usize = 16;
    write!(f, "  {title:<14}")?;
    let mut at = MARGIN;
    for (index, word) in text.split(' ').enumerate() {
        let length = word.chars().count();
        if index > 0 && at + 1 + length > WIDTH {
            write!(f, "\n{:MARGIN$}{word}", "")?;
            at = MARGIN + length;
        } else {
            let space = if index > 0 { " " } else { "" };
            write!(f, "{space}{word}")?;
            at += space.len() + length;
        }
    }
    writeln!(f)
}
