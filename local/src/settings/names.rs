//! Every setting: its name, what stands for its value, and what it does.

use super::Setting;

const fn setting(name: &'static str, value: &'static str, help: &'static str) -> Setting {
    Setting { name, value, help, repeatable: false, switch: false, tutorial: None }
}

/// Where the authorization server listens and what it is called.
pub const AUTH_HOST: Setting = Setting {
    tutorial: Some("OAUTH_AUTH_HOST"),
    ..setting("auth-host", "HOST", "Where the authorization server listens [default: 127.0.0.1]")
};
/// The authorization server's port.
pub const AUTH_PORT: Setting = Setting {
    tutorial: Some("OAUTH_AUTH_PORT"),
    ..setting("auth-port", "PORT", "Its port; 0 takes a free one [default: 9000]")
};
/// Where the MCP server listens.
pub const MCP_HOST: Setting = Setting {
    tutorial: Some("MCP_HOST"),
    ..setting("mcp-host", "HOST", "Where the MCP server listens [default: 127.0.0.1]")
};
/// The MCP server's port.
pub const MCP_PORT: Setting = Setting {
    tutorial: Some("MCP_PORT"),
    ..setting("mcp-port", "PORT", "Its port; 0 takes a free one [default: 8000]")
};
/// The issuer.
pub const ISSUER: Setting = Setting {
    tutorial: Some("OAUTH_AUTH_SERVER"),
    ..setting(
        "issuer",
        "URL",
        "The authorization server's public URL [default: http://HOST:PORT of its listener]",
    )
};
/// The resources that tokens are issued for.
pub const RESOURCE: Setting = Setting {
    repeatable: true,
    ..setting(
        "resource",
        "URL=SCOPE,SCOPE",
        "An MCP server that tokens are issued for, and its scopes; the first is ours [default: http://HOST:PORT/mcp=user]",
    )
};
/// What scopes allow, in the operator's words.
pub const SCOPE_DESCRIPTION: Setting = Setting {
    repeatable: true,
    ..setting(
        "scope-description",
        "SCOPE=SENTENCE",
        "What a scope allows, as people read it before they agree [default: a plain sentence with its name]",
    )
};
/// What single tools of ours need.
pub const TOOL_SCOPE: Setting = Setting {
    repeatable: true,
    ..setting(
        "tool-scope",
        "TOOL=SCOPE,SCOPE",
        "The scopes that a call of this tool of ours needs besides the first [default: no more]",
    )
};
/// Which of the two servers runs.
pub const ONLY: Setting =
    setting("only", "auth|mcp", "Run only the authorization server, or only the MCP server");
/// The tutorial's rules.
pub const TUTORIAL: Setting = Setting {
    switch: true,
    ..setting(
        "tutorial",
        "true",
        "Loosen the rules for the tutorial's programs, on this machine only: the person admin with the password 123456, no PKCE needed, credentials taken from the query, introspection by anybody",
    )
};
/// The secrets with which resource servers introspect.
pub const RESOURCE_SECRET: Setting = Setting {
    repeatable: true,
    ..setting(
        "resource-secret",
        "URL=SECRET",
        "The secret with which the MCP server at URL may introspect tokens [default: none may]",
    )
};
/// Clients that need not register.
pub const KNOWN_CLIENT: Setting = Setting {
    repeatable: true,
    ..setting(
        "client",
        "ID=URI URI",
        "A client that need not register, and its redirect URIs [default: none; every other registers itself]",
    )
};
/// The secrets of such clients.
pub const KNOWN_CLIENT_SECRET: Setting = Setting {
    repeatable: true,
    ..setting("client-secret", "ID=SECRET", "The secret of a --client [default: it has none]")
};
/// Where such clients' keys are.
pub const KNOWN_CLIENT_KEYS: Setting = Setting {
    repeatable: true,
    ..setting(
        "client-keys",
        "ID=URL",
        "Where the public keys of a --client are that signs [default: it does not]",
    )
};
/// What such clients may have without any person.
pub const KNOWN_CLIENT_SCOPE: Setting = Setting {
    repeatable: true,
    ..setting(
        "client-scope",
        "ID=SCOPE,SCOPE",
        "What a --client with a secret may have for itself, without any person [default: nothing]",
    )
};
/// How long an access token holds.
pub const ACCESS_TOKEN: Setting =
    setting("access-token-seconds", "SECONDS", "How long an access token holds [default: 3600]");
/// How long a grant holds that nobody refreshes.
pub const IDLE: Setting =
    setting("idle-seconds", "SECONDS", "How long a grant holds that nobody refreshes [default: 2592000]");
/// How long a grant holds.
pub const GRANT: Setting = setting("grant-seconds", "SECONDS", "How long a grant holds [default: 7776000]");
/// How long a refresh token that was used gives its successor again.
pub const REFRESH_WINDOW: Setting = setting(
    "refresh-window-seconds",
    "SECONDS",
    "How long a refresh token that was used gives its successor again, 120 to 1800 [default: 600]",
);
/// What becomes of a grant of which somebody brings a stale refresh token.
pub const STALE_REFRESH: Setting = setting(
    "stale-refresh",
    "POLICY",
    "What a stale refresh token does to its grant: doubt or close [default: doubt]",
);
/// Whether the MCP server asks about every token.
pub const IMMEDIATE_REVOCATION: Setting = Setting {
    switch: true,
    ..setting(
        "immediate-revocation",
        "",
        "The MCP server looks every token's grant up: what is revoked is refused at once",
    )
};
/// The OpenID provider at which people sign in.
pub const PROVIDER: Setting = setting(
    "provider",
    "URL",
    "The issuer of the OpenID provider at which people sign in [default: none; they have passwords here]",
);
/// What this server is called there.
pub const PROVIDER_CLIENT: Setting =
    setting("provider-client", "ID", "This server's client id at the --provider");
/// The secret with which it redeems codes there.
pub const PROVIDER_SECRET: Setting =
    setting("provider-secret", "SECRET", "The secret of --provider-client [default: it has none]");
/// Who may come in from there.
pub const PROVIDER_ALLOW: Setting = setting(
    "provider-allow",
    "RULE,RULE",
    "Who may come in from the --provider: anyone, domain:EXAMPLE.COM or group:NAME",
);
/// What people know it as.
pub const PROVIDER_NAME: Setting =
    setting("provider-name", "NAME", "What people know the --provider as [default: its host]");
/// What is asked of it about people.
pub const PROVIDER_SCOPE: Setting = setting(
    "provider-scope",
    "SCOPES",
    "The scopes that are asked for at the --provider [default: openid email profile]",
);
/// Where it says what groups people are in.
pub const PROVIDER_GROUPS_CLAIM: Setting = setting(
    "provider-groups-claim",
    "CLAIM",
    "The claim in which the --provider lists people's groups [default: groups]",
);
/// Where the root secret is kept.
pub const SECRET_FILE: Setting = setting(
    "secret-file",
    "PATH",
    "Where the secret is kept that all keys are made of; made if it is missing [default: doorward/secret in the state directory]",
);
/// The people who can sign in.
pub const USER: Setting = Setting {
    repeatable: true,
    ..setting(
        "user",
        "NAME:PASSWORD",
        "A person who can sign in; also DOORWARD_USERS, one a line [default: one is made and its password printed]",
    )
};
/// Who plays the person in the client.
pub const USERNAME: Setting =
    setting("username", "NAME", "Sign in as this person by filling the forms, without a browser");
/// That person's password.
pub const PASSWORD: Setting = setting("password", "PASSWORD", "The person's password");

/// What `doorward serve` takes.
pub const SERVE: [Setting; 30] = [
    AUTH_HOST,
    AUTH_PORT,
    MCP_HOST,
    MCP_PORT,
    ISSUER,
    RESOURCE,
    SCOPE_DESCRIPTION,
    TOOL_SCOPE,
    RESOURCE_SECRET,
    KNOWN_CLIENT,
    KNOWN_CLIENT_SECRET,
    KNOWN_CLIENT_KEYS,
    KNOWN_CLIENT_SCOPE,
    ACCESS_TOKEN,
    IDLE,
    GRANT,
    REFRESH_WINDOW,
    STALE_REFRESH,
    IMMEDIATE_REVOCATION,
    PROVIDER,
    PROVIDER_CLIENT,
    PROVIDER_SECRET,
    PROVIDER_ALLOW,
    PROVIDER_NAME,
    PROVIDER_SCOPE,
    PROVIDER_GROUPS_CLAIM,
    SECRET_FILE,
    USER,
    ONLY,
    TUTORIAL,
];
/// What `doorward client` takes.
pub const CLIENT: [Setting; 2] = [USERNAME, PASSWORD];
