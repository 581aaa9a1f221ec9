//! Browser tests of several tabs, and of a browser that keeps no cookies, which every deployment must pass.

use crate::PASSWORD;
use crate::stories::open;

#[tokio::test]
#[ignore = "needs chromium and chromedriver"]
async fn the_back_button_and_a_second_tab_do_not_break_a_sign_in() {
    let (mut connecting, browser) = open().await;
    browser.sees("h1", "Sign in").await;
    let first = browser.page.window().await.unwrap();
    let second = browser.page.new_window(true).await.unwrap().handle;
    browser.page.switch_to_window(second).await.unwrap();
    browser.page.goto(&connecting.url).await.unwrap();
    browser.sign_in(PASSWORD).await;
    browser.sees("h1", "Let this program in?").await;
    browser.page.switch_to_window(first).await.unwrap();
    browser.sign_in(PASSWORD).await;
    browser.sees("h1", "Let this program in?").await;
    browser.page.back().await.unwrap();
    browser.page.forward().await.unwrap();
    browser.sees("h1", "Let this program in?").await;
    browser.press("button[value=allow]").await;
    browser.sees("p", "Done. You can close this window.").await;
    assert!(connecting.ends().await.is_ok());
    browser.page.close().await.unwrap();
}

/// Two tabs of a new browser open pages at the same time: each sends its request before the other's cookie arrives.
#[tokio::test]
#[ignore = "needs chromium and chromedriver"]
async fn two_first_visits_at_once_both_work() {
    let (mut connecting, browser) = open().await;
    browser.sees("h1", "Sign in").await;
    let (first, cookies) =
        (browser.page.window().await.unwrap(), browser.page.get_all_cookies().await.unwrap());
    browser.page.delete_all_cookies().await.unwrap();
    let second = browser.page.new_window(true).await.unwrap().handle;
    browser.page.switch_to_window(second).await.unwrap();
    browser.page.goto(&connecting.url).await.unwrap();
    browser.sees("h1", "Sign in").await;
    for cookie in cookies {
        browser.page.add_cookie(cookie).await.unwrap();
    }
    browser.sign_in(PASSWORD).await;
    browser.sees("h1", "Let this program in?").await;
    browser.page.switch_to_window(first).await.unwrap();
    browser.sign_in(PASSWORD).await;
    browser.press("button[value=allow]").await;
    assert!(connecting.ends().await.is_ok());
    browser.page.close().await.unwrap();
}

#[tokio::test]
#[ignore = "needs chromium and chromedriver"]
async fn a_user_whose_browser_sent_no_cookie_is_told_so_and_tries_again() {
    let (mut connecting, browser) = open().await;
    browser.page.delete_all_cookies().await.unwrap();
    browser.sign_in(PASSWORD).await;
    browser.sees("h1", "This server needs cookies").await;
    browser.press("a.button").await;
    browser.sign_in(PASSWORD).await;
    browser.press("button[value=allow]").await;
    assert!(connecting.ends().await.is_ok());
    browser.page.close().await.unwrap();
}
