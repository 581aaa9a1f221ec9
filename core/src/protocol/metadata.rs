//! The discovery documents: authorization server metadata, protected resource metadata and the JWK Set (RFC 8414 §2,
//! RFC 9728 §2, RFC 7517 §5).

use crate::jose::{ALGORITHMS, PublicKey};
use crate::protocol::issuer::Issuer;
use crate::protocol::openid_scope::OPENID_SCOPES;
use crate::protocol::paths::{Mount, Paths};
use crate::protocol::protected_resource::{ProtectedResource, Resources};
use crate::protocol::scope::Scope;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// The supported methods of client authentication.
const AUTH_METHODS: [&str; 4] = ["none", "client_secret_basic", "client_secret_post", "private_key_jwt"];

/// The claims of ID tokens and of `UserInfo`.
const CLAIMS: [&str; 11] =
    ["iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", "at_hash", "email", "email_verified", "name"];

/// Authorization server metadata, with the members of OpenID Connect Discovery 1.0 §3: clients read this document at the place
/// of either specification. Members that do not apply are omitted, because several clients fail on a null.
pub fn authorization_server(issuer: &Issuer, resources: &Resources, paths: &Paths) -> Value {
    let at = |mount| issuer.url(paths.of(mount));
    let of_resources = resources.iter().flat_map(|one| names(&one.scope()));
    let scopes: BTreeSet<String> = of_resources.chain(OPENID_SCOPES.map(str::to_owned)).collect();
    json!({
        "issuer": issuer,
        "authorization_endpoint": at(Mount::Authorize),
        "token_endpoint": at(Mount::Token),
        "registration_endpoint": at(Mount::Register),
        "introspection_endpoint": at(Mount::Introspect),
        "revocation_endpoint": at(Mount::Revoke),
        "jwks_uri": at(Mount::Jwks),
        "userinfo_endpoint": at(Mount::UserInfo),
        "claims_supported": CLAIMS,
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["ES256"],
        "scopes_supported": scopes,
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        // OpenID Connect Discovery 1.0 §3: without it, `request_uri` would count as supported.
        "request_uri_parameter_supported": false,
        "request_parameter_supported": false,
        "grant_types_supported": ["authorization_code", "refresh_token", "client_credentials"],
        "token_endpoint_auth_methods_supported": AUTH_METHODS,
        "token_endpoint_auth_signing_alg_values_supported": ALGORITHMS,
        "revocation_endpoint_auth_methods_supported": AUTH_METHODS,
        "revocation_endpoint_auth_signing_alg_values_supported": ALGORITHMS,
        "introspection_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        "code_challenge_methods_supported": ["S256"],
        "client_id_metadata_document_supported": true,
        // RFC 9207 §3: every authorization response carries `iss`, against mix-up attacks.
        "authorization_response_iss_parameter_supported": true,
    })
}

/// The `grant_type` of an assertion (RFC 7523 §2.1).
pub const JWT_BEARER: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";
/// The profile of assertions that state who the user is (draft-ietf-oauth-identity-assertion-authz-grant-03 §7.2).
const ID_JAG: &str = "urn:ietf:params:oauth:grant-profile:id-jag";

/// Adds to the authorization server's metadata that an assertion of a trusted issuer can be a grant. Identity assertions have a
/// profile, which needs the grant type beside it (draft-ietf-oauth-identity-assertion-authz-grant-03 §7.2). Tokens of workloads have
/// none.
pub fn announce_assertions(metadata: &mut Value, of_users: bool) {
    if of_users {
        metadata["authorization_grant_profiles_supported"] = json!([ID_JAG]);
    }
    if let Some(grant_types) = metadata["grant_types_supported"].as_array_mut() {
        grant_types.push(json!(JWT_BEARER));
    }
}

/// Protected resource metadata.
pub fn protected_resource(resource: &ProtectedResource, issuer: &Issuer) -> Value {
    json!({
        "resource": resource.resource,
        "resource_name": resource.name,
        "authorization_servers": [issuer],
        "scopes_supported": names(&resource.scope()),
        "bearer_methods_supported": ["header"],
    })
}

/// The JWK Set with the keys that verify access tokens.
pub fn jwks(keys: &[PublicKey]) -> Value {
    json!({ "keys": keys.iter().map(PublicKey::jwk).collect::<Vec<_>>() })
}

fn names(scope: &Scope) -> Vec<String> {
    scope.iter().map(str::to_owned).collect()
}
