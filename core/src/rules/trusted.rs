//! Rules for all assertions of trusted issuers: identity assertions (ID-JAG), and tokens of workloads.

super::rule::rules! {
    TRUSTED:
    ASSERTION_UNTRUSTED "assertion-untrusted" BAD_REQUEST "invalid_grant" "RFC 7521 §4.1.1" Client
        "The assertion is not one that this server trusts: its form, type, algorithm, issuer or signature is not accepted."
        "Bring an assertion of an issuer that the operator trusts, as it was issued. The operator's log says what is wrong.";
    TRUSTED_AUDIENCE "trusted-audience" BAD_REQUEST "invalid_grant" "RFC 7523 §3" Client
        "The assertion is for another authorization server, or for several."
        "Request an assertion whose audience is the issuer of this server, byte for byte; for a workload, what the operator set as \
         `audience`.";
    TRUSTED_TIMES "trusted-times" BAD_REQUEST "invalid_grant" "RFC 7523 §3" Client
        "The assertion has expired, is not valid yet, lives for too long, or does not say when it was issued. An identity assertion may live \
         for ten minutes, a token of a workload for one hour."
        "Request a new assertion for each token. Set the clocks of both servers.";
    TRUSTED_IDENTIFIERS "trusted-identifiers" BAD_REQUEST "invalid_grant" "RFC 7523 §3" Client
        "The assertion has no usable `jti` or `sub`."
        "As the administrator of the issuer, let it send both: `jti` of at most 256 bytes, `sub` of at most 255 ASCII characters. For a \
         platform whose tokens have no `jti`, the operator can set `again`.";
    TRUSTED_BOUND "trusted-bound" BAD_REQUEST "invalid_grant" "RFC 9449 §5" Client
        "The assertion is bound to a key of the client (`cnf`), and this server has no support for `DPoP`."
        "Request an assertion without a `DPoP` proof.";
    TRUSTED_DETAILS "trusted-details" BAD_REQUEST "invalid_grant" "RFC 9396 §5" Client
        "The assertion has `authorization_details`, and this server knows no type of these. They could be narrower than the scope."
        "Request an assertion with scopes alone.";
    TRUSTED_REPLAYED "trusted-replayed" BAD_REQUEST "invalid_grant" "RFC 7523 §3" Client
        "The assertion was used before (replay)."
        "Request a new assertion for each token. If the answer was lost, request a new one too.";
    ISSUER_KEYS_AWAY "issuer-keys-away" SERVICE_UNAVAILABLE "temporarily_unavailable" "RFC 6749 §4.1.2.1" Passing
        "The keys of the issuer could not be read, so its assertion could not be verified."
        "Try again. As the operator, check that this server reaches the issuer's metadata and keys.";
}
