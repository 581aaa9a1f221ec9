//! The browser or the client shows an error.

use crate::evidence::{Evidence, allow, look, registered};
use crate::plants::{self, knows_no_scope, opens, refuse, value};
use crate::row::{Doctor, Line, Pain, Plant, Shown};
use doorward::rules;
use doorward::wire::EventKind;
use harness::test_server::{sound, text};
use harness::{Client, Person, TestServer};
use http::StatusCode;
use serde_json::json;

pub(super) const PAINS: &[Pain] = &[
    Pain {
        number: 3,
        symptom: "The browser says that the client is not known, and each new try ends there.",
        cause: "The client keeps a `client_id` that the server has forgotten, and is not told so.",
        advice: "",
        provoked: "a client that registered before the root secret was replaced opens the page, and sends its code",
        seen_in: &["anthropics/claude-code#84614", "supabase/mcp#355", "PrefectHQ/fastmcp#1762"],
        rule: Some(&rules::CLIENT_UNKNOWN),
        line: Line::Names(&[
            "the client_id is a registration, signed with another root secret than this server has",
        ]),
        page: Shown::Page(&["does not know the client; remove the connection there and add it again"]),
        doctor: Doctor::Finds {
            rule: "forgotten-client",
            stops: &["fastmcp", "Claude, where it registers"],
            seen: &["500"],
            plant: Plant::Change(|asked, answer| {
                let is_unknown = value(asked, "client_id").starts_with("doorward-doctor-");
                if is_unknown {
                    *answer.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
                }
            }),
        },
        provoke: || {
            Box::pin(async {
                let (test, client) = registered().await;
                let other = test.with_secrets(&[8]).await;
                let at_token = other.send(client.redeems("a code")).await;
                assert!(text(&at_token).contains("invalid_"), "{}", text(&at_token));
                Evidence::of([look(&other, &client.url()).await])
            })
        },
    },
    Pain {
        number: 5,
        symptom: "The browser says that the redirect URI is wrong, each time with another port.",
        cause: "The registration or the document names one port, and the client listens on another.",
        advice: "",
        provoked: "a client registers port 7777 and comes back to port 9999",
        seen_in: &["anthropics/claude-code#90370", "github/copilot-cli#4793", "getsentry/sentry-mcp#1190"],
        rule: None,
        line: Line::Says(EventKind::Consented, &["person=alice", "client="]),
        page: Shown::Works(&["http://127.0.0.1:9999/callback?code="]),
        doctor: Doctor::Finds {
            rule: "authorize-refuses",
            stops: &["VS Code", "Copilot CLI"],
            seen: &["invalid_request", "for redirect_uri http://127.0.0.1:"],
            plant: Plant::WithDocuments(|asked, answer| {
                if opens(asked)
                    && value(asked, "client_id").starts_with("https://")
                    && value(asked, "redirect_uri").starts_with("http://")
                {
                    refuse(answer, "invalid_request");
                }
            }),
        },
        provoke: || {
            Box::pin(async {
                let (test, client) = registered().await;
                let moved = Client { redirect_uri: "http://127.0.0.1:9999/callback".to_owned(), ..client };
                Evidence::of([allow(&test, &mut Person::alice(), &moved.url()).await])
            })
        },
    },
    Pain {
        number: 36,
        symptom: "The browser says that the redirect URI is not registered.",
        cause: "The client registers one redirect URI and sends another.",
        advice: "",
        provoked: "n8n registers the URI of its host and sends that of its cloud",
        seen_in: &["n8n-io/n8n#21791"],
        rule: Some(&rules::REDIRECT_URI_UNREGISTERED),
        line: Line::Names(&[
            "redirect_uri is https://oauth.n8n.cloud/oauth2/callback",
            "registered is https://n8n.example/rest/oauth2-credential/callback",
        ]),
        page: Shown::Page(&[
            "redirect_uri https://oauth.n8n.cloud/oauth2/callback is not registered for this client",
        ]),
        doctor: Doctor::NotVisible("the fault is the client's; the server has to refuse this"),
        provoke: || {
            Box::pin(async {
                let test = TestServer::new().await;
                let client =
                    Client::register_at(&test, "https://n8n.example/rest/oauth2-credential/callback").await;
                let other =
                    Client { redirect_uri: "https://oauth.n8n.cloud/oauth2/callback".to_owned(), ..client };
                Evidence::of([look(&test, &other.url()).await])
            })
        },
    },
    Pain {
        number: 8,
        symptom: "The client reports `invalid_target`, or that the resource does not match.",
        cause: "The URL that the user entered, that of the metadata and that of the token differ, often by a slash, the host or the path.",
        advice: "",
        provoked: "a slash more and another case of the host are accepted; another host is not",
        seen_in: &["anthropics/claude-code#52871", "google-gemini/gemini-cli#25508", "laravel/mcp#139"],
        rule: Some(&rules::RESOURCE_UNKNOWN),
        line: Line::Names(&["https://old.example/mcp", "it knows https://mcp.example/mcp"]),
        page: Shown::Redirect(&["https://old.example/mcp", "it knows https://mcp.example/mcp"]),
        doctor: Doctor::Finds {
            rule: "resource-differs",
            stops: &["Claude Code", "Gemini CLI"],
            seen: &["resource is", "the URL is"],
            plant: Plant::Change(|asked, answer| {
                if plants::is_resource(asked) {
                    crate::script::member(
                        answer,
                        "resource",
                        Some(json!(asked.resource.replace("127.0.0.1", "localhost"))),
                    );
                }
            }),
        },
        provoke: || {
            Box::pin(async {
                let (test, client) = registered().await;
                for same in ["https://mcp.example/mcp/", "https://MCP.example/mcp", "https://mcp.example"] {
                    let page = look(&test, &client.url_with(&[("resource", same)])).await;
                    assert_eq!(page.status(), 200, "{same}: {}", text(&page));
                }
                Evidence::of(
                    [look(&test, &client.url_with(&[("resource", "https://old.example/mcp")])).await],
                )
            })
        },
    },
    Pain {
        number: 33,
        symptom: "The server says that `resource` is missing.",
        cause: "Some clients name no resource, and the server requires it.",
        advice: "",
        provoked: "an authorization request without `resource`",
        seen_in: &["openai/codex#24890", "anthropics/claude-code#10572"],
        rule: None,
        line: Line::Says(EventKind::Consented, &["no resource was named; it is https://mcp.example/mcp"]),
        page: Shown::Works(&["You are being sent on"]),
        doctor: Doctor::Finds {
            rule: "resource-required",
            stops: &["Codex", "Warp"],
            seen: &["invalid_target", "with resource 200"],
            plant: Plant::Change(|asked, answer| {
                if opens(asked) && value(asked, "resource").is_empty() {
                    refuse(answer, "invalid_target");
                }
            }),
        },
        provoke: || {
            Box::pin(async {
                let (test, client) = registered().await;
                Evidence::of([allow(&test, &mut Person::alice(), &client.url()).await])
            })
        },
    },
    Pain {
        number: 37,
        symptom: "A client that names no server is refused.",
        cause: "The operator has set `require-resource`, and the client sends no `resource`.",
        advice: "",
        provoked: "an authorization request without `resource`, where it is required",
        seen_in: &["openai/codex#24890"],
        rule: Some(&rules::RESOURCE_MISSING),
        line: Line::Names(&["known: https://mcp.example/mcp"]),
        page: Shown::Redirect(&["resource is missing"]),
        doctor: Doctor::Finds {
            rule: "resource-required",
            stops: &["Claude Code", "Copilot Studio"],
            seen: &["invalid_target"],
            plant: Plant::Change(|asked, answer| {
                if opens(asked) && value(asked, "resource").is_empty() {
                    refuse(answer, "invalid_target");
                }
            }),
        },
        provoke: || {
            Box::pin(async {
                let test = TestServer::of(sound().require_resource(true)).await;
                let client = Client::register(&test).await;
                Evidence::of([look(&test, &client.url()).await])
            })
        },
    },
    Pain {
        number: 11,
        symptom: "The client reports `invalid_scope`.",
        cause: "Clients ask for scopes that the server does not offer, such as `claudeai`, or begin the list with a space.",
        advice: "",
        provoked: "a request for unknown scopes and a known one, with a space at its beginning",
        seen_in: &["anthropics/claude-ai-mcp#453", "openai/codex#20503"],
        rule: None,
        line: Line::Says(EventKind::Consented, &["dropped scopes: claudeai phone"]),
        page: Shown::Works(&["You are being sent on"]),
        doctor: Doctor::Finds {
            rule: "authorize-refuses",
            stops: &["mcp-remote"],
            seen: &["302 invalid_scope"],
            plant: Plant::Change(knows_no_scope),
        },
        provoke: || {
            Box::pin(async {
                let (test, client) = registered().await;
                let url = client.url_with(&[("scope", " claudeai user phone offline_access")]);
                Evidence::of([allow(&test, &mut Person::alice(), &url).await])
            })
        },
    },
    Pain {
        number: 40,
        symptom: "The browser says that the operator has blocked the client.",
        cause: "The operator has blocked the client, its redirect host or its document's host.",
        advice: "",
        provoked: "the redirect host of a registered client is blocked",
        seen_in: &[],
        rule: Some(&rules::CLIENT_BLOCKED),
        line: Line::Names(&["the operator of this server has blocked the client"]),
        page: Shown::Page(&["has blocked the client"]),
        doctor: Doctor::NotVisible("the block is for one client, and the doctor is another"),
        provoke: || {
            Box::pin(async {
                let (test, client) = registered().await;
                let block = doorward::client::Block::parse("redirect-host:127.0.0.1").unwrap();
                test.server.stores.blocks().set(&block, true).await.unwrap();
                test.clock.pass(std::time::Duration::from_secs(46));
                Evidence::of([look(&test, &client.url()).await])
            })
        },
    },
    Pain {
        number: 41,
        symptom: "The client reports `request_uri_not_supported`, or that a response mode is not supported.",
        cause: "The client sends a request object, a pushed request or another response mode.",
        advice: "",
        provoked: "an authorization request with `request_uri`",
        seen_in: &[],
        rule: Some(&rules::REQUEST_URI),
        line: Line::Names(&["request_uri is not supported"]),
        page: Shown::Redirect(&["request_uri is not supported; send each parameter in the query"]),
        doctor: Doctor::NotVisible("the fault is the client's; metadata says that these are not supported"),
        provoke: || {
            Box::pin(async {
                let (test, client) = registered().await;
                Evidence::of([look(&test, &client.url_with(&[("request_uri", "urn:example:1")])).await])
            })
        },
    },
];
