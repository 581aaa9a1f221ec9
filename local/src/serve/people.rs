//! Users of a local server: the configured users, or a first user with a generated password.

use crate::Failure;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use doorward::ports::{Entropy, Password};
use doorward::protocol::PersonId;
use doorward::server::Server;
use doorward::store::{Added, Change, Changed, Login, Person, StoreError};
use doorward_settings::{TUTORIAL, USER, Values};
use doorward_signing::SystemEntropy;
use tokio::sync::OnceCell;

/// The user that the server generates if there is no other. The password is random.
pub struct GeneratedUser {
    /// The user name.
    pub name: &'static str,
    /// The password, to show once at the start. The store holds only its hash.
    pub password: String,
}

/// Users to add to the store. Their passwords are hashed at the first request for a sign-in page, not at the start:
/// Argon2id would delay the start, and needs memory.
#[derive(Default)]
pub(super) struct People {
    waiting: Vec<(PersonId, Password)>,
    added: OnceCell<()>,
}

impl People {
    /// Reads the configured users.
    pub(super) fn read(values: &Values) -> Result<Self, Failure> {
        let configured =
            if values.is_on(&TUTORIAL)? { &["admin:123456".to_owned()] } else { values.all(&USER) };
        let mut people = Self::default();
        for text in configured {
            let (name, password) =
                text.split_once(':').ok_or_else(|| Failure("--user must be NAME:PASSWORD".into()))?;
            people.add(name, password)?;
        }
        Ok(people)
    }

    /// Generates a user, if none is configured and the store has none. A store that is kept has the user before the password is
    /// shown. Without a terminal the password would stay in a log, so no user is generated for such a store, and a warning says
    /// so.
    pub(super) async fn first(
        &mut self,
        server: &Server,
        is_kept: bool,
        is_terminal: bool,
        warnings: &mut Vec<String>,
    ) -> Result<Option<GeneratedUser>, Failure> {
        let is_needed = self.waiting.is_empty() && server.config.providers().is_empty();
        let failure = |error| Failure::new("adding a first user", error);
        if !is_needed || is_kept && !server.stores.people().list(None).await.map_err(failure)?.is_empty() {
            return Ok(None);
        }
        if is_kept && !is_terminal {
            warnings.push("no user can sign in yet; add one with doorward admin add-person NAME".to_owned());
            return Ok(None);
        }
        let generated = self.generate();
        if is_kept {
            self.add_to_store(server).await.map_err(failure)?;
        }
        Ok(Some(generated))
    }

    fn generate(&mut self) -> GeneratedUser {
        let generated = GeneratedUser { name: "me", password: password() };
        let id = PersonId::parse(generated.name).expect("it is a valid name");
        self.waiting.push((id, Password::new(generated.password.clone())));
        generated
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
            set(server, id, password).await?;
        }
        Ok(())
    }
}

/// A random password: 96 bits. One that begins with `-` would be read as a flag on a command line.
fn password() -> String {
    let random = || {
        let mut random = [0; 12];
        SystemEntropy.fill(&mut random);
        URL_SAFE_NO_PAD.encode(random)
    };
    let mut passwords = std::iter::repeat_with(random);
    passwords.find(|password| !password.starts_with('-')).expect("there is always a next one")
}

/// Gives a user this password. The settings win over a password that an earlier process or the user has set.
async fn set(server: &Server, id: &PersonId, password: &Password) -> Result<(), StoreError> {
    let people = server.stores.people();
    if let Some(Person { login: Login::Password(hash), .. }) = people.find(id).await?
        && server.passwords.verify(password, Some(&hash)).await
    {
        return Ok(());
    }
    let hash = server.passwords.hash(password).await;
    match people.add(Person::new(id.clone(), Login::Password(hash.clone()))).await? {
        Added::New => {}
        Added::Already => match people.change(id, Change::Password(hash)).await? {
            // No store removes users, so there is one.
            Changed::Now(_) | Changed::Unknown => {}
        },
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_generated_password_is_no_flag() {
        // Of 2000 random texts, 31 begin with `-`.
        assert!((0..2000).all(|_| !password().starts_with('-')));
    }
}
