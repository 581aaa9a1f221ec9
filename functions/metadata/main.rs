//! Discovery: every public document of the authorization server.

use doorward_runtime::{Cold, Error, Hands, role};
use std::future::ready;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    Cold::start()?.serve(&role::METADATA, ready(Hands::empty())).await
}
