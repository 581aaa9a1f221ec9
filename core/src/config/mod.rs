//! The operator's configuration. It is checked when it is built, and trusted afterwards.

mod allowances;
mod assertion_audience;
mod branding;
mod builder;
mod clients;
mod github;
mod identity_issuer;
mod issuer_url;
mod lifetimes;
mod people_rules;
mod provider;
mod provider_id;
mod provider_secret;
mod registration;
mod server;
mod sign_in_provider;
mod stale_refresh;
mod trusted_issuer;

pub use allowances::Allowances;
pub use assertion_audience::AssertionAudience;
pub use branding::{Branding, InvalidBranding};
pub use builder::{ConfigBuilder, ConfigError};
pub use clients::{ConfiguredClient, InvalidClient};
pub use github::{GitHubSettings, InvalidGitHub};
pub use identity_issuer::{IdentityIssuer, InvalidIdentityIssuer, PeopleBy};
pub use lifetimes::{Lifetime, LifetimeOutOfBounds, Lifetimes};
pub(crate) use people_rules::PeopleRules;
pub use people_rules::{Allowed, InvalidAllowed};
pub use provider::{InvalidProvider, ProviderSettings};
pub use provider_id::ProviderId;
pub use provider_secret::ProviderSecret;
pub use server::Config;
pub use sign_in_provider::{InvalidProviders, NoSuchProvider, SignInProvider, assign_secret};
pub use stale_refresh::StaleRefresh;
pub(crate) use trusted_issuer::KeySource;
pub use trusted_issuer::{InvalidTrustedIssuer, TrustedIssuer};
