//! Rules for requests to the `UserInfo` endpoint.

super::rule::rules! {
    USERINFOS:
    USERINFO_TOKEN_MISSING "userinfo-token-missing" UNAUTHORIZED "invalid_token" "RFC 6750 §3; OpenID Connect Core 1.0 §5.3.1" Client
        "The request has no access token in its `Authorization` header. One in the query or the body is not read."
        "Send one header: `Bearer`, one space, the token.";
    USERINFO_TOKEN_MALFORMED "userinfo-token-malformed" BAD_REQUEST "invalid_request" "RFC 6750 §2.1" Client
        "The `Authorization` header has no bearer token that can be read, or there are two headers."
        "Send one header: `Bearer`, one space, the token.";
    USERINFO_TOKEN_INVALID "userinfo-token-invalid" UNAUTHORIZED "invalid_token" "RFC 6750 §3.1" Client
        "The access token is not accepted: it has expired, its grant is closed, its client is blocked, or it is none, such as an ID token. \
         The description says which."
        "Refresh the token. If that fails with `invalid_grant`, start a new sign-in.";
    USERINFO_SCOPE "userinfo-scope" FORBIDDEN "insufficient_scope" "RFC 6750 §3.1; OpenID Connect Core 1.0 §5.3" Client
        "The access token lacks the scope `openid`."
        "Start a sign-in with `openid` in `scope`, beside `email` and `profile` as needed.";
    USERINFO_NO_USER "userinfo-no-user" FORBIDDEN "insufficient_scope" "RFC 6749 §4.4; OpenID Connect Core 1.0 §5.3" Client
        "The access token is a client's own (`client_credentials`): there is no user."
        "Ask with a token that a user allowed.";
}
