//! End-to-end flows, from a client's first request to a tool's answer.

#![expect(clippy::unwrap_used, reason = "a test that cannot continue panics")]

mod account;
mod assertions;
mod attempts;
mod audit;
mod branding;
mod burst;
mod checks;
mod code;
mod confidential;
mod configured;
mod consent;
mod cors;
mod deadlines;
mod discovery;
mod documents;
mod embedded;
mod fetches;
mod garbage;
mod guesser;
mod home;
mod immediate;
mod introspection;
mod keys;
mod languages;
mod machines;
mod mcp;
mod mounts;
mod onward;
mod operator;
mod pages;
mod preregistered;
mod probes;
mod processes;
mod prompts;
mod provider;
mod provider_claims;
mod provider_failures;
mod provider_groups;
mod provider_keys;
mod provider_places;
mod refresh;
mod remote_guard;
mod resource;
mod resource_servers;
mod revocation;
mod scopes;
mod sign_out_races;
mod stale;
mod step_up;
mod tabs;
mod stockpiled_codes;
mod tutorial;
mod unread;

use checks::{NOTHING, events};
