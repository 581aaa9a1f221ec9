//! HTTP messages: how endpoints read and write them, CORS, correlation ids, and the events of a response.

mod authenticator;
mod cache;
pub mod correlation;
pub(crate) mod cors;
mod event;
mod fields;
mod http_client;
mod message;
mod rendered;
mod trace;
mod user_agent;

pub(crate) use authenticator::to_application;
pub use authenticator::{Authenticator, SignedInUser};
pub(crate) use cache::{Cache, Cached, Found};
pub use event::{Actor, CalledTool, Event, EventKind, Events};
pub use fields::{Field, FieldValue};
pub use http_client::{HttpClient, Unreachable};
pub use message::{
    Request, Response, cookies, document, form, is_of_type, json, query, refuse_page, respond, see_other,
};
pub(crate) use message::{content_encoding, is_json, json_text, serialized, wants_html, without_bom};
pub(crate) use rendered::Rendered;
pub use trace::TraceId;
pub use user_agent::UserAgent;
