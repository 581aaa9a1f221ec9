//! Rules for the resource and the scope of a request.

super::rule::rules! {
    TARGETS:
    RESOURCE_MISSING "resource-missing" BAD_REQUEST "invalid_target" "RFC 8707 §2" Client
        "The request names no `resource`, and this deployment requires it (`require-resource`)."
        "Send `resource` with the value that the protected resource metadata has.";
    RESOURCE_UNKNOWN "resource-unknown" BAD_REQUEST "invalid_target" "RFC 8707 §2" Operator
        "The `resource` is none for which this server issues tokens. The description has both."
        "Send the URL of the MCP server as its metadata has it. As the operator, add it: `--resource`, or `Resources` on AWS. Often the \
         host or the path differs between what users type and what is configured.";
    RESOURCES_SEVERAL "resources-several" BAD_REQUEST "invalid_target" "RFC 8707 §2" Client
        "The request names several resources. A token is for one."
        "Send one `resource`, and a request for each MCP server.";
    RESOURCE_NOT_GRANTED "resource-not-granted" BAD_REQUEST "invalid_target" "RFC 8707 §2.2" Client
        "The token request names another resource than the user allowed."
        "Leave `resource` out, or start a new sign-in for the other MCP server.";
    SCOPE_NOT_HERE "scope-not-here" BAD_REQUEST "invalid_target" "RFC 6749 §4.4" Operator
        "The client has no scope of its own at this resource."
        "As the operator, give the client a scope that the resource offers: `add-client` with `own_scope`.";
    SCOPE_MALFORMED "scope-malformed" BAD_REQUEST "invalid_scope" "RFC 6749 §3.3" Client
        "`scope` has a character that no scope can have. Unknown scopes are no fault: they are dropped."
        "Send scopes of printable ASCII, separated by single spaces.";
}
