//! What comes after Allow and Deny, in a real browser: a callback of each kind, which goes on to another kind by a
//! redirect of its own. Chromium cuts such a redirect if the CSP `form-action` of a form still governs it.

use crate::servers::{Callback, OperatingSystem};
use crate::stories::Browser;
use crate::{PASSWORD, chromium, serve};
use fantoccini::Locator;
use serde_json::{Value, json};
use tokio::process::Command;

/// A server, and a browser that hands URLs of the scheme `claude` over without asking.
struct Scene {
    issuer: String,
    browser: Browser,
    system: OperatingSystem,
}

impl Scene {
    async fn set(callbacks: &[&Callback]) -> Self {
        let (issuer, _) = serve().await;
        let system = OperatingSystem::start().await;
        let path = std::env::var("PATH").unwrap();
        let mut driver = Command::new("chromedriver");
        driver.env("PATH", format!("{}:{path}", system.folder.display()));
        let origins = callbacks.iter().map(|callback| callback.origin.clone()).chain([issuer.clone()]);
        let may_open: Value = origins.map(|origin| (origin, json!({ "claude": true }))).collect();
        let prefs = json!({ "protocol_handler": { "allowed_origin_protocol_pairs": may_open } });
        let (page, driver) = chromium::drive(driver, &["--ignore-certificate-errors"], prefs).await;
        Self { issuer, browser: Browser::of(page, driver), system }
    }

    /// Signs in for a new client with this redirect URI, and makes this decision.
    async fn decide(&self, redirect_uri: &str, decision: &str) {
        let http = doorward_outbound::http().unwrap();
        let metadata = json!({ "client_name": "A client", "redirect_uris": [redirect_uri] });
        let asked = http.post(format!("{}/oauth/register", self.issuer)).json(&metadata);
        let told: Value = asked.send().await.unwrap().json().await.unwrap();
        let query = form_urlencoded::Serializer::new(String::new())
            .extend_pairs([("response_type", "code"), ("code_challenge_method", "S256")])
            .append_pair("client_id", told["client_id"].as_str().unwrap())
            .append_pair("redirect_uri", redirect_uri)
            .append_pair("code_challenge", &"A".repeat(43))
            .finish();
        let page = &self.browser.page;
        page.goto(&format!("{}/oauth/authorize?{query}", self.issuer)).await.unwrap();
        if page.find(Locator::Css("input[name=password]")).await.is_ok() {
            self.browser.sign_in(PASSWORD).await;
        }
        self.browser.press(&format!("button[value={decision}]")).await;
    }
}

#[tokio::test]
#[ignore = "needs chromium and chromedriver"]
async fn an_https_callback_that_goes_on_to_a_program_or_to_loopback_is_followed() {
    let loopback = Callback::start(false, None).await;
    let to_program = Callback::start(true, Some("claude://signed-in")).await;
    let to_loopback = Callback::start(true, Some(&format!("{}/next", loopback.origin))).await;
    let scene = Scene::set(&[&to_program, &to_loopback]).await;
    for (decision, answer) in [("allow", "/cb?code="), ("deny", "/cb?error=access_denied")] {
        scene.decide(&format!("{}/cb", to_program.origin), decision).await;
        assert_eq!(scene.system.opened().await, "claude://signed-in");
        assert!(to_program.seen().last().unwrap().starts_with(answer), "{:?}", to_program.seen());
        scene.decide(&format!("{}/cb", to_loopback.origin), decision).await;
        scene.browser.sees("h1", "Arrived").await;
        assert!(to_loopback.seen().last().unwrap().starts_with(answer), "{:?}", to_loopback.seen());
    }
    assert_eq!(loopback.seen(), ["/next", "/next"]);
    scene.browser.page.clone().close().await.unwrap();
}

#[tokio::test]
#[ignore = "needs chromium and chromedriver"]
async fn a_loopback_callback_that_goes_on_to_https_or_to_a_program_is_followed() {
    let web = Callback::start(true, None).await;
    let to_web = Callback::start(false, Some(&format!("{}/next", web.origin))).await;
    let to_program = Callback::start(false, Some("claude://signed-in")).await;
    let scene = Scene::set(&[&to_program, &to_web]).await;
    scene.decide(&format!("{}/cb", to_web.origin), "allow").await;
    scene.browser.sees("h1", "Arrived").await;
    assert_eq!((to_web.seen().len(), web.seen()), (1, vec!["/next".to_owned()]));
    scene.decide(&format!("{}/cb", to_program.origin), "allow").await;
    assert_eq!(scene.system.opened().await, "claude://signed-in");
    scene.browser.page.clone().close().await.unwrap();
}

/// The browser stays on the page. Its link is for a browser or a user who refused the first time.
#[tokio::test]
#[ignore = "needs chromium and chromedriver"]
async fn a_program_gets_its_answer_and_the_page_keeps_a_link_to_it() {
    let scene = Scene::set(&[]).await;
    for (decision, answer) in [("allow", "?code="), ("deny", "?error=access_denied")] {
        scene.decide("claude://oauth/callback", decision).await;
        let first = scene.system.opened().await;
        assert!(first.starts_with(&format!("claude://oauth/callback{answer}")), "{first}");
        scene.browser.sees("h1", "You are being sent on").await;
        scene.browser.press("a.button").await;
        assert_eq!(scene.system.opened().await, first, "the link leads to the same URL");
    }
    scene.browser.page.clone().close().await.unwrap();
}

#[tokio::test]
#[ignore = "needs chromium and chromedriver"]
async fn the_back_button_after_allow_shows_the_question_again_and_submits_nothing() {
    let callback = Callback::start(true, None).await;
    let scene = Scene::set(&[]).await;
    scene.decide(&format!("{}/cb", callback.origin), "allow").await;
    scene.browser.sees("h1", "Arrived").await;
    scene.browser.page.back().await.unwrap();
    scene.browser.sees("h1", "Let this program in?").await;
    scene.browser.page.forward().await.unwrap();
    scene.browser.sees("h1", "Arrived").await;
    let codes: std::collections::BTreeSet<_> = callback.seen().into_iter().collect();
    assert_eq!(codes.len(), 1, "the form was submitted once: {codes:?}");
    scene.browser.page.clone().close().await.unwrap();
}
