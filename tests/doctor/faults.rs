//! Faults of a server that were not tried with real clients: each is named, and stops the clients that it concerns.

use crate::script::{Answer, Asked, Change, member, start};
use crate::token_faults::TOKEN_FAULTS;
use crate::user;
use doorward_local::doctor::report::Verdict;
use doorward_local::doctor::{Options, clients, examine};
use http::{HeaderValue, Method, StatusCode, header};
use serde_json::json;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The id of the rule, some of the clients that stop (none for a warning), some that do not, and the change.
pub(crate) type Fault = (&'static str, &'static [&'static str], &'static [&'static str], Change);

fn is_server(asked: &Asked) -> bool {
    asked.path.starts_with("/.well-known/oauth-authorization-server")
        || asked.path.ends_with("/openid-configuration")
}

pub(crate) fn refuse(answer: &mut Answer, error: &str) {
    *answer.status_mut() = StatusCode::BAD_REQUEST;
    *answer.body_mut() = json!({ "error": error }).to_string();
}

pub(crate) fn header(answer: &mut Answer, name: header::HeaderName, value: &str) {
    answer.headers_mut().insert(name, value.parse().unwrap());
}

pub(crate) fn is(asked: &Asked, name: &str, value: &str) -> bool {
    [&asked.query, &asked.form].iter().any(|all| all.get(name).is_some_and(|found| found == value))
}

/// Clients with a document are supported.
fn documents(asked: &Asked, answer: &mut Answer) {
    if is_server(asked) {
        member(answer, "client_id_metadata_document_supported", Some(json!(true)));
    }
}

const FAULTS: [Fault; 21] = [
    ("challenge-renamed", &["oauth4webapi"], &["fastmcp"], |asked, answer| {
        if asked.authorization.is_none()
            && let Some(challenge) = answer.headers_mut().remove(header::WWW_AUTHENTICATE)
        {
            answer.headers_mut().insert("x-amzn-remapped-www-authenticate", challenge);
        }
    }),
    ("challenge-other-origin", &["Goose", "Codex"], &["fastmcp"], |asked, answer| {
        if asked.path == "/mcp" && asked.authorization.is_none() {
            let there = asked.origin.replace("127.0.0.1", "localhost");
            let place =
                format!(r#"Bearer resource_metadata="{there}/.well-known/oauth-protected-resource/mcp""#);
            header(answer, header::WWW_AUTHENTICATE, &place);
        }
    }),
    ("bad-token-status", &["Claude (web, desktop, mobile)"], &[], |asked, answer| {
        if asked.authorization.is_some() && answer.status() == StatusCode::UNAUTHORIZED {
            *answer.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
        }
    }),
    ("bad-token-error", &[], &["Claude Code"], |asked, answer| {
        if asked.authorization.is_some() && answer.status() == StatusCode::UNAUTHORIZED {
            header(answer, header::WWW_AUTHENTICATE, "Bearer");
        }
    }),
    (
        "no-dynamic-registration",
        &["Cursor", "Gemini CLI"],
        &["VS Code", "Codex", "Claude Code"],
        |asked, answer| {
            documents(asked, answer);
            if is_server(asked) {
                member(answer, "registration_endpoint", None);
            }
        },
    ),
    (
        "registration-null",
        &["Claude Code", "client 2.x (TypeScript)"],
        &["fastmcp", "oauth4webapi"],
        |asked, answer| {
            if asked.path == "/register" {
                member(answer, "client_uri", Some(json!(null)));
            }
        },
    ),
    ("openid-metadata", &["Claude Code", "client 2.x (TypeScript)"], &["fastmcp"], |asked, answer| {
        if asked.path.starts_with("/.well-known/oauth-authorization-server") {
            *answer.status_mut() = StatusCode::NOT_FOUND;
        } else if is_server(asked) {
            member(answer, "subject_types_supported", None);
        }
    }),
    ("issuer-differs", &["fastmcp", "oauth4webapi"], &["sdk 1.x (TypeScript)"], |asked, answer| {
        if is_server(asked) {
            member(answer, "issuer", Some(json!("https://other.example")));
        }
    }),
    ("documents-without-none", &[], &["VS Code"], |asked, answer| {
        documents(asked, answer);
        if is_server(asked) {
            member(answer, "token_endpoint_auth_methods_supported", Some(json!(["client_secret_post"])));
        }
    }),
    ("registration-refused", &["Cursor"], &["Claude Code", "Warp"], |asked, answer| {
        if asked.body.to_string().contains("cursor://") {
            refuse(answer, "invalid_redirect_uri");
        }
    }),
    ("registration-refused", &["Cursor"], &["VS Code"], |asked, answer| {
        if asked.body.to_string().contains("cursor://") {
            member(answer, "redirect_uris", Some(json!(["http://localhost:8787/callback"])));
        }
    }),
    ("registration-secret-expiry", &["oauth4webapi"], &["fastmcp"], |asked, answer| {
        if asked.path == "/register" {
            member(answer, "client_secret", Some(json!("a secret")));
            member(answer, "client_secret_expires_at", None);
        }
    }),
    // A client with a document does not register, so its document's redirect URI is what is refused.
    (
        "registration-method",
        &["mcp 1.30 (Python)", "mcp 2.3 (Python)"],
        &["fastmcp", "mcp-remote"],
        |asked, answer| {
            if asked.path == "/register" && asked.body["token_endpoint_auth_method"].is_null() {
                member(answer, "token_endpoint_auth_method", None);
            }
        },
    ),
    ("authorize-refuses", &["mcp-remote"], &["Claude Code", "Cursor"], |asked, answer| {
        if asked.path == "/mcp" && asked.authorization.is_none() {
            let place = format!("{}/.well-known/oauth-protected-resource/mcp", asked.origin);
            header(answer, header::WWW_AUTHENTICATE, &format!("Bearer resource_metadata={place:?}"));
        }
        member(answer, "scopes_supported", None);
        if asked.query.contains_key("scope") {
            *answer.status_mut() = StatusCode::FOUND;
            let back = format!("{}?error=invalid_scope", asked.query["redirect_uri"]);
            header(answer, header::LOCATION, &back);
        }
    }),
    (
        "registration-refused",
        &["mcp 2.3 (Python)", "mcp-remote"],
        &["Claude Code", "oauth4webapi"],
        |asked, answer| {
            if asked.path == "/register" && !asked.body["scope"].is_null() {
                refuse(answer, "invalid_client_metadata");
            }
        },
    ),
    ("authorize-refuses", &["VS Code", "Copilot CLI"], &["Claude Code", "Zed"], |asked, answer| {
        documents(asked, answer);
        let uri = asked.query.get("redirect_uri").map(String::as_str).unwrap_or_default();
        if is(asked, "client_id", "https://vscode.dev/oauth/client-metadata.json")
            || uri.starts_with("http://127.0.0.1:") && uri.ends_with("99/")
        {
            refuse(answer, "invalid_request");
        }
    }),
    // It asks for scopes of its own where the server says none.
    ("pkce-optional", &[], &["Claude Code"], |asked, answer| {
        if asked.path == "/authorize" && !asked.query.contains_key("code_challenge") {
            *answer.status_mut() = StatusCode::OK;
        }
    }),
    ("open-redirect", &[], &["Claude Code"], |asked, answer| {
        if asked.path == "/authorize" && answer.status() == StatusCode::BAD_REQUEST {
            *answer.status_mut() = StatusCode::FOUND;
            header(
                answer,
                header::LOCATION,
                &format!("{}?error=invalid_request", asked.query["redirect_uri"]),
            );
        }
    }),
    ("preflight", &[], &["Claude Code"], |asked, answer| {
        if asked.method == Method::OPTIONS && asked.path == "/mcp" {
            *answer.status_mut() = StatusCode::UNAUTHORIZED;
        }
    }),
    ("cross-origin", &[], &["Claude Code"], |_, answer| {
        answer.headers_mut().remove(header::ACCESS_CONTROL_EXPOSE_HEADERS);
    }),
    ("probe", &[], &["Claude Code"], |asked, answer| {
        if asked.method == Method::HEAD && is_server(asked) {
            *answer.status_mut() = StatusCode::METHOD_NOT_ALLOWED;
        }
    }),
];

#[tokio::test]
async fn each_fault_is_named_and_stops_whom_it_concerns() {
    for (rule, stopped, not_stopped, change) in FAULTS.into_iter().chain(TOKEN_FAULTS) {
        let options = Options { documents: true, ..Options::usual(user()) };
        let report = examine(&start(change).await, options).await.unwrap();
        assert!(
            report.findings.iter().any(|finding| finding.rule.id() == rule),
            "{rule} is not named\n{report}"
        );
        for client in &clients::ALL {
            let stops = matches!(report.verdict(client), Verdict::StopsAt(at) if at.id() == rule);
            assert!(stops || !stopped.contains(&client.name), "{rule}: {}\n{report}", client.name);
            assert!(!stops || !not_stopped.contains(&client.name), "{rule}: {}\n{report}", client.name);
        }
        assert_eq!(report.stops_clients(), !stopped.is_empty(), "{rule}\n{report}");
    }
}

/// A server of HTTP+SSE has a stream at its URL, and takes messages at another.
#[tokio::test]
async fn a_server_of_sse_that_refuses_messages_is_no_fault() {
    let url = start(|asked, answer| {
        if asked.path == "/mcp"
            && asked.authorization.as_deref().is_some_and(|token| token.contains("access"))
        {
            *answer.status_mut() = StatusCode::METHOD_NOT_ALLOWED;
            answer.body_mut().clear();
            if asked.method == Method::GET {
                *answer.status_mut() = StatusCode::OK;
                header(answer, header::CONTENT_TYPE, "text/event-stream");
            }
        }
    })
    .await;
    let report = examine(&url, Options::usual(user())).await.unwrap();
    assert!(!report.findings.iter().any(|finding| finding.rule.id() == "call-fails"), "{report}");
}

/// The client never saw the successor whose response was lost, so the server may refuse it.
#[tokio::test]
async fn a_retry_that_gets_another_successor_is_no_fault() {
    let presented = AtomicUsize::new(0);
    let url = start(move |asked, answer| {
        // The first installation presents a token of this name before the second does.
        if is(asked, "refresh_token", "refresh") && presented.fetch_add(1, Ordering::Relaxed) == 2 {
            member(answer, "refresh_token", Some(json!("refresh-again")));
        }
        if is(asked, "refresh_token", "refreshx") {
            refuse(answer, "invalid_grant");
        }
    });
    let report = crate::report(&url.await).await;
    assert!(report.findings.is_empty() && report.not_tried.is_empty(), "{report}");
}

#[tokio::test]
async fn a_server_that_limits_everything_is_not_said_to_connect_clients() {
    let url = start(|asked, answer| {
        if asked.path == "/register" && asked.method == Method::POST {
            *answer.status_mut() = StatusCode::TOO_MANY_REQUESTS;
        }
    });
    let report = crate::report(&url.await).await;
    assert_eq!(crate::rules(&report), ["rate-limited"], "{report}");
    assert!(clients::ALL.iter().all(|client| report.verdict(client) == Verdict::NotTried), "{report}");
}

#[tokio::test]
async fn a_server_that_needs_no_token_is_open() {
    let url = start(|asked, answer| {
        if asked.path == "/mcp" {
            *answer.status_mut() = StatusCode::OK;
            answer.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
        }
    });
    let report = crate::report(&url.await).await;
    assert_eq!(crate::rules(&report), ["open-server"; 1], "{report}");
    assert_eq!(report.not_tried[0].1, "the server needs no token");
    assert!(!report.stops_clients());
}
