//! Where a client is, by its id, and why none was found.

use super::known_clients::KnownClient;
use super::unknown_client::UnknownClient;
use crate::client::FetchError;
use crate::protocol::{ClientId, DocumentUrl, Refusal};
use crate::rules;
use crate::store::StoreError;
use std::sync::Arc;

/// Where a client is, by its id.
pub(crate) enum ClientPlace {
    /// In its signed id, or in the configuration.
    Here(Arc<KnownClient>),
    /// In the Client ID Metadata Document (CIMD) at this URL.
    Document(DocumentUrl),
    /// In the store: a pre-registered client. The id is genuine.
    Stored(ClientId),
}

/// Why no client was found for an id.
#[derive(Debug)]
pub(crate) enum ClientLookupError {
    /// No client has this id, or the client is blocked. It says which kind of id it is.
    Unknown(UnknownClient),
    /// The id is a URL, and the Client ID Metadata Document (CIMD) could not be fetched or used.
    FetchError(FetchError),
    /// The store did not answer.
    Unanswered(StoreError),
}

impl ClientLookupError {
    /// The refusal for a client that calls an endpoint.
    pub(crate) fn to_client(&self) -> Refusal {
        self.refusal(|| rules::CLIENT_UNKNOWN.refuse("this server does not know the client; register again"))
    }

    /// The refusal for a user, which the browser shows as a page.
    pub(crate) fn to_person(&self) -> Refusal {
        let what_to_do = "this server does not know the client; remove the connection there and add it again";
        self.refusal(|| rules::CLIENT_UNKNOWN.refuse(what_to_do)).for_page()
    }

    fn refusal(&self, unknown: impl Fn() -> Refusal) -> Refusal {
        match self {
            Self::Unknown(which) => unknown().for_operator(&which.to_string()),
            Self::FetchError(fetch_error) => fetch_error.refusal("the client's document"),
            Self::Unanswered(error) => Refusal::temporarily_unavailable(error),
        }
    }
}
