//! Each change to a server that was tried with real clients: the doctor finds it, and its verdicts are what the clients did.

use crate::report;
use crate::script::{Answer, Asked, Change, member, start};
use doorward_local::doctor::clients::ALL as CLIENTS;
use doorward_local::doctor::report::{Report, Verdict};
use doorward_local::doctor::rule::Level;
use http::{HeaderValue, StatusCode, header};
use serde_json::{Value, json};

/// The clients that were run, in the order of the columns.
pub(crate) const COLUMNS: [&str; 9] = [
    "mcp 1.30 (Python)",
    "mcp 2.3 (Python)",
    "fastmcp",
    "sdk 1.x (TypeScript)",
    "client 2.x (TypeScript)",
    "oauth4webapi",
    "openid-client",
    "mcp-remote",
    "MCP Inspector (in a page)",
];

pub(crate) const OAUTH: &str = "/.well-known/oauth-authorization-server";

/// A change, the rule that the doctor has to name, and which clients stopped: `X` means stopped.
pub(crate) type Mutation = (&'static str, Option<&'static str>, &'static str, Change);

pub(crate) fn is_server(asked: &Asked) -> bool {
    [OAUTH, "/.well-known/openid-configuration"].contains(&asked.path.as_str())
}

fn is_resource(asked: &Asked) -> bool {
    asked.path.starts_with("/.well-known/oauth-protected-resource")
}

pub(crate) fn is_registration(asked: &Asked, answer: &Answer) -> bool {
    (asked.path.ends_with("/register") || asked.path == "/reg") && answer.status() == StatusCode::CREATED
}

fn is_tokens(asked: &Asked, answer: &Answer) -> bool {
    asked.path.ends_with("/token") && answer.status() == StatusCode::OK
}

fn server(asked: &Asked, answer: &mut Answer, name: &str, value: Option<Value>) {
    if is_server(asked) {
        member(answer, name, value);
    }
}

fn resource(asked: &Asked, answer: &mut Answer, name: &str, value: Option<Value>) {
    if is_resource(asked) {
        member(answer, name, value);
    }
}

fn tokens(asked: &Asked, answer: &mut Answer, name: &str, value: Option<Value>) {
    if is_tokens(asked, answer) {
        member(answer, name, value);
    }
}

fn oauth(asked: &Asked, answer: &mut Answer, status: StatusCode) {
    if asked.path == OAUTH {
        *answer.status_mut() = status;
    }
}

fn without_challenge(answer: &mut Answer) {
    if let Some(challenge) = answer.headers_mut().get_mut(header::WWW_AUTHENTICATE) {
        let is_bad = challenge.to_str().is_ok_and(|text| text.contains("invalid_token"));
        *challenge =
            HeaderValue::from_static(if is_bad { r#"Bearer error="invalid_token""# } else { "Bearer" });
    }
}

/// Changes the `iss` of the authorization response.
fn iss(answer: &mut Answer, iss: Option<&str>) {
    let back = answer.headers().get(header::LOCATION).map(|back| back.to_str().unwrap().to_owned());
    let Some((to, query)) = back.as_deref().and_then(|back| back.split_once('?')) else { return };
    let pairs: Vec<_> = form_urlencoded::parse(query.as_bytes()).collect();
    if pairs.iter().any(|(name, _)| name == "code") {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query
            .extend_pairs(pairs.iter().filter(|(name, _)| name != "iss"))
            .extend_pairs(iss.map(|iss| ("iss", iss)));
        answer.headers_mut().insert(header::LOCATION, format!("{to}?{}", query.finish()).parse().unwrap());
    }
}

/// A URL with a slash more, or without its slash.
fn other_slash(url: &str) -> String {
    url.strip_suffix('/').map_or_else(|| format!("{url}/"), str::to_owned)
}

#[rustfmt::skip]
pub(crate) const MUTATIONS: [Mutation; 35] = [
    //                                                                  Python  TypeSc. generic products
    //                                                                  1 2 fas 1 2 o4w oidc remote inspector
    ("none", None,                                                     ". . . . . . . . .", |_, _| ()),
    ("asm_null_optionals", Some("server-metadata-null"),               ". . . X X . . X X", |a, r| server(a, r, "scopes_supported", Some(Value::Null))),
    ("asm_no_pkce", Some("pkce"),                                      ". . . . . X X . .", |a, r| server(a, r, "code_challenge_methods_supported", None)),
    ("asm_issuer_slash", Some("server-named-without-slash"),           ". X X . X X X X X", |a, r| server(a, r, "issuer", Some(json!(other_slash(&a.issuer))))),
    ("asm_no_auth_methods", Some("auth-methods"),                      ". . . . . . . . .", |a, r| server(a, r, "token_endpoint_auth_methods_supported", None)),
    ("asm_no_response_types", Some("response-types"),                  ". . . X X . . X X", |a, r| server(a, r, "response_types_supported", None)),
    ("asm_no_registration", Some("no-registration"),                   "X X X X X X X X X", |a, r| server(a, r, "registration_endpoint", None)),
    ("asm_404_oauth_only_oidc", Some("server-metadata-only-openid"),   ". . . . . X X . .", |a, r| oauth(a, r, StatusCode::NOT_FOUND)),
    ("asm_403_oauth_only_oidc", Some("server-metadata-only-openid"),   ". . . . . X X . .", |a, r| oauth(a, r, StatusCode::FORBIDDEN)),
    ("asm_500_oauth_only_oidc", Some("server-metadata-unavailable"),   "X X X X X X X X X", |a, r| oauth(a, r, StatusCode::INTERNAL_SERVER_ERROR)),
    ("asm_textplain", Some("metadata-content-type"),                   ". . . . . . . . .", |a, r| if is_server(a) {
        r.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain"));
    }),
    ("prm_root_only_no_header", Some("challenge-without-metadata"),    ". . . . . X X . .", |a, r| {
        without_challenge(r);
        if a.path == "/.well-known/oauth-protected-resource/mcp" {
            *r.status_mut() = StatusCode::NOT_FOUND;
        }
    }),
    ("prm_no_header", Some("challenge-without-metadata"),              ". . . . . X X . .", |_, r| without_challenge(r)),
    // With a server that binds tokens to its URL, every client stops at these two: the server refuses the resource.
    ("prm_resource_origin", Some("resource-parent"),                   ". . . . . X X . .", |a, r| resource(a, r, "resource", Some(json!(a.resource.trim_end_matches("/mcp"))))),
    ("prm_resource_slash", Some("resource-slash"),                     ". . . X X X X X X", |a, r| resource(a, r, "resource", Some(json!(format!("{}/", a.resource))))),
    ("prm_resource_other", Some("resource-differs"),                   "X X X X X X X X X", |a, r| resource(a, r, "resource", Some(json!("https://other.example/mcp")))),
    ("prm_as_slash", Some("server-named-with-slash"),                  ". X X . . . . . .", |a, r| resource(a, r, "authorization_servers", Some(json!([other_slash(&a.issuer)])))),
    ("prm_as_noslash", None,                                           ". . . . . . . . .", |a, r| resource(a, r, "authorization_servers", Some(json!([a.issuer.trim_end_matches('/')])))),
    ("prm_null_optionals", Some("resource-metadata-null"),             ". . . X X . . X X", |a, r| resource(a, r, "resource_name", Some(Value::Null))),
    ("unauth_403", Some("no-401"),                                      "X X X X X X . X X", |a, r| if r.status() == StatusCode::UNAUTHORIZED && a.authorization.is_none() {
        *r.status_mut() = StatusCode::FORBIDDEN;
    }),
    ("reg_200", Some("registration-status"),                           ". . . . . X X . .", |a, r| if is_registration(a, r) {
        *r.status_mut() = StatusCode::OK;
    }),
    ("reg_null_optionals", Some("registration-secret-null"),           ". . . X X X X X X", |a, r| if is_registration(a, r) {
        member(r, "client_uri", Some(Value::Null));
        if r.body().contains(r#""none""#) {
            member(r, "client_secret", Some(Value::Null));
        }
    }),
    ("reg_echo_minimal", Some("registration-echo"),                    "X . . X X . . X X", |a, r| if is_registration(a, r) {
        member(r, "redirect_uris", None);
    }),
    ("cb_no_iss", Some("iss-missing"),                                 ". X X . X X X X X", |_, r| iss(r, None)),
    ("cb_wrong_iss", Some("iss-differs"),                              ". X X . X X X X X", |_, r| iss(r, Some("https://other.example"))),
    ("cb_iss_slash", Some("iss-differs"),                              ". X X . X X X X X", |a, r| iss(r, Some(&other_slash(&a.issuer)))),
    ("token_lowercase_type", None,                                     ". . . . . . . . .", |a, r| tokens(a, r, "token_type", Some(json!("bearer")))),
    ("token_no_type", Some("token-type"),                              ". . . X X X X X X", |a, r| tokens(a, r, "token_type", None)),
    ("token_expires_string", Some("token-lifetime"),                   ". . . . . . . . .", |a, r| tokens(a, r, "expires_in", Some(json!("3600")))),
    ("token_no_expires", Some("token-lifetime"),                       ". . . . . . . . .", |a, r| tokens(a, r, "expires_in", None)),
    ("token_null_optionals", Some("token-null"),                       ". . . X X X X X X", |a, r| tokens(a, r, "id_token", Some(Value::Null))),
    ("token_scope_array", Some("token-scope"),                         "X X X X X X X X X", |a, r| tokens(a, r, "scope", Some(json!(["user"])))),
    ("token_no_scope", None,                                           ". . . . . . . . .", |a, r| tokens(a, r, "scope", None)),
    ("token_status_201", Some("token-status"),                         "X X X . . X X . .", |a, r| if is_tokens(a, r) {
        *r.status_mut() = StatusCode::CREATED;
    }),
    ("token_no_cachecontrol", Some("token-stored"),                    ". . . . . . . . .", |a, r| if is_tokens(a, r) {
        r.headers_mut().remove(header::CACHE_CONTROL);
    }),
];

pub(crate) fn row(report: &Report) -> String {
    let cell = |name: &&str| {
        let client = CLIENTS.iter().find(|client| client.name == *name).unwrap();
        match report.verdict(client) {
            Verdict::StopsAt(_) => "X",
            Verdict::Connects | Verdict::ReachesSignIn => ".",
            Verdict::Unknown(_) | Verdict::NotTried => "?",
        }
    };
    COLUMNS.iter().map(cell).collect::<Vec<_>>().join(" ")
}

#[tokio::test]
async fn the_verdicts_are_what_the_clients_did() {
    for (name, rule, stopped, change) in MUTATIONS {
        let report = report(&start(change).await).await;
        assert_eq!(row(&report), stopped, "{name}\n{report}");
        assert_eq!(report.stops_clients(), stopped.contains('X'), "{name}\n{report}");
        let is_found =
            rule.is_none_or(|rule| report.findings.iter().any(|finding| finding.rule.id() == rule));
        assert!(is_found, "{name} is not named\n{report}");
        if !stopped.contains('X') {
            let is_mild = |level| level == Level::Warning;
            assert!(
                report.findings.iter().all(|finding| is_mild(finding.rule.text().level)),
                "{name}\n{report}"
            );
        }
    }
}

/// The server answers to the doctor only.
#[tokio::test]
async fn a_server_without_a_fault_has_no_finding_and_knows_who_asks() {
    let change: Change = |asked, answer| {
        if !asked.user_agent.starts_with("doorward-doctor/") {
            *answer.status_mut() = StatusCode::NOT_FOUND;
        }
    };
    let report = report(&start(change).await).await;
    assert!(report.findings.is_empty() && report.not_tried.is_empty(), "{report}");
}
