//! `doorward doctor --browser`: the user signs in with a browser of this machine.

use crate::stories::Browser;
use crate::{PASSWORD, serve};
use serde_json::Value;
use std::process::Stdio;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Command;

#[tokio::test]
#[ignore = "needs chromium and chromedriver"]
async fn the_doctor_gets_tokens_from_a_sign_in_in_a_browser() {
    let (issuer, resource) = serve().await;
    let mut command = Command::new(std::env::current_exe().unwrap().with_file_name("../doorward"));
    command.args(["doctor", &resource, "--browser", "--json"]).kill_on_drop(true);
    // The test opens the printed address, so the default browser is a program that does nothing.
    command.env("BROWSER", "true").stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut doctor = command.spawn().unwrap_or_else(|error| panic!("cargo build: {error}"));
    let mut notes = BufReader::new(doctor.stderr.take().unwrap()).lines();
    let url = loop {
        let line = notes.next_line().await.unwrap().expect("the doctor prints the address");
        if line.starts_with(&issuer) {
            break line;
        }
    };

    let browser = Browser::start().await;
    browser.page.goto(&url).await.unwrap();
    browser.sign_in(PASSWORD).await;
    browser.press("button[value=allow]").await;
    let output = doctor.wait_with_output().await.unwrap();
    browser.page.close().await.unwrap();

    assert!(output.status.success(), "{:?}", output.status);
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["findings"], Value::Array(Vec::new()), "{report}");
    // The tokens were used, refreshed and revoked: nothing is left out.
    assert_eq!(report["not_tried"], Value::Array(Vec::new()), "{report}");
    let clients = report["clients"].as_array().unwrap();
    assert!(!clients.is_empty() && clients.iter().all(|client| client["verdict"] == "connects"), "{report}");
}
