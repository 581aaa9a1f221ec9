//! A client with a document is refused.

use crate::evidence::{Evidence, allow, look};
use crate::plants::{opens, refuse, value};
use crate::row::{Doctor, Line, Pain, Plant, Shown};
use doorward::client::FetchError;
use doorward::rules;
use doorward::wire::EventKind;
use harness::keyed::{self, DOCUMENT, document};
use harness::{Person, TestServer};
use serde_json::json;

pub(super) const PAINS: &[Pain] = &[
    Pain {
        number: 23,
        symptom: "Claude, ChatGPT or VS Code are refused, and clients that register are not.",
        cause: "The server cannot fetch the client's document: no egress, or a challenge page of bot protection.",
        advice: "",
        provoked: "the document is answered by 403, at a server that has no copy",
        seen_in: &["anthropics/claude-ai-mcp#650", "cloudflare/workers-oauth-provider#248"],
        rule: Some(&rules::CLIENT_DOCUMENT_AWAY),
        line: Line::Names(&["the client's document", "403"]),
        page: Shown::Page(&["This server cannot answer at the moment"]),
        doctor: Doctor::Finds {
            rule: "authorize-refuses",
            stops: &["Claude (web, desktop, mobile)", "ChatGPT"],
            seen: &["invalid_client", "client_id https://"],
            plant: Plant::WithDocuments(|asked, answer| {
                if opens(asked) && value(asked, "client_id").starts_with("https://") {
                    refuse(answer, "invalid_client");
                }
            }),
        },
        provoke: || {
            Box::pin(async {
                let test = TestServer::new().await;
                test.web.answer(DOCUMENT, 403, &[("content-type", "text/html")], "Are you human?");
                Evidence::of([look(&test, &keyed::client().url()).await])
            })
        },
    },
    Pain {
        number: 38,
        symptom: "A client that users have used for weeks is refused for some hours.",
        cause: "The server of the client's document is away, and the process has no copy.",
        advice: "Keep a copy of the document of each client that a user has allowed.",
        provoked: "a user allows the client, the process starts again, and the document does not answer",
        seen_in: &["anthropics/claude-ai-mcp#96"],
        rule: None,
        line: Line::Says(EventKind::Consented, &["client=https://app.example/client.json"]),
        page: Shown::Works(&["https://app.example/callback?code="]),
        doctor: Doctor::NotVisible("it is seen only while the document is away"),
        provoke: || {
            Box::pin(async {
                let test = TestServer::new().await;
                test.web.publish(DOCUMENT, &document(&json!({})));
                let client = keyed::client();
                allow(&test, &mut Person::alice(), &client.url()).await;
                let test = test.with_empty_memory().await;
                test.web.fail(DOCUMENT, FetchError::Unavailable("connection refused".to_owned()));
                Evidence::of([allow(&test, &mut Person::alice(), &client.url()).await])
            })
        },
    },
    Pain {
        number: 39,
        symptom: "The browser says that the client's document cannot be used.",
        cause: "The document has no name, another `client_id` than its URL, a secret, or is compressed without being asked.",
        advice: "",
        provoked: "a document without `client_name`",
        seen_in: &["cloudflare/workers-oauth-provider#156"],
        rule: Some(&rules::CLIENT_DOCUMENT_INVALID),
        line: Line::Names(&["client_name"]),
        page: Shown::Page(&["document cannot be used", "client_name is missing"]),
        doctor: Doctor::NotVisible(
            "the fault is in the client's document; the doctor brings those of eight real clients",
        ),
        provoke: || {
            Box::pin(async {
                let test = TestServer::new().await;
                let mut members = document(&json!({}));
                members.as_object_mut().unwrap().remove("client_name");
                test.web.publish(DOCUMENT, &members);
                Evidence::of([look(&test, &keyed::client().url()).await])
            })
        },
    },
];
