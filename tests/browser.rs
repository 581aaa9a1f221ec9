//! A person at a real browser: Chromium, driven by WebDriver, between the local server and its client.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

#[path = "browser/chromium.rs"]
mod chromium;

use doorward_local::Failure;
use doorward_local::client::{self, Person};
use doorward_local::log::Log;
use doorward_local::serve::Listening;
use doorward_local::settings::{AUTH_PORT, MCP_PORT, Settings, USER};
use fantoccini::{Client, Locator};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::Child;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// A client that has sent its person to the browser.
struct Connecting {
    url: String,
    outcome: JoinHandle<Result<String, Failure>>,
}

/// Starts a server that knows alice, and a client that connects to it.
async fn connect() -> Connecting {
    let settings = Settings::of([(&AUTH_PORT, "0"), (&MCP_PORT, "0"), (&USER, "alice:open sesame")]);
    let listening = Listening::start(&settings, Log::to(std::io::sink())).await.unwrap();
    let resource = listening.resource().to_string();
    tokio::spawn(listening.run());
    let (sender, url) = oneshot::channel();
    let sender = std::sync::Mutex::new(Some(sender));
    let open = move |url: &str| sender.lock().unwrap().take().unwrap().send(url.to_owned()).unwrap();
    let outcome = tokio::spawn(async move {
        let mut told = Vec::new();
        client::run(&resource, Person::AtBrowser(Box::new(open)), &mut told).await?;
        Ok(String::from_utf8(told).unwrap())
    });
    Connecting { url: url.await.unwrap(), outcome }
}

/// A fresh browser, and the driver that ends with it.
struct Browser {
    page: Client,
    _driver: Child,
}

impl Browser {
    async fn start() -> Self {
        let (page, driver) = chromium::start(&[]).await;
        Self { page, _driver: driver }
    }

    async fn sign_in(&self, password: &str) {
        self.write("username", "alice").await;
        self.write("password", password).await;
        self.press("form button").await;
    }

    async fn write(&self, field: &str, text: &str) {
        let field = format!("input[name={field}]");
        self.page.wait().for_element(Locator::Css(&field)).await.unwrap().send_keys(text).await.unwrap();
    }

    async fn press(&self, button: &str) {
        self.page.wait().for_element(Locator::Css(button)).await.unwrap().click().await.unwrap();
    }

    /// Waits for a page that has such an element with this text: the one before may still be there for a moment.
    async fn sees(&self, element: &str, text: &str) {
        let path = format!("//{element}[normalize-space()='{text}']");
        self.page.wait().for_element(Locator::XPath(&path)).await.unwrap();
    }
}

#[tokio::test]
#[ignore = "needs chromium and chromedriver"]
async fn a_person_signs_in_and_lets_the_client_in() {
    let connecting = connect().await;
    let browser = Browser::start().await;
    browser.page.goto(&connecting.url).await.unwrap();
    browser.sign_in("open sesame").await;
    browser.sees("h1", "Let this program in?").await;
    browser.sees("dd", "doorward client").await;
    browser.press("button[value=allow]").await;
    browser.sees("p", "Done. You can close this window.").await;
    let told = connecting.outcome.await.unwrap().unwrap();
    assert!(told.contains("\"user_id\":\"alice\""), "{told}");
    browser.page.close().await.unwrap();
}

#[tokio::test]
#[ignore = "needs chromium and chromedriver"]
async fn a_person_mistypes_the_password_and_tries_again() {
    let connecting = connect().await;
    let browser = Browser::start().await;
    browser.page.goto(&connecting.url).await.unwrap();
    browser.sign_in("open barley").await;
    browser.sees("*[@role='alert']", "The name and the password do not match.").await;
    browser.sign_in("open sesame").await;
    browser.press("button[value=allow]").await;
    assert!(connecting.outcome.await.unwrap().is_ok());
    browser.page.close().await.unwrap();
}

#[tokio::test]
#[ignore = "needs chromium and chromedriver"]
async fn a_person_turns_the_client_away() {
    let connecting = connect().await;
    let browser = Browser::start().await;
    browser.page.goto(&connecting.url).await.unwrap();
    browser.sign_in("open sesame").await;
    browser.press("button[value=deny]").await;
    let failure = connecting.outcome.await.unwrap().unwrap_err().to_string();
    assert!(failure.contains("step 5 failed: access_denied"), "{failure}");
    browser.page.close().await.unwrap();
}

#[tokio::test]
#[ignore = "needs chromium and chromedriver"]
async fn a_person_sees_what_is_connected_and_ends_it() {
    let connecting = connect().await;
    let browser = Browser::start().await;
    browser.page.goto(&connecting.url).await.unwrap();
    browser.sign_in("open sesame").await;
    browser.press("button[value=allow]").await;
    assert!(connecting.outcome.await.unwrap().is_ok());
    let issuer = connecting.url.split("/oauth/").next().unwrap();
    browser.page.goto(&format!("{issuer}/account")).await.unwrap();
    browser.sees("h2", "doorward client").await;
    browser.sees("dd", "just now, from Chrome on Linux").await;
    browser.press("button[value^='revoke:']").await;
    browser.sees("p", "Nothing is connected.").await;
    browser.press("button[value=sign-out]").await;
    browser.sees("h1", "Sign in").await;
    browser.sign_in("open sesame").await;
    browser.sees("h1", "Your connections").await;
    browser.page.close().await.unwrap();
}

/// A page of somebody else's, on another site: `localhost` is not `127.0.0.1`.
async fn foreign(html: String) -> String {
    let listener = tokio::net::TcpListener::bind("localhost:0").await.unwrap();
    let url = format!("http://localhost:{}/", listener.local_addr().unwrap().port());
    let head = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\nContent-Length: ";
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let _ = stream.read(&mut [0; 4096]).await;
            let _ = stream.write_all(format!("{head}{}\r\n\r\n{html}", html.len()).as_bytes()).await;
        }
    });
    url
}

#[tokio::test]
#[ignore = "needs chromium and chromedriver"]
async fn a_foreign_page_cannot_show_ours_as_its_own() {
    let connecting = connect().await;
    let browser = Browser::start().await;
    let url = foreign(format!("<h1>Foreign</h1><iframe src=\"{}\"></iframe>", connecting.url)).await;
    browser.page.goto(&url).await.unwrap();
    browser.sees("h1", "Foreign").await;
    browser.page.enter_frame(0).await.unwrap();
    let framed = browser.page.source().await.unwrap();
    assert!(!framed.contains("password"), "{framed}");
    browser.page.close().await.unwrap();
}

#[tokio::test]
#[ignore = "needs chromium and chromedriver"]
async fn a_foreign_page_cannot_send_our_forms() {
    let connecting = connect().await;
    let browser = Browser::start().await;
    browser.page.goto(&connecting.url).await.unwrap();
    browser.sign_in("open sesame").await;
    browser.press("button[value=allow]").await;
    assert!(connecting.outcome.await.unwrap().is_ok());
    let account = format!("{}/account", connecting.url.split("/oauth/").next().unwrap());
    browser.page.goto(&account).await.unwrap();
    let form = browser.page.find(Locator::Css("input[name=form]")).await.unwrap();
    let token = form.attr("value").await.unwrap().unwrap();
    // Even with a form that somebody has seen over their shoulder.
    let stolen = format!(
        "<form method=post action=\"{account}\"><input name=form value=\"{token}\"><input name=wish value=revoke-all></form>\
         <script>document.forms[0].submit()</script>"
    );
    browser.page.goto(&foreign(stolen).await).await.unwrap();
    browser.sees("h1", "Sign in").await;
    browser.page.goto(&account).await.unwrap();
    browser.sees("h2", "doorward client").await;
    browser.page.close().await.unwrap();
}

#[tokio::test]
#[ignore = "needs chromium and chromedriver"]
async fn the_way_back_and_a_second_tab_lose_nothing() {
    let connecting = connect().await;
    let browser = Browser::start().await;
    browser.page.goto(&connecting.url).await.unwrap();
    browser.sees("h1", "Sign in").await;
    let first = browser.page.window().await.unwrap();
    let second = browser.page.new_window(true).await.unwrap().handle;
    browser.page.switch_to_window(second).await.unwrap();
    browser.page.goto(&connecting.url).await.unwrap();
    browser.sign_in("open sesame").await;
    browser.sees("h1", "Let this program in?").await;
    browser.page.switch_to_window(first).await.unwrap();
    browser.sign_in("open sesame").await;
    browser.sees("h1", "Let this program in?").await;
    browser.page.back().await.unwrap();
    browser.page.forward().await.unwrap();
    browser.sees("h1", "Let this program in?").await;
    browser.press("button[value=allow]").await;
    browser.sees("p", "Done. You can close this window.").await;
    assert!(connecting.outcome.await.unwrap().is_ok());
    browser.page.close().await.unwrap();
}
