//! The types of the specifications: parse, print, compare. This code does not await, store or read the clock.

mod bearer;
mod client_id;
mod client_metadata;
mod client_name;
mod digest;
mod document_url;
mod grant_id;
mod host;
mod installation;
mod issuer;
pub mod metadata;
mod parameters;
pub mod paths;
mod person_id;
mod pkce;
mod prompt;
mod protected_resource;
mod redirect_uri;
mod refusal;
mod resource;
mod scope;
mod scope_hierarchy;
mod server_url;
mod subject;
mod tool_call;

pub use bearer::{BearerCredentials, Challenge};
pub use client_id::ClientId;
pub use client_metadata::{AuthMethod, ClientMetadata};
pub(crate) use client_metadata::{DEMANDS, usable};
pub use client_name::ClientName;
pub use digest::{BrowserDigest, ClientDigest, Digest, RedirectDigest, RequestDigest};
pub use document_url::{DocumentUrl, InvalidDocumentUrl};
pub use grant_id::GrantId;
pub use host::is_private_address;
pub(crate) use host::{is_loopback, may_be_private, without_port};
pub use installation::Installation;
pub use issuer::{InvalidIssuer, Issuer};
pub use parameters::Parameters;
pub use paths::{InvalidPaths, Mount, Paths};
pub use person_id::PersonId;
pub use pkce::{CodeChallenge, CodeVerifier, Proof};
pub use prompt::Prompt;
pub use protected_resource::{
    InvalidProtectedResource, InvalidResources, OfferedScope, ProtectedResource, Resources,
};
pub(crate) use redirect_uri::destination;
pub use redirect_uri::{InvalidRedirectUri, RedirectKind, RedirectUri, RegisteredRedirectUri};
pub use refusal::Refusal;
pub(crate) use refusal::shortened;
pub use resource::{InvalidResource, Resource};
pub use scope::{GrantedScope, InvalidScope, Scope};
pub use scope_hierarchy::{CyclicScope, ScopeHierarchy};
pub(crate) use server_url::parse_endpoint;
pub use subject::Subject;
pub use tool_call::{ToolCall, Unreadable};
