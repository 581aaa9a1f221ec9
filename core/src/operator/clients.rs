//! Commands about clients.

use super::{Done, Operator, Refused, done, seen};
use crate::config;
use crate::entropy::draw;
use crate::event::{Event, What};
use crate::protocol::client::ClientId;
use crate::protocol::client_document::PublishedKeys;
use crate::protocol::known_id::KnownId;
use crate::protocol::redirect_uri::RegisteredRedirectUri;
use crate::protocol::registration::{AuthMethod, ClientName};
use crate::protocol::scope::Scope;
use crate::store::{Blocked, Enrolled, KnownBy, KnownClient};
use serde_json::{Value, json};

impl Operator {
    pub(super) async fn add_client(
        &self,
        name: Option<String>,
        redirect_uris: &[String],
        own_scope: Scope,
        shows: KnownBy,
    ) -> Result<Done, Refused> {
        let redirect_uris = config::redirect_uris(redirect_uris.iter().map(String::as_str));
        let redirect_uris = redirect_uris.map_err(Refused::NoClient)?;
        if redirect_uris.is_empty() && own_scope.is_empty() {
            return Err(Refused::NoClient("there is no redirect URI, and no scope of its own".to_owned()));
        }
        if !own_scope.is_empty() && shows == KnownBy::Nothing {
            return Err(Refused::NoClient("who speaks for itself needs a secret or keys".to_owned()));
        }
        let keys = self.keys.keys().await?;
        let id = ClientId(keys.known_clients.sign(&KnownId(draw(&*self.entropy))));
        let secret = (shows == KnownBy::Secret).then(|| keys.client_secrets.derive_for(&id.0));
        let name = name.as_deref().and_then(ClientName::parse);
        let added_at = self.clock.now();
        let client =
            KnownClient { id: id.clone(), name, redirect_uris, shows, own_scope, added_at, blocked: false };
        // An id is drawn of 128 bits: that there is one already means that the answer to our own attempt was lost.
        let (Enrolled::New | Enrolled::Already) = self.store.enroll(client.clone()).await?;
        let mut answer = shown(&client);
        if let Some(secret) = secret {
            answer["client_secret"] = json!(secret);
        }
        Ok(done(answer, about(What::ClientAdded, id)))
    }

    pub(super) async fn list_clients(&self, after: Option<ClientId>) -> Result<Done, Refused> {
        let page = self.store.clients(after.as_ref()).await?;
        let next = page.last().map(|last| last.id.clone());
        Ok(seen(json!({ "clients": page.iter().map(shown).collect::<Vec<_>>(), "after": next })))
    }

    pub(super) async fn remove_client(&self, id: ClientId) -> Result<Done, Refused> {
        self.store.remove(&id).await?;
        Ok(done(json!({ "client_id": id }), about(What::ClientRemoved, id)))
    }

    pub(super) async fn block_client(&self, id: ClientId, blocked: bool) -> Result<Done, Refused> {
        match self.store.block(&id, blocked).await? {
            Blocked::Unknown => Err(Refused::Unknown),
            Blocked::Now => {
                let what = if blocked { What::ClientBlocked } else { What::ClientUnblocked };
                Ok(done(json!({ "client_id": id, "blocked": blocked }), about(what, id)))
            }
        }
    }
}

/// What a client shows that says that it authenticates so, and has these keys.
pub(super) fn shows(method: AuthMethod, keys: Option<PublishedKeys>) -> Result<KnownBy, Refused> {
    let refused = |why: &str| Err(Refused::NoClient(why.to_owned()));
    match (method, keys) {
        (AuthMethod::PrivateKeyJwt, Some(keys)) => Ok(KnownBy::Keys(keys)),
        (AuthMethod::PrivateKeyJwt, None) => refused("private_key_jwt needs jwks or jwks_uri"),
        (_, Some(_)) => refused("keys are for private_key_jwt"),
        (AuthMethod::None, None) => Ok(KnownBy::Nothing),
        (AuthMethod::ClientSecretBasic | AuthMethod::ClientSecretPost, None) => Ok(KnownBy::Secret),
    }
}

fn about(what: What, client: ClientId) -> Event {
    Event { client: Some(client), ..Event::new(what) }
}

/// A client without its secret.
fn shown(client: &KnownClient) -> Value {
    json!({
        "client_id": client.id,
        "client_name": client.name,
        "redirect_uris": client.redirect_uris.iter().map(RegisteredRedirectUri::as_str).collect::<Vec<_>>(),
        "shows": match client.shows {
            KnownBy::Nothing => "nothing",
            KnownBy::Secret => "a secret",
            KnownBy::Keys(_) => "assertions",
        },
        "own_scope": client.own_scope,
        "added_at": client.added_at,
        "blocked": client.blocked,
    })
}
