//! The way to the MCP server behind a gateway, its upstream: connections, requests, and answers that stream.
//!
//! The core decides what is sent and what the client gets. This library moves the bytes, with bounded time and memory.

mod address;
mod answer_body;
mod call_log;
mod client;
mod connection;
mod connector;
mod event_stream;
mod failure;
mod first_event;
mod gateways;
mod header_file;
mod in_flight;
mod lanes;
mod later_events;
mod legacy_stream;
mod limits;
mod refused_body;
mod silence;
mod static_headers;
mod tls;
mod way;
mod whole;

pub use answer_body::{AnswerBody, BodyError, KEEP_ALIVE, MAX_SILENCE};
pub use call_log::CallLog;
pub use client::{Settings, SettingsError, Upstream};
pub use gateways::{GatewayBody, Gateways, Route};
pub use in_flight::{InFlight, Read};
pub use lanes::UpstreamBody;
pub use limits::GatewayLimits;
pub use static_headers::{HeaderError, Report, StaticHeaders};
pub use way::Way;

#[cfg(test)]
mod tests;
