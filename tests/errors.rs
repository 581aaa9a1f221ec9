//! The error catalogue: `docs/errors.md` has every rule, and every rule is used.

#![expect(clippy::unwrap_used, reason = "a test that cannot continue panics")]

use doorward::rules::{CATALOGUE, Rule, all};
use std::collections::BTreeSet;
use std::fmt::Write;
use std::fs;
use std::path::Path;

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/errors.md");

/// `docs/errors.md`.
fn page() -> String {
    let mut page = "# Errors\n\n".to_owned();
    page.push_str(
        "Every rule of this server that a request can break. A response with an error has the rule in `error_uri`, an error page links \
         to it, and the line of the log has it as `rule`, with its `section` and its `fix`. The server has the same page in itself, at \
         `/oauth/errors`.\n\nThis page is generated: `DOORWARD_WRITE=1 cargo test --test errors`.\n",
    );
    for chapter in &CATALOGUE {
        let _ = write!(
            page,
            "\n## {}\n\n| rule | error | status | cause | cure | who can mend it |\n|---|---|---|---|---|---|\n",
            chapter.title
        );
        for rule in chapter.rules {
            let Rule { name, status, code, section, fault, cause, cure } = rule;
            let (status, fault) = (status.as_u16(), fault.name());
            let _ = writeln!(
                page,
                "| <a id=\"{name}\"></a>`{name}` | `{code}` | {status} | {cause} ({section}) | {cure} | {fault} |"
            );
        }
    }
    page
}

#[test]
fn the_document_is_the_catalogue() {
    if std::env::var_os("DOORWARD_WRITE").is_some() {
        fs::write(PAGE, page()).unwrap();
    }
    let is_current = fs::read_to_string(PAGE).unwrap() == page();
    assert!(is_current, "docs/errors.md is not the catalogue; update it with DOORWARD_WRITE=1");
}

#[test]
fn a_name_is_unique_and_says_cause_and_cure() {
    let names: BTreeSet<_> = all().map(|rule| rule.name).collect();
    assert_eq!(names.len(), all().count());
    for rule in all() {
        assert!(rule.name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-'), "{}", rule.name);
        for text in [rule.cause, rule.cure] {
            assert!(text.ends_with('.') && !text.contains(['|', '<', '"', '\n']), "{}: {text}", rule.name);
            assert_eq!(text.matches('`').count() % 2, 0, "{}: {text}", rule.name);
        }
        assert!(rule.section.contains('§') || rule.section.starts_with("MCP "), "{}", rule.name);
        assert!(rule.status.is_client_error() || rule.status.is_server_error(), "{}", rule.name);
    }
}

/// The text of all source files below this folder, but not that of the catalogue.
fn sources(folder: &Path) -> String {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries
        .filter(|path| !path.ends_with("rules"))
        .map(|path| match path.is_dir() {
            true => sources(&path),
            false => fs::read_to_string(&path).unwrap_or_default(),
        })
        .collect()
}

/// A rule that nothing refuses by is no rule.
#[test]
fn every_rule_is_used() {
    let root = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
    let sources = sources(&root.join("core/src")) + &sources(&root.join("functions"));
    let names = fs::read_dir(root.join("core/src/rules")).unwrap().map(|entry| entry.unwrap().path());
    let declared: String = names
        .filter(|path| !path.ends_with("tests.rs"))
        .map(|path| fs::read_to_string(path).unwrap())
        .collect();
    let mut unused = Vec::new();
    for line in declared.lines().filter(|line| line.starts_with("    ") && line.contains(" \"")) {
        let Some((constant, _)) = line.trim_start().split_once(" \"") else { continue };
        let is_constant =
            !constant.is_empty() && constant.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_');
        if is_constant && !sources.contains(&format!("rules::{constant}")) {
            unused.push(constant.to_owned());
        }
    }
    assert_eq!(unused, Vec::<String>::new());
}
