//! Rules for tokens of workloads, as a grant and as client authentication.

super::rule::rules! {
    WORKLOADS:
    WORKLOAD_UNKNOWN "workload-unknown" BAD_REQUEST "invalid_grant" "RFC 6749 §5.2" Operator
        "No rule of the operator says which client the workload is."
        "As the operator, compare the claims of the token with `claims` of the rules in `trust`. The log says which claim differs.";
    WORKLOAD_AMBIGUOUS "workload-ambiguous" BAD_REQUEST "invalid_grant" "RFC 6749 §5.2" Operator
        "Several rules of the operator fit the workload, so it could be several clients."
        "As the operator, let `claims` of the rules differ in one claim that each of these tokens has.";
    WORKLOAD_OTHER_CLIENT "workload-other-client" BAD_REQUEST "invalid_grant" "RFC 6749 §5.2" Client
        "`client_id` names another client than the rule that fits the workload."
        "Leave `client_id` out, or send the `client` of the rule.";
    WORKLOAD_AUTHENTICATION "workload-authentication" UNAUTHORIZED "invalid_client" "RFC 7521 §4.2.1" Client
        "The client authenticates with a token of its platform, and sent none, or one that does not count."
        "Send the token as `client_assertion`, with `client_assertion_type` and `client_id`. What is checked is what is checked where such \
         a token is the grant.";
}
