//! Refused requests, one table row each: the request, the expected answer, and the section that requires it.

#![expect(clippy::unwrap_used, reason = "a test that cannot continue panics")]

mod account;
mod authorize;
mod callback;
mod identity;
mod introspect;
mod mcp;
mod people;
mod refresh;
mod register;
mod routing;
mod token;
mod unsupported;
mod userinfo;
mod workload;

use doorward::protocol::paths;
use doorward::rules::{self, Rule};
use doorward::wire::{Request, Response};
use harness::TestServer;
use harness::counting::Count;
use harness::test_server::{header, json, parameter, text};
use serde_json::Value;

/// A request that is refused.
#[derive(Clone)]
struct Row {
    /// What is wrong with it.
    wrong: &'static str,
    /// The section of the specification that requires this refusal.
    section: &'static str,
    request: Request,
    told: Told,
}

/// The expected answer.
#[derive(Clone)]
enum Told {
    /// This status, and JSON with this error code.
    Json(u16, &'static str),
    /// This status, and an HTML page that contains this text.
    Page(u16, &'static str),
    /// A redirect to the client's redirect URI, with this error code.
    Redirect(&'static str),
    /// This status, and a `WWW-Authenticate` challenge that contains this text.
    Challenge(u16, &'static str),
    /// This status, a `WWW-Authenticate` challenge of the authorization server that contains this text, and JSON with this error
    /// code.
    Bearer(u16, &'static str, &'static str),
    /// This status, and a JSON-RPC error with this code, without the id of a request.
    JsonRpc(u16, i64),
    /// This status.
    Status(u16),
}

fn row(wrong: &'static str, section: &'static str, request: Request, told: Told) -> Row {
    Row { wrong, section, request, told }
}

/// The request from a browser to which pages may be bound, but not those of the test.
fn bound(mut request: Request) -> Request {
    request.headers_mut().insert("cookie", "__Host-doorward-browser-AAAAAAAA=AAAA".parse().unwrap());
    request
}

/// Sends every row to the authorization server. Checks the answer, and that the request cost no store access.
async fn check(test: &TestServer, rows: Vec<Row>) {
    test.store.take();
    for row in rows {
        let response = test.send(row.request.clone()).await;
        row.compare(&response);
        assert_eq!(test.store.take(), Count { reads: 0, writes: 0 }, "{} ({})", row.wrong, row.section);
    }
}

/// The rule in the error catalogue to which an `error_uri` leads.
fn rule(uri: Option<&str>) -> &'static Rule {
    let (page, name) = uri.and_then(|uri| uri.split_once('#')).unwrap();
    assert!(page.ends_with(paths::ERRORS), "{page}");
    rules::all().find(|rule| rule.name == name).unwrap()
}

impl Row {
    fn compare(&self, response: &Response) {
        let about = format!("{} ({}): {} {}", self.wrong, self.section, response.status(), text(response));
        let body = json(response);
        match self.told {
            Told::Json(status, error) => {
                assert_eq!(
                    (response.status().as_u16(), body["error"].as_str()),
                    (status, Some(error)),
                    "{about}"
                );
                assert!(body["error_description"].as_str().is_some_and(|why| why.len() > 10), "{about}");
                assert_eq!(header(response, "cache-control"), "no-store", "{about}");
                let rule = rule(body["error_uri"].as_str());
                assert_eq!((rule.status.as_u16(), rule.code), (status, error), "{about}");
            }
            Told::Page(status, says) => {
                assert_eq!(response.status().as_u16(), status, "{about}");
                assert!(header(response, "content-type").starts_with("text/html"), "{about}");
                assert!(text(response).contains(says), "{about}");
                assert_eq!(header(response, "location"), "", "{about}");
            }
            Told::Redirect(error) => {
                let back = header(response, "location");
                assert!(back.starts_with("http://127.0.0.1:7777/callback?"), "{about}");
                assert_eq!(parameter(back, "error").as_deref(), Some(error), "{about}");
                assert_eq!(parameter(back, "iss").as_deref(), Some("https://auth.example"), "{about}");
                assert_eq!(parameter(back, "code"), None, "{about}");
                assert_eq!(rule(parameter(back, "error_uri").as_deref()).code, error, "{about}");
            }
            Told::Challenge(status, holds) => {
                assert_eq!(response.status().as_u16(), status, "{about}");
                assert!(header(response, "www-authenticate").contains(holds), "{about}");
                assert!(header(response, "www-authenticate").contains("resource_metadata=\""), "{about}");
            }
            Told::Bearer(status, holds, error) => {
                let challenge = header(response, "www-authenticate");
                assert!(challenge.starts_with("Bearer ") && challenge.contains(holds), "{challenge} {about}");
                assert_eq!(challenge.contains("error="), holds.contains("error="), "{challenge} {about}");
                Row { told: Told::Json(status, error), ..self.clone() }.compare(response);
            }
            Told::JsonRpc(status, code) => {
                assert_eq!(response.status().as_u16(), status, "{about}");
                assert_eq!(body["jsonrpc"], "2.0", "{about}");
                assert_eq!(
                    (&body["id"], body["error"]["code"].as_i64()),
                    (&Value::Null, Some(code)),
                    "{about}"
                );
                assert!(body["error"]["message"].as_str().is_some_and(|why| why.len() > 10), "{about}");
            }
            Told::Status(status) => assert_eq!(response.status().as_u16(), status, "{about}"),
        }
    }
}
