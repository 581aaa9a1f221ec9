//! The clients that a warning concerns later: they connect, and meet the fault in use. From their documentation and the reports
//! of their users.

use super::rule::Rule;

const PARALLEL: &[&str] = &["Claude Code", "Claude Code, where it registers", "Codex", "opencode"];
const SHARED_ADDRESSES: &[&str] = &[
    "Claude (web, desktop, mobile)",
    "Claude, where it registers",
    "ChatGPT",
    "ChatGPT, a document for each connector",
];
/// The clients whose document is the same for all their installations.
const ONE_ID: &[&str] = &[
    "Claude (web, desktop, mobile)",
    "Claude Code",
    "ChatGPT",
    "Codex",
    "VS Code",
    "Copilot CLI",
    "Zed",
    "opencode",
];
const IN_A_PAGE: &[&str] = &["MCP Inspector (in a page)"];

/// The clients that stop later where this rule is broken, as far as it is known.
pub fn clients(rule: Rule) -> &'static [&'static str] {
    match rule {
        Rule::RefreshRetry | Rule::RefreshLate => PARALLEL,
        Rule::SecondSignIn => ONE_ID,
        Rule::RateLimited => SHARED_ADDRESSES,
        Rule::Preflight | Rule::CrossOrigin => IN_A_PAGE,
        Rule::ForgottenClient => &["Claude, where it registers", "fastmcp"],
        Rule::DocumentsWithoutNone => &["Claude (web, desktop, mobile)"],
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::super::clients::ALL;
    use super::super::rule::Level;
    use super::*;

    #[test]
    fn only_a_warning_stops_a_client_later() {
        for rule in Rule::all().filter(|rule| !clients(*rule).is_empty()) {
            assert_eq!(rule.text().level, Level::Warning, "{}", rule.id());
            assert!(
                clients(rule).iter().all(|name| ALL.iter().any(|client| client.name == *name)),
                "{}",
                rule.id()
            );
        }
    }
}
