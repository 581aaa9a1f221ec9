//! The `sub` of tokens (RFC 7519 §4.1.2): a user, or a client that acts for itself.

use crate::protocol::client_id::ClientId;
use crate::protocol::person_id::PersonId;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::fmt;

/// The user or client that a token identifies. As text, a client has the prefix `client:`, which no user's id has.
/// Otherwise a client could be mistaken for a user (RFC 9068 §5).
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Subject {
    /// A user.
    Person(PersonId),
    /// A client that acts for itself (`client_credentials`, RFC 6749 §4.4).
    Client(ClientId),
}

impl Subject {
    /// Reads the printed form of a subject.
    pub fn parse(text: &str) -> Option<Self> {
        match text.strip_prefix(PersonId::CLIENT) {
            Some(id) => Self::of_client(&ClientId(id.to_owned())),
            None => PersonId::parse(text).map(Self::Person),
        }
    }

    /// The subject of a client that acts for itself. `None` if its id is too long for a `sub`.
    pub fn of_client(id: &ClientId) -> Option<Self> {
        PersonId::is_sound(&format!("{}{id}", PersonId::CLIENT)).then(|| Self::Client(id.clone()))
    }

    /// The printed form.
    pub fn as_text(&self) -> Cow<'_, str> {
        match self {
            Self::Person(person) => Cow::Borrowed(person.as_str()),
            Self::Client(client) => Cow::Owned(format!("{}{client}", PersonId::CLIENT)),
        }
    }

    /// The user, if the subject is a user.
    pub fn person(&self) -> Option<&PersonId> {
        match self {
            Self::Person(person) => Some(person),
            Self::Client(_) => None,
        }
    }
}

impl From<PersonId> for Subject {
    fn from(person: PersonId) -> Self {
        Self::Person(person)
    }
}

impl TryFrom<String> for Subject {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text).ok_or(PersonId::RULE)
    }
}

impl From<Subject> for String {
    fn from(subject: Subject) -> Self {
        subject.as_text().into_owned()
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.as_text())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_client_is_never_taken_for_a_user() {
        let client = ClientId("robot".to_owned());
        assert_eq!(Subject::parse("client:robot"), Some(Subject::Client(client.clone())));
        assert_eq!(PersonId::parse("client:robot"), None);
        assert_eq!(
            PersonId::at_provider("client", "robot").map(|person| person.to_string()),
            Some("client#robot".into())
        );
        assert_eq!(
            Subject::of_client(&client).map(|subject| subject.to_string()),
            Some("client:robot".into())
        );
        assert_eq!(Subject::of_client(&ClientId("x".repeat(300))), None);
    }

    proptest! {
        #[test]
        fn printing_and_parsing_is_the_identity(text in "(client:)?\\PC{0,40}") {
            if let Some(subject) = Subject::parse(&text) {
                prop_assert_eq!(subject.to_string(), text);
            }
        }
    }
}
