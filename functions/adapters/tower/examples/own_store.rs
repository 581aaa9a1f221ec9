//! An authorization server whose users are in a table of your own. Grants and the rest stay in another store.
//!
//! ```sh
//! cargo run -p doorward-tower --example own_store
//! ```

use async_trait::async_trait;
use axum::Router;
use doorward::ports::{Password, PasswordHash};
use doorward::store::{Added, Change, Changed, Login, People, Person, Replaced, StoreError};
use doorward::{Config, Issuer, PersonId, ProtectedResource, RootSecret, Stores};
use doorward_tower::AuthorizationServer;
use std::collections::BTreeMap;
use std::error::Error;
use std::ops::Bound;
use std::sync::{Arc, Mutex, MutexGuard};

/// The table of users. Replace the map with your database.
#[derive(Default)]
pub(crate) struct MyUsers(Mutex<BTreeMap<PersonId, Person>>);

impl MyUsers {
    fn table(&self) -> MutexGuard<'_, BTreeMap<PersonId, Person>> {
        self.0.lock().expect("the lock is not poisoned")
    }
}

#[async_trait]
impl People for MyUsers {
    /// In SQL: `INSERT … ON CONFLICT DO NOTHING`.
    async fn add(&self, person: Person) -> Result<Added, StoreError> {
        let mut table = self.table();
        if table.contains_key(&person.id) {
            return Ok(Added::Already);
        }
        table.insert(person.id.clone(), person);
        Ok(Added::New)
    }

    async fn find(&self, id: &PersonId) -> Result<Option<Person>, StoreError> {
        Ok(self.table().get(id).cloned())
    }

    /// In SQL: one `UPDATE … SET epoch = epoch + 1 … RETURNING`. Each change ends the sessions of the user.
    async fn change(&self, id: &PersonId, change: Change) -> Result<Changed, StoreError> {
        let mut table = self.table();
        let Some(person) = table.get_mut(id) else { return Ok(Changed::Unknown) };
        person.epoch += 1;
        match change {
            Change::Password(hash) => person.login = Login::Password(hash),
            Change::Disable => person.disabled = true,
            Change::Enable => person.disabled = false,
            Change::Email(email) => person.email = email,
            Change::SignOut => {}
        }
        Ok(Changed::Now(Box::new(person.clone())))
    }

    /// In SQL: `UPDATE … SET password = $3, epoch = epoch + 1 WHERE id = $1 AND epoch = $2`. No row: too late.
    async fn replace_password(
        &self,
        id: &PersonId,
        epoch: u64,
        password: PasswordHash,
    ) -> Result<Replaced, StoreError> {
        let mut table = self.table();
        let Some(person) = table.get_mut(id).filter(|person| person.epoch == epoch) else {
            return Ok(Replaced::TooLate);
        };
        (person.login, person.epoch) = (Login::Password(password), epoch + 1);
        Ok(Replaced::Now)
    }

    /// In SQL: `WHERE id > $1 ORDER BY id LIMIT 100`.
    async fn list(&self, after: Option<&PersonId>) -> Result<Vec<Person>, StoreError> {
        let after = after.map_or(Bound::Unbounded, Bound::Excluded);
        Ok(self
            .table()
            .range((after, Bound::Unbounded))
            .take(100)
            .map(|(_, person)| person.clone())
            .collect())
    }
}

/// The authorization server at `url` for the MCP server at `mcp`, with one user.
pub(crate) async fn app(url: &str, mcp: &str, secret: RootSecret) -> Result<Router, Box<dyn Error>> {
    let resource = ProtectedResource::parse(mcp, "read")?;
    let config = Config::builder(Issuer::parse(url)?).resource(resource).build()?;
    let stores = Stores::in_memory().with_people(Arc::new(MyUsers::default()));
    let auth = AuthorizationServer::builder(config, secret).stores(stores).build()?;
    let password = auth.server().passwords.hash(&Password::new("open sesame")).await;
    let carol = PersonId::parse("carol").ok_or("a user's name")?;
    let _ = auth.server().stores.people().add(Person::new(carol, Login::Password(password))).await?;
    Ok(Router::new().fallback_service(auth))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:9000").await?;
    let secret = RootSecret::parse(&std::env::var("DOORWARD_SECRET")?)?;
    let app = app("http://127.0.0.1:9000", "http://127.0.0.1:8000/mcp", secret).await?;
    Ok(axum::serve(listener, app).await?)
}
