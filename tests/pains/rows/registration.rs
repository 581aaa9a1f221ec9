//! The client cannot register.

use crate::evidence::{Evidence, client, look, register};
use crate::plants::{self, server};
use crate::row::{Doctor, Line, Pain, Plant, Shown};
use crate::script::member;
use doorward::rules;
use doorward::wire::EventKind;
use harness::TestServer;
use harness::counting::Count;
use harness::test_server::{json, text};
use serde_json::{Value, json as object};

pub(super) const PAINS: &[Pain] = &[
    Pain {
        number: 9,
        symptom: "The client says that the server does not support dynamic client registration.",
        cause: "The identity provider (Entra, Okta, Cognito) lets no client register, and is named as the authorization server.",
        advice: "Put Doorward in front: clients register there, and its users sign in at the provider ([provider.md](provider.md)).",
        provoked: "a client registers at a server whose users sign in at a provider without registration",
        seen_in: &["anthropics/claude-code#3273", "anthropics/claude-code#38102"],
        rule: None,
        line: Line::Says(EventKind::ClientRegistered, &["client="]),
        page: Shown::Works(&["client_id", "redirect_uris"]),
        doctor: Doctor::Finds {
            rule: "no-registration",
            stops: &["Claude Code", "Cursor", "mcp-remote"],
            seen: &["no registration_endpoint, no client documents"],
            plant: Plant::Change(|asked, answer| server(asked, answer, "registration_endpoint", None)),
        },
        provoke: || {
            Box::pin(async {
                let provider = harness::provider::Provider::start().await;
                let test =
                    TestServer::of(harness::test_server::sound().provider(provider.settings("anyone"))).await;
                Evidence::of([register(
                    &test,
                    &object!({ "redirect_uris": ["http://localhost:7777/callback"] }),
                )
                .await])
            })
        },
    },
    Pain {
        number: 10,
        symptom: "Registration is refused because of one redirect URI, or accepted and refused later.",
        cause: "The server has an allow list or refuses schemes, and one odd URI refuses the whole set.",
        advice: "",
        provoked: "Cursor's three redirect URIs with an odd one; then a set without a usable URI",
        seen_in: &["microsoft/vscode#278512", "bytebase/bytebase#20510", "better-auth/better-auth#10956"],
        rule: Some(&rules::REDIRECT_URIS_UNUSABLE),
        line: Line::Names(&["https://*.a.example/cb", "wildcard"]),
        page: Shown::Json(&["https://*.a.example/cb"]),
        doctor: Doctor::Finds {
            rule: "registration-refused",
            stops: &["Cursor"],
            seen: &["invalid_redirect_uri", "cursor://"],
            plant: Plant::Change(|asked, answer| {
                if asked.body.to_string().contains("cursor://") {
                    plants::refuse(answer, "invalid_redirect_uri");
                }
            }),
        },
        provoke: || {
            Box::pin(async {
                let test = TestServer::new().await;
                let cursor = "cursor://anysphere.cursor-mcp/oauth/callback";
                let odd = "https://*.a.example/cb";
                let kept = register(
                    &test,
                    &object!({ "redirect_uris": [odd, "http://localhost:8787/callback", cursor] }),
                )
                .await;
                assert_eq!(kept.status(), 201, "{}", text(&kept));
                let page = look(&test, &client(&kept, cursor).url()).await;
                assert_eq!(page.status(), 200, "{}", text(&page));
                Evidence::of([register(&test, &object!({ "redirect_uris": [odd] })).await])
            })
        },
    },
    Pain {
        number: 13,
        symptom: "The client registers, and its token request fails with `invalid_client`.",
        cause: "The server registers another authentication method than the client asked for, or one that it does not support.",
        advice: "",
        provoked: "a registration with `private_key_jwt`, which only a document can have",
        seen_in: &["anthropics/claude-ai-mcp#1043", "danny-avila/LibreChat#9705"],
        rule: Some(&rules::AUTH_METHOD),
        line: Line::Names(&["not private_key_jwt"]),
        page: Shown::Json(&["token_endpoint_auth_method must be none", "not private_key_jwt"]),
        doctor: Doctor::Finds {
            rule: "registration-other-method",
            stops: &[],
            seen: &["client_secret_basic", "none was asked for"],
            plant: Plant::Change(|asked, answer| {
                if asked.path == "/register" && asked.body["token_endpoint_auth_method"] == "none" {
                    member(answer, "token_endpoint_auth_method", Some(object!("client_secret_basic")));
                    member(answer, "client_secret", Some(object!("a secret")));
                    member(answer, "client_secret_expires_at", Some(object!(0)));
                }
            }),
        },
        provoke: || {
            Box::pin(async {
                let test = TestServer::new().await;
                let body = object!({
                    "redirect_uris": ["https://app.example/cb"], "token_endpoint_auth_method": "private_key_jwt",
                });
                Evidence::of([register(&test, &body).await])
            })
        },
    },
    Pain {
        number: 18,
        symptom: "The client says that the registration response is invalid.",
        cause: "The response has nulls for absent members, and a strict parser refuses them.",
        advice: "",
        provoked: "a registration with the members that clients leave empty",
        seen_in: &["ory/hydra#4116", "modelcontextprotocol/typescript-sdk#940"],
        rule: None,
        line: Line::Says(EventKind::ClientRegistered, &["client="]),
        page: Shown::Works(&["201", "no-store", "redirect_uris"]),
        doctor: Doctor::Finds {
            rule: "registration-null",
            stops: &["LM Studio", "mcp-remote"],
            seen: &["null: client_uri"],
            plant: Plant::Change(|asked, answer| {
                if asked.path == "/register" {
                    member(answer, "client_uri", Some(Value::Null));
                }
            }),
        },
        provoke: || {
            Box::pin(async {
                let test = TestServer::new().await;
                let body = object!({ "redirect_uris": ["http://127.0.0.1:7777/callback"], "client_uri": null, "logo_uri": null });
                let response = register(&test, &body).await;
                assert!(
                    json(&response).as_object().unwrap().values().all(|value| !value.is_null()),
                    "{}",
                    text(&response)
                );
                Evidence::of([response])
            })
        },
    },
    Pain {
        number: 4,
        symptom: "The table of clients grows by one for each new connection.",
        cause: "A client without a document registers each time, and each registration is stored.",
        advice: "",
        provoked: "a client registers 200 times; the store is not asked",
        seen_in: &["sebadob/rauthy#1419"],
        rule: None,
        line: Line::Says(EventKind::ClientRegistered, &["client="]),
        page: Shown::Works(&["201", "client_id"]),
        doctor: Doctor::Finds {
            rule: "documents-without-none",
            stops: &["Claude (web, desktop, mobile)"],
            seen: &["client_secret_post"],
            plant: Plant::WithDocuments(|asked, answer| {
                let methods = object!(["client_secret_post"]);
                server(asked, answer, "token_endpoint_auth_methods_supported", Some(methods));
            }),
        },
        provoke: || {
            Box::pin(async {
                let test = TestServer::new().await;
                let body = object!({ "client_name": "Claude", "redirect_uris": ["https://claude.ai/api/mcp/auth_callback"] });
                let mut last = register(&test, &body).await;
                for _ in 0..200 {
                    last = register(&test, &body).await;
                }
                assert_eq!(test.store.take(), Count { reads: 0, writes: 0 });
                Evidence::of([last])
            })
        },
    },
];
