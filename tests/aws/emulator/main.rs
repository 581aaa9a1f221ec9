//! An emulator of DynamoDB with one empty database in memory, on a free port of loopback.
//!
//! Writes its URL as one line to standard output. Ends when standard input ends, so it never outlives the test that
//! started it, however that ends.

use dynoxide::{Database, server};
use std::error::Error;
use std::io::Write;
use tokio::io::{AsyncReadExt, stdin};
use tokio::net::TcpListener;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    writeln!(std::io::stdout(), "http://{}", listener.local_addr()?)?;
    tokio::spawn(server::serve_on(listener, Database::memory()?));
    while stdin().read(&mut [0; 64]).await? > 0 {}
    // The thread that reads standard input would keep the runtime alive.
    std::process::exit(0)
}
