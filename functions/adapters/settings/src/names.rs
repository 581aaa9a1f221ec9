//! List of all settings: name, placeholder of the value, and help.

mod mcp_servers;
mod sign_in;

use crate::setting::Setting;

pub use mcp_servers::*;
pub use sign_in::*;

/// The address on which the authorization server listens.
pub const AUTH_HOST: Setting = Setting::new(
    "auth-host",
    "HOST",
    "The address on which the authorization server listens [default: 127.0.0.1]",
)
.tutorial("OAUTH_AUTH_HOST");
/// The port of the authorization server.
pub const AUTH_PORT: Setting = Setting::new(
    "auth-port",
    "PORT",
    "The port of the authorization server; 0 takes a free one [default: 9000]",
)
.tutorial("OAUTH_AUTH_PORT");
/// The address on which the MCP server listens.
pub const MCP_HOST: Setting =
    Setting::new("mcp-host", "HOST", "The address on which the MCP server listens [default: 127.0.0.1]")
        .tutorial("MCP_HOST");
/// The port of the MCP server.
pub const MCP_PORT: Setting =
    Setting::new("mcp-port", "PORT", "The port of the MCP server; 0 takes a free one [default: 8000]")
        .tutorial("MCP_PORT");
/// The issuer.
pub const ISSUER: Setting = Setting::new(
    "issuer",
    "URL",
    "The public URL of the authorization server [default: http://HOST:PORT of its listener]",
)
.tutorial("OAUTH_AUTH_SERVER");
/// The resources that tokens are issued for.
pub const RESOURCE: Setting = Setting::new("resource", "URL=SCOPE,SCOPE", "An MCP server that tokens are issued for, and its scopes; the first is the built-in one [default: http://HOST:PORT/mcp=user]").repeatable();
/// The descriptions of scopes.
pub const SCOPE_DESCRIPTION: Setting = Setting::new(
    "scope-description",
    "SCOPE=SENTENCE",
    "What a scope allows, as users read it on the consent page [default: a sentence with its name]",
)
.repeatable();
/// The scopes that single tools require.
pub const TOOL_SCOPE: Setting = Setting::new(
    "tool-scope",
    "[RESOURCE=]TOOL=SCOPE,SCOPE",
    "The scopes that a call of this tool needs besides the first; of the first resource, if none is named [default: none]",
)
.repeatable();
/// The scopes that imply other scopes.
pub const SCOPE_IMPLIES: Setting = Setting::new(
    "scope-implies",
    "SCOPE=SCOPE,SCOPE",
    "The scopes that a token with the first scope has too, at the built-in MCP server [default: none]",
)
.repeatable();
/// The origins of web pages that may call an MCP server.
pub const ALLOWED_ORIGIN: Setting = Setting::new(
    "allowed-origin",
    "[RESOURCE=]ORIGIN",
    "The origin of web pages that may call the MCP server, such as https://app.example; of the first resource, if none is named [default: its own]",
)
.repeatable();
/// The secrets with which resource servers authenticate at the introspection endpoint.
pub const RESOURCE_SECRET: Setting = Setting::new(
    "resource-secret",
    "URL=SECRET",
    "The secret with which the MCP server at URL may introspect tokens [default: it may not]",
)
.repeatable();
/// The digests of such secrets, for deployments in which the secret itself must not be in the environment.
pub const RESOURCE_DIGEST: Setting = Setting::new(
    "resource-digest",
    "URL=DIGEST",
    "The SHA-256 digest of such a secret, in base64url [default: none]",
)
.repeatable();
/// The users that may use a resource.
pub const RESOURCE_PEOPLE: Setting = Setting::new("resource-people", "[RESOURCE=]RULE,RULE", "Who may use an MCP server: anyone, user:NAME, and with a --provider domain:EXAMPLE.COM or group:NAME; of the first resource, if none is named [default: every user who can sign in]").repeatable();
/// Short ids with which resource servers authenticate at the introspection endpoint, beside their URLs.
pub const RESOURCE_ID: Setting = Setting::new(
    "resource-id",
    "URL=ID",
    "A short client_id with which the MCP server at URL may introspect tokens, beside its URL [default: none]",
)
.repeatable();
/// Pre-registered clients.
pub const CLIENT: Setting =
    Setting::new("client", "ID=URI URI", "A pre-registered client and its redirect URIs [default: none]")
        .repeatable();
/// The secrets of pre-registered clients.
pub const CLIENT_SECRET: Setting =
    Setting::new("client-secret", "ID=SECRET", "The secret of a --client [default: it is public]")
        .repeatable();
/// The URLs of the keys of pre-registered clients.
pub const CLIENT_KEYS: Setting = Setting::new(
    "client-keys",
    "ID=URL",
    "The URL of the public keys with which a --client authenticates (private_key_jwt) [default: none]",
)
.repeatable();
/// The scopes that pre-registered clients get for themselves, without a user (client credentials grant).
pub const CLIENT_SCOPE: Setting = Setting::new("client-scope", "ID=SCOPE,SCOPE", "The scopes that a --client with a secret or keys gets for itself, without a user (client_credentials) [default: none]").repeatable();
/// Clients that may do nothing.
pub const BLOCKED_CLIENT: Setting = Setting::new(
    "blocked-client",
    "ID|redirect-host:HOST|document-host:HOST",
    "A client that gets no sign-in and no tokens: by id, by the host of a redirect URI, or by the host of its metadata document [default: none]",
)
.repeatable();
/// The lifetime of an access token.
pub const ACCESS_TOKEN: Setting = Setting::new(
    "access-token-seconds",
    "SECONDS",
    "The lifetime of an access token, 1 to 86400 [default: 3600]",
);
/// The idle lifetime of a grant: how long it stays open without a refresh.
pub const IDLE: Setting = Setting::new(
    "idle-seconds",
    "SECONDS",
    "The lifetime of a grant that is not refreshed, 1 to 31622400 [default: 2592000]",
);
/// The lifetime of an access token for an identity assertion.
pub const IDENTITY: Setting = Setting::new(
    "identity-seconds",
    "SECONDS",
    "The lifetime of an access token that a client gets for an identity assertion (ID-JAG), 1 to 86400; never longer than access-token-seconds [default: 3600]",
);
/// The maximum lifetime of a grant.
pub const GRANT: Setting =
    Setting::new("grant-seconds", "SECONDS", "The lifetime of a grant, 1 to 31622400 [default: 7776000]");
/// The window of refresh token rotation: how long a used refresh token returns the same successor again.
pub const REFRESH_WINDOW: Setting = Setting::new(
    "refresh-window-seconds",
    "SECONDS",
    "For how long a used refresh token gives the same successor again, 120 to 1800 [default: 600]",
);
/// The reaction to a stale refresh token: its grant is put in doubt, or closed.
pub const STALE_REFRESH: Setting = Setting::new(
    "stale-refresh",
    "POLICY",
    "What a stale refresh token does to its grant: doubt or close [default: doubt]",
);
/// The audience of the assertions of pre-registered clients.
pub const ASSERTION_AUDIENCE: Setting = Setting::new(
    "assertion-audience",
    "AUDIENCE",
    "Which aud assertions of a --client with keys may have: issuer, or token-endpoint for either [default: issuer]",
);
/// Whether the built-in MCP server reads the grant of every token, and so refuses a revoked token at once.
pub const IMMEDIATE_REVOCATION: Setting = Setting::new("immediate-revocation", "", "The built-in MCP server reads the grant of every token, and refuses a revoked one at once [default: false]").switch();
/// Whether a client must name the resource that it wants a token for.
pub const REQUIRE_RESOURCE: Setting = Setting::new("require-resource", "", "Refuse clients that do not name the MCP server that they want a token for [default: false; they get one for the first]").switch();
/// The operator's name on the pages.
pub const OPERATOR_NAME: Setting =
    Setting::new("operator-name", "NAME", "The name that stands above every page [default: none]");
/// The operator's logo on the pages.
pub const OPERATOR_LOGO: Setting = Setting::new(
    "operator-logo",
    "DATA-URL",
    "The logo above every page: a data: URL of a PNG, JPEG or SVG image in base64 [default: none]",
);
/// The accent colour of the pages.
pub const ACCENT: Setting = Setting::new(
    "accent",
    "#RRGGBB",
    "The colour of buttons and links on light pages, dark enough for white text [default: blue]",
);
/// The folder of the store and of the root secret.
pub const DATA_DIR: Setting = Setting::new(
    "data-dir",
    "PATH",
    "The folder in which users, clients and grants are kept, and the root secret; made if it is missing [default: $STATE_DIRECTORY, or doorward in $XDG_STATE_HOME or ~/.local/state]",
);
/// Whether nothing is kept.
pub const IN_MEMORY: Setting = Setting::new(
    "in-memory",
    "true|false",
    "Keeps users, clients, grants and the root secret in memory only: all ends with the process [default: false]",
)
.switch();
/// The file of the root secret.
pub const SECRET_FILE: Setting = Setting::new(
    "secret-file",
    "PATH",
    "The file of the root secret, from which all keys are derived; created if it is missing [default: secret in the data directory]",
);
/// The users that can sign in, with their passwords.
pub const USER: Setting = Setting::new("user", "NAME:PASSWORD", "A user who can sign in; also DOORWARD_USERS, one a line [default: a generated user, whose password is printed]").repeatable();
/// The email addresses of these users.
pub const USER_EMAIL: Setting = Setting::new(
    "user-email",
    "NAME=ADDRESS",
    "The email address of a --user, for which you vouch: clients may read it if the user lets them [default: none]",
)
.repeatable();
/// The most connections of a listener.
pub const CONNECTIONS: Setting = Setting::new(
    "connections",
    "NUMBER",
    "The most connections of each server at once, 4 to 100000; at most three quarters hold event streams [default: 1024]",
);
/// The time for a request's head.
pub const HEAD: Setting =
    Setting::new("head-seconds", "SECONDS", "How long a request's head may take, 1 to 3600 [default: 10]");
/// The time for a request's body.
pub const BODY: Setting =
    Setting::new("body-seconds", "SECONDS", "How long a request's body may take, 1 to 3600 [default: 10]");
/// The time for an answer.
pub const ANSWER: Setting = Setting::new(
    "answer-seconds",
    "SECONDS",
    "How long an answer of the authorization server may take, 1 to 3600 [default: 30]",
);
/// The time that a connection may be idle.
pub const CONNECTION_IDLE: Setting = Setting::new(
    "connection-idle-seconds",
    "SECONDS",
    "How long a connection stays open without a request, 1 to 3600 [default: 150]",
);
/// The time that running requests have when the process ends.
pub const DRAIN: Setting = Setting::new(
    "drain",
    "SECONDS",
    "How long running requests may take after SIGTERM or SIGINT, 1 to 3600 [default: 10]",
);
/// The form of the log.
pub const LOG_FORMAT: Setting = Setting::new(
    "log-format",
    "text|json",
    "Write the log as lines of text, or as one JSON object a line [default: text]",
);
/// The listener for monitoring.
pub const OPS_LISTEN: Setting = Setting::new(
    "ops-listen",
    "ADDRESS:PORT",
    "Serve /metrics (Prometheus), /live and /ready here, without authentication; for example 127.0.0.1:9464 [default: nowhere]",
);
/// Runs only one of the two servers.
pub const ONLY: Setting = Setting::new(
    "only",
    "auth|mcp",
    "Run only the authorization server, or only the MCP server [default: both]",
);
/// The loosened rules of the tutorial, on loopback only.
pub const TUTORIAL: Setting = Setting::new("tutorial", "true", "Loosen rules for the tutorial's programs, on loopback only: the user admin with the password 123456, requests without PKCE, credentials in the query, introspection without authentication").switch();
/// The user of the demonstration client.
pub const USERNAME: Setting =
    Setting::new("username", "NAME", "Sign in as this user by filling the forms, without a browser");
/// That user's password.
pub const PASSWORD: Setting = Setting::new("password", "PASSWORD", "The user's password");
