//! The user has to sign in again and again: refresh tokens and grants.

use crate::evidence::{Evidence, allow, code, registered};
use crate::plants::{self, ends_at_a_retry, ends_the_first_installation, value};
use crate::row::{Doctor, Line, Pain, Plant, Shown};
use doorward::protocol::paths;
use doorward::rules;
use doorward::wire::EventKind;
use harness::client::Tokens;
use harness::keyed::{self, DOCUMENT, document};
use harness::test_server::{json, sound, text};
use harness::{Client, Person, TestServer};
use http::StatusCode;
use serde_json::json as object;
use std::time::Duration;

/// A user of Claude Code has several sessions; each has the same refresh token.
async fn signed_in() -> (TestServer, Client, Tokens) {
    let (test, client) = registered().await;
    let tokens = client.obtain_tokens(&test, &mut Person::alice()).await;
    (test, client, tokens)
}

pub(super) const PAINS: &[Pain] = &[
    Pain {
        number: 1,
        symptom: "The user has to sign in again every day, or at each start of a second session.",
        cause: "Parallel sessions refresh with the same token, and the server takes the second one for theft.",
        advice: "",
        provoked: "a token is used five times, and once more after 7 minutes 45 seconds",
        seen_in: &["anthropics/claude-code#91641", "openai/codex#46028", "PrefectHQ/fastmcp#4264"],
        rule: None,
        line: Line::Says(
            EventKind::Refreshed,
            &["the token was used before 465 s ago", "parallel processes", "grant="],
        ),
        page: Shown::Works(&["\"refresh_token\":\"dw_refresh_"]),
        doctor: Doctor::Finds {
            rule: "refresh-retry",
            stops: &["Claude Code", "Codex", "opencode"],
            seen: &["the newest refresh token gets 400 invalid_grant"],
            plant: Plant::Change(ends_at_a_retry),
        },
        provoke: || {
            Box::pin(async {
                let (test, client, first) = signed_in().await;
                let mut successors = Vec::new();
                for _ in 0..5 {
                    successors.push(Tokens::of(&test.send(client.refreshes(&first.refresh)).await).refresh);
                }
                test.clock.pass(Duration::from_secs(465));
                let late = test.send(client.refreshes(&first.refresh)).await;
                successors.push(Tokens::of(&late).refresh);
                successors.dedup();
                assert_eq!(successors.len(), 1);
                Evidence::of([late])
            })
        },
    },
    Pain {
        number: 2,
        symptom: "After a network fault or a sleep of the laptop, the user has to sign in again.",
        cause: "The response to a refresh was lost, and the client has only the old token.",
        advice: "",
        provoked: "the response of a refresh is dropped; the client tries again three hours later",
        seen_in: &["element-hq/matrix-authentication-service#3650"],
        rule: None,
        line: Line::Says(
            EventKind::RefreshedLate,
            &["the token was used before 10800 s ago", "a lost response"],
        ),
        page: Shown::Works(&["\"refresh_token\":\"dw_refresh_"]),
        doctor: Doctor::Finds {
            rule: "refresh-retry",
            stops: &["Claude Code", "Codex"],
            seen: &["after that"],
            plant: Plant::Change(ends_at_a_retry),
        },
        provoke: || {
            Box::pin(async {
                let (test, client, first) = signed_in().await;
                drop(test.send(client.refreshes(&first.refresh)).await);
                test.clock.pass(Duration::from_secs(3 * 3600));
                Evidence::of([test.send(client.refreshes(&first.refresh)).await])
            })
        },
    },
    Pain {
        number: 51,
        symptom: "One session of several has to sign in again, and says `invalid_grant`.",
        cause: "A process that slept presents a token that is several generations old.",
        advice: "",
        provoked: "a token is used after two further refreshes, a day later; the newest one still works",
        seen_in: &["openai/codex#17265"],
        rule: Some(&rules::REFRESH_TOKEN_REUSED),
        line: Line::Names(&["already used, and the refresh window has passed", "grant="]),
        page: Shown::Json(&["already used, and the refresh window has passed"]),
        doctor: Doctor::Finds {
            rule: "refresh-late",
            stops: &["Claude Code", "Codex"],
            seen: &["the newest one gets 400 invalid_grant"],
            plant: Plant::Change(|asked, answer| {
                if value(asked, "refresh_token") == "refreshxx" {
                    plants::refuse(answer, "invalid_grant");
                }
            }),
        },
        provoke: || {
            Box::pin(async {
                let (test, client, first) = signed_in().await;
                let second = Tokens::of(&test.send(client.refreshes(&first.refresh)).await);
                let third = Tokens::of(&test.send(client.refreshes(&second.refresh)).await);
                test.clock.pass(Duration::from_secs(24 * 3600));
                let stale = test.send(client.refreshes(&first.refresh)).await;
                Evidence::of([stale, test.send(client.refreshes(&third.refresh)).await])
            })
        },
    },
    Pain {
        number: 24,
        symptom: "The client repeats its refresh for ever and never asks the user to sign in.",
        cause: "A dead refresh token is answered by another error than `invalid_grant`, or an expired access token by another status than 401.",
        advice: "",
        provoked: "a refresh token that was not used for 100 days",
        seen_in: &["PrefectHQ/fastmcp#2461", "metabase/metabase#80389"],
        rule: Some(&rules::REFRESH_TOKEN_EXPIRED),
        line: Line::Names(&["the refresh token expired", "s ago"]),
        page: Shown::Json(&["the refresh token expired"]),
        doctor: Doctor::Finds {
            rule: "made-up-refresh-token",
            stops: &["Claude (web, desktop, mobile)", "Claude, where it registers"],
            seen: &["400 invalid_request"],
            plant: Plant::Change(|asked, answer| {
                if value(asked, "grant_type") == "refresh_token" && answer.status() == StatusCode::BAD_REQUEST
                {
                    plants::refuse(answer, "invalid_request");
                }
            }),
        },
        provoke: || {
            Box::pin(async {
                let (test, client, first) = signed_in().await;
                test.clock.pass(Duration::from_secs(100 * 24 * 3600));
                Evidence::of([test.send(client.refreshes(&first.refresh)).await])
            })
        },
    },
    Pain {
        number: 19,
        symptom: "All users have to sign in again after a restart or a deployment.",
        cause: "Registrations, codes or tokens are in the memory of one process.",
        advice: "Keep all of it in a store that every process reads, or in values that the client carries.",
        provoked: "the process starts again between registration, consent, code and refresh",
        seen_in: &["cloudflare/workers-oauth-provider#214"],
        rule: None,
        line: Line::Says(EventKind::Refreshed, &["person=alice", "grant="]),
        page: Shown::Works(&["\"refresh_token\":\"dw_refresh_"]),
        doctor: Doctor::NotVisible("it is seen only over a restart, which the doctor cannot order"),
        provoke: || {
            Box::pin(async {
                let (test, client) = registered().await;
                let test = test.with_empty_memory().await;
                let page = allow(&test, &mut Person::alice(), &client.url()).await;
                let test = test.with_empty_memory().await;
                let tokens = Tokens::of(&test.send(client.redeems(&code(&page))).await);
                let test = test.with_empty_memory().await;
                Evidence::of([test.send(client.refreshes(&tokens.refresh)).await])
            })
        },
    },
    Pain {
        number: 52,
        symptom: "All users have to sign in again, once.",
        cause: "The root secret is another one: a restart with `--in-memory`, a lost file, or a restore without it.",
        advice: "",
        provoked: "a client refreshes after the root secret was replaced",
        seen_in: &[],
        rule: Some(&rules::CLIENT_UNKNOWN),
        line: Line::Names(&[
            "signed with another root secret than this server has",
            "check that a restart did not change the secret",
        ]),
        page: Shown::Json(&["this server does not know the client; register again"]),
        doctor: Doctor::NotVisible("it is seen only over a restart, which the doctor cannot order"),
        provoke: || {
            Box::pin(async {
                let (test, client, first) = signed_in().await;
                Evidence::of([test.with_secrets(&[8]).await.send(client.refreshes(&first.refresh)).await])
            })
        },
    },
    Pain {
        number: 53,
        symptom: "All users of one MCP server have to sign in again after an upgrade.",
        cause: "The URL or the scopes of the resource were changed, and grants are for the old one.",
        advice: "",
        provoked: "the resource of a grant is dropped from the settings",
        seen_in: &["cloudflare/workers-oauth-provider#201"],
        rule: Some(&rules::REFRESH_RESOURCE_GONE),
        line: Line::Names(&[
            "this server no longer has the resource of the refresh token, https://mcp.example/mcp",
        ]),
        page: Shown::Json(&[
            "this server no longer has the resource of the refresh token, https://mcp.example/mcp",
        ]),
        doctor: Doctor::NotVisible("it is seen only over a change of the settings"),
        provoke: || {
            Box::pin(async {
                let (test, client, first) = signed_in().await;
                let mut resources: Vec<_> = test.server.config.resources().iter().cloned().collect();
                resources.remove(0);
                let test = test.with_config(sound().resources(resources)).await;
                Evidence::of([test.send(client.refreshes(&first.refresh)).await])
            })
        },
    },
    Pain {
        number: 29,
        symptom: "A sign-in on one device ends the connection of another.",
        cause: "All installations of a client have one `client_id`, its document's URL, and a new grant replaces the old one.",
        advice: "Open a grant for each sign-in, and end the others only when the user asks for it.",
        provoked: "two installations of one client with a document sign in; the first one refreshes",
        seen_in: &["cloudflare/workers-oauth-provider#297"],
        rule: None,
        line: Line::Says(EventKind::Refreshed, &["person=alice", "client=https://app.example/client.json"]),
        page: Shown::Works(&["\"refresh_token\":\"dw_refresh_"]),
        doctor: Doctor::Finds {
            rule: "second-sign-in",
            stops: &["Claude Code", "VS Code"],
            seen: &["400 invalid_grant"],
            plant: Plant::Change(ends_the_first_installation),
        },
        provoke: || {
            Box::pin(async {
                let test = TestServer::new().await;
                test.web.publish(DOCUMENT, &document(&object!({})));
                let client = keyed::client();
                let first = client.obtain_tokens(&test, &mut Person::alice()).await;
                client.obtain_tokens(&test, &mut Person::alice()).await;
                Evidence::of([test.send(client.refreshes(&first.refresh)).await])
            })
        },
    },
    Pain {
        number: 30,
        symptom: "A user cannot see or end what is connected; or a client stops after its user ended it.",
        cause: "The server has no page for connections, or no revocation that a public client can use.",
        advice: "",
        provoked: "the user disconnects everything on the account page; then the client refreshes",
        seen_in: &[],
        rule: Some(&rules::GRANT_CLOSED),
        line: Line::Names(&["the grant is closed", "grant=", "client="]),
        page: Shown::Json(&["the grant is closed"]),
        doctor: Doctor::Finds {
            rule: "revocation",
            stops: &[],
            seen: &["400 invalid_client"],
            plant: Plant::Change(|asked, answer| {
                if asked.path == "/revoke" {
                    plants::refuse(answer, "invalid_client");
                }
            }),
        },
        provoke: || {
            Box::pin(async {
                let (test, client) = registered().await;
                let mut alice = Person::alice();
                let tokens = client.obtain_tokens(&test, &mut alice).await;
                let page = alice.open(&test, paths::ACCOUNT).await;
                assert!(text(&page).contains("Your connections"), "{}", text(&page));
                let ended = alice.submit_at(&test, paths::ACCOUNT, &page, "revoke-all").await;
                Evidence::of([ended, test.send(client.refreshes(&tokens.refresh)).await])
            })
        },
    },
    Pain {
        number: 54,
        symptom: "A public client that sends a `client_secret` is refused.",
        cause: "The client fills in a secret that it does not have.",
        advice: "Ignore the secret of a client that has none.",
        provoked: "a public client refreshes with `client_secret=x`",
        seen_in: &[],
        rule: None,
        line: Line::Says(EventKind::Refreshed, &["ignored=client_secret"]),
        page: Shown::Works(&["\"refresh_token\":\"dw_refresh_"]),
        doctor: Doctor::NotVisible("the doctor sends what the registration response says, and no more"),
        provoke: || {
            Box::pin(async {
                let (test, client, first) = signed_in().await;
                let answer =
                    test.send(client.refreshes_with(&first.refresh, &[("client_secret", "x")])).await;
                assert!(json(&answer)["error"].is_null(), "{}", text(&answer));
                Evidence::of([answer])
            })
        },
    },
];
