//! What a client in a web page needs: preflights, and responses that the page may read (Fetch Standard, CORS protocol).

use super::ask::{Ask, Follow, Seen};
use super::authorization_server::Server;
use super::examination::Examination;
use super::protected_resource::Resource;
use super::rule::Rule;
use super::unauthenticated::initialize;
use http::{Method, header};
use reqwest::Url;

/// The origin of the MCP Inspector's page.
const PAGE: &str = "http://localhost:6274";

pub(super) async fn examine(exam: &mut Examination, resource: &Resource, server: &Server) {
    let url = exam.url.clone();
    let mut places = vec![(Method::POST, url.clone(), "authorization,content-type,mcp-protocol-version")];
    let documents = resource.place.iter().chain([&server.place]);
    places.extend(documents.map(|place| (Method::GET, place.clone(), "mcp-protocol-version")));
    let endpoints = server.registration_endpoint.iter().chain(&server.token_endpoint);
    places.extend(endpoints.map(|place| (Method::POST, place.clone(), "content-type")));
    let mut refused = Vec::new();
    for (method, place, headers) in &places {
        let ask = Ask::new(Method::OPTIONS, place)
            .with(header::ORIGIN, PAGE)
            .with(header::ACCESS_CONTROL_REQUEST_METHOD, method.as_str())
            .with(header::ACCESS_CONTROL_REQUEST_HEADERS, headers)
            .following(Follow::None);
        if let Some(seen) = exam.try_out(&ask).await {
            refused.extend(refusal(&seen, headers).map(|why| format!("{place}: {why}")));
        }
    }
    if !refused.is_empty() {
        exam.found(Rule::Preflight, "OPTIONS", &refused.join("; "));
    }
    readable(exam, &url, resource, server).await;
}

fn allows(seen: &Seen) -> bool {
    seen.header("access-control-allow-origin").is_some_and(|origin| ["*", PAGE].contains(&origin.as_str()))
}

/// Whether a list of CORS names this header. `*` does not stand for `Authorization`.
fn lists(seen: &Seen, list: &str, wanted: &str) -> bool {
    let list = seen.header(list).unwrap_or_default().to_ascii_lowercase();
    list.split(',').map(str::trim).any(|name| name == wanted || name == "*" && wanted != "authorization")
}

fn refusal(seen: &Seen, headers: &str) -> Option<String> {
    if !seen.status.is_success() {
        return Some(seen.status.to_string());
    }
    if !allows(seen) {
        return Some("the origin is not allowed".to_owned());
    }
    let missing = headers.split(',').find(|name| !lists(seen, "access-control-allow-headers", name))?;
    Some(format!("the header {missing} is not allowed"))
}

/// The responses to the requests themselves.
async fn readable(exam: &mut Examination, url: &Url, resource: &Resource, server: &Server) {
    let mut unread = Vec::new();
    let documents = resource.place.iter().chain([&server.place]).map(Ask::get);
    for ask in documents.chain([initialize(url)]) {
        let Some(seen) = exam.try_out(&ask.clone().with(header::ORIGIN, PAGE)).await else { continue };
        if !allows(&seen) {
            unread.push(format!("{}: the origin is not allowed", ask.place()));
        } else if seen.headers.contains_key(header::WWW_AUTHENTICATE)
            && !lists(&seen, "access-control-expose-headers", "www-authenticate")
        {
            unread.push(format!("{}: WWW-Authenticate is not exposed", ask.place()));
        }
    }
    if !unread.is_empty() {
        exam.found(Rule::CrossOrigin, "with Origin", &unread.join("; "));
    }
}
