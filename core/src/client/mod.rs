//! OAuth clients: identity, authentication and requests.

mod assertion;
mod authentication;
mod authorization_request;
mod block_list;
mod connect;
mod credentials;
mod document;
mod documents;
mod fetches;
mod identity;
mod lookalike;
pub(crate) mod pinned;
mod redirect;
mod vendor;

pub use assertion::{ASSERTION_TYPE, AssertionId, ClientAssertion};
pub use authentication::{Authentication, InvalidKeys, PublishedKeys};
pub use authorization_request::{AuthorizationRequest, RequestRules, Requester};
pub(crate) use authorization_request::{Target, target};
pub use block_list::{Block, BlockList};
pub use connect::{CONNECT, ConnectSteps};
pub use credentials::{ClientCredentials, ClientProof, PresentedSecret};
pub use document::{ClientDocument, InvalidDocument};
pub use documents::{Documents, Fetch, FetchError, MAX_DOCUMENT_BYTES};
pub use identity::{Client, Introducer};
pub use redirect::Redirect;
pub use vendor::Vendor;
