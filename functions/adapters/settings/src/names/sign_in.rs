//! The settings of who signs in elsewhere: the provider, and the trusted issuers.

use crate::setting::Setting;

/// The OpenID provider at which users sign in.
pub const PROVIDER: Setting = Setting::new(
    "provider",
    "URL",
    "The issuer of the OpenID provider at which users sign in [default: none; users have passwords]",
);
/// The URL of the provider's metadata.
pub const PROVIDER_METADATA: Setting = Setting::new(
    "provider-metadata",
    "URL",
    "The URL of the --provider's metadata [default: /.well-known/openid-configuration below the issuer]",
);
/// Whether the provider may be reached by plain http on private addresses.
pub const PROVIDER_PRIVATE_HTTP: Setting = Setting::new(
    "provider-private-http",
    "",
    "Allow plain http to the --provider on private addresses, such as http://keycloak:8080 [default: false]",
)
.switch();
/// The client id of this server at the provider.
pub const PROVIDER_CLIENT: Setting =
    Setting::new("provider-client", "ID", "The client id of this server at the --provider");
/// The client secrets of this server at the providers.
pub const PROVIDER_SECRET: Setting = Setting::new(
    "provider-secret",
    "[ISSUER=]SECRET",
    "The secret of this server at ISSUER, or at the first issuer at which users sign in [default: it is a public client]",
)
.repeatable();
/// The users of the provider that may sign in.
pub const PROVIDER_ALLOW: Setting = Setting::new(
    "provider-allow",
    "RULE,RULE",
    "Who may sign in from the --provider: anyone, domain:EXAMPLE.COM or group:NAME",
);
/// The name of the provider on the pages.
pub const PROVIDER_NAME: Setting =
    Setting::new("provider-name", "NAME", "The name of the --provider on the pages [default: its host]");
/// The scopes to request from the provider.
pub const PROVIDER_SCOPE: Setting = Setting::new(
    "provider-scope",
    "SCOPES",
    "The scopes that are requested from the --provider [default: openid email profile]",
);
/// The claim in which the provider lists groups.
pub const PROVIDER_GROUPS_CLAIM: Setting = Setting::new(
    "provider-groups-claim",
    "CLAIM",
    "The claim in which the --provider lists a user's groups, or the path to it, such as realm_access.roles [default: groups]",
);
/// The issuers of other domains, and what each may state.
pub const TRUST: Setting = Setting::new("trust", "TOML", "The issuers of other domains whose statements count, and what each may state, and which clients their workloads are: a document of blocks [[issuer]] and [[workload]], in doorward.toml [[trust.issuer]] and [[trust.workload]] [default: none]").structured();
