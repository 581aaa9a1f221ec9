//! HTTP messages: how endpoints read and write them, CORS, correlation ids, and the events of a response.

pub mod correlation;
pub(crate) mod cors;
mod event;
mod message;

pub use event::{Actor, Event, EventKind, Events};
pub(crate) use message::is_json;
pub use message::{Request, Response, cookies, document, form, is_of_type, json, query, respond, see_other};
