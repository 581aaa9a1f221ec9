//! Rules for the authorization request.

super::rule::rules! {
    AUTHORIZATIONS:
    REDIRECT_URI_MISSING "redirect-uri-missing" BAD_REQUEST "invalid_request" "RFC 6749 §3.1.2.3" Client
        "The request has no `redirect_uri`, and the client has registered more than one."
        "Send the redirect URI.";
    REDIRECT_URI_UNREGISTERED "redirect-uri-unregistered" BAD_REQUEST "invalid_request" "RFC 6749 §3.1.2.4" Client
        "The `redirect_uri` is none of those that the client registered. The user sees a page: a redirect to an unknown URI would be an \
         open redirect."
        "Register the URI, byte for byte; only the port of a loopback URI may differ. As a user, remove the connection in the client and add \
         it again.";
    REDIRECT_URI_INVALID "redirect-uri-invalid" BAD_REQUEST "invalid_request" "RFC 6749 §3.1.2" Client
        "The `redirect_uri` is no URI that this server accepts."
        "Use `https`, `http` on loopback, or a scheme of the application. No fragment, no wildcard.";
    REQUEST_OBJECT "request-object" BAD_REQUEST "request_not_supported" "OpenID Connect Core 1.0 §3.1.2.6, §6.1" Client
        "The request has `request` (a request object), which this server does not support."
        "Send each parameter in the query.";
    REQUEST_URI "request-uri" BAD_REQUEST "request_uri_not_supported" "OpenID Connect Core 1.0 §3.1.2.6, §6.2" Client
        "The request has `request_uri` (a request object by reference, or a pushed request), which this server does not support."
        "Send each parameter in the query.";
    REGISTRATION_IN_REQUEST "registration-in-request" BAD_REQUEST "registration_not_supported" "OpenID Connect Core 1.0 §3.1.2.6, §7.2.1" Client
        "The request has `registration`, which this server does not support."
        "Register at the registration endpoint.";
    RESPONSE_MODE "response-mode" BAD_REQUEST "invalid_request" "OAuth 2.0 Multiple Response Type Encoding Practices §2.1" Client
        "`response_mode` is not `query`."
        "Leave it out.";
    RESPONSE_TYPE "response-type" BAD_REQUEST "unsupported_response_type" "RFC 6749 §3.1.1" Client
        "`response_type` is not `code`."
        "Send `code`. The implicit grant does not exist in OAuth 2.1.";
    PKCE_MISSING "pkce-missing" BAD_REQUEST "invalid_request" "RFC 7636 §4.4.1" Client
        "The request has no `code_challenge`. PKCE is required."
        "Send `code_challenge` and `code_challenge_method=S256`.";
    PKCE_METHOD "pkce-method" BAD_REQUEST "invalid_request" "RFC 7636 §4.4.1" Client
        "`code_challenge_method` is missing or is not `S256`."
        "Send `S256`. `plain`, the default where the parameter is missing, protects nothing.";
    PKCE_CHALLENGE "pkce-challenge" BAD_REQUEST "invalid_request" "RFC 7636 §4.2" Client
        "`code_challenge` is no SHA-256 digest in base64url."
        "Send 43 characters: base64url, without padding, of the SHA-256 of the verifier.";
    PROMPT "prompt" BAD_REQUEST "invalid_request" "OpenID Connect Core 1.0 §3.1.2.1" Client
        "`prompt` has `none` together with another value."
        "Send `none` alone, or leave it out.";
    NONCE "nonce" BAD_REQUEST "invalid_request" "OpenID Connect Core 1.0 §3.1.2.1" Client
        "`nonce` has more than 255 bytes. It travels in the authorization code."
        "Send a shorter one: 128 random bits are enough.";
    MAX_AGE "max-age" BAD_REQUEST "invalid_request" "OpenID Connect Core 1.0 §3.1.2.1" Client
        "`max_age` is no number of seconds."
        "Send digits, or leave it out.";
    LOGIN_REQUIRED "login-required" BAD_REQUEST "login_required" "OpenID Connect Core 1.0 §3.1.2.6" Client
        "`prompt` is `none`, and no user is signed in, or the sign-in is older than `max_age`."
        "Leave `prompt` out.";
    CONSENT_REQUIRED "consent-required" BAD_REQUEST "consent_required" "OpenID Connect Core 1.0 §3.1.2.6" Client
        "`prompt` is `none`, and this server asks for consent each time."
        "Leave `prompt` out.";
    USER_DENIED "user-denied" FORBIDDEN "access_denied" "RFC 6749 §4.1.2.1" User
        "The user denied the request."
        "Nothing. The user can start again from the client.";
    USER_NOT_ALLOWED "user-not-allowed" FORBIDDEN "access_denied" "RFC 6749 §4.1.2.1" Operator
        "No rule of `resource-people` for this MCP server names the user."
        "Sign in with another account, or ask the operator to add a rule.";
    REQUEST_TOO_LONG "request-too-long" BAD_REQUEST "invalid_request" "RFC 6749 §4.1.2.1" Client
        "The query has more than 5000 bytes. It travels through the OpenID provider, in `state`."
        "Send a shorter `state`.";
    TUTORIAL_PASSWORD "tutorial-password" UNAUTHORIZED "access_denied" "RFC 6749 §4.1.2.1" User
        "Name or password in the query are wrong. Only the tutorial mode reads them there."
        "Send the tutorial's name and password.";
}
