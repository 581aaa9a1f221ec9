//! Pre-registered clients: one row each.

use crate::SqliteStore;
use crate::row::{number, optional, parsed, seconds, time};
use async_trait::async_trait;
use doorward::client::{Authentication, PublishedKeys};
use doorward::jose::JwkSet;
use doorward::protocol::{ClientId, ClientName, DocumentUrl, RedirectUri, RegisteredRedirectUri, Scope};
use doorward::store::{Added, Blocked, Clients, PAGE_SIZE, PreRegisteredClient, StoreError};
use rusqlite::{OptionalExtension, Row, named_params};
use std::collections::BTreeSet;

const ADD: &str = "
    INSERT INTO clients (id, client_name, redirect_uris, confidential, jwks, jwks_uri, own_scope, added_at, blocked)
    VALUES (:id, :client_name, :redirect_uris, :confidential, :jwks, :jwks_uri, :own_scope, :added_at, :blocked)
    ON CONFLICT DO NOTHING";
const FIND: &str = "SELECT * FROM clients WHERE id = ?1";
const BLOCK: &str = "UPDATE clients SET blocked = ?2 WHERE id = ?1";
const REMOVE: &str = "DELETE FROM clients WHERE id = ?1";
const LIST: &str = "SELECT * FROM clients WHERE id > ?1 ORDER BY id LIMIT ?2";

#[async_trait]
impl Clients for SqliteStore {
    async fn add(&self, client: PreRegisteredClient) -> Result<Added, StoreError> {
        let keys = KeyColumns::of(&client.authentication)?;
        self.write(move |connection| {
            let uris: Vec<_> = client.redirect_uris.iter().map(RegisteredRedirectUri::as_str).collect();
            let added = connection.prepare_cached(ADD)?.execute(named_params! {
                ":id": client.id.0,
                ":client_name": client.name.as_ref().map(ClientName::as_str),
                ":redirect_uris": serde_json::json!(uris).to_string(),
                ":confidential": client.authentication == Authentication::DerivedSecret,
                ":jwks": keys.jwks,
                ":jwks_uri": keys.jwks_uri,
                ":own_scope": client.own_scope.to_string(),
                ":added_at": seconds(client.added_at),
                ":blocked": client.blocked,
            })?;
            Ok(if added == 1 { Added::New } else { Added::Already })
        })
        .await
    }

    async fn find(&self, id: &ClientId) -> Result<Option<PreRegisteredClient>, StoreError> {
        self.read(|connection| connection.prepare_cached(FIND)?.query_row([&id.0], read).optional())
    }

    async fn block(&self, id: &ClientId, blocked: bool) -> Result<Blocked, StoreError> {
        let id = id.0.clone();
        self.write(move |connection| {
            let changed = connection.prepare_cached(BLOCK)?.execute((id, blocked))?;
            Ok(if changed == 1 { Blocked::Now } else { Blocked::Unknown })
        })
        .await
    }

    async fn remove(&self, id: &ClientId) -> Result<(), StoreError> {
        let id = id.0.clone();
        self.write(move |connection| connection.prepare_cached(REMOVE)?.execute([id]).map(drop)).await
    }

    async fn list(&self, after: Option<&ClientId>) -> Result<Vec<PreRegisteredClient>, StoreError> {
        // No id is empty, so all ids come after the empty text.
        let after = after.map_or("", |id| &id.0);
        self.read(|connection| {
            let mut statement = connection.prepare_cached(LIST)?;
            statement.query_map((after, PAGE_SIZE as i64), read)?.collect()
        })
    }
}

/// The columns of published keys. At most one is there.
struct KeyColumns {
    jwks: Option<String>,
    jwks_uri: Option<String>,
}

impl KeyColumns {
    fn of(authentication: &Authentication) -> Result<Self, StoreError> {
        let (jwks, jwks_uri) = match authentication {
            Authentication::None | Authentication::DerivedSecret => (None, None),
            Authentication::Keys(PublishedKeys::Here(keys)) => (Some(keys.json().to_string()), None),
            Authentication::Keys(PublishedKeys::At(url)) => (None, Some(url.as_str().to_owned())),
            Authentication::Secret(_) | Authentication::KeysOrNone(_) | Authentication::Workload => {
                return Err(StoreError::new("this kind of client authentication cannot be stored"));
            }
        };
        Ok(Self { jwks, jwks_uri })
    }
}

fn read(row: &Row<'_>) -> rusqlite::Result<PreRegisteredClient> {
    Ok(PreRegisteredClient {
        id: parsed(row, "id", |id| Some(ClientId(id.to_owned())))?,
        name: optional(row, "client_name", ClientName::parse)?,
        redirect_uris: parsed(row, "redirect_uris", registered)?,
        authentication: authentication(row)?,
        own_scope: parsed(row, "own_scope", |text| Scope::parse(text).ok())?,
        added_at: time(row, "added_at")?,
        blocked: number::<u8>(row, "blocked")? == 1,
    })
}

fn registered(json: &str) -> Option<BTreeSet<RegisteredRedirectUri>> {
    let uris: Vec<String> = serde_json::from_str(json).ok()?;
    uris.iter().map(|uri| Some(RedirectUri::parse(uri).ok()?.registered().clone())).collect()
}

fn authentication(row: &Row<'_>) -> rusqlite::Result<Authentication> {
    let set = |text: &str| JwkSet::parse(&serde_json::from_str(text).ok()?).ok();
    let here = optional(row, "jwks", set)?.map(PublishedKeys::Here);
    let at = optional(row, "jwks_uri", |text| DocumentUrl::parse(text).ok())?.map(PublishedKeys::At);
    Ok(match here.or(at) {
        Some(keys) => Authentication::Keys(keys),
        None if number::<u8>(row, "confidential")? == 1 => Authentication::DerivedSecret,
        None => Authentication::None,
    })
}
