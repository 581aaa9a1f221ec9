//! Dynamic client registration function, which has no store.

use doorward_runtime::{Bootstrap, Dependencies, Error, role};
use std::future::ready;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    Bootstrap::start()?.serve(&role::REGISTER, ready(Dependencies::empty())).await
}
