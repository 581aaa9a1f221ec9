//! Rules for calls through the gateway.

super::rule::rules! {
    GATEWAYS:
    CALLS_TOO_MANY "calls-too-many" TOO_MANY_REQUESTS "rate_limit" "RFC 6585 §4" User
        "The user made more calls than `calls-per-minute` allows, with one client or with all."
        "Wait for `Retry-After`. As the operator, raise the limit, or look at what the client does.";
    UPSTREAM_BUSY "upstream-busy" SERVICE_UNAVAILABLE "busy" "RFC 9110 §15.6.4" Passing
        "Too much is in flight: requests, open streams or messages of this user, or of all."
        "Wait for `Retry-After`, and close streams that nothing reads.";
    UPSTREAM_UNREACHABLE "upstream-unreachable" BAD_GATEWAY "unreachable" "RFC 9110 §15.6.3" Operator
        "The MCP server behind the gateway cannot be reached: no address, no connection, or no TLS."
        "As the operator, start it, and check its URL in the settings. The log says what failed.";
    UPSTREAM_LATE "upstream-late" GATEWAY_TIMEOUT "late" "RFC 9110 §15.6.5" Operator
        "The MCP server behind the gateway did not answer in time."
        "As the operator, look at the MCP server. A tool that takes minutes must send progress.";
    UPSTREAM_UNUSABLE "upstream-unusable" BAD_GATEWAY "unusable" "RFC 9110 §15.6.3" Operator
        "The answer of the MCP server behind the gateway is no answer of MCP, or larger than this deployment delivers."
        "As the operator, check that the URL is that of MCP (often it ends in `/mcp`), and not of a web page. The log says what came.";
    UPSTREAM_REFUSED "upstream-refused" BAD_GATEWAY "refused" "RFC 9110 §15.6.3" Operator
        "The MCP server behind the gateway refused the gateway's own credentials, with 401, 403 or 407."
        "As the operator, renew the API key in `upstream-header`.";
    UPSTREAM_LOOP "upstream-loop" LOOP_DETECTED "loop" "RFC 5842 §7.2" Operator
        "The request came through this gateway before: the upstream leads back to it."
        "As the operator, set the upstream to the MCP server itself.";
    IDENTITY_UNSIGNED "identity-unsigned" SERVICE_UNAVAILABLE "unsigned" "RFC 9110 §15.6.4" Passing
        "The identity of the caller, which the MCP server behind the gateway gets, could not be signed."
        "Send the request again. As the operator, look at the keys.";
    UPSTREAM_BROKEN "upstream-broken" BAD_GATEWAY "broken" "RFC 9110 §15.6.3" Operator
        "On AWS: an answer of the MCP server behind the gateway ended too early, after its head was delivered."
        "As the operator, look at the MCP server, and at the time limit of the function.";
    UPSTREAM_HEADERS "upstream-headers" BAD_GATEWAY "headers" "RFC 9110 §15.6.3" Operator
        "On AWS: a value in the parameter `upstream-headers` looks like the name of a file."
        "As the operator, write the value itself into the parameter.";
    MESSAGE_TOO_LARGE "message-too-large" PAYLOAD_TOO_LARGE "invalid_request" "RFC 9110 §15.5.14" Client
        "The message is larger than 4 MiB."
        "Send less.";
    MESSAGE_BROKEN "message-broken" BAD_REQUEST "invalid_request" "RFC 9110 §15.5.1" Client
        "The message did not arrive whole, or is no single JSON-RPC message in UTF-8."
        "Send one request, notification or response of JSON-RPC 2.0, and no batch.";
    SESSION_UNKNOWN "session-unknown" NOT_FOUND "session_not_found" "MCP 2025-11-25, Transports, Session Management" Client
        "The user has no session with this id at this MCP server."
        "Begin a new session with `initialize`. No sign-in is needed.";
}
