//! The flow tests of the local harness, run on AWS. The tests of tutorial mode are left out, because it works on one
//! machine only. Functions in this process get client documents from the test; real binaries fetch them.

#![expect(clippy::unwrap_used, reason = "a test that cannot continue panics")]

#[path = "../flows/account.rs"]
mod account;
#[cfg(not(feature = "binaries"))]
#[path = "../flows/assertion_audience.rs"]
mod assertion_audience;
#[cfg(not(feature = "binaries"))]
#[path = "../flows/assertions.rs"]
mod assertions;
#[path = "../flows/attempts.rs"]
mod attempts;
#[path = "../flows/branding.rs"]
mod branding;
#[cfg(not(feature = "binaries"))]
#[path = "../flows/burst.rs"]
mod burst;
#[path = "../flows/checks.rs"]
mod checks;
#[path = "../flows/code.rs"]
mod code;
#[path = "../flows/confidential.rs"]
mod confidential;
#[path = "../flows/consent.rs"]
mod consent;
#[path = "../flows/cors.rs"]
mod cors;
#[path = "../flows/discovery.rs"]
mod discovery;
#[cfg(not(feature = "binaries"))]
#[path = "../flows/document_names.rs"]
mod document_names;
#[cfg(not(feature = "binaries"))]
#[path = "../flows/documents.rs"]
mod documents;
#[cfg(not(feature = "binaries"))]
#[path = "../flows/garbage.rs"]
mod garbage;
#[path = "../flows/github.rs"]
mod github;
#[path = "../flows/github_rules.rs"]
mod github_rules;
#[path = "../flows/home.rs"]
mod home;
#[path = "../flows/id_token.rs"]
mod id_token;
#[cfg(not(feature = "binaries"))]
#[path = "../flows/identity_assertions.rs"]
mod identity_assertions;
#[cfg(not(feature = "binaries"))]
#[path = "../flows/identity_targets.rs"]
mod identity_targets;
#[path = "../flows/immediate.rs"]
mod immediate;
#[path = "../flows/introspection.rs"]
mod introspection;
#[path = "../flows/keys.rs"]
mod keys;
#[path = "../flows/languages.rs"]
mod languages;
#[path = "../flows/machines.rs"]
mod machines;
#[path = "../flows/mcp.rs"]
mod mcp;
#[path = "../flows/onward.rs"]
mod onward;
#[path = "../flows/operator.rs"]
mod operator;
#[path = "../flows/pages.rs"]
mod pages;
#[path = "../flows/password.rs"]
mod password;
#[cfg(not(feature = "binaries"))]
#[path = "../flows/password_races.rs"]
mod password_races;
#[path = "../flows/preregistered.rs"]
mod preregistered;
#[path = "../flows/probes.rs"]
mod probes;
#[path = "../flows/processes.rs"]
mod processes;
#[path = "../flows/prompts.rs"]
mod prompts;
#[path = "../flows/provider.rs"]
mod provider;
#[path = "../flows/provider_claims.rs"]
mod provider_claims;
#[path = "../flows/provider_failures.rs"]
mod provider_failures;
#[path = "../flows/provider_groups.rs"]
mod provider_groups;
// Each process has its own cache of the keys.
#[path = "../flows/provider_changes.rs"]
mod provider_changes;
#[cfg(not(feature = "binaries"))]
#[path = "../flows/provider_keys.rs"]
mod provider_keys;
#[path = "../flows/provider_places.rs"]
mod provider_places;
#[path = "../flows/providers.rs"]
mod providers;
#[cfg(feature = "binaries")]
#[path = "../flows/published.rs"]
mod published;
#[path = "../flows/recognised.rs"]
mod recognised;
#[path = "../flows/refresh.rs"]
mod refresh;
#[path = "../flows/resource.rs"]
mod resource;
#[path = "../flows/resource_claims.rs"]
mod resource_claims;
#[path = "../flows/resource_people.rs"]
mod resource_people;
#[path = "../flows/revocation.rs"]
mod revocation;
#[path = "../flows/scopes.rs"]
mod scopes;
#[path = "../flows/stale.rs"]
mod stale;
#[path = "../flows/step_up.rs"]
mod step_up;
#[path = "../flows/stockpiled_codes.rs"]
mod stockpiled_codes;
#[path = "../flows/tabs.rs"]
mod tabs;
#[path = "../flows/userinfo.rs"]
mod userinfo;
#[path = "../flows/userinfo_refused.rs"]
mod userinfo_refused;
#[path = "../flows/workloads.rs"]
mod workloads;

use checks::{NOTHING, events};
