//! Metadata function: every public document of the authorization server, for discovery.

use doorward_runtime::{Bootstrap, Dependencies, Error, role};
use std::future::ready;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    Bootstrap::start()?.serve(&role::METADATA, ready(Dependencies::empty())).await
}
