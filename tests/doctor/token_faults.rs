//! Faults of the sign-in, of the token endpoint and of what follows; see `faults`.

use crate::faults::{Fault, header, is, refuse};
use crate::script::member;
use http::{StatusCode, header};

pub(crate) const TOKEN_FAULTS: [Fault; 13] = [
    ("token-error-status", &[], &["Claude Code"], |asked, answer| {
        if asked.path == "/token" && answer.status() == StatusCode::BAD_REQUEST {
            *answer.status_mut() = StatusCode::UNAUTHORIZED;
        }
    }),
    ("made-up-refresh-token", &["Claude, where it registers"], &[], |asked, answer| {
        if is(asked, "grant_type", "refresh_token") && answer.status() == StatusCode::BAD_REQUEST {
            refuse(answer, "invalid_request");
        }
    }),
    ("token-error-stored", &[], &["Claude Code"], |asked, answer| {
        if asked.path == "/token" && answer.status() == StatusCode::BAD_REQUEST {
            answer.headers_mut().remove(header::CACHE_CONTROL);
        }
    }),
    (
        "client-id-twice",
        &["mcp 1.30 (Python)", "mcp 2.3 (Python)"],
        &["fastmcp", "LibreChat"],
        |asked, answer| {
            let is_basic = asked.authorization.as_deref().is_some_and(|value| value.starts_with("Basic "));
            if asked.path == "/token" && is_basic && asked.form.contains_key("client_id") {
                refuse(answer, "invalid_request");
            }
        },
    ),
    ("callback-state", &["fastmcp", "Claude Code"], &[], |_, answer| {
        if let Some(back) = answer.headers().get(header::LOCATION).and_then(|back| back.to_str().ok()) {
            let back = back.replace("state=", "state=x");
            header(answer, header::LOCATION, &back);
        }
    }),
    ("code-refused", &["fastmcp", "Claude Code"], &[], |asked, answer| {
        if is(asked, "code", "code") {
            refuse(answer, "invalid_grant");
        }
    }),
    ("access-token-refused", &["fastmcp", "Claude Code"], &[], |asked, answer| {
        if asked.authorization.as_deref() == Some("Bearer access") {
            *answer.status_mut() = StatusCode::UNAUTHORIZED;
        }
    }),
    ("call-fails", &["fastmcp", "Claude Code"], &[], |asked, answer| {
        if asked.path == "/mcp" && asked.authorization.as_deref() == Some("Bearer access") {
            *answer.status_mut() = StatusCode::NOT_FOUND;
            *answer.body_mut() = "Not Found".to_owned();
        }
    }),
    ("no-refresh-token", &["Goose"], &["Claude Code"], |asked, answer| {
        if asked.path == "/token" {
            member(answer, "refresh_token", None);
        }
    }),
    ("refresh-retry", &[], &["Claude Code"], |asked, answer| {
        // The refresh after the retry presents the successor.
        if is(asked, "refresh_token", "refreshx") {
            refuse(answer, "invalid_grant");
        }
    }),
    ("form-action", &["Claude Code", "fastmcp"], &[], |asked, answer| {
        if asked.path == "/authorize" && answer.status() == StatusCode::OK {
            header(answer, header::CONTENT_SECURITY_POLICY, "default-src 'none'; form-action 'self'");
        }
    }),
    ("refresh-late", &[], &["Claude Code"], |asked, answer| {
        // The newest token, after the late one.
        if is(asked, "refresh_token", "refreshxx") {
            refuse(answer, "invalid_grant");
        }
    }),
    ("revocation", &[], &["Claude Code"], |asked, answer| {
        if asked.path == "/revoke" {
            refuse(answer, "invalid_client");
        }
    }),
];
