//! Grants: one item each. Open puts the item, all other changes update it, and every write is conditional.

use crate::DynamoStore;
use crate::conditional::{Attempt, Written, update_once};
use crate::item::{Item, grant_key, number, text, time};
use crate::table::{EXPIRY, GRANT, KEY, LIST, PERSON};
use async_trait::async_trait;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::ReturnValue;
use doorward::ports::Timestamp;
use doorward::protocol::{
    ClientId, ClientName, DisplayName, EmailAddress, GrantId, Installation, Profile, Resource, Scope, Subject,
};
use doorward::store::{
    Chain, CloseReason, Closed, Excuse, Excused, Grant, Grants, Opened, PAGE_SIZE, Rotated, State, Steps,
    StoreError,
};
use std::cmp::Ordering;
use std::time::Duration;

/// Condition: the grant exists and is not closed.
const OPEN: &str = "attribute_exists(pk) AND attribute_not_exists(closed_at)";

/// How much longer than necessary an item is kept, because DynamoDB deletes by its own clock.
const SLACK: Duration = Duration::from_secs(24 * 60 * 60);
/// The same for a grant with one token. A client gets many of these a day, and they would fill the pages of its user.
const SHORT_SLACK: Duration = Duration::from_secs(10 * 60);

#[async_trait]
impl Grants for DynamoStore {
    async fn open(&self, grant: Grant) -> Result<Opened, StoreError> {
        match self.put_once(write(&grant)).await? {
            None => Ok(Opened::New),
            Some(known) => Ok(Opened::Already(Box::new(read(&known)?))),
        }
    }

    async fn rotate(&self, id: GrantId, presented: u32, at: Timestamp) -> Result<Rotated, StoreError> {
        let (attempt, next) = (self.attempt(), presented.saturating_add(1));
        let update = self
            .update_grant(id, &attempt)
            .update_expression(format!("SET generation = :next, {} = :at, attempt = :attempt", step(next)))
            .condition_expression("generation = :presented AND attribute_not_exists(closed_at)")
            .expression_attribute_values(":presented", number(presented))
            .expression_attribute_values(":next", number(next))
            .expression_attribute_values(":at", time(at))
            .return_values(ReturnValue::AllNew);
        let known = match update_once(update).await? {
            Written::Done(now) => return rotated(&now),
            Written::Refused(known) => known,
        };
        match known {
            None => Ok(Rotated::Unknown),
            Some(known) if attempt.made(&known) => rotated(&known),
            Some(known) => not_the_head(&known, presented),
        }
    }

    /// A retry after a lost response finds this head already excused. The condition allows that, so it succeeds too.
    async fn excuse(&self, id: GrantId, excuse: Excuse, since: Timestamp) -> Result<Excused, StoreError> {
        let update = self
            .grant_of(id)
            .update_expression("SET excused = :head, excused_at = :at")
            .condition_expression(
                "generation = :head AND attribute_not_exists(closed_at) AND attribute_not_exists(doubted_at) \
                 AND (attribute_not_exists(excused) OR excused = :head OR excused_at <= :since)",
            )
            .expression_attribute_values(":head", number(excuse.head))
            .expression_attribute_values(":at", time(excuse.at))
            .expression_attribute_values(":since", time(since));
        Ok(match update_once(update).await? {
            Written::Done(_) => Excused::Yes,
            Written::Refused(_) => Excused::No,
        })
    }

    async fn doubt(&self, id: GrantId, at: Timestamp) -> Result<(), StoreError> {
        let update = self
            .grant_of(id)
            .update_expression("SET doubted_at = if_not_exists(doubted_at, :at)")
            .condition_expression(OPEN)
            .expression_attribute_values(":at", time(at));
        match update_once(update).await? {
            Written::Done(_) | Written::Refused(_) => Ok(()),
        }
    }

    async fn close(&self, id: GrantId, at: Timestamp, why: CloseReason) -> Result<Closed, StoreError> {
        let attempt = self.attempt();
        let update = self
            .update_grant(id, &attempt)
            .update_expression("SET closed_at = :at, why = :why, attempt = :attempt")
            .condition_expression(OPEN)
            .expression_attribute_values(":at", time(at))
            .expression_attribute_values(":why", text(name(why)));
        Ok(match update_once(update).await? {
            Written::Done(_) => Closed::Now,
            Written::Refused(None) => Closed::Unknown,
            Written::Refused(Some(known)) if attempt.made(&known) => Closed::Now,
            Written::Refused(Some(_)) => Closed::Already,
        })
    }

    async fn find(&self, id: GrantId) -> Result<Option<Grant>, StoreError> {
        self.find(grant_key(id)).await?.as_ref().map(read).transpose()
    }

    async fn catch_up(&self) -> bool {
        tokio::time::sleep(self.index_delay).await;
        true
    }

    async fn list_of(&self, subject: &Subject, after: Option<GrantId>) -> Result<Vec<Grant>, StoreError> {
        let keys = self.list(list_of(subject), after.map_or(text(GRANT), grant_key), Some(PAGE_SIZE)).await?;
        let items =
            self.find_all(keys.into_iter().filter_map(|mut item| item.0.remove(KEY)).collect()).await?;
        let mut grants = items.iter().map(read).collect::<Result<Vec<_>, _>>()?;
        grants.sort_by_key(|grant| grant.id.to_string());
        Ok(grants)
    }
}

impl DynamoStore {
    fn update_grant(&self, id: GrantId, attempt: &Attempt) -> UpdateItemFluentBuilder {
        self.grant_of(id).expression_attribute_values(":attempt", attempt.value())
    }

    fn grant_of(&self, id: GrantId) -> UpdateItemFluentBuilder {
        self.client.update_item().table_name(&self.table).key(KEY, grant_key(id))
    }
}

/// The attribute that holds when a generation became the head. The latest `Steps::MAX` generations are kept, each in
/// the attribute with its number modulo `Steps::MAX`.
fn step(generation: u32) -> String {
    format!("step_{}", generation as usize % Steps::MAX)
}

fn rotated(item: &Item) -> Result<Rotated, StoreError> {
    Ok(Rotated::Next { grant: Box::new(read(item)?), chain: chain(item)? })
}

fn not_the_head(item: &Item, presented: u32) -> Result<Rotated, StoreError> {
    let grant = read(item)?;
    let State::Open(chain) = grant.state.clone() else { return Ok(Rotated::Closed) };
    match presented.cmp(&chain.head) {
        Ordering::Less => Ok(Rotated::Behind { grant: Box::new(grant), chain }),
        Ordering::Greater => Ok(Rotated::Ahead),
        Ordering::Equal => {
            Err(StoreError::new("DynamoDB reported a failed condition, but the item meets it"))
        }
    }
}

fn list_of(subject: &Subject) -> String {
    format!("{PERSON}{subject}")
}

fn write(grant: &Grant) -> Item {
    let slack = if grant.has_one_token() { SHORT_SLACK } else { SLACK };
    let gone_after = grant.expires_at.max(grant.kept_until).after(slack);
    let item = Item::default()
        .with(KEY, grant_key(grant.id))
        .with(LIST, text(list_of(&grant.subject)))
        .with("client", text(&grant.client.0))
        .with_some("claimed_name", grant.client_name.as_ref().map(|name| text(name.as_str())))
        .with_some("installation", grant.installation.as_ref().map(|known| text(known.to_string())))
        .with("person", text(grant.subject.to_string()))
        .with("scope", text(grant.scope.to_string()))
        .with("resource", text(grant.resource.as_str()))
        .with("signed_in_at", time(grant.signed_in_at))
        .with("opened_at", time(grant.opened_at))
        .with("expires_at", time(grant.expires_at))
        .with("kept_until", time(grant.kept_until))
        .with(EXPIRY, time(gone_after))
        .with_some("email", grant.profile.email.as_ref().map(|email| text(email.as_str())))
        .with_some("full_name", grant.profile.name.as_ref().map(|name| text(name.as_str())))
        .with_some("issuer", grant.issuer.as_ref().map(text));
    match &grant.state {
        State::Open(chain) => {
            let generations = (0..=chain.head).rev().zip(chain.steps.iter());
            let item = item.with("generation", number(chain.head));
            let item = item.with_some("excused", chain.excused.map(|excused| number(excused.head)));
            let item = item.with_some("excused_at", chain.excused.map(|excused| time(excused.at)));
            let item = item.with_some("doubted_at", chain.doubted.map(time));
            generations.fold(item, |item, (generation, at)| item.with(&step(generation), time(at)))
        }
        State::Closed { at, why } => item.with("closed_at", time(*at)).with("why", text(name(*why))),
    }
}

fn read(item: &Item) -> Result<Grant, StoreError> {
    let state = match closed(item)? {
        Some((at, why)) => State::Closed { at, why },
        None => State::Open(chain(item)?),
    };
    Ok(Grant {
        id: item.id(GRANT, GrantId::parse)?,
        client: ClientId(item.text("client")?.to_owned()),
        client_name: item.if_there("claimed_name", ClientName::parse)?,
        installation: item.if_there("installation", Installation::parse)?,
        subject: item.parsed("person", Subject::parse)?,
        scope: item.parsed("scope", |scope| Scope::parse(scope).ok())?,
        resource: item.parsed("resource", |resource| Resource::parse(resource).ok())?,
        signed_in_at: item.time("signed_in_at")?,
        opened_at: item.time("opened_at")?,
        expires_at: item.time("expires_at")?,
        kept_until: item.time("kept_until")?,
        state,
        profile: Profile {
            email: item.if_there("email", EmailAddress::parse)?,
            name: item.if_there("full_name", DisplayName::parse)?,
        },
        issuer: item.if_there("issuer", |issuer| Some(issuer.to_owned()))?,
    })
}

fn chain(item: &Item) -> Result<Chain, StoreError> {
    let head = item.number("generation")?;
    let latest = (0..=head).rev().take(Steps::MAX).map(|generation| item.time(&step(generation)));
    let steps = Steps::of(latest.collect::<Result<_, _>>()?);
    let steps = steps.ok_or_else(|| StoreError::new("the stored grant has no step"))?;
    let excuse = || Ok(Excuse { head: item.number("excused")?, at: item.time("excused_at")? });
    let excused = item.has("excused").then(excuse).transpose()?;
    let doubted = item.has("doubted_at").then(|| item.time("doubted_at")).transpose()?;
    Ok(Chain { head, steps, excused, doubted })
}

fn closed(item: &Item) -> Result<Option<(Timestamp, CloseReason)>, StoreError> {
    if !item.has("closed_at") {
        return Ok(None);
    }
    let why = |name_of: &str| WHYS.into_iter().find(|why| name(*why) == name_of);
    Ok(Some((item.time("closed_at")?, item.parsed("why", why)?)))
}

const WHYS: [CloseReason; 7] = [
    CloseReason::CodeReplayed,
    CloseReason::Revoked,
    CloseReason::Reuse,
    CloseReason::SignedOut,
    CloseReason::Unconfirmed,
    CloseReason::Operator,
    CloseReason::Person,
];

fn name(why: CloseReason) -> &'static str {
    match why {
        CloseReason::CodeReplayed => "code_replayed",
        CloseReason::Revoked => "revoked",
        CloseReason::Reuse => "reuse",
        CloseReason::SignedOut => "signed_out",
        CloseReason::Unconfirmed => "unconfirmed",
        CloseReason::Operator => "operator",
        CloseReason::Person => "person",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_is_read_as_it_was_written() {
        for why in WHYS {
            let item = Item::default().with("closed_at", number(7)).with("why", text(name(why)));
            assert_eq!(closed(&item).unwrap(), Some((Timestamp(7), why)));
        }
        let foreign = Item::default().with("closed_at", number(7)).with("why", text("a whim"));
        assert!(closed(&foreign).is_err(), "a grant is not open because its end cannot be read");
    }
}
