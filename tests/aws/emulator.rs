//! In-memory DynamoDB and Parameter Store for `cargo lambda watch`. The data is lost when this process ends.
//!
//! Writes the environment of the functions to `target/lambda/watch.env`.

use harness::Emulator;
use std::fs;
use std::io::{Result, Write, stdout};

/// The default URL of `cargo lambda watch`.
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
