//! Rules for the client of a request, and for its authentication.

super::rule::rules! {
    CLIENTS:
    CLIENT_ID_MISSING "client-id-missing" UNAUTHORIZED "invalid_client" "RFC 6749 §5.2" Client
        "The request names no client: it has neither `client_id` nor an `Authorization` header nor a `client_assertion`."
        "Send `client_id` in the form, or authenticate the client.";
    CLIENT_UNKNOWN "client-unknown" UNAUTHORIZED "invalid_client" "RFC 6749 §5.2" Client
        "No client has this id: it was removed by the operator, or its registration was at another server or before the root secret was \
         replaced. On a page the status is 400."
        "Register again. As a user, remove the connection in the client and add it again. As the operator, check that a restart did not \
         change the secret: a server with `--in-memory` has a new one each time.";
    CLIENT_BLOCKED "client-blocked" BAD_REQUEST "unauthorized_client" "RFC 6749 §5.2" Operator
        "The operator has blocked the client, its redirect host or the host of its document."
        "Ask the operator. `unblock-client` ends the block; the client's grants are still there.";
    CLIENT_DOCUMENT_INVALID "client-document-invalid" UNAUTHORIZED "invalid_client" "MCP 2025-11-25, Authorization, Client ID Metadata Documents" Client
        "The Client ID Metadata Document at the URL of the `client_id`, or the keys at its `jwks_uri`, cannot be used. The description \
         says why."
        "Correct the document: `client_id` is its own URL, `client_name` and `redirect_uris` are present, and there is no secret.";
    CLIENT_DOCUMENT_AWAY "client-document-away" SERVICE_UNAVAILABLE "temporarily_unavailable" "MCP 2025-11-25, Authorization, Client ID Metadata Documents" Passing
        "The Client ID Metadata Document, or the keys at its `jwks_uri`, could not be fetched, and there is no copy."
        "Try again in a minute. As the client's developer, let servers fetch the document without a challenge page. As the operator, check \
         that this server can reach it (DNS, egress).";
    BASIC_MALFORMED "basic-malformed" UNAUTHORIZED "invalid_client" "RFC 7617 §2" Client
        "The `Authorization` header is not `Basic` with the client's id and secret in base64."
        "Send `Basic`, then base64 of `id:secret`, each form-encoded (RFC 6749 §2.3.1).";
    TWO_AUTHENTICATIONS "two-authentications" BAD_REQUEST "invalid_request" "RFC 6749 §2.3" Client
        "The request authenticates the client in two ways, or names two clients."
        "Use one of: the `Authorization` header, `client_secret` in the form, `client_assertion`.";
    SECRET_MISSING "client-secret-missing" UNAUTHORIZED "invalid_client" "RFC 6749 §2.3.1" Client
        "The client has a secret, and did not send it."
        "Send the secret of the registration response, in the header or in the form.";
    SECRET_WRONG "client-secret-wrong" UNAUTHORIZED "invalid_client" "RFC 6749 §2.3.1" Client
        "The secret is not the secret of this client."
        "Send the secret that belongs to this `client_id`. If it is lost, register again; for a pre-registered client, ask the operator.";
    ASSERTION_TYPE "assertion-type" BAD_REQUEST "invalid_request" "RFC 7521 §4.2" Client
        "`client_assertion` came with another `client_assertion_type` than this server knows."
        "Send `urn:ietf:params:oauth:client-assertion-type:jwt-bearer`.";
    ASSERTION_MALFORMED "assertion-malformed" UNAUTHORIZED "invalid_client" "RFC 7523 §3" Client
        "`client_assertion` is not a signed JWT with `iss`, `sub`, `aud`, `exp` and `jti`."
        "Send a JWT with these claims.";
    ASSERTION_CLAIMS "assertion-claims" UNAUTHORIZED "invalid_client" "RFC 7523 §3" Client
        "A claim of `client_assertion` is wrong. The description has the value that was sent and the expected value."
        "`iss` and `sub` are the client id, `aud` is the issuer of this server alone, `exp` is less than one hour away, `jti` is new. Set the \
         clock of the client.";
    ASSERTION_SIGNATURE "assertion-signature" UNAUTHORIZED "invalid_client" "RFC 7523 §3" Client
        "No key of the client verifies the signature of `client_assertion`."
        "Publish the key in `jwks` or at `jwks_uri` before you sign with it.";
    ASSERTION_REPLAYED "assertion-replayed" UNAUTHORIZED "invalid_client" "RFC 7523 §3" Client
        "The `jti` of `client_assertion` was used before (replay)."
        "Sign a new assertion, with a new `jti`, for every request, also when a request is repeated.";
    ASSERTION_MISSING "assertion-missing" UNAUTHORIZED "invalid_client" "RFC 7523 §2.2" Client
        "The client must authenticate with `private_key_jwt`, and sent no `client_assertion`."
        "Send a `client_assertion`. The client's document or registration says that it has keys.";
    ASSERTION_UNEXPECTED "assertion-unexpected" UNAUTHORIZED "invalid_client" "RFC 7523 §2.2" Client
        "The client sent a `client_assertion`, but is public, or has no keys."
        "Leave it out; or publish keys in a Client ID Metadata Document.";
    CREDENTIALS_MISSING "client-credentials-missing" UNAUTHORIZED "invalid_client" "RFC 6749 §4.4.2" Client
        "`client_credentials` needs client authentication, and the client sent none."
        "Authenticate with the client's secret or key.";
    CREDENTIALS_NOT_ALLOWED "client-credentials-not-allowed" BAD_REQUEST "unauthorized_client" "RFC 6749 §5.2" Operator
        "The client has no scope of its own, so it gets no token without a user."
        "As the operator, give it one: `add-client` with `own_scope`. Clients that register themselves cannot have one.";
    INTROSPECTION_CALLER "introspection-caller" UNAUTHORIZED "invalid_client" "RFC 7662 §2.1" Operator
        "Introspection needs the id and the secret of a resource server, and these are not."
        "Send the URL of the MCP server (or its id in the settings) as `client_id`, and the secret that `resource-secret` has.";
}
