//! Pre-registered clients: one item each.

use crate::conditional::{Written, update_once};
use crate::item::{Item, client_key, text, texts, time};
use crate::table::{CLIENT, CLIENTS, KEY, LIST};
use crate::{DynamoStore, unanswered};
use async_trait::async_trait;
use aws_sdk_dynamodb::types::AttributeValue;
use doorward::client::{Authentication, PublishedKeys};
use doorward::jose::JwkSet;
use doorward::protocol::{ClientId, ClientName, DocumentUrl, RedirectUri, Scope};
use doorward::store::{Added, Blocked, Clients, PreRegisteredClient, StoreError};

#[async_trait]
impl Clients for DynamoStore {
    async fn add(&self, client: PreRegisteredClient) -> Result<Added, StoreError> {
        let known = self.put_once(write(&client)?).await?;
        Ok(known.map_or(Added::New, |_| Added::Already))
    }

    async fn find(&self, id: &ClientId) -> Result<Option<PreRegisteredClient>, StoreError> {
        self.find(client_key(id)).await?.as_ref().map(read).transpose()
    }

    async fn block(&self, id: &ClientId, blocked: bool) -> Result<Blocked, StoreError> {
        let update = self
            .client
            .update_item()
            .table_name(&self.table)
            .key(KEY, client_key(id))
            .condition_expression(format!("attribute_exists({KEY})"))
            .update_expression("SET blocked = :blocked")
            .expression_attribute_values(":blocked", AttributeValue::Bool(blocked));
        Ok(match update_once(update).await? {
            Written::Done(_) => Blocked::Now,
            Written::Refused(_) => Blocked::Unknown,
        })
    }

    async fn remove(&self, id: &ClientId) -> Result<(), StoreError> {
        let delete = self.client.delete_item().table_name(&self.table).key(KEY, client_key(id));
        delete.send().await.map(drop).map_err(unanswered)
    }

    async fn list(&self, after: Option<&ClientId>) -> Result<Vec<PreRegisteredClient>, StoreError> {
        let items = self.list(CLIENTS.to_owned(), after.map_or(text(CLIENT), client_key), None).await?;
        items.iter().map(read).collect()
    }
}

fn write(client: &PreRegisteredClient) -> Result<Item, StoreError> {
    let uris: Vec<_> = client.redirect_uris.iter().map(|uri| uri.as_str().to_owned()).collect();
    let mut item = Item::default()
        .with(KEY, client_key(&client.id))
        .with(LIST, text(CLIENTS))
        .with("confidential", AttributeValue::Bool(client.authentication == Authentication::DerivedSecret))
        .with("own_scope", text(client.own_scope.to_string()))
        .with("added_at", time(client.added_at))
        .with("blocked", AttributeValue::Bool(client.blocked));
    if !uris.is_empty() {
        item = item.with("redirect_uris", texts(uris.into_iter()));
    }
    item = match &client.authentication {
        Authentication::None | Authentication::DerivedSecret => item,
        Authentication::Keys(PublishedKeys::Here(keys)) => item.with("jwks", text(keys.json().to_string())),
        Authentication::Keys(PublishedKeys::At(url)) => item.with("jwks_uri", text(url.as_str())),
        Authentication::Secret(_) | Authentication::KeysOrNone(_) | Authentication::Workload => {
            return Err(StoreError::new("this kind of client authentication cannot be stored"));
        }
    };
    Ok(item.with_some("client_name", client.name.as_ref().map(|name| text(name.as_str()))))
}

fn read(item: &Item) -> Result<PreRegisteredClient, StoreError> {
    let name = item.if_there("client_name", ClientName::parse)?;
    let registered = |uri: &str| RedirectUri::parse(uri).ok().map(|uri| uri.registered().clone());
    // DynamoDB has no empty set, so the attribute is missing instead.
    let uris = item.has("redirect_uris").then(|| item.all_parsed("redirect_uris", registered));
    Ok(PreRegisteredClient {
        id: item.id(CLIENT, |id| Some(ClientId(id.to_owned())))?,
        name,
        redirect_uris: uris.transpose()?.unwrap_or_default(),
        authentication: authentication(item)?,
        own_scope: item.parsed("own_scope", |text| Scope::parse(text).ok())?,
        added_at: item.time("added_at")?,
        blocked: item.flag("blocked")?,
    })
}

fn authentication(item: &Item) -> Result<Authentication, StoreError> {
    let set = |text: &str| JwkSet::parse(&serde_json::from_str(text).ok()?).ok();
    let here = item.if_there("jwks", set)?.map(PublishedKeys::Here);
    let at = item.if_there("jwks_uri", |text| DocumentUrl::parse(text).ok())?.map(PublishedKeys::At);
    Ok(match here.or(at) {
        Some(keys) => Authentication::Keys(keys),
        None if item.flag("confidential")? => Authentication::DerivedSecret,
        None => Authentication::None,
    })
}
