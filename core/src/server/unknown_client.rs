//! Why no client has an id, for the operator's log.

use crate::sealed::{self, PreRegisteredClientId, Registration};
use thiserror::Error;

/// Why no client has an id, as far as the id shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub(crate) enum UnknownClient {
    /// The id has the form of a registration, and not this server's signature.
    #[error(
        "the client_id is a registration, signed with another root secret than this server has, or changed on the way"
    )]
    Foreign,
    /// The id has the form of a pre-registered client, and not this server's signature.
    #[error(
        "the client_id is of a pre-registered client of another root secret than this server has, or changed on the way"
    )]
    ForeignKnown,
    /// The id is genuine, and the store has no such client, or the client is blocked.
    #[error("the client_id is of a pre-registered client that was removed or blocked")]
    Removed,
    /// The id has no form that this server gives out.
    #[error("the client_id has no form of this server: it was made up, or issued by another server")]
    Other,
}

impl UnknownClient {
    /// What is wrong with an id that no key of this server verifies.
    pub(crate) fn of(id: &str) -> Self {
        if id.starts_with(<Registration as sealed::Kind>::PREFIX) {
            Self::Foreign
        } else if id.starts_with(<PreRegisteredClientId as sealed::Kind>::PREFIX) {
            Self::ForeignKnown
        } else {
            Self::Other
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_form_of_an_id_says_what_it_is() {
        for (id, expected) in [
            ("dw_client_AAAA", UnknownClient::Foreign),
            ("dw_known_AAAA", UnknownClient::ForeignKnown),
            ("client", UnknownClient::Other),
        ] {
            assert_eq!(UnknownClient::of(id), expected, "{id}");
        }
    }
}
