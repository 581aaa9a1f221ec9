//! The command `doorward tutorial`: both servers on free ports, a client, and a scripted user, in one process.

use crate::Failure;
use crate::client::{self, Person};
use crate::log::Log;
use crate::serve::Listening;
use doorward_settings::{AUTH_PORT, MCP_PORT, Values};
use std::io::{Write, sink};

/// Runs the tutorial, and writes every step to `out`.
///
/// # Errors
/// [`Failure`], with the failed step and the reason.
pub async fn run(out: &mut (dyn Write + Send)) -> Result<(), Failure> {
    let listening =
        Listening::start(&Values::of([(&AUTH_PORT, "0"), (&MCP_PORT, "0")]), Log::to(sink())).await?;
    let url = listening.resource().to_string();
    let _ = writeln!(out, "The authorization server is at {}, the MCP server at {url}.", listening.issuer());
    let generated_user = listening
        .generated_user
        .as_ref()
        .ok_or_else(|| Failure("the server has no user who can sign in".into()))?;
    let person = Person::Scripted {
        username: generated_user.name.to_owned(),
        password: generated_user.password.clone(),
    };
    tokio::select! {
        told = client::run(&url, person, out) => told,
        _ = listening.run() => Err(Failure("the servers stopped".into())),
    }
}
