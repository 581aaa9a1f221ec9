//! The dynamic client registration endpoint (RFC 7591). It stores nothing: the `client_id` is the signed metadata.

use crate::ports::draw;
use crate::protocol::{ClientId, ClientMetadata, ClientName, RedirectUri, Refusal};
use crate::rules;
use crate::sealed::Registration;
use crate::server::Server;
use crate::wire::{self, Event, EventKind, Events, Request, Response};
use http::StatusCode;
use serde::{Deserialize, Serialize};

/// Registers a client (RFC 7591 §3).
pub(super) fn register(server: &Server, request: &Request) -> Response {
    let registered = read(request).map(|metadata| answer(server, &metadata));
    registered.unwrap_or_else(|refusal| {
        let mut response = refusal.json(server);
        let name = claimed_name(request.body());
        Events::complete(&mut response, |event| event.client_name.clone_from(&name));
        response
    })
}

/// The name in a registration that is refused, for the log.
fn claimed_name(body: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    struct Named {
        client_name: String,
    }
    let named: Named = serde_json::from_slice(wire::without_bom(body)).ok()?;
    ClientName::parse(&named.client_name).map(|name| name.as_str().to_owned())
}

fn read(request: &Request) -> Result<ClientMetadata, Refusal> {
    if !wire::is_of_type(request.headers(), "application/json") {
        return Err(rules::MEDIA_TYPE.refuse("the body must be application/json"));
    }
    ClientMetadata::parse(request.body())
}

/// The registered metadata, which may be less than the client asked for (RFC 7591 §3.2.1). Absent members are
/// omitted, because several clients fail on a null.
#[derive(Serialize)]
struct Registered<'a> {
    client_id: &'a ClientId,
    client_id_issued_at: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_secret: Option<String>,
    /// The server shows the secret once, and it never expires.
    #[serde(skip_serializing_if = "Option::is_none")]
    client_secret_expires_at: Option<u64>,
    redirect_uris: Vec<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_name: Option<&'a str>,
    token_endpoint_auth_method: &'static str,
    grant_types: [&'static str; 2],
    response_types: [&'static str; 1],
}

fn answer(server: &Server, metadata: &ClientMetadata) -> Response {
    let registration = Registration::of(metadata, || draw(&*server.entropy));
    let client_id = ClientId(server.keys.client_ids.sign(&registration));
    let has_secret = registration.confidential.is_some();
    let registered = Registered {
        client_id: &client_id,
        client_id_issued_at: server.clock.now().0,
        client_secret: has_secret.then(|| server.keys.client_secrets.derive_for(&client_id.0)),
        client_secret_expires_at: has_secret.then_some(0),
        redirect_uris: metadata.redirect_uris.iter().map(RedirectUri::as_str).collect(),
        client_name: metadata.client_name.as_ref().map(ClientName::as_str),
        token_endpoint_auth_method: metadata.auth_method.name(),
        grant_types: ["authorization_code", "refresh_token"],
        response_types: ["code"],
    };
    let response = wire::json(StatusCode::CREATED, &registered);
    Event { client: Some(client_id), ..Event::new(EventKind::ClientRegistered) }.beside(response)
}
