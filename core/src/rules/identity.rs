//! Rules for identity assertions (ID-JAG).

super::rule::rules! {
    IDENTITIES:
    IDENTITY_CLIENT "identity-client" BAD_REQUEST "unauthorized_client" "RFC 6749 §5.2" Operator
        "The client may not bring identity assertions: it has no credentials, or the operator does not name it for this issuer."
        "Authenticate. As the operator, add the client's id to `clients` of the issuer in `trust`.";
    IDENTITY_OTHER_CLIENT "identity-other-client" BAD_REQUEST "invalid_grant" "RFC 6749 §5.2" Client
        "The assertion was issued to another client than the one that brings it."
        "As the administrator of the issuer, map the client to its `client_id` at this server.";
    IDENTITY_TENANT "identity-tenant" BAD_REQUEST "invalid_grant" "RFC 6749 §5.2" Operator
        "The `tenant` of the assertion is not the one that the operator expects of this issuer."
        "As the operator, set `tenant` of the issuer in `trust`, or remove it if the issuer has only one.";
    IDENTITY_RESOURCE "identity-resource" BAD_REQUEST "invalid_grant" "RFC 8707 §2" Client
        "The assertion names an MCP server that this server does not have or that its issuer may not name, or none of several."
        "Request an assertion whose `resource` is the URL of the MCP server. As the operator, add it to `resources` of the issuer.";
    IDENTITY_OTHER_RESOURCE "identity-other-resource" BAD_REQUEST "invalid_target" "RFC 8707 §2" Client
        "`resource` of the request is not a resource of the assertion."
        "Request an assertion for each MCP server, and send the same `resource` to both servers.";
    IDENTITY_SCOPE "identity-scope" BAD_REQUEST "invalid_scope" "RFC 6749 §5.2" Client
        "No scope is left that the request, the assertion, the MCP server and the operator's limit for the issuer all have."
        "Request a scope that the issuer grants. As the operator, set `scope` of the issuer in `trust`.";
    IDENTITY_USER_DISABLED "identity-user-disabled" BAD_REQUEST "invalid_grant" "RFC 6749 §5.2" Operator
        "The user of the assertion is disabled at this server."
        "Ask the operator to enable the user.";
    IDENTITY_USER_NOT_ALLOWED "identity-user-not-allowed" BAD_REQUEST "invalid_grant" "RFC 6749 §5.2" Operator
        "No rule of the operator admits the user of the assertion: `allow` of the issuer, or `resource-people` of the MCP server."
        "Ask the operator. The log says which rule and which claim. Where a claim is missing, sign in once with a browser.";
}
