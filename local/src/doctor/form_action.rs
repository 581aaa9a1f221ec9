//! The directive `form-action` of a page (Content Security Policy Level 3, §6.4.1), read leniently.

use reqwest::Url;

/// Whether a form of the page at `page` may lead to `target`, over redirects too. Several policies all have to allow it.
pub(super) fn allows(policies: &str, page: &Url, target: &Url) -> bool {
    policies.split(',').all(|policy| {
        let mut directives = policy.split(';').map(str::trim);
        let sources = directives.find_map(|directive| {
            let (name, sources) = directive.split_once(char::is_whitespace).unwrap_or((directive, ""));
            name.eq_ignore_ascii_case("form-action").then_some(sources)
        });
        sources.is_none_or(|sources| sources.split_whitespace().any(|source| matches(source, page, target)))
    })
}

fn matches(source: &str, page: &Url, target: &Url) -> bool {
    if source.eq_ignore_ascii_case("'self'") {
        return page.origin() == target.origin();
    }
    let is_web = ["http", "https"].contains(&target.scheme());
    let names_host = |host: &str| source.contains(host.trim_start_matches("www."));
    match source.strip_suffix(':') {
        Some(scheme) => scheme.eq_ignore_ascii_case(target.scheme()),
        None => is_web && (source == "*" || target.host_str().is_some_and(names_host)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_allows_origins_hosts_and_schemes() {
        let page = Url::parse("https://auth.example/consent").unwrap();
        for (policy, target, expected) in [
            ("default-src 'none'", "https://client.example/cb", true),
            ("default-src 'none'; form-action 'self'", "https://client.example/cb", false),
            ("form-action 'self'", "https://auth.example/cb", true),
            ("Form-Action 'self' https://client.example", "https://client.example/cb", true),
            ("form-action *", "http://127.0.0.1:1/cb", true),
            ("form-action *", "cursor://x/cb", false),
            ("form-action 'self' cursor:", "cursor://x/cb", true),
            ("form-action 'self' http://127.0.0.1:*", "http://127.0.0.1:1/cb", true),
            ("form-action 'none'", "https://client.example/cb", false),
            ("form-action", "https://client.example/cb", false),
            ("form-action *, form-action 'self'", "https://client.example/cb", false),
        ] {
            assert_eq!(allows(policy, &page, &Url::parse(target).unwrap()), expected, "{policy}: {target}");
        }
    }
}
