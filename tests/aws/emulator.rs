//! DynamoDB and Parameter Store for `cargo lambda watch`, in memory: they end with this process.
//!
//! Writes what functions have to know into `target/lambda/watch.env`.

use harness::Emulator;
use std::fs;
use std::io::{Result, Write, stdout};

/// Where `cargo lambda watch` answers, unless it is told otherwise.
const WATCH: &str = "http://127.0.0.1:9000";

#[tokio::main]
async fn main() -> Result<()> {
    let emulator = Emulator::start().await;
    let issuer = std::env::args().nth(1).unwrap_or_else(|| WATCH.to_owned());
    fs::create_dir_all("target/lambda")?;
    fs::write("target/lambda/watch.env", emulator.variables(&issuer))?;
    writeln!(stdout(), "DynamoDB and Parameter Store at {}", emulator.url)?;
    writeln!(
        stdout(),
        "cargo lambda watch -p doorward-functions --disable-cors --env-file target/lambda/watch.env"
    )?;
    std::future::pending().await
}
