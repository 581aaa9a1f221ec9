//! Users of a local server: the configured users, or a first user with a generated password.

use crate::Failure;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use doorward::ports::{Entropy, Password};
use doorward::protocol::{EmailAddress, PersonId};
use doorward::server::Server;
use doorward::store::{Added, Change, Changed, Login, Person, StoreError};
use doorward_settings::{TUTORIAL, USER, USER_EMAIL, Values};
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
    waiting: Vec<Waiting>,
    added: OnceCell<()>,
}

/// A user to add to the store.
struct Waiting {
    id: PersonId,
    password: Password,
    /// The address of the settings. Without one, the address in the store stays.
    email: Option<EmailAddress>,
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
        values.all(&USER_EMAIL).iter().try_for_each(|text| people.set_email(text))?;
        Ok(people)
    }

    /// Reads `NAME=ADDRESS`. Both may have an `=`, so the names of the users tell where the address begins.
    fn set_email(&mut self, text: &str) -> Result<(), Failure> {
        let failure = |why: &str| Failure::new(format_args!("--user-email {text}"), why);
        let address = |user: &Waiting| text.strip_prefix(user.id.as_str())?.strip_prefix('=');
        let found = self.waiting.iter_mut().filter_map(|user| Some((address(user)?, user)));
        let longest = found.max_by_key(|(_, user)| user.id.as_str().len());
        let (address, user) =
            longest.ok_or_else(|| failure("must be NAME=ADDRESS, with the NAME of a --user"))?;
        if user.email.is_some() {
            return Err(failure("is given twice; remove one"));
        }
        let email = EmailAddress::parse(address);
        let why = "is not an email address: local@domain, at most 254 bytes, without quotes and white space";
        user.email = Some(email.ok_or_else(|| failure(why))?);
        Ok(())
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
        self.waiting.push(Waiting { id, password: Password::new(generated.password.clone()), email: None });
        generated
    }

    fn add(&mut self, name: &str, password: &str) -> Result<(), Failure> {
        let failure = |why: &str| Failure::new(format_args!("--user {name}"), why);
        let id = PersonId::parse(name)
            .ok_or_else(|| failure("is not a valid name; use 1 to 255 bytes without control characters"))?;
        if password.is_empty() {
            return Err(failure("has no password"));
        }
        if self.waiting.iter().any(|known| known.id == id) {
            return Err(failure("is given twice; remove one"));
        }
        self.waiting.push(Waiting { id, password: Password::new(password), email: None });
        Ok(())
    }

    /// Adds all users to the store, once. Concurrent callers wait until this is done. After an error, the next call
    /// tries again.
    pub(super) async fn add_to_store(&self, server: &Server) -> Result<(), StoreError> {
        self.added.get_or_try_init(|| self.add_all(server)).await.copied()
    }

    async fn add_all(&self, server: &Server) -> Result<(), StoreError> {
        for user in &self.waiting {
            set(server, user).await?;
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

/// Gives a user this password and address. The settings win over what an earlier process, the user or an operator has set.
async fn set(server: &Server, user: &Waiting) -> Result<(), StoreError> {
    let people = server.stores.people();
    let known = people.find(&user.id).await?;
    let has_password = match known.as_ref().and_then(Person::password) {
        Some(hash) => server.passwords.verify(&user.password, Some(hash)).await,
        None => false,
    };
    if !has_password {
        let hash = server.passwords.hash(&user.password).await;
        let new = Person {
            email: user.email.clone(),
            ..Person::new(user.id.clone(), Login::Password(hash.clone()))
        };
        match people.add(new).await? {
            Added::New => return Ok(()),
            Added::Already => change(server, &user.id, Change::Password(hash)).await?,
        }
    }
    let is_other = known.is_none_or(|known| known.email != user.email);
    if user.email.is_some() && is_other {
        change(server, &user.id, Change::Email(user.email.clone())).await?;
    }
    Ok(())
}

async fn change(server: &Server, id: &PersonId, change: Change) -> Result<(), StoreError> {
    match server.stores.people().change(id, change).await? {
        // No store removes users, so there is one.
        Changed::Now(_) | Changed::Unknown => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_generated_password_is_no_flag() {
        // Of 2000 random texts, 31 begin with `-`.
        assert!((0..2000).all(|_| !password().starts_with('-')));
    }

    #[test]
    fn the_name_of_a_user_tells_where_the_address_begins() {
        let read = |emails: &[&str]| {
            let users = ["alice:a=b@c", "alice=a:x", "Zoë L:x"].map(|user| (&USER, user));
            let people = People::read(&Values::of(
                users.into_iter().chain(emails.iter().map(|text| (&USER_EMAIL, *text))),
            ))?;
            Ok(people.waiting.into_iter().map(|user| user.email.map(String::from)).collect::<Vec<_>>())
        };
        let some = |email: &str| Some(email.to_owned());
        let found = read(&["Zoë L=zoë@acme.example", "alice=a=b=c@acme.example", "alice=a@acme.example"]);
        let expected = vec![some("a@acme.example"), some("b=c@acme.example"), some("zoë@acme.example")];
        assert_eq!(found.map_err(|failure: Failure| failure.0), Ok(expected));
        for (wrong, why) in [
            (&["bob=b@acme.example"][..], "with the NAME of a --user"),
            (&["alice"], "with the NAME of a --user"),
            (&["alice=acme.example"], "is not an email address"),
            (&["alice= a@acme.example"], "is not an email address"),
            (&["alice=x@acme.example", "alice=y@acme.example"], "is given twice"),
        ] {
            let refused = read(wrong).unwrap_err().0;
            assert!(refused.starts_with("--user-email ") && refused.contains(why), "{refused}");
        }
    }
}
