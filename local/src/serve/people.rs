//! Users of a local server: the configured users, or one generated user.

use crate::Failure;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use doorward::ports::{Entropy, Password};
use doorward::protocol::PersonId;
use doorward::server::Server;
use doorward::store::{Added, Login, Person, StoreError};
use doorward_settings::{TUTORIAL, USER, Values};
use doorward_signing::SystemEntropy;
use tokio::sync::OnceCell;

/// The user that the server generates if no user is configured. The password is random.
pub struct GeneratedUser {
    /// The user name.
    pub name: &'static str,
    /// The password, to show once at the start. The store holds only its hash.
    pub password: String,
}

/// Users to add to the store. Their passwords are hashed at the first request for a sign-in page, not at the start:
/// Argon2id would delay the start, and needs memory.
pub(super) struct People {
    waiting: Vec<(PersonId, Password)>,
    added: OnceCell<()>,
}

impl People {
    /// No users: they sign in at the identity provider.
    pub(super) fn elsewhere() -> Self {
        Self { waiting: Vec::new(), added: OnceCell::new() }
    }

    /// Reads the configured users. If there are none, generates one.
    pub(super) fn read(values: &Values) -> Result<(Self, Option<GeneratedUser>), Failure> {
        let configured =
            if values.is_on(&TUTORIAL)? { &["admin:123456".to_owned()] } else { values.all(&USER) };
        let mut people = Self::elsewhere();
        for text in configured {
            let (name, password) =
                text.split_once(':').ok_or_else(|| Failure("--user must be NAME:PASSWORD".into()))?;
            people.add(name, password)?;
        }
        if !configured.is_empty() {
            return Ok((people, None));
        }
        let mut random = [0; 12];
        SystemEntropy.fill(&mut random);
        let generated_user = GeneratedUser { name: "me", password: URL_SAFE_NO_PAD.encode(random) };
        people.add(generated_user.name, &generated_user.password)?;
        Ok((people, Some(generated_user)))
    }

    fn add(&mut self, name: &str, password: &str) -> Result<(), Failure> {
        let failure = |why: &str| Failure::new(format_args!("--user {name}"), why);
        let id = PersonId::parse(name)
            .ok_or_else(|| failure("is not a valid name; use 1 to 255 bytes without control characters"))?;
        if password.is_empty() {
            return Err(failure("has no password"));
        }
        if self.waiting.iter().any(|(known, _)| *known == id) {
            return Err(failure("is given twice; remove one"));
        }
        self.waiting.push((id, Password::new(password)));
        Ok(())
    }

    /// Adds all users to the store, once. Concurrent callers wait until this is done. After an error, the next call
    /// tries again.
    pub(super) async fn add_to_store(&self, server: &Server) -> Result<(), StoreError> {
        self.added.get_or_try_init(|| self.add_all(server)).await.copied()
    }

    async fn add_all(&self, server: &Server) -> Result<(), StoreError> {
        for (id, password) in &self.waiting {
            let password = server.passwords.hash(password).await;
            let person = Person::new(id.clone(), Login::Password(password));
            match server.stores.people().add(person).await? {
                Added::New | Added::Already => {}
            }
        }
        Ok(())
    }
}
