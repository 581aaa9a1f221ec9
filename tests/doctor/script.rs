//! A scripted MCP server with its authorization server, on one origin. It has no fault, and a change of a test makes one.

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use http::request::Parts;
use http::{HeaderValue, Method, Response, StatusCode, header};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::net::TcpListener;

/// A request of the doctor, as far as changes depend on it.
pub(crate) struct Asked {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) query: HashMap<String, String>,
    pub(crate) form: HashMap<String, String>,
    pub(crate) body: Value,
    pub(crate) authorization: Option<String>,
    pub(crate) user_agent: String,
    /// The origin of this server.
    pub(crate) origin: String,
    /// Its issuer.
    pub(crate) issuer: String,
    /// The URL of its MCP server.
    pub(crate) resource: String,
}

pub(crate) type Answer = Response<String>;
pub(crate) type Change = fn(&Asked, &mut Answer);

/// Starts a server, and returns the URL of its MCP server.
pub(crate) async fn start(change: impl Fn(&Asked, &mut Answer) + Send + Sync + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    let (url, is_revoked) = (format!("{origin}/mcp"), Arc::new(AtomicBool::new(false)));
    let change = Arc::new(change);
    let answer = move |request: Request| {
        let (origin, is_revoked, change) = (origin.clone(), is_revoked.clone(), change.clone());
        async move {
            let asked = read(request, origin).await;
            let mut answer = answer(&asked, &is_revoked);
            cross_origin(&mut answer);
            change(&asked, &mut answer);
            answer.map(Body::from)
        }
    };
    let router = Router::new().fallback(answer);
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    url
}

fn pairs(text: &str) -> HashMap<String, String> {
    form_urlencoded::parse(text.as_bytes()).into_owned().collect()
}

async fn read(request: Request, origin: String) -> Asked {
    let (head, body) = request.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap();
    let (issuer, resource) = (origin.clone(), format!("{origin}/mcp"));
    Asked::of(&head, &body, [origin, issuer, resource])
}

impl Asked {
    /// A request to an origin, with the issuer and the resource of the server.
    pub(crate) fn of(head: &Parts, body: &[u8], server: [String; 3]) -> Self {
        let [origin, issuer, resource] = server;
        let text = |name| {
            head.headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok()).map(str::to_owned)
        };
        Self {
            authorization: text(header::AUTHORIZATION),
            user_agent: text(header::USER_AGENT).unwrap_or_default(),
            method: head.method.clone(),
            path: head.uri.path().to_owned(),
            query: pairs(head.uri.query().unwrap_or_default()),
            form: pairs(&String::from_utf8_lossy(body)),
            body: serde_json::from_slice(body).unwrap_or_default(),
            origin,
            issuer,
            resource,
        }
    }
}

fn cross_origin(answer: &mut Answer) {
    for (name, value) in [
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
        (header::ACCESS_CONTROL_ALLOW_HEADERS, "authorization, content-type, mcp-protocol-version"),
        (header::ACCESS_CONTROL_EXPOSE_HEADERS, "www-authenticate"),
        (header::CACHE_CONTROL, "no-store"),
    ] {
        answer.headers_mut().insert(name, HeaderValue::from_static(value));
    }
}

fn status(code: StatusCode) -> Answer {
    let mut answer = Answer::default();
    *answer.status_mut() = code;
    answer
}

fn object(code: StatusCode, value: &Value) -> Answer {
    let mut answer = status(code);
    answer.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    *answer.body_mut() = value.to_string();
    answer
}

fn answer(asked: &Asked, is_revoked: &AtomicBool) -> Answer {
    let origin = &asked.origin;
    match (asked.method.as_str(), asked.path.as_str()) {
        ("OPTIONS", _) => status(StatusCode::NO_CONTENT),
        (_, "/mcp") => mcp(asked),
        (
            "GET" | "HEAD",
            "/.well-known/oauth-protected-resource/mcp" | "/.well-known/oauth-protected-resource",
        ) => {
            let document = json!({
                "resource": format!("{origin}/mcp"),
                "authorization_servers": [origin],
                "scopes_supported": ["user"],
            });
            object(StatusCode::OK, &document)
        }
        ("GET" | "HEAD", "/.well-known/oauth-authorization-server" | "/.well-known/openid-configuration") => {
            object(StatusCode::OK, &metadata(origin))
        }
        ("POST", "/register") => register(&asked.body),
        (_, "/authorize") => authorize(asked),
        ("POST", "/token") => token(asked, is_revoked),
        ("POST", "/revoke") => {
            is_revoked.store(true, Ordering::Relaxed);
            status(StatusCode::OK)
        }
        _ => status(StatusCode::NOT_FOUND),
    }
}

fn mcp(asked: &Asked) -> Answer {
    let error = match asked.authorization.as_deref() {
        Some("Bearer access") => {
            return object(StatusCode::OK, &json!({ "jsonrpc": "2.0", "id": 1, "result": {} }));
        }
        Some(_) => r#"error="invalid_token", "#,
        None => "",
    };
    let metadata = format!("{}/.well-known/oauth-protected-resource/mcp", asked.origin);
    let challenge = format!(r#"Bearer {error}resource_metadata="{metadata}", scope="user""#);
    let mut answer = status(StatusCode::UNAUTHORIZED);
    answer.headers_mut().insert(header::WWW_AUTHENTICATE, challenge.parse().unwrap());
    answer
}

fn metadata(origin: &str) -> Value {
    json!({
        "issuer": origin,
        "authorization_endpoint": format!("{origin}/authorize"),
        "token_endpoint": format!("{origin}/token"),
        "registration_endpoint": format!("{origin}/register"),
        "revocation_endpoint": format!("{origin}/revoke"),
        "jwks_uri": format!("{origin}/keys"),
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "response_types_supported": ["code"],
        "code_challenge_methods_supported": ["S256"],
        "token_endpoint_auth_methods_supported": ["none", "client_secret_post"],
        "authorization_response_iss_parameter_supported": true,
    })
}

/// The client id holds the redirect URIs.
fn register(body: &Value) -> Answer {
    let mut answer = body.clone();
    answer["client_id"] = json!(URL_SAFE_NO_PAD.encode(body["redirect_uris"].to_string()));
    if body["token_endpoint_auth_method"] != "none" {
        answer["client_secret"] = json!("a secret");
        answer["client_secret_expires_at"] = json!(0);
        let method = body["token_endpoint_auth_method"].as_str().unwrap_or("client_secret_basic");
        answer["token_endpoint_auth_method"] = json!(method);
    }
    object(StatusCode::CREATED, &answer)
}

fn authorize(asked: &Asked) -> Answer {
    let value = |name: &str| asked.query.get(name).cloned().unwrap_or_default();
    let registered = URL_SAFE_NO_PAD.decode(value("client_id")).unwrap_or_default();
    let registered: Vec<String> = serde_json::from_slice(&registered).unwrap_or_default();
    let is_known = registered.contains(&value("redirect_uri")) || value("client_id").starts_with("https://");
    let is_sound = is_known && asked.query.contains_key("code_challenge");
    if !is_sound {
        return status(StatusCode::BAD_REQUEST);
    }
    let form = |name: &str| asked.form.get(name).map(String::as_str).unwrap_or_default();
    if asked.method == Method::GET || form("username") != "alice" || form("password") != "open sesame" {
        let mut page = status(StatusCode::OK);
        page.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html"));
        "<form method=post><input name=username><input name=password type=password></form>"
            .clone_into(page.body_mut());
        return page;
    }
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.extend_pairs([("code", "code"), ("state", &value("state")), ("iss", &asked.origin)]);
    let mut answer = status(StatusCode::FOUND);
    let back = format!("{}?{}", value("redirect_uri"), query.finish());
    answer.headers_mut().insert(header::LOCATION, back.parse().unwrap());
    answer
}

fn token(asked: &Asked, is_revoked: &AtomicBool) -> Answer {
    let value = |name: &str| asked.form.get(name).map(String::as_str).unwrap_or_default();
    let is_known = value("code") == "code" || value("refresh_token").starts_with("refresh");
    if !is_known || is_revoked.load(Ordering::Relaxed) {
        return object(StatusCode::BAD_REQUEST, &json!({ "error": "invalid_grant" }));
    }
    let successor = match value("refresh_token") {
        "" => "refresh".to_owned(),
        presented => format!("{presented}x"),
    };
    let tokens = json!({
        "access_token": "access",
        "token_type": "Bearer",
        "expires_in": 3600,
        "scope": "user",
        "refresh_token": successor,
    });
    object(StatusCode::OK, &tokens)
}

/// Changes a member of a JSON document, or removes it.
pub(crate) fn member(answer: &mut Answer, name: &str, value: Option<Value>) {
    let Ok(Value::Object(mut members)) = serde_json::from_str(answer.body()) else { return };
    match value {
        Some(value) => drop(members.insert(name.to_owned(), value)),
        None => drop(members.remove(name)),
    }
    *answer.body_mut() = Value::Object(members).to_string();
}
