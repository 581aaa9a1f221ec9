//! The words of the specifications as types: parse, print, compare. Nothing here waits, stores or asks the time.

pub mod access_token;
pub mod authorization_code;
pub mod authorization_request;
pub mod bearer;
pub mod client;
pub mod client_secret;
pub mod credentials;
pub mod digest;
pub mod form;
pub mod grant_id;
pub mod introspection;
pub mod issuer;
pub mod jwk;
pub mod jwt;
pub mod known_id;
pub mod metadata;
pub mod parameters;
pub mod person_id;
pub mod pkce;
pub mod protected_resource;
pub mod redirect_uri;
pub mod refresh_token;
pub mod registration;
pub mod resource;
pub mod scope;
mod server_url;
pub mod session;
