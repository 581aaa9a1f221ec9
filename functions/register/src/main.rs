//! Dynamic client registration, without a store.

use doorward::endpoint::REGISTER;
use doorward::keyring::Purpose::{ClientIds, ClientSecrets};
use doorward_runtime::{Cold, Error, Hands, Needs};
use std::future::ready;

const NEEDS: Needs = Needs { purposes: &[ClientIds, ClientSecrets], public_keys: false };

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    Cold::start()?.serve(&[&REGISTER], NEEDS, ready(Hands::empty())).await
}
