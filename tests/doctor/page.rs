//! `docs/doctor.md` has the rules of the code, and `docs/clients.md` the clients.

use doorward_local::doctor::clients;
use doorward_local::doctor::later;
use doorward_local::doctor::report::Finding;
use doorward_local::doctor::rule::{Level, Rule};
use doorward_local::doctor::stops::Effect;
use std::fmt::Write;

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/doctor.md");
const CLIENTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/clients.md");
const HEAD: &str = "| rule | section | what is wrong | what to change | who stops |\n|---|---|---|---|---|\n";

fn table() -> String {
    let mut table = HEAD.to_owned();
    for rule in Rule::all() {
        let (text, id) = (rule.text(), rule.id());
        let (section, wrong, cure) = (text.section, text.wrong, text.cure);
        writeln!(table, "| <a id=\"{id}\"></a>`{id}` | {section} | {wrong} | {cure} | {} |", who(rule))
            .unwrap();
    }
    table
}

/// The clients that stop, in words that fit into a table.
fn who(rule: Rule) -> String {
    let finding = Finding { rule, place: String::new(), seen: String::new(), askers: Vec::new() };
    let stops = finding.clients(Effect::Stops);
    let unknown = finding.clients(Effect::Unknown).len();
    let names = match (rule.text().level, stops.len()) {
        (Level::Warning, _) => return later(rule),
        (Level::Stops, 0) => return "the client whose request it is".to_owned(),
        (Level::Stops, count) if count == clients::ALL.len() => return "every client".to_owned(),
        (Level::Stops, count) if count > clients::ALL.len() / 2 => {
            let goes_on = finding.clients(Effect::GoesOn).join("; ");
            format!("all but {goes_on}")
        }
        (Level::Stops, _) => stops.join("; "),
    };
    if unknown == 0 { names } else { format!("{names}; not known of {unknown}") }
}

/// The clients that a warning concerns.
fn later(rule: Rule) -> String {
    match later::clients(rule) {
        [] => "none: a warning".to_owned(),
        clients => format!("none at first, later {}", clients.join("; ")),
    }
}

#[test]
fn the_page_has_the_rules() {
    let page = std::fs::read_to_string(PAGE).unwrap();
    let (before, rest) = page.split_once(HEAD).expect("the page has the head of the table");
    let after = rest.split_once("\n\n").map_or("", |(_, after)| after);
    let expected = format!("{before}{}\n{after}", table());
    if std::env::var_os("DOORWARD_WRITE").is_some() {
        std::fs::write(PAGE, &expected).unwrap();
    } else {
        assert_eq!(page, expected, "update it with DOORWARD_WRITE=1");
    }
}

#[test]
fn the_clients_are_those_of_the_clients_page() {
    let page = std::fs::read_to_string(CLIENTS).unwrap();
    let rows = page.lines().filter_map(|line| line.strip_prefix("| ")?.split_once(" | "));
    let names: Vec<_> = rows.map(|(name, _)| name).filter(|name| *name != "client").collect();
    assert_eq!(names, clients::ALL.map(|client| client.name));
    let documents = page.lines().filter(|line| line.contains("| CIMD `")).count();
    assert_eq!(clients::ALL.iter().filter(|client| client.has_document).count(), documents);
}
