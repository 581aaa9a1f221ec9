//! Whether a client is who it says it is (OAuth 2.1 §2.4, §3.2.1).

use crate::protocol::client::Client;
use crate::protocol::credentials::Credentials;
use crate::protocol::parameters::Parameters;
use crate::refusal::Refusal;
use crate::server::Server;
use crate::wire::Request;

/// The client of a request: a public one names itself, a confidential one shows its secret.
pub(crate) fn client(server: &Server, request: &Request, form: &Parameters) -> Result<Client, Refusal> {
    let said = Credentials::read(request.headers(), form)?;
    let unknown = || Refusal::invalid_client("this server does not know the client; register again");
    let client = server.client(&said.id).ok_or_else(unknown)?;
    let genuine = |secret: &String| server.keys.client_secrets.belongs(&said.id, secret);
    match (client.is_confidential(), &said.secret) {
        (true, Some(secret)) if genuine(secret) => Ok(client),
        (true, Some(_)) => Err(Refusal::invalid_client("the client_secret is not this client's")),
        (true, None) => Err(Refusal::invalid_client("the client has a secret and has to show it")),
        (false, None) => Ok(client),
        (false, Some(_)) => Err(Refusal::invalid_client("the client registered without a secret")),
    }
}
