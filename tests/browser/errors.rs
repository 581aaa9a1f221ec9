//! The ways to the catalogue of errors: from the page at the issuer's URL, and from an error page.

use crate::stories::Browser;
use crate::{search, serve};
use doorward::protocol::paths;
use fantoccini::Locator;

impl Browser {
    /// Follows the link with this text.
    async fn follow(&self, text: &str) {
        search::find(&self.page, Locator::LinkText(text)).await.click().await.unwrap();
    }
}

#[tokio::test]
#[ignore = "needs chromium and chromedriver"]
async fn the_home_page_shows_how_to_connect_and_leads_to_the_catalogue() {
    let ((issuer, resource), browser) = (serve().await, Browser::start().await);
    browser.page.goto(&issuer).await.unwrap();
    browser.sees("code", &format!("claude mcp add --transport http my-server {resource}")).await;
    browser.follow("Every error of this server, with its cause and its cure").await;
    browser.sees("h1", "Errors of this server").await;
    browser.page.close().await.unwrap();
}

#[tokio::test]
#[ignore = "needs chromium and chromedriver"]
async fn an_error_page_leads_to_its_rule() {
    let ((issuer, _), browser) = (serve().await, Browser::start().await);
    let wrong = format!("{issuer}{}?client_id=unknown&response_type=code", paths::AUTHORIZE);
    browser.page.goto(&wrong).await.unwrap();
    browser.press("a[href*='/oauth/errors#']").await;
    browser.sees("h1", "Errors of this server").await;
    let url = browser.page.current_url().await.unwrap();
    let rule = url.fragment().expect("the name of a rule").to_owned();
    let entry = search::find(&browser.page, Locator::Id(&rule)).await;
    assert!(entry.text().await.unwrap().starts_with(&rule), "{url}");
    let (_, top, _, _) = entry.rectangle().await.unwrap();
    let scrolled = browser.page.execute("return window.scrollY", Vec::new()).await.unwrap();
    assert!((scrolled.as_f64().unwrap() - top).abs() < 400.0, "the browser shows the entry");
    browser.page.close().await.unwrap();
}
