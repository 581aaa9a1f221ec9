//! Rules for codes and refresh tokens.

super::rule::rules! {
    TOKENS:
    GRANT_TYPE "grant-type" BAD_REQUEST "unsupported_grant_type" "RFC 6749 §5.2" Client
        "`grant_type` is none that this server has."
        "Send `authorization_code`, `refresh_token` or `client_credentials`.";
    VERIFIER_MALFORMED "verifier-malformed" BAD_REQUEST "invalid_request" "RFC 7636 §4.1" Client
        "`code_verifier` has not 43 to 128 unreserved characters."
        "Send the verifier from which the challenge was made.";
    VERIFIER_MISSING "verifier-missing" BAD_REQUEST "invalid_request" "RFC 7636 §4.5" Client
        "The authorization request had a `code_challenge`, and the token request has no `code_verifier`."
        "Send the verifier. A client that runs in two processes must hand it over.";
    VERIFIER_WRONG "verifier-wrong" BAD_REQUEST "invalid_grant" "RFC 7636 §4.6" Client
        "`code_verifier` does not match the `code_challenge` of the authorization request."
        "Keep one verifier for each authorization request. Two sign-ins at once must not share it.";
    VERIFIER_UNEXPECTED "verifier-unexpected" BAD_REQUEST "invalid_request" "RFC 9700 §4.8.2" Client
        "`code_verifier` was sent, but the authorization request had no `code_challenge` (PKCE downgrade)."
        "Send `code_challenge` in the authorization request. If the client did, something on the way removed it.";
    CODE_UNKNOWN "code-unknown" BAD_REQUEST "invalid_grant" "RFC 6749 §5.2" Client
        "This server did not issue the code: it was cut, changed, or issued by another server or before the root secret was replaced."
        "Send the code as the redirect had it, decoded once. Start the sign-in again.";
    CODE_OTHER_CLIENT "code-other-client" BAD_REQUEST "invalid_grant" "RFC 6749 §5.2" Client
        "The code was issued to another client."
        "Redeem the code with the `client_id` of the authorization request. A client that registered again in between starts again.";
    CODE_EXPIRED "code-expired" BAD_REQUEST "invalid_grant" "RFC 6749 §4.1.2" Client
        "The code was redeemed after its lifetime."
        "Redeem a code at once. Start the sign-in again.";
    CODE_REDIRECT_URI "code-redirect-uri" BAD_REQUEST "invalid_grant" "RFC 6749 §4.1.3" Client
        "`redirect_uri` differs from that of the authorization request."
        "Send the same URI, byte for byte, or leave it out.";
    CODE_USER_NOT_ALLOWED "code-user-not-allowed" BAD_REQUEST "invalid_grant" "RFC 6749 §5.2" Operator
        "No rule of `resource-people` for this MCP server names the user any more."
        "Ask the operator to add a rule, and sign in again.";
    CODE_USED "code-used" BAD_REQUEST "invalid_grant" "RFC 6749 §4.1.2" Client
        "The code was redeemed before (replay)."
        "Redeem a code once. If the answer was lost, start the sign-in again.";
    CODE_WITHOUT_TOKENS "code-without-tokens" BAD_REQUEST "invalid_grant" "RFC 6749 §4.1.2" Passing
        "The code is spent, but no tokens were issued: the store failed between the two."
        "Start the sign-in again.";
    CODE_UNCONFIRMED "code-unconfirmed" SERVICE_UNAVAILABLE "temporarily_unavailable" "RFC 6749 §4.1.2.1" Passing
        "The code is spent, and the store did not say whether the user's sign-in still counts. No tokens were issued."
        "Start the sign-in again.";
    SIGN_IN_ENDED "sign-in-ended" BAD_REQUEST "invalid_grant" "RFC 6749 §5.2" User
        "The user was signed out everywhere, was disabled or got another password after the consent."
        "Start the sign-in again.";
    REFRESH_TOKEN_UNKNOWN "refresh-token-unknown" BAD_REQUEST "invalid_grant" "RFC 6749 §5.2" Client
        "This server did not issue the refresh token: it was cut, changed, or issued by another server or before the root secret was \
         replaced."
        "Start a new sign-in. As the operator, check that a restart or a restore did not change the secret.";
    REFRESH_TOKEN_OTHER_CLIENT "refresh-token-other-client" BAD_REQUEST "invalid_grant" "RFC 6749 §6" Client
        "The refresh token was issued to another client."
        "Keep each refresh token together with its `client_id`. Start a new sign-in.";
    REFRESH_TOKEN_EXPIRED "refresh-token-expired" BAD_REQUEST "invalid_grant" "RFC 6749 §5.2" User
        "The refresh token was not used for longer than the idle time, or the grant has reached its end."
        "Start a new sign-in.";
    REFRESH_RESOURCE_GONE "refresh-resource-gone" BAD_REQUEST "invalid_grant" "RFC 8707 §2.2" Operator
        "This server no longer has the resource of the refresh token, or the resource has none of its scopes any more."
        "Start a new sign-in. As the operator, keep a resource's URL and scopes stable: a change signs its users out.";
    REFRESH_NOT_IN_GRANT "refresh-not-in-grant" BAD_REQUEST "invalid_grant" "RFC 6749 §6" Operator
        "The refresh token is genuine, but is not what its grant allows, or is newer than its grant. No token of this server is: the store \
         was restored from a backup, or an attacker has the key of refresh tokens."
        "Start a new sign-in. As the operator, after a restore this is expected once for each client; otherwise replace the keys.";
    REFRESH_TOKEN_REUSED "refresh-token-reused" BAD_REQUEST "invalid_grant" "RFC 9700 §4.14.2" Client
        "A stale refresh token was used after the refresh window: by a process that missed other refreshes, or by an attacker with a copy."
        "Start a new sign-in. As the client's developer, keep one store of tokens for all processes. docs/refresh.md explains the window.";
    GRANT_CLOSED "grant-closed" BAD_REQUEST "invalid_grant" "RFC 6749 §5.2" User
        "The grant is closed: the user or the operator revoked it, the client did, or it has ended and is forgotten."
        "Start a new sign-in.";
    GRANT_SUPERSEDED "grant-superseded" BAD_REQUEST "invalid_grant" "RFC 6749 §5.2" Client
        "The grant was in doubt, because a stale refresh token was seen, and its user has signed in at the same client again."
        "Use the tokens of the new sign-in.";
    GRANT_USER_NOT_ALLOWED "grant-user-not-allowed" BAD_REQUEST "invalid_grant" "RFC 6749 §5.2" Operator
        "No rule of `resource-people` for this MCP server names the user any more. The grant stays open."
        "Ask the operator to add a rule.";
}
