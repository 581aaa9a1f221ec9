//! What an operator meets: machines, resource servers, settings.

use crate::evidence::{Evidence, look, register, registered};
use crate::plants;
use crate::row::{Doctor, Line, Pain, Plant, Shown};
use doorward::protocol::paths;
use doorward::rules;
use doorward::wire::EventKind;
use doorward_local::log::Log;
use doorward_local::serve::Listening;
use doorward_local::settings::Sources;
use doorward_settings::{AUTH_PORT, ISSUER, MCP_PORT, RESOURCE, RESOURCE_SECRET, Setting, Values};
use harness::test_server::{get, json, post, secret_of};
use harness::written::Written;
use harness::{Person, TestServer};
use serde_json::json as object;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const FREE_PORTS: [(&Setting, &str); 2] = [(&AUTH_PORT, "0"), (&MCP_PORT, "0")];
const METADATA: &str = "/.well-known/oauth-authorization-server";
const AT_THE_START: &str = "it is told before the server starts";

pub(super) const PAINS: &[Pain] = &[
    Pain {
        number: 28,
        symptom: "A job in CI or a service cannot connect: there is no user who signs in.",
        cause: "The client has no scope of its own, so it gets no token without a user.",
        advice: "",
        provoked: "a client that registered itself asks with `client_credentials`",
        seen_in: &["punkpeye/mcp-remote#350"],
        rule: Some(&rules::CREDENTIALS_NOT_ALLOWED),
        line: Line::Names(&["the client has no scope for client_credentials", "add-client"]),
        page: Shown::Json(&["the client has no scope for client_credentials"]),
        doctor: Doctor::NotVisible("it needs a client that an operator made"),
        provoke: || {
            Box::pin(async {
                let test = TestServer::new().await;
                let body = object!({ "redirect_uris": ["https://a.example/"], "token_endpoint_auth_method": "client_secret_post" });
                let registered = json(&register(&test, &body).await);
                let member = |name: &str| registered[name].as_str().unwrap().to_owned();
                let (id, secret) = (member("client_id"), member("client_secret"));
                let fields =
                    [("grant_type", "client_credentials"), ("client_id", &id), ("client_secret", &secret)];
                Evidence::of([test.send(post(paths::TOKEN, &fields)).await])
            })
        },
    },
    Pain {
        number: 61,
        symptom: "The MCP server gets 401 at introspection.",
        cause: "Its id or its secret is not the one in the settings.",
        advice: "",
        provoked: "introspection with a wrong secret",
        seen_in: &[],
        rule: Some(&rules::INTROSPECTION_CALLER),
        line: Line::Names(&["https://mcp.example/mcp"]),
        page: Shown::Json(&["introspection needs the id and the secret of a resource server"]),
        doctor: Doctor::NotVisible("no client introspects"),
        provoke: || {
            Box::pin(async {
                let fields =
                    [("client_id", "https://mcp.example/mcp"), ("client_secret", "x"), ("token", "x")];
                Evidence::of([TestServer::new().await.send(post(paths::INTROSPECT, &fields)).await])
            })
        },
    },
    Pain {
        number: 62,
        symptom: "Introspection says `\"active\":false`, and the client was just signed in.",
        cause: "The token is for another MCP server, has expired by this server's clock, or its grant is closed.",
        advice: "Compare the `aud` of the token with the id of the MCP server, and the clocks. Clients have to send `resource`.",
        provoked: "the MCP server introspects a token for another resource",
        seen_in: &[],
        rule: None,
        line: Line::Tells(
            EventKind::TokenInactive,
            &["https://mcp.example/mcp", "https://other.example", "client="],
        ),
        page: Shown::Works(&["\"active\":false"]),
        doctor: Doctor::Finds {
            rule: "access-token-refused",
            stops: &["Claude Code"],
            seen: &["401"],
            plant: Plant::Change(|asked, answer| {
                if asked.authorization.as_deref() == Some("Bearer access") {
                    *answer.status_mut() = http::StatusCode::UNAUTHORIZED;
                }
            }),
        },
        provoke: || {
            Box::pin(async {
                let (test, client) = registered().await;
                let token = client.obtain_token(&test, &mut Person::alice()).await;
                let other = "https://other.example";
                let fields = [("client_id", other), ("client_secret", &secret_of(other)), ("token", &token)];
                Evidence::of([test.send(post(paths::INTROSPECT, &fields)).await])
            })
        },
    },
    Pain {
        number: 63,
        symptom: "A setting has no effect.",
        cause: "The name is misspelt.",
        advice: "Correct the name as the warning says.",
        provoked: "a variable `DOORWARD_ISUER`",
        seen_in: &[],
        rule: None,
        line: Line::Local(&["there is no setting \"DOORWARD_ISUER\"; write DOORWARD_ISSUER"]),
        page: Shown::Terminal(&["write DOORWARD_ISSUER"]),
        doctor: Doctor::NotVisible(AT_THE_START),
        provoke: || {
            Box::pin(async {
                let variable = ("DOORWARD_ISUER".to_owned(), "https://auth.example".to_owned());
                let sources = Sources { environment: [variable].into(), ..Sources::default() };
                Evidence::log(sources.warnings().join("\n"))
            })
        },
    },
    Pain {
        number: 64,
        symptom: "Clients sign in, and their tokens are for `http://127.0.0.1:8000/mcp`.",
        cause: "The issuer is public, and the resource was left at its default.",
        advice: "Set `--resource` to the URL that users enter.",
        provoked: "`--issuer https://…` without `--resource`",
        seen_in: &[],
        rule: None,
        line: Line::Local(&[
            "--resource: is not set, but the issuer https://auth.example is public",
            "; add --",
        ]),
        page: Shown::Terminal(&["--resource: is not set"]),
        doctor: Doctor::Finds {
            rule: "resource-differs",
            stops: &["Claude Code", "ChatGPT"],
            seen: &["http://127.0.0.1:8000/mcp"],
            plant: Plant::Change(|asked, answer| {
                if plants::is_resource(asked) {
                    crate::script::member(answer, "resource", Some(object!("http://127.0.0.1:8000/mcp")));
                }
            }),
        },
        provoke: || {
            Box::pin(async { Evidence::log(refused_start(&[(&ISSUER, "https://auth.example")]).await) })
        },
    },
    Pain {
        number: 65,
        symptom: "The server does not start because of a secret.",
        cause: "The secret of a resource server is short enough to be guessed.",
        advice: "Make one with `doorward secret`.",
        provoked: "a `resource-secret` of three characters",
        seen_in: &[],
        rule: None,
        line: Line::Local(&["--resource-secret", "doorward secret"]),
        page: Shown::Terminal(&["doorward secret"]),
        doctor: Doctor::NotVisible(AT_THE_START),
        provoke: || {
            Box::pin(async {
                let resource = (&RESOURCE, "http://127.0.0.1:8000/mcp=user");
                Evidence::log(
                    refused_start(&[resource, (&RESOURCE_SECRET, "http://127.0.0.1:8000/mcp=abc")]).await,
                )
            })
        },
    },
    Pain {
        number: 66,
        symptom: "A container forgets every user and every client at its restart.",
        cause: "There is no folder that stays, so the secret and the store are in memory.",
        advice: "Give a folder that stays: `DOORWARD_DATA_DIR`.",
        provoked: "a server without a folder",
        seen_in: &[],
        rule: None,
        line: Line::Local(&["DOORWARD_DATA_DIR", "on a disk that stays"]),
        page: Shown::Terminal(&["to end this warning, give --in-memory"]),
        doctor: Doctor::NotVisible("it is seen only over a restart, which the doctor cannot order"),
        provoke: || {
            Box::pin(async {
                let listening =
                    Listening::start(&Values::of(FREE_PORTS), Log::to(std::io::sink())).await.unwrap();
                Evidence::log(listening.warnings.join("\n"))
            })
        },
    },
    Pain {
        number: 67,
        symptom: "A user opens the address of the authorization server in a browser, or enters it into a client.",
        cause: "It is not the address of the MCP server.",
        advice: "Enter the URL of the MCP server; the page of the issuer's address lists it.",
        provoked: "the issuer's address is opened in a browser, and called by a client",
        seen_in: &[],
        rule: Some(&rules::NO_ENDPOINT),
        line: Line::Names(&["no endpoint has the path /"]),
        page: Shown::Hint(&[
            "To connect a program, give it the address of the server that it should use",
            "https://mcp.example/mcp",
        ]),
        doctor: Doctor::Finds {
            rule: "no-401",
            stops: &["Claude Code", "Cursor"],
            seen: &["404"],
            plant: Plant::Change(|asked, answer| {
                if asked.path == "/mcp" {
                    *answer.status_mut() = http::StatusCode::NOT_FOUND;
                }
            }),
        },
        provoke: || {
            Box::pin(async {
                let test = TestServer::new().await;
                let mut request = get("/");
                request.headers_mut().insert("accept", "text/html".parse().unwrap());
                Evidence::of([look(&test, "/").await, test.send(request).await])
            })
        },
    },
];

/// What the server says that does not start with these settings.
async fn refused_start(settings: &[(&'static Setting, &'static str)]) -> String {
    let values = Values::of(FREE_PORTS.into_iter().chain(settings.iter().copied()));
    Listening::start(&values, Log::to(std::io::sink())).await.map(drop).unwrap_err().to_string()
}

/// The log of a server on loopback after a request that came through a proxy.
pub(super) async fn behind_a_proxy() -> String {
    let written = Written::default();
    let listening = Listening::start(&Values::of(FREE_PORTS), Log::to(written.clone())).await.unwrap();
    let host = listening.issuer().as_str().trim_start_matches("http://").to_owned();
    tokio::spawn(listening.run());
    let mut stream = TcpStream::connect(&host).await.unwrap();
    let head = format!(
        "GET {} HTTP/1.1\r\nHost: {host}\r\nX-Forwarded-Host: auth.example\r\nConnection: close\r\n\r\n",
        METADATA
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut response = Vec::new();
    stream.read_to_end(&mut response).await.unwrap();
    written.text()
}
