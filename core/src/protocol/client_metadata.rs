//! Client metadata in a dynamic client registration request (RFC 7591 §2).

use crate::protocol::client_name::ClientName;
use crate::protocol::redirect_uri::{InvalidRedirectUri, RedirectUri};
use crate::protocol::refusal::Refusal;
use crate::rules;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use strum::IntoStaticStr;

/// The supported members of a client's metadata. Unknown members are ignored (RFC 7591 §2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientMetadata {
    /// The redirect URIs that can be used, as they were sent.
    pub redirect_uris: Vec<RedirectUri>,
    /// The name that the client wants users to see.
    pub client_name: Option<ClientName>,
    /// How the client wants to authenticate at the token endpoint.
    pub auth_method: AuthMethod,
}

/// How a client authenticates at the token endpoint (RFC 7591 §2). Here, a client that omits the member is a public
/// client: in practice, such clients are public, and cannot use a secret.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, IntoStaticStr)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum AuthMethod {
    /// No authentication: a public client (RFC 6749 §2.1).
    #[default]
    None,
    /// With its secret in the `Authorization` header.
    ClientSecretBasic,
    /// With its secret in the form.
    ClientSecretPost,
    /// With assertions that it signs (RFC 7523 §2.2). A dynamically registered client cannot choose it.
    PrivateKeyJwt,
}

impl ClientMetadata {
    const MAX_REDIRECT_URIS: usize = 16;
    /// The `client_id` carries the URIs, and must fit into a URL together with the other parameters.
    const MAX_REDIRECT_BYTES: usize = 2048;

    /// Reads a registration request. Redirect URIs that cannot be used are skipped if at least one can be used:
    /// clients send several at once, and one bad URI must not fail the registration.
    ///
    /// # Errors
    /// `invalid_client_metadata` or `invalid_redirect_uri` (RFC 7591 §3.2.2).
    pub fn parse(json: &[u8]) -> Result<Self, Refusal> {
        let Ok(Value::Object(members)) = serde_json::from_slice(json) else {
            return Err(rules::REGISTRATION_NOT_JSON.refuse("the body must be a JSON object"));
        };
        let client_name = match members.get("client_name") {
            None | Some(Value::Null) => None,
            Some(Value::String(name)) => ClientName::parse(name),
            Some(_) => return Err(rules::CLIENT_NAME.refuse("client_name must be a string")),
        };
        let auth_method = AuthMethod::read(members.get("token_endpoint_auth_method"))?;
        require(&members, "response_types", "code")?;
        require(&members, "grant_types", "authorization_code")?;
        if let Some(demand) = DEMANDS.iter().find(|name| members.get(**name) == Some(&Value::Bool(true))) {
            return Err(rules::DEMAND_UNSUPPORTED.refuse(format!(
                "this server cannot meet {demand}; leave it out if the client can do without it"
            )));
        }
        if members.contains_key("jwks") && members.contains_key("jwks_uri") {
            return Err(rules::KEYS_TWICE.refuse("jwks and jwks_uri are both present; use one of them"));
        }
        Ok(Self { redirect_uris: redirect_uris(members.get("redirect_uris"))?, client_name, auth_method })
    }
}

impl AuthMethod {
    /// Refuses an unsupported method. RFC 7591 §3.2.1 would allow to replace it, but a client that asks for keys must
    /// not believe that it authenticates with them.
    fn read(value: Option<&Value>) -> Result<Self, Refusal> {
        match value {
            None | Some(Value::Null) => Ok(Self::None),
            Some(Value::String(name)) => match name.as_str() {
                "none" => Ok(Self::None),
                "client_secret_basic" => Ok(Self::ClientSecretBasic),
                "client_secret_post" => Ok(Self::ClientSecretPost),
                other => Err(rules::AUTH_METHOD.refuse(format!(
                    "token_endpoint_auth_method must be none, client_secret_basic or client_secret_post, not {other}; \
                     for private_key_jwt, use a Client ID Metadata Document",
                ))),
            },
            Some(_) => Err(rules::AUTH_METHOD.refuse("token_endpoint_auth_method must be a string")),
        }
    }

    /// The registered name of the method (RFC 7591 §2), from the variant.
    pub fn name(self) -> &'static str {
        self.into()
    }
}

/// Members with which a client demands more protection than this server has: tokens that are bound to a key (RFC 9449
/// §5.2, RFC 8705 §3.4), pushed requests (RFC 9126 §6) and signed requests (RFC 9101 §10.5). To ignore one would weaken the
/// client without a word.
pub(crate) const DEMANDS: [&str; 4] = [
    "dpop_bound_access_tokens",
    "tls_client_certificate_bound_access_tokens",
    "require_pushed_authorization_requests",
    "require_signed_request_object",
];

/// Checks that `list` contains `value`, the one value that this server supports. A missing or empty list passes.
fn require(members: &serde_json::Map<String, Value>, list: &str, value: &str) -> Result<(), Refusal> {
    let listed = match members.get(list) {
        None | Some(Value::Null) => return Ok(()),
        Some(Value::Array(listed)) if listed.iter().all(Value::is_string) => listed,
        Some(_) => {
            return Err(rules::GRANTS_AND_RESPONSES.refuse(format!("{list} must be an array of strings")));
        }
    };
    let served = listed.is_empty() || listed.iter().any(|one| one == value);
    served
        .then_some(())
        .ok_or_else(|| rules::GRANTS_AND_RESPONSES.refuse(format!("{list} must contain {value}")))
}

fn redirect_uris(value: Option<&Value>) -> Result<Vec<RedirectUri>, Refusal> {
    let Some(Value::Array(sent)) = value else {
        return Err(rules::REDIRECT_URIS_MISSING.refuse("redirect_uris is missing or is not an array"));
    };
    let texts = sent.iter().map(|uri| {
        uri.as_str()
            .ok_or_else(|| rules::REDIRECT_URIS_MISSING.refuse("redirect_uris must contain only strings"))
    });
    usable(&texts.collect::<Result<Vec<_>, _>>()?)
}

/// Filters a client's redirect URIs: returns those that can be used.
pub(crate) fn usable(texts: &[&str]) -> Result<Vec<RedirectUri>, Refusal> {
    if texts.is_empty() || texts.len() > ClientMetadata::MAX_REDIRECT_URIS {
        return Err(rules::REDIRECT_URIS_LIMITS.refuse("redirect_uris must have 1 to 16 URIs"));
    }
    let (usable, unusable): (Vec<_>, Vec<_>) = texts
        .iter()
        .map(|text| RedirectUri::parse(text).map_err(|why| (*text, why)))
        .partition(Result::is_ok);
    let usable: Vec<_> = usable.into_iter().flatten().collect();
    if usable.iter().map(|uri: &RedirectUri| uri.as_str().len()).sum::<usize>()
        > ClientMetadata::MAX_REDIRECT_BYTES
    {
        return Err(rules::REDIRECT_URIS_LIMITS.refuse("redirect_uris must have at most 2048 bytes in total"));
    }
    match unusable.into_iter().find_map(Result::err) {
        Some((text, InvalidRedirectUri(why))) if usable.is_empty() => Err(rules::REDIRECT_URIS_UNUSABLE
            .refuse(format!("redirect_uris has no URI that this server accepts; {text} {why}"))),
        _ => Ok(usable),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn one_odd_uri_does_not_refuse_the_others() {
        let sent =
            br#"{"redirect_uris":["http://evil.example/","http://localhost:8787/callback"],"extra":1}"#;
        let metadata = ClientMetadata::parse(sent).unwrap();
        assert_eq!(
            metadata.redirect_uris.iter().map(RedirectUri::as_str).collect::<Vec<_>>(),
            ["http://localhost:8787/callback"]
        );
    }

    proptest! {
        #[test]
        fn no_json_panics(bytes in proptest::collection::vec(any::<u8>(), 0..60)) {
            let _ = ClientMetadata::parse(&bytes);
        }

        #[test]
        fn no_uris_and_names_panic(uris in proptest::collection::vec("\\PC{0,40}", 0..20), name in "\\PC{0,80}") {
            let json = serde_json::json!({ "redirect_uris": uris, "client_name": name });
            if let Ok(metadata) = ClientMetadata::parse(json.to_string().as_bytes()) {
                prop_assert!(!metadata.redirect_uris.is_empty());
                prop_assert!(metadata.client_name.is_none_or(|name| name.as_str().len() <= ClientName::MAX_BYTES));
            }
        }
    }
}
