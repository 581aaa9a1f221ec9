//! Rules for every request.

super::rule::rules! {
    REQUESTS:
    PARAMETER_MISSING "parameter-missing" BAD_REQUEST "invalid_request" "RFC 6749 §4.1.2.1, §5.2" Client
        "A required parameter was not sent. The description names it."
        "Send the parameter: in the query at the authorization endpoint, in the form at every other endpoint.";
    PARAMETER_REPEATED "parameter-repeated" BAD_REQUEST "invalid_request" "RFC 6749 §3.1, §3.2" Client
        "A parameter was sent more than once. The description names it."
        "Send it once. Only `resource` may be repeated.";
    MEDIA_TYPE "media-type" UNSUPPORTED_MEDIA_TYPE "invalid_request" "RFC 9110 §15.5.16" Client
        "The body has another media type than the endpoint reads."
        "Send `application/json` to the registration endpoint, and `application/x-www-form-urlencoded` to all others.";
    BODY_TOO_LARGE "body-too-large" PAYLOAD_TOO_LARGE "invalid_request" "RFC 9110 §15.5.14" Client
        "The body is larger than 64 KiB."
        "Send less. No valid request needs more than a few kilobytes.";
    BODY_BROKEN "body-broken" BAD_REQUEST "invalid_request" "RFC 9112 §6.3" Client
        "The body did not arrive whole."
        "Send as many bytes as `Content-Length` says.";
    NO_ENDPOINT "no-endpoint" NOT_FOUND "not_found" "RFC 9110 §15.5.5" Client
        "Nothing is at this path. Clients probe such paths, so a single line is no fault."
        "Take the URLs of the endpoints from the metadata (`/.well-known/oauth-authorization-server`). A proxy must not add or \
         remove a part of the path.";
    NO_RESOURCE_HERE "no-resource-here" NOT_FOUND "not_found" "RFC 9728 §3.1" Client
        "The protected resource metadata was requested for a path at which no MCP server of this deployment is."
        "Take the URL from `resource_metadata` in the 401 response. As the operator, compare the path with `resource` in the settings.";
    FORM_STALE "form-stale" FORBIDDEN "invalid_request" "RFC 6749 §10.12" User
        "The CSRF token of the form is missing, has expired, or belongs to another browser or request. The page is shown again."
        "Submit the form again. If it happens each time, allow cookies for this server. As the operator, check that a proxy passes cookies on.";
    COOKIES_MISSING "cookies-missing" FORBIDDEN "invalid_request" "RFC 6749 §10.12" User
        "The browser sent a form without the cookie of this server."
        "Allow cookies for this server, and start again from the client. As the operator, check that a proxy passes cookies on.";
    SIGN_IN_WRONG "sign-in-wrong" FORBIDDEN "access_denied" "RFC 6749 §3.1" User
        "Name and password do not match, or the user is disabled."
        "Enter them again. As the operator, set another password: `set-password`.";
    SIGN_IN_RATE_LIMIT "sign-in-rate-limit" TOO_MANY_REQUESTS "access_denied" "NIST SP 800-63B §5.2.2" User
        "Too many wrong passwords were tried for this name within one hour (rate limit). No password is checked until the hour ends."
        "Wait until the hour ends, or sign in with a browser in which you signed in before. As the operator: `unlock-person`.";
    SESSION_ENDED "session-ended" FORBIDDEN "invalid_request" "RFC 6749 §3.1" User
        "The user's session ended while the form was open."
        "Sign in again.";
    NEW_PASSWORD "new-password" FORBIDDEN "invalid_request" "NIST SP 800-63B-4 §3.1.1.2" User
        "The new password is too short or too long, was not repeated exactly, or is the current one. The log says which."
        "Choose another.";
    SERVER_AWAY "server-away" SERVICE_UNAVAILABLE "temporarily_unavailable" "RFC 6749 §4.1.2.1" Passing
        "The store or the signer of this server did not answer. The log says why."
        "Send the same request again after `Retry-After`. Tokens and codes are unchanged. As the operator, look at the store: `/health`, \
         or the alarms of the table.";
    KEYS_AWAY "keys-away" SERVICE_UNAVAILABLE "temporarily_unavailable" "RFC 6749 §4.1.2.1" Operator
        "On AWS: the function could not read its keys from Parameter Store, or the time of the request was over."
        "Send the same request again. As the operator, look at the function's role, and at throttling of Parameter Store.";
    APPLICATION_URL "application-url" INTERNAL_SERVER_ERROR "server_error" "RFC 6749 §4.1.2.1" Operator
        "The application that embeds this server gave a sign-in URL that is no URL."
        "Percent-encode the URL in the application's `Authenticator`.";
}
