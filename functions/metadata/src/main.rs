//! Discovery: every public document of the authorization server.

use doorward::endpoint::{JWKS, METADATA, OPENID, PROTECTED_RESOURCE};
use doorward_runtime::{Cold, Error, Hands, Needs};
use std::future::ready;

const NEEDS: Needs = Needs { purposes: &[], public_keys: true };

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    Cold::start()?
        .serve(&[&METADATA, &OPENID, &PROTECTED_RESOURCE, &JWKS], NEEDS, ready(Hands::empty()))
        .await
}
