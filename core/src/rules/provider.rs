//! Rules for a sign-in at a provider.

super::rule::rules! {
    PROVIDERS:
    NO_PROVIDER "no-provider" NOT_FOUND "not_found" "OpenID Connect Core 1.0 §3.1.2.5" Operator
        "A browser came back from a provider that this server does not have, or no longer: none has this redirect URI."
        "As the operator, compare the redirect URI at the provider with the one that the server prints at its start. As the user, start again from the client.";
    PROVIDER_STATE_UNKNOWN "provider-state-unknown" BAD_REQUEST "invalid_request" "RFC 6749 §10.12" User
        "The `state` with which the browser came back is none of this server."
        "Start again from the client.";
    PROVIDER_STATE_LATE "provider-state-late" FORBIDDEN "access_denied" "RFC 6749 §10.12" User
        "The browser came back too late, or is another browser than the one that left."
        "Start again from the client, in one browser.";
    PROVIDER_MIX_UP "provider-mix-up" BAD_REQUEST "invalid_request" "RFC 9700 §4.4" Operator
        "The answer is not of the provider that the user was sent to: its `iss`, or the redirect URI at which its `state` came back, is another's (mix-up attack)."
        "As the operator, set `provider`, or `url` in `trust`, to exactly the issuer that the provider's metadata has, and register each redirect URI at its own provider.";
    PROVIDER_ANSWER "provider-answer" BAD_REQUEST "invalid_request" "OpenID Connect Core 1.0 §3.1.2.5" Operator
        "The provider's answer has neither a code nor an error."
        "Start again. As the operator, check that nothing between removes the query.";
    PROVIDER_DECLINED "provider-declined" FORBIDDEN "access_denied" "OpenID Connect Core 1.0 §3.1.2.6" User
        "The provider, or the user there, declined the sign-in. The log has the provider's words."
        "Sign in again. If the provider declines by a rule of its own, ask its administrator.";
    PROVIDER_TROUBLE "provider-trouble" FORBIDDEN "temporarily_unavailable" "RFC 6749 §4.1.2.1" Passing
        "The provider reports a fault of its own."
        "Try again later.";
    PROVIDER_REFUSES "provider-refuses" FORBIDDEN "server_error" "RFC 6749 §4.1.2.1" Operator
        "The provider does not accept how this server asks: an unknown client, a redirect URI that is not registered there, a scope."
        "As the operator, compare the registration at the provider with docs/provider.md. The log has the provider's words.";
    PROVIDER_CODE "provider-code" FORBIDDEN "access_denied" "RFC 6749 §5.2" User
        "The provider did not accept the code. Most often the page was loaded twice."
        "Start again from the client.";
    PROVIDER_AWAY "provider-away" SERVICE_UNAVAILABLE "temporarily_unavailable" "RFC 6749 §4.1.2.1" Passing
        "The provider did not answer this server in time."
        "Start again in a few seconds. As the operator, check that this server reaches the provider.";
    PROVIDER_UNUSABLE "provider-unusable" BAD_GATEWAY "server_error" "OpenID Connect Core 1.0 §3.1.3.7" Operator
        "An answer of the provider cannot be used. The log says which rule it breaks."
        "As the operator, correct the settings here or at the provider: issuer, client, secret, algorithm of signatures.";
    PROVIDER_NOT_ALLOWED "provider-not-allowed" FORBIDDEN "access_denied" "RFC 6749 §4.1.2.1" Operator
        "The account was identified, and may not sign in here: no rule of `provider-allow` matches, or the user is disabled."
        "Sign in with another account. As the operator, read the reason in the log: it has each rule with what the provider said.";
    PROVIDER_STORE_AWAY "provider-store-away" SERVICE_UNAVAILABLE "temporarily_unavailable" "RFC 6749 §4.1.2.1" Passing
        "The provider identified the user, and the store of this server did not answer."
        "Start again in a few seconds.";
}
