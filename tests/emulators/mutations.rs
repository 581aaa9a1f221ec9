//! Mutations of our own responses, one at a time: an emulator must stop where its library stopped. This shows that the
//! emulator represents its library.

use crate::client::{Client, Known, Resource, Rules, Scope, Shows, Way};
use crate::connect::connect;
use crate::libraries::{
    FASTMCP, INSPECTOR, MCP_REMOTE, OAUTH4WEBAPI, OPENID_CLIENT, PYTHON_1, PYTHON_2, TYPESCRIPT_1,
    TYPESCRIPT_2,
};
use async_trait::async_trait;
use doorward::protocol::paths;
use doorward::wire::{Request, Response};
use harness::TestServer;
use harness::test_server::{Transport, header, json};
use http::{HeaderValue, StatusCode, header as names};
use serde_json::{Value, json as object};
use std::sync::Arc;

/// The libraries of the matrix, in the order of its columns.
const ALL: [&Rules; 9] = [
    &PYTHON_1,
    &PYTHON_2,
    &FASTMCP,
    &TYPESCRIPT_1,
    &TYPESCRIPT_2,
    &OAUTH4WEBAPI,
    &OPENID_CLIENT,
    &MCP_REMOTE,
    &INSPECTOR,
];

/// A change, and which libraries stopped at it, in the order of [`ALL`]: `X` means stopped.
struct Mutation {
    name: &'static str,
    stopped: &'static str,
    change: fn(&str, &mut Response),
}

const fn mutation(name: &'static str, stopped: &'static str, change: fn(&str, &mut Response)) -> Mutation {
    Mutation { name, stopped, change }
}

//                                     Python      TypeScript  generic     products
//                                     1  2  fast  1  2        o4w oidc    remote inspector
const MUTATIONS: [Mutation; 34] = [
    mutation("nothing", ". . . . . . . . .", |_, _| ()),
    mutation("nulls in the server's metadata", ". . . X X . . X X", |path, r| {
        member(r, is_server(path), "scopes_supported", object!(null));
    }),
    mutation("no S256 in the server's metadata", ". . . . . X X . .", |path, r| {
        remove(r, is_server(path), "code_challenge_methods_supported");
    }),
    mutation("an issuer with a slash", ". X X . X X X X X", |path, r| {
        member(r, is_server(path), "issuer", object!("https://auth.example/"));
    }),
    mutation("no authentication methods", ". . . . . . . . .", |path, r| {
        remove(r, is_server(path), "token_endpoint_auth_methods_supported");
    }),
    mutation("no response types", ". . . X X . . X X", |path, r| {
        remove(r, is_server(path), "response_types_supported");
    }),
    mutation("no registration endpoint", "X X X X X X X X X", |path, r| {
        remove(r, is_server(path), "registration_endpoint");
    }),
    mutation("metadata at the OpenID path only", ". . . . . X X . .", |path, r| {
        status(r, path == paths::METADATA, StatusCode::NOT_FOUND);
    }),
    mutation("a 403 at the OAuth path", ". . . . . X X . .", |path, r| {
        status(r, path == paths::METADATA, StatusCode::FORBIDDEN);
    }),
    mutation("a 500 at the OAuth path", "X X X X X X X X X", |path, r| {
        status(r, path == paths::METADATA, StatusCode::INTERNAL_SERVER_ERROR);
    }),
    mutation("metadata as plain text", ". . . . . . . . .", |path, r| {
        if is_server(path) {
            r.headers_mut().insert(names::CONTENT_TYPE, HeaderValue::from_static("text/plain"));
        }
    }),
    mutation("a challenge without metadata, metadata at the root", ". . . . . X X . .", |path, r| {
        without_challenge(r);
        status(
            r,
            path.starts_with(paths::PROTECTED_RESOURCE) && path != paths::PROTECTED_RESOURCE,
            StatusCode::NOT_FOUND,
        );
    }),
    mutation("a challenge without metadata", ". . . . . X X . .", |_, r| without_challenge(r)),
    mutation("a resource that is its origin", "X X X X X X X X X", |path, r| {
        member(r, is_resource(path), "resource", object!("https://mcp.example"));
    }),
    mutation("a resource with a slash", "X X X X X X X X X", |path, r| {
        member(r, is_resource(path), "resource", object!("https://mcp.example/mcp/"));
    }),
    mutation("another resource", "X X X X X X X X X", |path, r| {
        member(r, is_resource(path), "resource", object!("https://other.example/mcp"));
    }),
    mutation("a server with a slash in the resource's metadata", ". X X . . . . . .", |path, r| {
        member(r, is_resource(path), "authorization_servers", object!(["https://auth.example/"]));
    }),
    mutation("nulls in the resource's metadata", ". . . X X . . X X", |path, r| {
        member(r, is_resource(path), "resource_name", object!(null));
    }),
    mutation("403 for a call without a token", "X X X X X X . X X", |_, r| {
        if r.status() == StatusCode::UNAUTHORIZED && r.headers().contains_key(names::WWW_AUTHENTICATE) {
            *r.status_mut() = StatusCode::FORBIDDEN;
        }
    }),
    mutation("a registration with 200", ". . . . . X X . .", |path, r| {
        status(r, path == paths::REGISTER, StatusCode::OK);
    }),
    mutation("nulls in a registration", ". . . X X X X X X", |path, r| {
        member(r, path == paths::REGISTER, "client_uri", object!(null));
    }),
    mutation("a registration without redirect URIs", "X . . X X . . X X", |path, r| {
        remove(r, path == paths::REGISTER, "redirect_uris");
    }),
    mutation("no iss", ". X X . X X X X X", |_, r| iss(r, None)),
    mutation("another iss", ". X X . X X X X X", |_, r| iss(r, Some("https://other.example"))),
    mutation("an iss with a slash", ". X X . X X X X X", |_, r| iss(r, Some("https://auth.example/"))),
    mutation("a token type in lower case", ". . . . . . . . .", |path, r| {
        member(r, path == paths::TOKEN, "token_type", object!("bearer"));
    }),
    mutation("no token type", ". . . X X X X X X", |path, r| remove(r, path == paths::TOKEN, "token_type")),
    mutation("expires_in as text", ". . . . . . . . .", |path, r| {
        member(r, path == paths::TOKEN, "expires_in", object!("3600"));
    }),
    mutation("no expires_in", ". . . . . . . . .", |path, r| remove(r, path == paths::TOKEN, "expires_in")),
    mutation("nulls in a token response", ". . . X X X X X X", |path, r| {
        member(r, path == paths::TOKEN, "id_token", object!(null));
    }),
    mutation("a scope that is a list", "X X X X X X X X X", |path, r| {
        member(r, path == paths::TOKEN, "scope", object!(["user"]));
    }),
    mutation("no scope", ". . . . . . . . .", |path, r| remove(r, path == paths::TOKEN, "scope")),
    mutation("tokens with 201", "X X X . . X X . .", |path, r| {
        status(r, path == paths::TOKEN, StatusCode::CREATED);
    }),
    mutation("tokens that may be cached", ". . . . . X . . .", |path, r| {
        if path == paths::TOKEN {
            r.headers_mut().remove(names::CACHE_CONTROL);
        }
    }),
];

fn is_server(path: &str) -> bool {
    [paths::METADATA, paths::OPENID].contains(&path)
}

fn is_resource(path: &str) -> bool {
    path.starts_with(paths::PROTECTED_RESOURCE)
}

fn edit(response: &mut Response, here: bool, change: impl FnOnce(&mut serde_json::Map<String, Value>)) {
    if let (true, Value::Object(mut members)) = (here, json(response)) {
        change(&mut members);
        *response.body_mut() = Value::Object(members).to_string().into();
    }
}

fn member(response: &mut Response, here: bool, name: &str, value: Value) {
    edit(response, here, |members| drop(members.insert(name.to_owned(), value)));
}

fn remove(response: &mut Response, here: bool, name: &str) {
    edit(response, here, |members| drop(members.remove(name)));
}

fn status(response: &mut Response, here: bool, status: StatusCode) {
    if here {
        *response.status_mut() = status;
    }
}

fn without_challenge(response: &mut Response) {
    if response.headers().contains_key(names::WWW_AUTHENTICATE) {
        response.headers_mut().insert(names::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
}

/// Changes or removes the `iss` of an authorization response that has a code.
fn iss(response: &mut Response, iss: Option<&str>) {
    let refresh = header(response, "refresh").to_owned();
    let Some((before, _)) = refresh.split_once("&iss=").filter(|_| refresh.contains("code=")) else {
        return;
    };
    let changed = iss.map_or_else(|| before.to_owned(), |iss| format!("{before}&iss={iss}"));
    response.headers_mut().insert(names::REFRESH, changed.parse().unwrap());
}

/// A transport that changes each response.
struct Mutated(Arc<dyn Transport>, fn(&str, &mut Response));

#[async_trait]
impl Transport for Mutated {
    async fn send(&self, request: Request) -> Response {
        let path = request.uri().path().to_owned();
        let mut response = self.0.send(request).await;
        self.1(&path, &mut response);
        response
    }

    async fn call(&self, request: Request) -> Response {
        let path = request.uri().path().to_owned();
        let mut response = self.0.call(request).await;
        self.1(&path, &mut response);
        response
    }
}

#[tokio::test]
async fn an_emulator_stops_where_its_library_stops() {
    for mutation in &MUTATIONS {
        let test = TestServer::new().await.behind(|place| Arc::new(Mutated(place, mutation.change)));
        let mut stopped = Vec::new();
        for rules in ALL {
            let client = Client {
                name: rules.name,
                known: Known::Read,
                rules,
                way: Way::Registration,
                redirect_uris: &["http://127.0.0.1:PORT/callback"],
                redirect_uri: "http://127.0.0.1:PORT/callback",
                metadata: "{}",
                scope: Scope::Challenged,
                asks: &[],
                resource: Resource::Echoed,
                shows: [Shows::Nothing, Shows::Nothing],
                origin: None,
                note: "",
            };
            stopped.push(if connect(&test, &client).await.is_err() { "X" } else { "." });
        }
        assert_eq!(stopped.join(" "), mutation.stopped, "{}", mutation.name);
    }
}
