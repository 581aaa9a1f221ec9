//! After the consent: the way back to the client, and the code.

use crate::evidence::{Evidence, allow, code, register, registered};
use crate::plants::{self, is_signed_in, spends_no_code};
use crate::row::{Doctor, Line, Pain, Plant, Shown};
use crate::script::member;
use doorward::protocol::paths;
use doorward::rules;
use doorward::wire::EventKind;
use harness::{Client, Person, TestServer};
use http::{StatusCode, header as names};
use serde_json::json;
use std::time::Duration;

pub(super) const PAINS: &[Pain] = &[
    Pain {
        number: 17,
        symptom: "The user presses Allow in Chrome or Edge, and nothing happens.",
        cause: "`form-action` of the page keeps Chromium from following the redirect to the client.",
        advice: "",
        provoked: "Allow for a client with a scheme of its own: a page leads on, which no policy of a form ends",
        seen_in: &["PrefectHQ/fastmcp#2302", "PrefectHQ/fastmcp#3369"],
        rule: None,
        line: Line::Says(EventKind::Consented, &["person=alice"]),
        page: Shown::Works(&["refresh: 0;url=claude://oauth/callback?code="]),
        doctor: Doctor::Finds {
            rule: "form-action",
            stops: &["Claude Code", "fastmcp", "Cursor"],
            seen: &["form-action 'self'", "a redirect to the client"],
            plant: Plant::Change(|asked, answer| {
                if asked.path == "/authorize" && answer.status() == StatusCode::OK {
                    plants::set(
                        answer,
                        names::CONTENT_SECURITY_POLICY,
                        "default-src 'none'; form-action 'self'",
                    );
                }
            }),
        },
        provoke: || {
            Box::pin(async {
                let test = TestServer::new().await;
                let client = Client::register_at(&test, "claude://oauth/callback").await;
                Evidence::of([allow(&test, &mut Person::alice(), &client.url()).await])
            })
        },
    },
    Pain {
        number: 15,
        symptom: "The client says only “couldn't reach server”, “something went wrong” or a number.",
        cause: "The server has failed, and told neither the user nor its operator why.",
        advice: "",
        provoked: "the store does not answer while the user signs in; the page has the id that the line has",
        seen_in: &["anthropics/claude-ai-mcp#134", "anthropics/claude-ai-mcp#646"],
        rule: Some(&rules::SERVER_AWAY),
        line: Line::Names(&["correlation="]),
        page: Shown::Page(&[
            "This server cannot answer at the moment",
            "tell the operator of this server, with the number below",
        ]),
        doctor: Doctor::Finds {
            rule: "callback-error",
            stops: &["Claude Code", "ChatGPT"],
            seen: &["server_error"],
            plant: Plant::Change(|asked, answer| {
                if is_signed_in(asked, answer) {
                    plants::sends_back(asked, answer, "server_error");
                }
            }),
        },
        provoke: || {
            Box::pin(async {
                let (test, client) = registered().await;
                let mut alice = Person::alice();
                let page = alice.open(&test, &client.url()).await;
                test.store.set_broken(true);
                Evidence::of([alice.submit(&test, &page, "").await])
            })
        },
    },
    Pain {
        number: 32,
        symptom: "A code is accepted twice, or an honest retry ends the connection.",
        cause: "The server reads the code and then deletes it, in two steps, so that two requests both pass.",
        advice: "",
        provoked: "a code is redeemed twice",
        seen_in: &["supabase/auth#2613"],
        rule: Some(&rules::CODE_USED),
        line: Line::Names(&["the code was already used"]),
        page: Shown::Json(&["the code was already used"]),
        doctor: Doctor::Finds {
            rule: "code-reused",
            stops: &[],
            seen: &["200 OK with access_token"],
            plant: Plant::Change(spends_no_code),
        },
        provoke: || {
            Box::pin(async {
                let (test, client) = registered().await;
                let code = client.obtain_code(&test, &mut Person::alice()).await;
                let first = test.send(client.redeems(&code)).await;
                Evidence::of([first, test.send(client.redeems(&code)).await])
            })
        },
    },
    Pain {
        number: 27,
        symptom: "The client runs on another machine, and the browser cannot open its loopback address.",
        cause: "The redirect goes to the machine with the browser.",
        advice: "Press “Allow, and show me its answer”, and paste the address into the client.",
        provoked: "“Allow, and show me its answer”: the page has the address to copy",
        seen_in: &["getsentry/sentry-mcp#546", "anthropics/claude-code#20215"],
        rule: None,
        line: Line::Says(EventKind::Consented, &["person=alice"]),
        page: Shown::Hint(&["One thing left to do", "Copy this address, and paste it"]),
        doctor: Doctor::NotVisible(
            "it depends on where the client runs; the doctor listens on the machine with the browser",
        ),
        provoke: || {
            Box::pin(async {
                let (test, client) = registered().await;
                let mut alice = Person::alice();
                let page = alice.reach_consent(&test, &client.url()).await;
                Evidence::of([alice.submit(&test, &page, "show").await])
            })
        },
    },
    Pain {
        number: 12,
        symptom: "The client connects and asks to sign in again after an hour; Goose discards the tokens at once.",
        cause: "The server issues a refresh token only for `offline_access`, or for a client that registered the refresh grant.",
        advice: "",
        provoked: "a client registers without the refresh grant and asks for no scope",
        seen_in: &["anthropics/claude-ai-mcp#840", "zed-industries/zed#53784"],
        rule: None,
        line: Line::Says(EventKind::CodeSpent, &["person=alice", "grant="]),
        page: Shown::Works(&["\"refresh_token\":\"dw_refresh_"]),
        doctor: Doctor::Finds {
            rule: "no-refresh-token",
            stops: &["Goose"],
            seen: &["refresh_token is absent"],
            plant: Plant::Change(|asked, answer| {
                if asked.path == "/token" {
                    member(answer, "refresh_token", None);
                }
            }),
        },
        provoke: || {
            Box::pin(async {
                let test = TestServer::new().await;
                let uri = "http://127.0.0.1:7777/callback";
                let body = json!({ "redirect_uris": [uri], "grant_types": ["authorization_code"] });
                let client = crate::evidence::client(&register(&test, &body).await, uri);
                let page = allow(&test, &mut Person::alice(), &client.url_with(&[("scope", "")])).await;
                Evidence::of([test.send(client.redeems(&code(&page))).await])
            })
        },
    },
    Pain {
        number: 49,
        symptom: "The client reports `invalid_grant` right after the consent.",
        cause: "The code was redeemed too late, or with another verifier: two sign-ins at once shared one.",
        advice: "",
        provoked: "a code is redeemed after its lifetime, and another one with a wrong verifier",
        seen_in: &[],
        rule: Some(&rules::CODE_EXPIRED),
        line: Line::Names(&["the code expired", "s ago"]),
        page: Shown::Json(&["the code expired", "s ago"]),
        doctor: Doctor::Finds {
            rule: "code-refused",
            stops: &["Claude Code", "mcp-remote"],
            seen: &["400 invalid_grant"],
            plant: Plant::Change(|asked, answer| {
                if plants::value(asked, "code") == "code" {
                    plants::refuse(answer, "invalid_grant");
                }
            }),
        },
        provoke: || {
            Box::pin(async {
                let (test, client) = registered().await;
                let mut alice = Person::alice();
                let wrong = client.obtain_code(&test, &mut alice).await;
                let other = [("code_verifier", "another-verifier-another-verifier-another-verifier")];
                let wrong = test.send(client.redeems_with(&wrong, &other)).await;
                let late = client.obtain_code(&test, &mut alice).await;
                test.clock.pass(Duration::from_secs(3600));
                Evidence::of([wrong, test.send(client.redeems(&late)).await])
            })
        },
    },
    Pain {
        number: 50,
        symptom: "The user signed out everywhere, and a client that was just allowed does not connect.",
        cause: "A code from before the sign-out opens no grant any more.",
        advice: "",
        provoked: "the user allows a client and signs out everywhere; then the client redeems its code",
        seen_in: &[],
        rule: Some(&rules::SIGN_IN_ENDED),
        line: Line::Names(&["person=alice"]),
        page: Shown::Json(&["sign"]),
        doctor: Doctor::NotVisible("the doctor does not sign its user out"),
        provoke: || {
            Box::pin(async {
                let (test, client) = registered().await;
                let mut alice = Person::alice();
                let code = client.obtain_code(&test, &mut alice).await;
                let page = alice.open(&test, paths::ACCOUNT).await;
                let signed_out = alice.submit_at(&test, paths::ACCOUNT, &page, "sign-out-everywhere").await;
                Evidence::of([signed_out, test.send(client.redeems(&code)).await])
            })
        },
    },
];
