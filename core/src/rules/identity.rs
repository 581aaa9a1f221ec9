//! Rules for identity assertions (ID-JAG).

super::rule::rules! {
    IDENTITIES:
    ASSERTION_UNTRUSTED "assertion-untrusted" BAD_REQUEST "invalid_grant" "RFC 7521 §4.1.1" Client
        "The assertion is not one that this server trusts: its form, type, algorithm, issuer or signature is not accepted."
        "Bring an assertion of an issuer that the operator trusts, as it was issued. The operator's log says what is wrong.";
    IDENTITY_CLIENT "identity-client" BAD_REQUEST "unauthorized_client" "RFC 6749 §5.2" Operator
        "The client may not bring identity assertions: it has no credentials, or the operator does not name it for this issuer."
        "Authenticate. As the operator, add the client's id to `clients` of the issuer in `trust`.";
    IDENTITY_AUDIENCE "identity-audience" BAD_REQUEST "invalid_grant" "RFC 7523 §3" Client
        "The assertion is for another authorization server, or for several."
        "Request an assertion whose `audience` is the issuer of this server, byte for byte.";
    IDENTITY_OTHER_CLIENT "identity-other-client" BAD_REQUEST "invalid_grant" "RFC 6749 §5.2" Client
        "The assertion was issued to another client than the one that brings it."
        "As the administrator of the issuer, map the client to its `client_id` at this server.";
    IDENTITY_TIMES "identity-times" BAD_REQUEST "invalid_grant" "RFC 7523 §3" Client
        "The assertion has expired, is not valid yet, lives for more than ten minutes, or does not say when it was issued."
        "Request a new assertion for each token. Set the clocks of both servers.";
    IDENTITY_IDENTIFIERS "identity-identifiers" BAD_REQUEST "invalid_grant" "RFC 7523 §3" Client
        "The assertion has no usable `jti` or `sub`."
        "As the administrator of the issuer, let it send both: `jti` of at most 256 bytes, `sub` of at most 255 ASCII characters.";
    IDENTITY_BOUND "identity-bound" BAD_REQUEST "invalid_grant" "RFC 9449 §5" Client
        "The assertion is bound to a key of the client (`cnf`), and this server has no support for `DPoP`."
        "Request an assertion without a `DPoP` proof.";
    IDENTITY_DETAILS "identity-details" BAD_REQUEST "invalid_grant" "RFC 9396 §5" Client
        "The assertion has `authorization_details`, and this server knows no type of these. They could be narrower than the scope."
        "Request an assertion with scopes alone.";
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
    IDENTITY_REPLAYED "identity-replayed" BAD_REQUEST "invalid_grant" "RFC 7523 §3" Client
        "The assertion was used before (replay)."
        "Request a new assertion for each token. If the answer was lost, request a new one too.";
    ISSUER_KEYS_AWAY "issuer-keys-away" SERVICE_UNAVAILABLE "temporarily_unavailable" "RFC 6749 §4.1.2.1" Passing
        "The keys of the issuer could not be read, so its assertion could not be verified."
        "Try again. As the operator, check that this server reaches the issuer's metadata and keys.";
}
