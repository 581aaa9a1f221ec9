//! Rules for dynamic client registration.

super::rule::rules! {
    REGISTRATIONS:
    REGISTRATION_NOT_JSON "registration-not-json" BAD_REQUEST "invalid_client_metadata" "RFC 7591 §3.1" Client
        "The body of the registration is no JSON object."
        "Send one JSON object.";
    CLIENT_NAME "client-name" BAD_REQUEST "invalid_client_metadata" "RFC 7591 §2" Client
        "`client_name` is no string."
        "Send a string, or leave it out.";
    AUTH_METHOD "auth-method" BAD_REQUEST "invalid_client_metadata" "RFC 7591 §2" Client
        "`token_endpoint_auth_method` is one that a client cannot register here."
        "Register `none`, `client_secret_basic` or `client_secret_post`. For `private_key_jwt`, publish a Client ID Metadata Document.";
    GRANTS_AND_RESPONSES "grant-and-response-types" BAD_REQUEST "invalid_client_metadata" "RFC 7591 §2" Client
        "`grant_types` or `response_types` is no list of strings, or lacks the only value that this server supports."
        "Register `grant_types` with `authorization_code` and `response_types` with `code`, or leave them out.";
    DEMAND_UNSUPPORTED "demand-unsupported" BAD_REQUEST "invalid_client_metadata" "RFC 7591 §3.2.2" Client
        "The client demands a protection that this server does not have, such as `dpop_bound_access_tokens`. To ignore it would weaken the client without a word."
        "Leave the member out if the client can do without it.";
    KEYS_TWICE "jwks-and-jwks-uri" BAD_REQUEST "invalid_client_metadata" "RFC 7591 §2" Client
        "`jwks` and `jwks_uri` are both present."
        "Send one of them.";
    REDIRECT_URIS_MISSING "redirect-uris-missing" BAD_REQUEST "invalid_redirect_uri" "RFC 7591 §2" Client
        "`redirect_uris` is missing, or is no array of strings."
        "Send an array with each redirect URI that the client uses.";
    REDIRECT_URIS_LIMITS "redirect-uris-limits" BAD_REQUEST "invalid_redirect_uri" "RFC 7591 §3.2.2" Client
        "`redirect_uris` has no URI or more than 16, or more than 2048 bytes in total."
        "Register fewer URIs, or shorter ones.";
    REDIRECT_URIS_UNUSABLE "redirect-uris-unusable" BAD_REQUEST "invalid_redirect_uri" "RFC 8252 §7, §8.3" Client
        "This server accepts none of the redirect URIs. The description says why for the first. One that is accepted would be enough."
        "Use `https`, `http` on loopback, or a scheme of the application. No fragment, no wildcard.";
}
