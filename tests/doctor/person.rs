//! The user with a browser, as a service: it visits an authorization page, and answers with the URL that the browser is redirected
//! to.

use axum::Router;
use axum::body::{Body, to_bytes};
use doorward_local::client::page::Form;
use http::{HeaderMap, Method, Request, StatusCode, header};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use std::collections::BTreeMap;
use tokio::net::TcpListener;

/// The most pages and redirects.
const MOST_PAGES: usize = 20;

/// Starts the service, and returns its URL. The body of a request is the URL of the page.
pub(crate) async fn start() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let router = Router::new().fallback(async |page: String| match visit(&page).await {
        Ok(back) => (StatusCode::OK, back),
        Err(why) => (StatusCode::BAD_GATEWAY, why),
    });
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    url
}

/// Fills in forms until a redirect leads to the client.
async fn visit(page: &str) -> Result<String, String> {
    let redirect_uri = parameter(page, "redirect_uri").ok_or("the page has no redirect URI")?;
    let mut browser = Browser::new();
    let mut at = page.to_owned();
    let mut fields = None;
    for _ in 0..MOST_PAGES {
        let (status, headers, text) = browser.open(&at, fields.take()).await?;
        if let Some(to) = headers.get(header::LOCATION).and_then(|to| to.to_str().ok()) {
            at = join(&at, to);
            if at.starts_with(&redirect_uri) {
                return Ok(at);
            }
            continue;
        }
        let form = Form::first(&text).filter(|_| status == StatusCode::OK);
        let form = form.ok_or_else(|| format!("{at}: {status}"))?;
        let filled = form.fill("username", "alice").fill("login", "alice").fill("password", "open sesame");
        let filled = filled.press("allow");
        at = join(&at, &filled.action);
        fields = Some(filled.fields);
    }
    Err("too many pages".to_owned())
}

struct Browser {
    client: Client<HttpConnector, Body>,
    cookies: BTreeMap<String, String>,
}

type Page = (StatusCode, HeaderMap, String);

impl Browser {
    fn new() -> Self {
        let client = Client::builder(TokioExecutor::new()).pool_max_idle_per_host(0).build_http();
        Self { client, cookies: BTreeMap::new() }
    }

    /// Opens a page, or sends a form.
    async fn open(&mut self, url: &str, fields: Option<Vec<(String, String)>>) -> Result<Page, String> {
        let cookies: Vec<_> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = Request::builder().uri(url).header(header::COOKIE, cookies.join("; "));
        let request = match fields {
            None => request.body(Body::empty()),
            Some(fields) => {
                let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
                let kind = "application/x-www-form-urlencoded";
                request.method(Method::POST).header(header::CONTENT_TYPE, kind).body(body.into())
            }
        };
        let request = request.map_err(|error| error.to_string())?;
        let answer = self.client.request(request).await.map_err(|error| error.to_string())?;
        let (head, body) = answer.map(Body::new).into_parts();
        let body = to_bytes(body, usize::MAX).await.map_err(|error| error.to_string())?;
        self.keep_cookies(&head.headers);
        Ok((head.status, head.headers, String::from_utf8_lossy(&body).into_owned()))
    }

    fn keep_cookies(&mut self, headers: &HeaderMap) {
        let cookies = headers.get_all(header::SET_COOKIE).iter().filter_map(|value| value.to_str().ok());
        let pairs = cookies.filter_map(|cookie| cookie.split(';').next()?.split_once('='));
        self.cookies.extend(pairs.map(|(name, value)| (name.to_owned(), value.to_owned())));
    }
}

fn parameter(url: &str, name: &str) -> Option<String> {
    let (_, query) = url.split_once('?')?;
    form_urlencoded::parse(query.as_bytes())
        .find(|(known, _)| known == name)
        .map(|(_, value)| value.into_owned())
}

/// The URL of a link on a page: absolute, a path, or empty for the page itself.
fn join(page: &str, to: &str) -> String {
    let origin_end = page.match_indices('/').nth(2).map_or(page.len(), |(at, _)| at);
    match to {
        "" => page.to_owned(),
        path if path.starts_with('/') => format!("{}{path}", &page[..origin_end]),
        url => url.to_owned(),
    }
}
