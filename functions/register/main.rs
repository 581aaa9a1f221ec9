//! Dynamic client registration, without a store.

use doorward_runtime::{Cold, Error, Hands, role};
use std::future::ready;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    Cold::start()?.serve(&role::REGISTER, ready(Hands::empty())).await
}
