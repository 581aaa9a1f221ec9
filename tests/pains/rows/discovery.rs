//! The client finds no authorization server, or gets no answer.

use crate::evidence::{Evidence, look};
use crate::plants::{self, renames_the_challenge, server};
use crate::row::{Doctor, Line, Pain, Plant, Shown};
use doorward::protocol::paths;
use doorward::rules;
use harness::TestServer;
use harness::client::tool_call;
use harness::test_server::{get, header, json};
use http::{Method, StatusCode, header as names};
use serde_json::json as object;

pub(super) const PAINS: &[Pain] = &[
    Pain {
        number: 6,
        symptom: "The client says that it found no authorization server, or asks for paths that are not there.",
        cause: "Clients look for metadata at several places, and a server has it at one.",
        advice: "",
        provoked: "metadata is asked for below a path that is none, then at the well-known path",
        seen_in: &[
            "anthropics/claude-ai-mcp#82",
            "danny-avila/LibreChat#12761",
            "google-gemini/gemini-cli#12447",
        ],
        rule: Some(&rules::NO_ENDPOINT),
        line: Line::Names(&["no endpoint has the path /tenant/.well-known/oauth-authorization-server"]),
        page: Shown::Json(&["no endpoint has this path"]),
        doctor: Doctor::Finds {
            rule: "server-metadata-missing",
            stops: &["oauth4webapi", "openid-client"],
            seen: &["no document, there or at the other places"],
            plant: Plant::Change(|asked, answer| {
                if plants::is_server(asked) {
                    *answer.status_mut() = StatusCode::NOT_FOUND;
                }
            }),
        },
        provoke: || {
            Box::pin(async {
                let test = TestServer::new().await;
                let nowhere = look(&test, "/tenant/.well-known/oauth-authorization-server").await;
                for place in ["/.well-known/oauth-authorization-server", "/.well-known/openid-configuration"]
                {
                    assert_eq!(json(&look(&test, place).await)["issuer"], "https://auth.example");
                }
                Evidence::of([nowhere])
            })
        },
    },
    Pain {
        number: 35,
        symptom: "The client asks for protected resource metadata and gets a 404.",
        cause: "The URL that the user entered has another path than the MCP server.",
        advice: "",
        provoked: "the metadata of a path is asked for at which no MCP server is",
        seen_in: &["anthropics/claude-code#52954"],
        rule: Some(&rules::NO_RESOURCE_HERE),
        line: Line::Names(&["/sse", "known: https://mcp.example/mcp"]),
        page: Shown::Json(&["no protected resource has this path"]),
        doctor: Doctor::Finds {
            rule: "resource-metadata-missing",
            stops: &["oauth4webapi", "openid-client"],
            seen: &["no document"],
            plant: Plant::Change(|asked, answer| {
                if plants::is_resource(asked) {
                    *answer.status_mut() = StatusCode::NOT_FOUND;
                }
            }),
        },
        provoke: || {
            Box::pin(async {
                let test = TestServer::new().await;
                Evidence::of([look(&test, "/.well-known/oauth-protected-resource/sse").await])
            })
        },
    },
    Pain {
        number: 7,
        symptom: "The client gets a 401 and begins no sign-in; or behind API Gateway it never does.",
        cause: "A gateway has removed `WWW-Authenticate`, or renamed it to `x-amzn-remapped-www-authenticate`.",
        advice: "Put a front before the gateway that restores the header, as the template for AWS does, or one that keeps it.",
        provoked: "a call without a token; what a gateway in front does to the header, the server does not see",
        seen_in: &["anthropics/claude-ai-mcp#748", "PrefectHQ/fastmcp#2889", "lightdash/lightdash#26726"],
        rule: Some(&rules::TOKEN_MISSING),
        line: Line::Quiet(
            "every connection begins with such a 401, and what is lost in front of the server it does not see",
        ),
        page: Shown::Challenge(&["resource_metadata=\"https://mcp.example/.well-known/", "scope="]),
        doctor: Doctor::Finds {
            rule: "challenge-renamed",
            stops: &["oauth4webapi", "openid-client"],
            seen: &["x-amzn-remapped-www-authenticate: Bearer"],
            plant: Plant::Change(renames_the_challenge),
        },
        provoke: || {
            Box::pin(async { Evidence::of([TestServer::new().await.call(tool_call(None, "current")).await]) })
        },
    },
    Pain {
        number: 16,
        symptom: "The client says that the issuer does not match.",
        cause: "The issuer has a slash more or less, is http behind a proxy, or is taken from the `Host` header.",
        advice: "Give the public URLs with `--issuer` and `--resource`. No header changes the issuer.",
        provoked: "metadata is asked for with a foreign `Host`; then through a proxy, at a server whose issuer is on loopback",
        seen_in: &["modelcontextprotocol/python-sdk#1919", "github/copilot-cli#4606"],
        rule: None,
        line: Line::Local(&[
            "warn listener",
            "a request came through a proxy",
            "give the public URLs with --issuer",
        ]),
        page: Shown::Works(&["\"issuer\":\"https://auth.example\""]),
        doctor: Doctor::Finds {
            rule: "server-named-without-slash",
            stops: &["ChatGPT", "VS Code", "fastmcp"],
            seen: &["issuer is", "the resource names"],
            plant: Plant::Change(|asked, answer| {
                let slash = object!(format!("{}/", asked.issuer));
                server(asked, answer, "issuer", Some(slash));
            }),
        },
        provoke: || {
            Box::pin(async {
                let test = TestServer::new().await;
                let mut request = get("/.well-known/oauth-authorization-server");
                request.headers_mut().insert("host", "evil.example".parse().unwrap());
                let seen = test.send(request).await;
                let log = super::operator::behind_a_proxy().await;
                Evidence { responses: vec![seen], log }
            })
        },
    },
    Pain {
        number: 26,
        symptom: "A client in a web page reports a CORS error.",
        cause: "The server asks a preflight for a token, or does not expose `WWW-Authenticate`.",
        advice: "",
        provoked: "a preflight of the Inspector's page, and its first call",
        seen_in: &["getsentry/sentry-mcp#999", "modelcontextprotocol/typescript-sdk#715"],
        rule: None,
        line: Line::Quiet("a preflight decides nothing that an operator looks for"),
        page: Shown::Works(&["204", "access-control-allow-headers"]),
        doctor: Doctor::Finds {
            rule: "preflight",
            stops: &["MCP Inspector (in a page)"],
            seen: &["401"],
            plant: Plant::Change(|asked, answer| {
                if asked.method == Method::OPTIONS && asked.path == "/mcp" {
                    *answer.status_mut() = StatusCode::UNAUTHORIZED;
                }
            }),
        },
        provoke: || {
            Box::pin(async {
                let test = TestServer::new().await;
                let mut request = get(paths::TOKEN);
                *request.method_mut() = Method::OPTIONS;
                let headers =
                    [("origin", "http://localhost:6274"), ("access-control-request-method", "POST")];
                for (name, value) in
                    headers.into_iter().chain([("access-control-request-headers", "mcp-protocol-version")])
                {
                    request.headers_mut().insert(name, value.parse().unwrap());
                }
                Evidence::of([test.send(request).await])
            })
        },
    },
    Pain {
        number: 34,
        symptom: "The client reports a timeout.",
        cause: "The server, or one that it waits for, takes longer than the client: Claude waits 10 seconds, 30 for a refresh.",
        advice: "",
        provoked: "the server of a client's document takes eight seconds; this server ends the wait",
        seen_in: &["anthropics/claude-code#30543"],
        rule: Some(&rules::CLIENT_DOCUMENT_AWAY),
        line: Line::Names(&["the client's document", "it took too long"]),
        page: Shown::Page(&["This server cannot answer at the moment"]),
        doctor: Doctor::Finds {
            rule: "deadline",
            stops: &["Claude (web, desktop, mobile)"],
            seen: &["no complete response in"],
            plant: Plant::Mute,
        },
        provoke: || {
            Box::pin(async {
                let test = TestServer::new().await;
                let countdown = harness::TestCountdown::from(std::time::Duration::from_secs(9));
                test.web.delay(std::time::Duration::from_secs(8), &countdown);
                let request = get(&harness::keyed::client().url());
                let late = test.send(countdown.on(request)).await;
                assert_eq!(header(&late, names::RETRY_AFTER.as_str()), "2");
                Evidence::of([late])
            })
        },
    },
];
