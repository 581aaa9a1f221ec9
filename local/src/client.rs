//! The command `doorward client`: connects to an MCP server and shows each step (MCP, Authorization, "Authorization
//! Flow Steps"). Each step has its own file.

mod ask;
mod authorization_server;
mod authorize;
mod call;
pub(crate) mod callback;
pub mod page;
mod person;
mod protected_resource;
mod refresh;
mod register;
mod token;
mod transcript;

use crate::Failure;
use callback::Callback;
use std::io::Write;
use transcript::Transcript;

pub use person::Person;

/// Connects to the MCP server at `url`, with `person` at the browser, and writes every step to `out`.
///
/// # Errors
/// [`Failure`], with the failed step and the reason.
pub async fn run(url: &str, person: Person, out: &mut (dyn Write + Send)) -> Result<(), Failure> {
    let mut transcript = Transcript::new(out)?;
    let told = tell(url, person, &mut transcript).await;
    told.map_err(|failure| match transcript.current() {
        Some(step) => Failure::new(format_args!("step {step} failed"), failure),
        None => failure,
    })
}

async fn tell(url: &str, person: Person, transcript: &mut Transcript<'_>) -> Result<(), Failure> {
    let callback = Callback::listen().await?;
    let challenge = ask::ask(transcript, url).await?;
    let resource = protected_resource::discover(transcript, url, &challenge).await?;
    let server = authorization_server::discover(transcript, &resource).await?;
    let redirect_uri = callback.uri().to_owned();
    let client_id = register::register(transcript, &server, &redirect_uri).await?;
    let asked = authorize::Asked {
        server: &server,
        client_id: &client_id,
        redirect_uri: &redirect_uri,
        resource: &resource,
        challenge: &challenge,
    };
    let (code, verifier) = authorize::authorize(transcript, &asked, callback, person).await?;
    let tokens = token::redeem(transcript, &asked, &code, &verifier).await?;
    transcript.step("Call the MCP server, with the token");
    call::call(transcript, url, &tokens.access_token).await?;
    match refresh::refresh(transcript, &asked, &tokens).await? {
        Some(tokens) => call::call(transcript, url, &tokens.access_token).await,
        None => Ok(()),
    }
}
