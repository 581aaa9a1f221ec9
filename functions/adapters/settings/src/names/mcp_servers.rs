//! The settings of the MCP servers that this process guards: gateways, calls of tools, and texts beside them.

use crate::setting::Setting;

/// The MCP servers behind the gateway.
pub const UPSTREAM: Setting = Setting::new("upstream", "[RESOURCE=]URL", "An MCP server that needs no OAuth of its own, for the gateway in front of it: https://…, http://… or unix:/SOCKET:/PATH; of the first resource, if none is named [default: the built-in MCP server]").repeatable();
/// The MCP servers behind the gateway that speak on their standard input and output.
pub const UPSTREAM_COMMAND: Setting = Setting::new("upstream-command", "[RESOURCE=]COMMAND ARGUMENTS", "A program that is an MCP server on its standard input and output (stdio), for the gateway in front of it: it is started for each session; quotes and backslashes are read as in a shell, but no shell runs [default: none]").repeatable();
/// Variables of the environment of such a program.
pub const UPSTREAM_ENV: Setting = Setting::new("upstream-env", "[RESOURCE=]NAME=VALUE", "A variable of the environment of the program of upstream-command, such as an API key; @/PATH as the value stands for the content of that file [default: none, besides PATH, HOME, LANG and DOORWARD_PERSON]").repeatable();
/// Headers that the gateway adds to requests to an upstream.
pub const UPSTREAM_HEADER: Setting = Setting::new("upstream-header", "[RESOURCE=]NAME: VALUE", "A header of every request to the upstream, such as an API key; @/PATH at the end of the value stands for the content of that file [default: none]").repeatable();
/// Request headers that pass the gateway, besides those of MCP.
pub const UPSTREAM_FORWARD: Setting = Setting::new(
    "upstream-forward",
    "[RESOURCE=]NAME",
    "A request header that passes to the upstream, besides those of MCP [default: none]",
)
.repeatable();
/// What an upstream is told of the caller.
pub const UPSTREAM_IDENTITY: Setting = Setting::new("upstream-identity", "[RESOURCE=]signed|bearer|plain|none", "How the upstream is told which user calls: a signed JWT in Doorward-Identity, the same as a bearer token, plain headers, or not at all [default: signed]").repeatable();
/// A line in the log for each call of a tool.
pub const AUDIT_CALLS: Setting = Setting::new(
    "audit-calls",
    "true",
    "Write a line to the log for each call of a tool, without its arguments",
)
.switch();
/// The `Host` header of requests to an upstream.
pub const UPSTREAM_HOST: Setting = Setting::new(
    "upstream-host",
    "[RESOURCE=]HOST",
    "The Host header of requests to the upstream, HOST or HOST:PORT [default: that of its URL]",
)
.repeatable();
/// The certificate authorities of an upstream.
pub const UPSTREAM_CA: Setting = Setting::new(
    "upstream-ca",
    "[RESOURCE=]PATH",
    "The PEM file with the certificate authorities of the upstream [default: the system's]",
)
.repeatable();
/// How long an upstream may take to answer.
pub const UPSTREAM_SECONDS: Setting = Setting::new(
    "upstream-seconds",
    "SECONDS",
    "How long an upstream may take until its answer begins, 1 to 3600 [default: 300]",
);
/// The time after which a silent event stream gets a comment.
pub const KEEP_ALIVE: Setting = Setting::new(
    "keep-alive-seconds",
    "SECONDS",
    "After how many seconds of silence an event stream of an upstream gets a comment, which keeps proxies from closing it, 0 to 3600; 0 inserts none [default: 25]",
);
/// How long a subscription is open on Lambda.
pub const LISTEN: Setting = Setting::new(
    "listen-seconds",
    "SECONDS",
    "How long a stream of subscriptions/listen is open at the function gateway, 1 to 3600; clients then open another [default: 60]",
);
/// Texts at well-known places of the MCP server.
pub const WELL_KNOWN: Setting = Setting::new(
    "well-known",
    "NAME=TEXT",
    "A text that the MCP server serves at /.well-known/NAME, such as openai-apps-challenge or mcp-registry-auth [default: none]",
)
.repeatable();
/// The most calls of a user through a client.
pub const CALLS_PER_MINUTE: Setting = Setting::new(
    "calls-per-minute",
    "NUMBER",
    "The most calls a minute of each user with each client at the upstreams, 0 to 1000000; 0 is no limit [default: 600]",
);
