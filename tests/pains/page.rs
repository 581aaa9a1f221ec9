//! `docs/pains.md` has the rows of the table.

use crate::row::{Chapter, Doctor, Line, Pain, Shown};
use crate::rows::CHAPTERS;
use doorward_local::doctor::later;
use doorward_local::doctor::report::Finding;
use doorward_local::doctor::rule::{Level, Rule};
use doorward_local::doctor::stops::Effect;
use std::fmt::Write;

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/pains.md");
const BEGIN: &str = "<!-- The tables are generated: DOORWARD_WRITE=1 cargo test --test pains -->\n";
const HEAD: &str = "| what is seen, and why | what to do | what Doorward tells | what `doorward doctor` finds |\n|---|---|---|---|\n";

fn tables() -> String {
    let tables: String = CHAPTERS.iter().map(table).collect();
    format!("{}\n{tables}", counts())
}

/// How many of the rows are told by what.
fn counts() -> String {
    let all: Vec<_> = CHAPTERS.iter().flat_map(|chapter| chapter.pains).collect();
    let count = |is: fn(&Pain) -> bool| all.iter().filter(|pain| is(pain)).count();
    let refused = count(|pain| matches!(pain.line, Line::Names(_)));
    let goes_on = count(|pain| matches!(pain.line, Line::Says(..)));
    let told = count(|pain| matches!(pain.line, Line::Tells(..) | Line::Local(_)));
    let quiet = count(|pain| matches!(pain.line, Line::Quiet(_)));
    let found = count(|pain| matches!(pain.doctor, Doctor::Finds { .. }));
    let hidden = count(|pain| matches!(pain.doctor, Doctor::NotVisible(_)));
    format!(
        "{} rows. The log: {refused} are refusals with their rule, {goes_on} do not happen at Doorward and have a line that says what \
         it did, {told} are told by another line or at the start, {quiet} have no line. The doctor finds {found} on another server; \
         {hidden} are not visible from outside.\n",
        all.len()
    )
}

fn table(Chapter { title, pains }: &Chapter) -> String {
    let mut table = format!("\n## {title}\n\n{HEAD}");
    for pain in *pains {
        let Pain { number, symptom, cause, seen_in, .. } = pain;
        let seen =
            if seen_in.is_empty() { String::new() } else { format!(" Seen in {}.", seen_in.join(", ")) };
        let (cure, told, doctor) = (cure(pain), told(pain), doctor(pain));
        writeln!(
            table,
            "| <a id=\"pain-{number}\"></a>**{symptom}** {cause}{seen} | {cure} | {told} | {doctor} |"
        )
        .unwrap();
    }
    table
}

fn found(pain: &Pain) -> Option<Rule> {
    let Doctor::Finds { rule, .. } = pain.doctor else { return None };
    Rule::all().find(|known| known.id() == rule)
}

/// What to do where Doorward says so, and at another server.
fn cure(pain: &Pain) -> String {
    let advice = Some(pain.advice).filter(|advice| !advice.is_empty());
    let here = advice.or_else(|| pain.rule.map(|rule| rule.cure));
    let there = found(pain).map(|rule| format!("*Another server:* {}", rule.text().cure));
    let all: Vec<_> = here.map(str::to_owned).into_iter().chain(there).collect();
    assert!(!all.is_empty(), "{}: nothing says what to do", pain.number);
    all.join(" ")
}

fn quoted(words: &[&str]) -> String {
    words.iter().map(|word| format!("“{word}”")).collect::<Vec<_>>().join(", ")
}

/// The line, and what the user or the client gets.
fn told(pain: &Pain) -> String {
    let (what, words) = match pain.page {
        Shown::Json(words) => ("JSON", words),
        Shown::Page(words) => ("An error page", words),
        Shown::Hint(words) => ("A page", words),
        Shown::Redirect(words) => ("A redirect with the error", words),
        Shown::Challenge(words) => ("A challenge", words),
        Shown::Works(_) => ("", &[][..]),
        Shown::Terminal(words) => ("The terminal", words),
    };
    let shown = if what.is_empty() { String::new() } else { format!(" {what}: {}.", quoted(words)) };
    match (&pain.line, pain.rule) {
        (Line::Names(values), Some(rule)) => {
            format!("[{0}](errors.md#{0}), in the log with {1}.{shown}", rule.name, quoted(values))
        }
        (Line::Says(kind, words), _) => {
            format!("It does not happen. The log: `{}` with {}.{shown}", kind.name(), quoted(words))
        }
        (Line::Tells(kind, words), _) => format!("The log: `{}` with {}.{shown}", kind.name(), quoted(words)),
        (Line::Local(words), _) => {
            format!("{}.{}", quoted(words), if what == "The terminal" { "" } else { &shown })
        }
        (Line::Quiet(why), Some(rule)) => format!("[{0}](errors.md#{0}).{shown} No line: {why}.", rule.name),
        (Line::Quiet(why), None) => format!("It does not happen. No line: {why}."),
        (Line::Names(_), None) => panic!("{}: a refusal has a rule", pain.number),
    }
}

fn doctor(pain: &Pain) -> String {
    match (&pain.doctor, found(pain)) {
        (Doctor::Finds { rule, stops, .. }, Some(found)) => {
            let when = if found.text().level == Level::Stops { "stops" } else { "stops later" };
            let finding =
                Finding { rule: found, place: String::new(), seen: String::new(), askers: Vec::new() };
            let all = finding.clients(Effect::Stops).len() + later::clients(found).len();
            let others = if all > stops.len() { " and others" } else { "" };
            let who = match stops {
                [] => "a warning".to_owned(),
                clients => format!("{when} {}{others}", clients.join(", ")),
            };
            format!("[{rule}](doctor.md#{rule}): {who}")
        }
        (Doctor::NotVisible(why), _) => format!("Not visible from outside: {why}."),
        (Doctor::Finds { rule, .. }, None) => panic!("the doctor has no rule {rule}"),
    }
}

#[test]
fn the_page_has_the_rows() {
    let page = std::fs::read_to_string(PAGE).unwrap();
    let (before, _) = page.split_once(BEGIN).expect("the page has the mark of the tables");
    let expected = format!("{before}{BEGIN}\n{}", tables());
    if std::env::var_os("DOORWARD_WRITE").is_some() {
        std::fs::write(PAGE, &expected).unwrap();
    } else {
        assert_eq!(page, expected, "update it with DOORWARD_WRITE=1");
    }
}
