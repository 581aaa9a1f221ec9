//! New Chromium instance, controlled by WebDriver.

use fantoccini::{Client, ClientBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::Value;
use std::process::Stdio;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

/// Starts Chromium with additional arguments. It ends when the returned driver is dropped.
pub(crate) async fn start(more: &[&str]) -> (Client, Child) {
    drive(Command::new("chromedriver"), more, serde_json::json!({})).await
}

/// Starts Chromium by this driver, with additional arguments and preferences.
pub(crate) async fn drive(mut command: Command, more: &[&str], prefs: Value) -> (Client, Child) {
    command.arg("--port=0").stdout(Stdio::piped()).stderr(Stdio::null()).kill_on_drop(true);
    let mut driver = command.spawn().expect("chromedriver is installed");
    let mut lines = BufReader::new(driver.stdout.take().unwrap()).lines();
    let port = loop {
        let line = lines.next_line().await.unwrap().expect("chromedriver prints its port");
        if let Some((_, port)) = line.split_once("started successfully on port ") {
            break port.trim_end_matches('.').to_owned();
        }
    };
    let quiet = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"];
    let arguments: Vec<_> = quiet.iter().chain(more).collect();
    let options = serde_json::json!({ "goog:chromeOptions": { "args": arguments, "prefs": prefs } });
    let mut builder = ClientBuilder::new(HttpConnector::new());
    builder.capabilities(options.as_object().unwrap().clone());
    (builder.connect(&format!("http://127.0.0.1:{port}")).await.unwrap(), driver)
}
