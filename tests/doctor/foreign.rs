//! The doctor on servers that others wrote, without a fault and with each change that was tried with real clients.

use crate::mutations::{MUTATIONS, Mutation, row};
use crate::others::{self, Servers};
use crate::{report, rules};
use doorward_local::doctor::clients;
use doorward_local::doctor::report::{Report, Verdict};
use doorward_local::doctor::rule::{Level, Rule};

/// What is known of servers without a change.
struct Known {
    /// The broken rules.
    rules: &'static [&'static str],
    /// The clients that stop.
    stopped: &'static [&'static str],
    /// Changes that are none here.
    unchanged: &'static [&'static str],
    /// Changes that are another fault here.
    other: &'static [&'static [Expected]],
}

/// A change, the rule that the doctor has to name, and which clients stop.
type Expected = (&'static str, Option<&'static str>, &'static str);

/// Where the issuer ends with a slash, the changes of slashes are the other way round.
const SLASHED: &[Expected] = &[
    ("asm_issuer_slash", Some("server-named-with-slash"), ". X X . . . . . ."),
    ("prm_as_slash", Some("server-named-without-slash"), ". X X . X . . X X"),
    ("prm_as_noslash", Some("server-named-without-slash"), ". X X . X . . X X"),
    ("cb_no_iss", None, ". . . . . . . . ."),
];

/// Where the metadata is not that of an OpenID provider, it is not enough at an OpenID path.
const NO_OPENID: &[Expected] = &[
    ("asm_404_oauth_only_oidc", Some("openid-metadata"), ". . . X X X X X ."),
    ("asm_403_oauth_only_oidc", Some("openid-metadata"), ". . . X X X X X ."),
];

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs tests/clients/install"]
async fn fastmcp_and_oidc_provider() {
    let known = Known {
        // Custom schemes need `application_type: native` there, and a refresh token may be used once.
        rules: &[
            "registration-refused",
            "registration-refused",
            "preflight",
            "cross-origin",
            "refresh-retry",
        ],
        stopped: &["Cursor", "Warp"],
        unchanged: &["none", "prm_as_noslash"],
        other: &[],
    };
    examine(others::provider().await, &known).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs tests/clients/install"]
async fn fastmcp() {
    let known = Known {
        rules: &[
            "auth-methods",
            "registration-stored",
            "preflight",
            "cross-origin",
            "token-error-status",
            "token-error-status",
            "refresh-retry",
            "revocation",
        ],
        stopped: &[],
        unchanged: &["none", "cb_no_iss"],
        other: &[SLASHED, NO_OPENID],
    };
    examine(others::fastmcp().await, &known).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs tests/clients/install"]
async fn typescript_sdk() {
    let known = Known {
        // The demo answers 500 to each token and code that it does not know, and issues no refresh tokens.
        rules: &[
            "bad-token-status",
            "probe",
            "probe",
            "registration-method",
            "preflight",
            "cross-origin",
            "made-up-code",
            "made-up-refresh-token",
            "no-refresh-token",
        ],
        stopped: &[
            "Claude (web, desktop, mobile)",
            "Claude, where it registers",
            "Claude Code",
            "Claude Code, where it registers",
            "Cursor",
            "MCP Inspector (in a page)",
            "LibreChat",
            "LM Studio",
            "Goose",
            "mcp 1.30 (Python)",
            "mcp 2.3 (Python)",
            "sdk 1.x (TypeScript)",
            "client 2.x (TypeScript)",
        ],
        unchanged: &["none", "cb_no_iss", "token_lowercase_type"],
        other: &[SLASHED, NO_OPENID],
    };
    examine(others::sdk().await, &known).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs tests/clients/install"]
async fn workers_oauth_provider() {
    let known = Known {
        // It takes redirect URIs of https and loopback only, and `client_id` in one place only. A second sign-in of the same user
        // at the same client ends the first one.
        rules: &["registration-refused", "authorize-refuses", "client-id-twice", "second-sign-in"],
        stopped: &["Cursor", "Warp", "mcp 1.30 (Python)", "mcp 2.3 (Python)"],
        unchanged: &["none", "prm_as_noslash", "token_lowercase_type"],
        // It refuses a resource that it does not know.
        other: &[
            &[
                ("prm_resource_origin", Some("resource-parent"), "X X X X X X X X X"),
                ("prm_resource_slash", Some("resource-slash"), "X X X X X X X X X"),
            ],
            NO_OPENID,
        ],
    };
    examine(others::workers().await, &known).await;
}

/// Examines servers without a change and with each change.
async fn examine(servers: Servers, known: &Known) {
    let healthy = report(&servers.url).await;
    assert_eq!(rules(&healthy), known.rules, "{healthy}");
    let stops = |client: &&clients::Client| matches!(healthy.verdict(client), Verdict::StopsAt(_));
    let stopped: Vec<_> = clients::ALL.iter().filter(stops).map(|client| client.name).collect();
    assert_eq!(stopped, known.stopped, "{healthy}");

    let mut unchanged = Vec::new();
    for mutation in MUTATIONS {
        servers.proxy.change(mutation);
        let changed = report(&servers.url).await;
        if !servers.proxy.has_changed() {
            unchanged.push(mutation.0);
        }
        compare(&healthy, &changed, expected(mutation, known));
    }
    assert_eq!(unchanged, known.unchanged, "{}", servers.name);
}

fn expected((name, rule, row, _): Mutation, known: &Known) -> Expected {
    known
        .other
        .iter()
        .copied()
        .flatten()
        .find(|(other, ..)| *other == name)
        .copied()
        .unwrap_or((name, rule, row))
}

/// Each client stops if the change stops it, or if it stopped without the change. A finding names the change, and it is no more
/// than a warning if the change stops no client.
fn compare(healthy: &Report, changed: &Report, (name, rule, stopped): Expected) {
    let cells = row(healthy);
    let cells = cells.split(' ').zip(stopped.split(' '));
    let expected: Vec<_> = cells.map(|(before, now)| if now == "X" { now } else { before }).collect();
    assert_eq!(row(changed), expected.join(" "), "{name}\n{changed}");
    assert!(rule.is_none_or(|rule| rules(changed).contains(&rule)), "{name} is not named\n{changed}");
    if !stopped.contains('X') {
        let is_new = |rule: &Rule| !rules(healthy).contains(&rule.id());
        let mut new = changed.findings.iter().map(|finding| finding.rule).filter(is_new);
        assert!(new.all(|rule| rule.text().level == Level::Warning), "{name}\n{changed}");
    }
}
