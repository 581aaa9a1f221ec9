//! The rules of this server that a request can break: one entry for each, with its cause and its cure. They are the error
//! catalogue: `docs/errors.md`, the page at [`paths::ERRORS`](crate::protocol::paths::ERRORS), and the keys `rule`, `section`
//! and `fix` of the log.

mod authorization;
mod client;
mod gateway;
mod identity;
mod provider;
mod registration;
mod request;
mod resource;
mod rule;
mod target;
mod token;
mod trusted;
mod userinfo;
mod workload;

pub use authorization::*;
pub use client::*;
pub use gateway::*;
pub use identity::*;
pub use provider::*;
pub use registration::*;
pub use request::*;
pub use resource::*;
pub use rule::{Fault, Rule};
pub use target::*;
pub use token::*;
pub use trusted::*;
pub use userinfo::*;
pub use workload::*;

/// A part of the catalogue.
pub struct Chapter {
    /// The heading.
    pub title: &'static str,
    /// The rules, in the order of a request.
    pub rules: &'static [&'static Rule],
}

/// The catalogue, in the order in which a client meets the rules.
pub const CATALOGUE: [Chapter; 13] = [
    Chapter { title: "Any request", rules: REQUESTS },
    Chapter { title: "The client and its authentication", rules: CLIENTS },
    Chapter { title: "Registration", rules: REGISTRATIONS },
    Chapter { title: "The authorization request", rules: AUTHORIZATIONS },
    Chapter { title: "The resource and the scope", rules: TARGETS },
    Chapter { title: "Sign-in at an OpenID provider", rules: PROVIDERS },
    Chapter { title: "Tokens", rules: TOKENS },
    Chapter { title: "Assertions of trusted issuers", rules: TRUSTED },
    Chapter { title: "Identity assertions (ID-JAG)", rules: IDENTITIES },
    Chapter { title: "Tokens of workloads", rules: WORKLOADS },
    Chapter { title: "The MCP server", rules: RESOURCES },
    Chapter { title: "The gateway", rules: GATEWAYS },
    Chapter { title: "UserInfo", rules: USERINFOS },
];

/// All rules.
pub fn all() -> impl Iterator<Item = &'static Rule> {
    CATALOGUE.iter().flat_map(|chapter| chapter.rules).copied()
}
