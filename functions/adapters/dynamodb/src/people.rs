//! Users: one item each.

use crate::DynamoStore;
use crate::conditional::{Written, update_once};
use crate::item::{Item, guesses_key, number, person_key, text};
use crate::table::{KEY, LIST, PEOPLE, PERSON};
use async_trait::async_trait;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue};
use doorward::ports::PasswordHash;
use doorward::protocol::{EmailAddress, PersonId};
use doorward::store::{
    Added, AttemptKey, Change, Changed, Login, PAGE_SIZE, People, Person, Replaced, SignInRecord, SignIns,
    StoreError,
};

#[async_trait]
impl SignIns for DynamoStore {
    async fn find(&self, id: &PersonId, attempts: [AttemptKey; 2]) -> Result<SignInRecord, StoreError> {
        let (person, keys) = (person_key(id), attempts.map(|attempt_key| guesses_key(&attempt_key)));
        let items = self.find_all([person.clone()].into_iter().chain(keys.clone()).collect()).await?;
        let item = |key: &AttributeValue| items.iter().find(|item| item.0.get(KEY) == Some(key));
        let count = |key: &AttributeValue| item(key).map_or(Ok(0), |item| item.number("guesses"));
        let attempts = [count(&keys[0])?, count(&keys[1])?];
        Ok(SignInRecord { person: item(&person).map(read).transpose()?, attempts })
    }
}

#[async_trait]
impl People for DynamoStore {
    async fn add(&self, person: Person) -> Result<Added, StoreError> {
        let known = self.put_once(write(&person)).await?;
        Ok(known.map_or(Added::New, |_| Added::Already))
    }

    async fn find(&self, id: &PersonId) -> Result<Option<Person>, StoreError> {
        self.find(person_key(id)).await?.as_ref().map(read).transpose()
    }

    /// A retry after a lost response raises the epoch twice. This is harmless: the first raise ended every session.
    async fn change(&self, id: &PersonId, change: Change) -> Result<Changed, StoreError> {
        let update = self
            .client
            .update_item()
            .table_name(&self.table)
            .key(KEY, person_key(id))
            .condition_expression(format!("attribute_exists({KEY})"))
            .expression_attribute_values(":one", number(1))
            .return_values(ReturnValue::AllNew);
        let set = |name, value| {
            let expression = format!("SET {name} = :value ADD epoch :one");
            update.clone().update_expression(expression).expression_attribute_values(":value", value)
        };
        let update = match change {
            Change::Password(hash) => set("password", text(hash.as_str())),
            Change::Disable => set("disabled", AttributeValue::Bool(true)),
            Change::Enable => set("disabled", AttributeValue::Bool(false)),
            Change::Email(Some(email)) => set("email", text(email.as_str())),
            Change::Email(None) => update.update_expression("REMOVE email ADD epoch :one"),
            Change::SignOut => update.update_expression("ADD epoch :one"),
        };
        match update_once(update).await? {
            Written::Done(now) => Ok(Changed::Now(Box::new(read(&now)?))),
            Written::Refused(_) => Ok(Changed::Unknown),
        }
    }

    /// The hash is salted, so no other write has the same. It tells a retry after a lost response from another change.
    async fn replace_password(
        &self,
        id: &PersonId,
        epoch: u64,
        password: PasswordHash,
    ) -> Result<Replaced, StoreError> {
        let update = self
            .client
            .update_item()
            .table_name(&self.table)
            .key(KEY, person_key(id))
            .condition_expression("epoch = :epoch")
            .update_expression("SET password = :password ADD epoch :one")
            .expression_attribute_values(":epoch", number(epoch))
            .expression_attribute_values(":password", text(password.as_str()))
            .expression_attribute_values(":one", number(1));
        let is_ours = |known: &Item| known.text("password").is_ok_and(|known| known == password.as_str());
        Ok(match update_once(update).await? {
            Written::Done(_) => Replaced::Now,
            Written::Refused(Some(known)) if is_ours(&known) => Replaced::Now,
            Written::Refused(_) => Replaced::TooLate,
        })
    }

    async fn list(&self, after: Option<&PersonId>) -> Result<Vec<Person>, StoreError> {
        let after = after.map_or(text(PERSON), person_key);
        let keys = self.list(PEOPLE.to_owned(), after, Some(PAGE_SIZE)).await?;
        // The index lacks the address, and its projection can never change.
        let items =
            self.find_all(keys.into_iter().filter_map(|mut item| item.0.remove(KEY)).collect()).await?;
        let mut people = items.iter().map(read).collect::<Result<Vec<_>, _>>()?;
        people.sort_by(|one, other| one.id.cmp(&other.id));
        Ok(people)
    }
}

fn write(person: &Person) -> Item {
    let item = Item::default()
        .with(KEY, person_key(&person.id))
        .with(LIST, text(PEOPLE))
        .with("epoch", number(person.epoch))
        .with("disabled", AttributeValue::Bool(person.disabled))
        .with_some("email", person.email.as_ref().map(|email| text(email.as_str())));
    match &person.login {
        Login::Password(hash) => item.with("password", text(hash.as_str())),
        Login::Provider { name } => item.with("called", text(name)),
    }
}

fn read(item: &Item) -> Result<Person, StoreError> {
    Ok(Person {
        id: item.id(PERSON, PersonId::parse)?,
        login: match item.if_there("password", |hash| Some(PasswordHash::new(hash)))? {
            Some(hash) => Login::Password(hash),
            None => Login::Provider { name: item.text("called")?.to_owned() },
        },
        epoch: item.number("epoch")?,
        disabled: item.flag("disabled")?,
        email: item.if_there("email", EmailAddress::parse)?,
    })
}
