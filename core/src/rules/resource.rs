//! Rules for requests to an MCP server.

super::rule::rules! {
    RESOURCES:
    TOKEN_MISSING "token-missing" UNAUTHORIZED "invalid_token" "RFC 6750 §3; RFC 9728 §5.1" Client
        "The request has no access token. Every connection of a client begins so, and it is not logged."
        "Read `resource_metadata` of the `WWW-Authenticate` header, and sign in at the authorization server that it names.";
    TOKEN_MALFORMED "token-malformed" BAD_REQUEST "invalid_request" "RFC 6750 §2.1" Client
        "The `Authorization` header has no bearer token that can be read, or there are two headers."
        "Send one header: `Bearer`, one space, the token.";
    TOKEN_INVALID "token-invalid" UNAUTHORIZED "invalid_token" "RFC 6750 §3.1" Client
        "The access token is not accepted: it has expired, is for another MCP server, was revoked, or this server did not issue it. The \
         description says which."
        "Refresh the token. If that fails with `invalid_grant`, start a new sign-in.";
    SCOPE_INSUFFICIENT "scope-insufficient" FORBIDDEN "insufficient_scope" "RFC 6750 §3.1; MCP 2025-11-25, Authorization, Scope Challenge Handling" Client
        "The token lacks a scope that the call needs."
        "Start a sign-in with the `scope` of the `WWW-Authenticate` header, which has the token's own scopes too (step-up).";
    USER_EXCLUDED "user-excluded" FORBIDDEN "access_denied" "RFC 6750 §3.1" Operator
        "No rule of `resource-people` for this MCP server names the user of the token."
        "Ask the operator to add a rule. A new sign-in with the same account changes nothing.";
    ORIGIN_FOREIGN "origin-foreign" FORBIDDEN "access_denied" "MCP 2025-11-25, Transports, Security Warning" Operator
        "The `Origin` or the `Host` header is not allowed at this MCP server (DNS rebinding)."
        "As the operator, add the origin of a web client: `--allowed-origin`. Behind a proxy, pass the original `Host` on.";
    VERIFICATION_AWAY "verification-away" SERVICE_UNAVAILABLE "temporarily_unavailable" "RFC 9110 §15.6.4" Passing
        "The access token could not be verified: the issuer or the store did not answer."
        "Send the same request again after `Retry-After`. The token may be valid: no new sign-in is needed.";
}
