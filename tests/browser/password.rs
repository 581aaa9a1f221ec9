//! A user changes the password, in a browser.

use crate::stories::Browser;
use crate::{Connecting, PASSWORD, connect};
use fantoccini::Locator;

const NEW: &str = "three white mice";

/// A new browser that is signed in, on its account page.
async fn signed_in(account: &str) -> Browser {
    let browser = Browser::start().await;
    browser.page.goto(account).await.unwrap();
    browser.sign_in(PASSWORD).await;
    browser.sees("h1", "Your connections").await;
    browser
}

async fn change(browser: &Browser, current: &str, new: &str) {
    for (field, password) in [("current", current), ("new", new), ("again", new)] {
        browser.write(field, password).await;
    }
    browser.press("button[value=set-password]").await;
}

#[tokio::test]
#[ignore = "needs chromium and chromedriver"]
async fn a_user_changes_the_password_and_other_browsers_are_signed_out() {
    let connecting: Connecting = connect().await;
    let account = format!("{}/account", connecting.issuer());
    let (here, there) = (signed_in(&account).await, signed_in(&account).await);
    here.press("a[href='?show=password']").await;
    here.sees("h1", "Change your password").await;
    let focused = here.page.active_element().await.unwrap().attr("name").await.unwrap();
    assert_eq!(focused.as_deref(), Some("current"));
    change(&here, "open barley", NEW).await;
    here.sees("*[@role='alert']", "The current password is wrong. Your password is not changed.").await;
    change(&here, PASSWORD, NEW).await;
    here.sees("h1", "Your password is changed").await;
    here.press("a.button").await;
    here.sees("h1", "Your connections").await;
    there.page.goto(&account).await.unwrap();
    there.sees("h1", "Sign in").await;
    there.sign_in(PASSWORD).await;
    there.sees("*[@role='alert']", "The name and the password do not match.").await;
    there.sign_in(NEW).await;
    there.sees("h1", "Your connections").await;
    here.page.close().await.unwrap();
    there.page.close().await.unwrap();
}

#[tokio::test]
#[ignore = "needs chromium and chromedriver"]
async fn a_browser_does_not_send_a_new_password_that_is_too_short() {
    let connecting: Connecting = connect().await;
    let browser = signed_in(&format!("{}/account", connecting.issuer())).await;
    browser.press("a[href='?show=password']").await;
    change(&browser, PASSWORD, "mice").await;
    let invalid = browser.page.find(Locator::Css("input[name=new]:invalid")).await;
    assert!(invalid.is_ok(), "the form is still there, with what was typed");
    browser.page.close().await.unwrap();
}
