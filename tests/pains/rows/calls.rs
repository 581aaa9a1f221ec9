//! The client is connected, and its calls fail.

use crate::evidence::{Evidence, registered};
use crate::plants::{needs_another_scope, refuse};
use crate::row::{Doctor, Line, Pain, Plant, Shown};
use doorward::config::Lifetimes;
use doorward::protocol::{ProtectedResource, Scope};
use doorward::rules;
use harness::client::{Tokens, tool_call};
use harness::test_server::{sound, used_by};
use harness::{Client, Person, TestServer};
use http::{HeaderValue, StatusCode, header as names};
use std::time::Duration;

const EACH_HOUR: &str = "the token of every client expires each hour, and the client refreshes";

pub(super) const PAINS: &[Pain] = &[
    Pain {
        number: 25,
        symptom: "The client signs in again and again for one tool, or loses scopes that it had.",
        cause: "The challenge of the 403 names the missing scope alone, or the client does not step up.",
        advice: "",
        provoked: "a tool needs `files`, and the token has `user more`",
        seen_in: &["anthropics/claude-code#44652", "anthropics/claude-code#28258"],
        rule: Some(&rules::SCOPE_INSUFFICIENT),
        line: Line::Names(&["the token has more user, the call needs files user", "person=alice", "grant="]),
        page: Shown::Challenge(&["error=\"insufficient_scope\"", "scope=\"files more user\""]),
        doctor: Doctor::Finds {
            rule: "scope-not-enough",
            stops: &["Claude Code"],
            seen: &["insufficient_scope", "admin"],
            plant: Plant::Change(needs_another_scope),
        },
        provoke: || {
            Box::pin(async {
                let mut resource =
                    ProtectedResource::parse("https://mcp.example/mcp", "user files more").unwrap();
                resource.tools.insert("get_user_data".to_owned(), Scope::parse("files").unwrap());
                let test = TestServer::of(sound().resources(vec![resource])).await;
                let client = Client::register(&test).await;
                let page = crate::evidence::allow(
                    &test,
                    &mut Person::alice(),
                    &client.url_with(&[("scope", "user more")]),
                )
                .await;
                let tokens = Tokens::of(&test.send(client.redeems(&crate::evidence::code(&page))).await);
                Evidence::of([test.call(tool_call(Some(&tokens.access), "current")).await])
            })
        },
    },
    Pain {
        number: 55,
        symptom: "Calls fail with 401 right after the sign-in.",
        cause: "The token is for another MCP server, is of another issuer, or the clocks differ.",
        advice: "",
        provoked: "a call with the token for another resource of the same server",
        seen_in: &[],
        rule: Some(&rules::TOKEN_INVALID),
        line: Line::Quiet(EACH_HOUR),
        page: Shown::Challenge(&["error=\"invalid_token\"", "was issued for another resource"]),
        doctor: Doctor::Finds {
            rule: "access-token-refused",
            stops: &["Claude Code", "ChatGPT"],
            seen: &["401", "invalid_token"],
            plant: Plant::Change(|asked, answer| {
                if asked.authorization.as_deref() == Some("Bearer access") {
                    *answer.status_mut() = StatusCode::UNAUTHORIZED;
                    let challenge = r#"Bearer error="invalid_token", error_description="wrong audience""#;
                    answer.headers_mut().insert(names::WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
                }
            }),
        },
        provoke: || {
            Box::pin(async {
                let (test, client) = registered().await;
                let other = client.url_with(&[("resource", "https://other.example"), ("scope", "other")]);
                let page = crate::evidence::allow(&test, &mut Person::alice(), &other).await;
                let tokens = Tokens::of(&test.send(client.redeems(&crate::evidence::code(&page))).await);
                Evidence::of([test.call(tool_call(Some(&tokens.access), "current")).await])
            })
        },
    },
    Pain {
        number: 56,
        symptom: "After an hour every call fails, and the client does not refresh.",
        cause: "An expired token is answered by another status than 401.",
        advice: "",
        provoked: "a call with a token that has expired",
        seen_in: &["anthropics/claude-code#19066"],
        rule: Some(&rules::TOKEN_INVALID),
        line: Line::Quiet(EACH_HOUR),
        page: Shown::Challenge(&["error=\"invalid_token\"", "expired"]),
        doctor: Doctor::Finds {
            rule: "bad-token-status",
            stops: &["Claude (web, desktop, mobile)", "Claude, where it registers"],
            seen: &["403"],
            plant: Plant::Change(|asked, answer| {
                if asked.authorization.is_some() && answer.status() == StatusCode::UNAUTHORIZED {
                    *answer.status_mut() = StatusCode::FORBIDDEN;
                }
            }),
        },
        provoke: || {
            Box::pin(async {
                let (test, client) = registered().await;
                let token = client.obtain_token(&test, &mut Person::alice()).await;
                test.clock.pass(Lifetimes::default().access_token + Duration::from_secs(120));
                Evidence::of([test.call(tool_call(Some(&token), "current")).await])
            })
        },
    },
    Pain {
        number: 57,
        symptom: "A web client gets 403 at the MCP server.",
        cause: "Its origin is not one of the MCP server's, or a proxy sends another `Host` (DNS rebinding).",
        advice: "",
        provoked: "a call with the `Origin` of another page",
        seen_in: &[],
        rule: Some(&rules::ORIGIN_FOREIGN),
        line: Line::Names(&["Origin: https://page.example"]),
        page: Shown::Json(&["the Origin or the Host header is not allowed"]),
        doctor: Doctor::Finds {
            rule: "cross-origin",
            stops: &["MCP Inspector (in a page)"],
            seen: &["the origin is not allowed"],
            plant: Plant::Change(|asked, answer| {
                if asked.path == "/mcp" {
                    answer.headers_mut().remove(names::ACCESS_CONTROL_ALLOW_ORIGIN);
                }
            }),
        },
        provoke: || {
            Box::pin(async {
                let mut request = tool_call(None, "current");
                request.headers_mut().insert("origin", "https://page.example".parse().unwrap());
                Evidence::of([TestServer::new().await.call(request).await])
            })
        },
    },
    Pain {
        number: 58,
        symptom: "A client of a user who was removed from the team gets 403, and a new sign-in changes nothing.",
        cause: "No rule of `resource-people` for the MCP server names the user any more.",
        advice: "",
        provoked: "the rule is changed between the sign-in and the call",
        seen_in: &[],
        rule: Some(&rules::USER_EXCLUDED),
        line: Line::Names(&[
            "person=alice",
            "no rule of resource-people for https://mcp.example/mcp names the user",
        ]),
        page: Shown::Json(&["the user may not use this MCP server"]),
        doctor: Doctor::NotVisible("it depends on the account with which the doctor signs in"),
        provoke: || {
            Box::pin(async {
                let (test, client) = registered().await;
                let token = client.obtain_token(&test, &mut Person::alice()).await;
                let test = test.with_config(used_by(["user:bob", "anyone"])).await;
                Evidence::of([test.call(tool_call(Some(&token), "current")).await])
            })
        },
    },
    Pain {
        number: 59,
        symptom: "Calls fail with 503 for some seconds, or the client asks for a sign-in during an outage.",
        cause: "The grant could not be looked up, and a server that answers 401 then makes every client sign in.",
        advice: "",
        provoked: "the store does not answer, at a server with `immediate-revocation`",
        seen_in: &[],
        rule: Some(&rules::VERIFICATION_AWAY),
        line: Line::Names(&["reason="]),
        page: Shown::Json(&["cannot verify the access token at the moment"]),
        doctor: Doctor::NotVisible("it is seen only during an outage"),
        provoke: || {
            Box::pin(async {
                let test = TestServer::of(sound().immediate_revocation(true)).await;
                let client = Client::register(&test).await;
                let token = client.obtain_token(&test, &mut Person::alice()).await;
                test.store.set_broken(true);
                Evidence::of([test.call(tool_call(Some(&token), "current")).await])
            })
        },
    },
    Pain {
        number: 60,
        symptom: "A client that ends the URL with a slash gets 404.",
        cause: "The server takes `/mcp/` for another path than `/mcp`.",
        advice: "Serve both.",
        provoked: "a call of `/mcp/` without a token",
        seen_in: &[],
        rule: Some(&rules::TOKEN_MISSING),
        line: Line::Quiet("every connection of a client begins with such a 401"),
        page: Shown::Challenge(&["resource_metadata=\"https://mcp.example/.well-known/"]),
        doctor: Doctor::Finds {
            rule: "no-401",
            stops: &["Claude Code", "fastmcp"],
            seen: &["404"],
            plant: Plant::Change(|asked, answer| {
                if asked.path == "/mcp" && asked.authorization.is_none() {
                    refuse(answer, "not_found");
                    *answer.status_mut() = StatusCode::NOT_FOUND;
                }
            }),
        },
        provoke: || {
            Box::pin(async {
                let mut request = tool_call(None, "current");
                *request.uri_mut() = "/mcp/".parse().unwrap();
                Evidence::of([TestServer::new().await.call(request).await])
            })
        },
    },
];
