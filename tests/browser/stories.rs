//! Browser tests that every deployment must pass.

use crate::{Connecting, PASSWORD, chromium, connect, search};
use fantoccini::actions::{InputSource, MOUSE_BUTTON_LEFT, MouseActions, PointerAction};
use fantoccini::elements::Element;
use fantoccini::key::Key;
use fantoccini::{Client, Locator};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::Child;

/// A new browser, and the driver that ends with it.
pub(crate) struct Browser {
    pub(crate) page: Client,
    _driver: Child,
}

impl Browser {
    pub(crate) async fn start() -> Self {
        let (page, driver) = chromium::start(&[]).await;
        Self::of(page, driver)
    }

    pub(crate) fn of(page: Client, driver: Child) -> Self {
        Self { page, _driver: driver }
    }

    pub(crate) async fn sign_in(&self, password: &str) {
        self.sign_in_as("alice", password).await;
    }

    async fn sign_in_as(&self, name: &str, password: &str) {
        self.write("username", name).await;
        self.write("password", password).await;
        self.press("form button").await;
    }

    pub(crate) async fn write(&self, field: &str, text: &str) {
        let field = format!("input[name={field}]");
        search::find(&self.page, Locator::Css(&field)).await.send_keys(text).await.unwrap();
    }

    pub(crate) async fn press(&self, button: &str) {
        search::find(&self.page, Locator::Css(button)).await.click().await.unwrap();
    }

    /// Double-clicks, faster than the page can change.
    async fn press_twice(&self, button: &str) {
        let element = search::find(&self.page, Locator::Css(button)).await;
        let click = [
            PointerAction::Down { button: MOUSE_BUTTON_LEFT },
            PointerAction::Up { button: MOUSE_BUTTON_LEFT },
        ];
        let there = PointerAction::MoveToElement { element, duration: None, x: 0.0, y: 0.0 };
        let mouse = MouseActions::new("mouse".to_owned()).then(there);
        let mouse = click.iter().chain(&click).fold(mouse, |mouse, action| mouse.then(action.clone()));
        self.page.perform_actions(mouse).await.unwrap();
    }

    async fn focused(&self) -> Element {
        self.page.active_element().await.unwrap()
    }

    /// Presses Tab until the control with this value has the focus.
    async fn tab_to(&self, value: &str) {
        for _ in 0..20 {
            let here = self.focused().await;
            if here.attr("value").await.unwrap().as_deref() == Some(value) {
                return;
            }
            here.send_keys(&Key::Tab.to_string()).await.unwrap();
        }
        panic!("{value} cannot be reached with the keyboard");
    }

    /// Waits for a page with such an element and text. The previous page may still be shown for a moment.
    pub(crate) async fn sees(&self, element: &str, text: &str) {
        let path = format!("//{element}[normalize-space()='{text}']");
        search::find(&self.page, Locator::XPath(&path)).await;
    }
}

/// A new browser at the page to which a new client sends its user.
pub(crate) async fn open() -> (Connecting, Browser) {
    let (connecting, browser) = (connect().await, Browser::start().await);
    browser.page.goto(&connecting.url).await.unwrap();
    (connecting, browser)
}

#[tokio::test]
#[ignore = "needs chromium and chromedriver"]
async fn a_user_signs_in_and_allows_the_client() {
    let (mut connecting, browser) = open().await;
    browser.sign_in(PASSWORD).await;
    browser.sees("h1", "Let this program in?").await;
    browser.sees("dd", "doorward client").await;
    browser.press("button[value=allow]").await;
    browser.sees("p", "Done. You can close this window.").await;
    let told = connecting.ends().await.unwrap();
    assert!(told.contains("\"user_id\":\"alice\""), "{told}");
    browser.page.close().await.unwrap();
}

#[tokio::test]
#[ignore = "needs chromium and chromedriver"]
async fn a_user_mistypes_the_password_and_tries_again() {
    let (mut connecting, browser) = open().await;
    browser.sign_in("open barley").await;
    browser.sees("*[@role='alert']", "The name and the password do not match.").await;
    browser.sign_in(PASSWORD).await;
    browser.press("button[value=allow]").await;
    assert!(connecting.ends().await.is_ok());
    browser.page.close().await.unwrap();
}

#[tokio::test]
#[ignore = "needs chromium and chromedriver"]
async fn a_user_denies_the_client() {
    let (mut connecting, browser) = open().await;
    browser.sign_in(PASSWORD).await;
    browser.press("button[value=deny]").await;
    let failure = connecting.ends().await.unwrap_err().to_string();
    assert!(failure.contains("step 5 failed: access_denied"), "{failure}");
    browser.page.close().await.unwrap();
}

#[tokio::test]
#[ignore = "needs chromium and chromedriver"]
async fn a_user_sees_a_connection_and_ends_it() {
    let mut connecting = connect().await;
    let account = format!("{}/account", connecting.issuer());
    let browser = Browser::start().await;
    browser.page.goto(&connecting.url).await.unwrap();
    browser.sign_in(PASSWORD).await;
    browser.press("button[value=allow]").await;
    assert!(connecting.ends().await.is_ok());
    browser.page.goto(&account).await.unwrap();
    browser.sees("h2", "doorward client").await;
    browser.sees("dd", "just now, from Chrome on Linux").await;
    browser.press("button[value^='revoke:']").await;
    browser.sees("p", "Nothing is connected.").await;
    browser.press("button[value=sign-out]").await;
    browser.sees("h1", "Sign in").await;
    browser.sign_in(PASSWORD).await;
    browser.sees("h1", "Your connections").await;
    browser.page.close().await.unwrap();
}

/// A page on another site: `localhost` is not same-site with `127.0.0.1`.
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
async fn a_foreign_page_cannot_frame_our_pages() {
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
async fn a_foreign_page_cannot_submit_our_forms() {
    let (mut connecting, browser) = open().await;
    browser.sign_in(PASSWORD).await;
    browser.press("button[value=allow]").await;
    let account = format!("{}/account", connecting.issuer());
    assert!(connecting.ends().await.is_ok());
    browser.page.goto(&account).await.unwrap();
    let form = browser.page.find(Locator::Css("input[name=form]")).await.unwrap();
    let token = form.attr("value").await.unwrap().unwrap();
    // The attack (CSRF) must fail even with a valid form token.
    let stolen = format!(
        "<form method=post action=\"{account}\"><input name=form value=\"{token}\"><input name=wish value=revoke-all></form>\
         <script>document.forms[0].submit()</script>"
    );
    browser.page.goto(&foreign(stolen).await).await.unwrap();
    browser.sees("h1", "This server needs cookies").await;
    browser.page.goto(&account).await.unwrap();
    browser.sees("h2", "doorward client").await;
    browser.page.close().await.unwrap();
}

#[tokio::test]
#[ignore = "needs chromium and chromedriver"]
async fn a_user_signs_in_and_allows_with_the_keyboard_alone() {
    let (mut connecting, browser) = open().await;
    browser.sees("h1", "Sign in").await;
    browser.focused().await.send_keys(&format!("alice{}", Key::Tab)).await.unwrap();
    browser.focused().await.send_keys(&format!("{PASSWORD}{}", Key::Enter)).await.unwrap();
    browser.sees("h1", "Let this program in?").await;
    browser.tab_to("allow").await;
    browser.focused().await.send_keys(&Key::Enter.to_string()).await.unwrap();
    browser.sees("p", "Done. You can close this window.").await;
    assert!(connecting.ends().await.is_ok());
    browser.page.close().await.unwrap();
}

#[tokio::test]
#[ignore = "needs chromium and chromedriver"]
async fn a_user_switches_to_another_account() {
    let (mut connecting, browser) = open().await;
    browser.sign_in(PASSWORD).await;
    browser.sees("dd", "alice").await;
    browser.press("button[value=switch]").await;
    browser.sees("h1", "Sign in").await;
    browser.sign_in_as("bob", PASSWORD).await;
    browser.sees("dd", "bob").await;
    browser.press("button[value=allow]").await;
    let told = connecting.ends().await.unwrap();
    assert!(told.contains("\"user_id\":\"bob\""), "{told}");
    browser.page.close().await.unwrap();
}

#[tokio::test]
#[ignore = "needs chromium and chromedriver"]
async fn a_double_click_connects_the_client_once() {
    let (mut connecting, browser) = open().await;
    browser.write("username", "alice").await;
    browser.write("password", PASSWORD).await;
    browser.press_twice("form button").await;
    browser.sees("h1", "Let this program in?").await;
    browser.press_twice("button[value=allow]").await;
    browser.sees("p", "Done. You can close this window.").await;
    let account = format!("{}/account", connecting.issuer());
    assert!(connecting.ends().await.is_ok());
    browser.page.goto(&account).await.unwrap();
    browser.sees("h2", "doorward client").await;
    assert_eq!(browser.page.find_all(Locator::Css("h2")).await.unwrap().len(), 1, "there is one connection");
    browser.page.close().await.unwrap();
}

#[tokio::test]
#[ignore = "needs chromium and chromedriver"]
async fn a_wrong_form_token_shows_the_page_again_and_the_request_goes_on() {
    let (mut connecting, browser) = open().await;
    browser.sign_in(PASSWORD).await;
    browser.sees("h1", "Let this program in?").await;
    let set_faults = "document.querySelector('input[name=form]').value = 'dw_form_of_somebody_else'";
    browser.page.execute(set_faults, Vec::new()).await.unwrap();
    browser.press("button[value=allow]").await;
    let said = "That page was too old, or belonged to another browser. Please try again.";
    browser.sees("*[@role='alert']", said).await;
    browser.press("button[value=allow]").await;
    assert!(connecting.ends().await.is_ok());
    browser.page.close().await.unwrap();
}

#[tokio::test]
#[ignore = "needs chromium and chromedriver"]
async fn a_user_signs_out_everywhere() {
    let (mut connecting, browser) = open().await;
    browser.sign_in(PASSWORD).await;
    browser.press("button[value=allow]").await;
    let account = format!("{}/account", connecting.issuer());
    assert!(connecting.ends().await.is_ok());
    browser.page.goto(&account).await.unwrap();
    browser.press("button[value=sign-out-everywhere]").await;
    browser.sees("h1", "Sign in").await;
    browser.sign_in(PASSWORD).await;
    browser.sees("p", "Nothing is connected.").await;
    browser.page.close().await.unwrap();
}
