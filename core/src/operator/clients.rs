//! The operator's commands for pre-registered clients.

use crate::client::{Authentication, Block};
use crate::operator::execute::Operator;
use crate::operator::outcome::{CommandError, Output, done, seen};
use crate::ports::draw;
use crate::protocol::{ClientId, ClientName, InvalidRedirectUri, RegisteredRedirectUri, Scope};
use crate::sealed::PreRegisteredClientId;
use crate::store::{Added, PreRegisteredClient};
use crate::wire::{Event, EventKind};
use serde_json::{Value, json};

impl Operator {
    pub(super) async fn add_client(
        &self,
        name: Option<String>,
        redirect_uris: &[String],
        own_scope: Scope,
        authentication: Authentication,
    ) -> Result<Output, CommandError> {
        let refused = |(uri, InvalidRedirectUri(why)): (&str, _)| {
            CommandError::InvalidClient(format!("the redirect URI {uri} {why}"))
        };
        let redirect_uris = RegisteredRedirectUri::parse_all(redirect_uris.iter().map(String::as_str));
        let redirect_uris = redirect_uris.map_err(refused)?;
        if redirect_uris.is_empty() && own_scope.is_empty() && authentication == Authentication::None {
            return Err(CommandError::InvalidClient(
                "the client needs redirect_uris, own_scope, or credentials to bring assertions with; set one of them".to_owned(),
            ));
        }
        if !own_scope.is_empty() && authentication == Authentication::None {
            return Err(CommandError::InvalidClient(
                "a client with own_scope must authenticate; set token_endpoint_auth_method".to_owned(),
            ));
        }
        let keys = self.keys.keys().await?;
        let id = ClientId(keys.pre_registered_clients.sign(&PreRegisteredClientId(draw(&*self.entropy))));
        let secret =
            (authentication == Authentication::DerivedSecret).then(|| keys.client_secrets.derive_for(&id.0));
        let name = name.as_deref().and_then(ClientName::parse);
        let added_at = self.clock.now();
        let client = PreRegisteredClient {
            id: id.clone(),
            name,
            redirect_uris,
            authentication,
            own_scope,
            added_at,
            blocked: false,
        };
        // The id has 128 random bits. So `Already` means that the store's response to our first attempt was lost.
        let (Added::New | Added::Already) = self.stores.clients().add(client.clone()).await?;
        let mut answer = shown(&client);
        if let Some(secret) = secret {
            answer["client_secret"] = json!(secret);
        }
        Ok(done(answer, about(EventKind::ClientAdded, id)))
    }

    pub(super) async fn list_clients(&self, after: Option<ClientId>) -> Result<Output, CommandError> {
        let page = self.stores.clients().list(after.as_ref()).await?;
        let next = page.last().map(|last| last.id.clone());
        Ok(seen(json!({ "clients": page.iter().map(shown).collect::<Vec<_>>(), "after": next })))
    }

    /// Removes the record last: if the block could not be written, the command can be repeated.
    pub(super) async fn remove_client(&self, id: ClientId) -> Result<Output, CommandError> {
        if self.stores.clients().find(&id).await?.is_none() {
            return Err(CommandError::UnknownClient(id));
        }
        // Introspection does not read the record. The id is never given out again.
        self.set_block(&Block::Client(id.clone()), true).await?;
        self.stores.clients().remove(&id).await?;
        Ok(done(json!({ "client_id": id }), about(EventKind::ClientRemoved, id)))
    }
}

pub(super) fn about(what: EventKind, client: ClientId) -> Event {
    Event { client: Some(client), ..Event::new(what) }
}

/// A client as JSON, without its secret.
fn shown(client: &PreRegisteredClient) -> Value {
    json!({
        "client_id": client.id,
        "client_name": client.name,
        "redirect_uris": client.redirect_uris.iter().map(RegisteredRedirectUri::as_str).collect::<Vec<_>>(),
        "shows": match client.authentication {
            Authentication::None => "nothing",
            Authentication::DerivedSecret | Authentication::Secret(_) => "a secret",
            Authentication::Keys(_) | Authentication::KeysOrNone(_) => "assertions",
            Authentication::Workload => "a token of its platform",
        },
        "own_scope": client.own_scope,
        "added_at": client.added_at,
        "blocked": client.blocked,
    })
}
