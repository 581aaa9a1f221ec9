//! Whether a client is who it says it is (OAuth 2.1 §2.4, §3.2.1).

use crate::protocol::client::{Authentication, Client};
use crate::protocol::credentials::Credentials;
use crate::protocol::digest::Digest;
use crate::protocol::parameters::Parameters;
use crate::refusal::Refusal;
use crate::server::Server;
use crate::wire::Request;
use subtle::ConstantTimeEq;

/// The client of a request: a public one names itself, a confidential one shows its secret.
pub(crate) async fn client(server: &Server, request: &Request, form: &Parameters) -> Result<Client, Refusal> {
    let said = Credentials::read(request.headers(), form)?;
    let client = server.client(&said.id).await.map_err(|error| Refusal::temporarily_unavailable(&error))?;
    let unknown = || Refusal::invalid_client("this server does not know the client; register again");
    let client = client.ok_or_else(unknown)?;
    let genuine = match (client.authentication(), &said.secret) {
        (Authentication::None, None) => return Ok(client),
        (Authentication::None, Some(_)) => {
            return Err(Refusal::invalid_client("the client registered without a secret"));
        }
        (_, None) => return Err(Refusal::invalid_client("the client has a secret and has to show it")),
        (Authentication::DerivedSecret, Some(secret)) => server.keys.client_secrets.belongs(&said.id, secret),
        (Authentication::Secret(known), Some(secret)) => known.0.ct_eq(&Digest::of(secret).0).into(),
    };
    genuine.then_some(client).ok_or_else(|| Refusal::invalid_client("the client_secret is not this client's"))
}
