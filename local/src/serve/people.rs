//! The people of a local server: those that were configured, or one that is made up.

use crate::Failure;
use crate::settings::{Settings, TUTORIAL, USER};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use doorward::passwords::Password;
use doorward::protocol::person_id::PersonId;
use doorward::server::Server;
use doorward::store::{Introduced, Person};

/// A person with a password that nobody chose.
pub struct MadeUp {
    /// Who.
    pub name: &'static str,
    /// To be shown once; only its hash is kept.
    pub password: String,
}

/// Makes everybody known who is configured; without anybody, makes one up.
pub(super) async fn introduce(server: &Server, settings: &Settings) -> Result<Option<MadeUp>, Failure> {
    for text in settings.all(&USER) {
        let (name, password) =
            text.split_once(':').ok_or_else(|| Failure("--user needs NAME:PASSWORD".into()))?;
        add(server, name, password).await?;
    }
    if settings.is_on(&TUTORIAL)? {
        add(server, "admin", "123456").await?;
        return Ok(None);
    }
    if !settings.all(&USER).is_empty() {
        return Ok(None);
    }
    let mut random = [0; 12];
    server.entropy.fill(&mut random);
    let made_up = MadeUp { name: "me", password: URL_SAFE_NO_PAD.encode(random) };
    add(server, made_up.name, &made_up.password).await?;
    Ok(Some(made_up))
}

async fn add(server: &Server, name: &str, password: &str) -> Result<(), Failure> {
    let failure = |why: &str| Failure::new(format_args!("--user {name}"), why);
    let id = PersonId::parse(name).ok_or_else(|| failure("is not a name"))?;
    if password.is_empty() {
        return Err(failure("has no password"));
    }
    let password = server.passwords.hash(&Password::new(password)).await;
    let person = Person { id, password, epoch: 0, disabled: false };
    match server.store.introduce(person).await.map_err(|error| failure(&error.to_string()))? {
        Introduced::New => Ok(()),
        Introduced::Already => Err(failure("is given twice")),
    }
}
