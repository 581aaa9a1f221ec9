//! Client ID Metadata Documents (CIMD; draft-ietf-oauth-client-id-metadata-document; MCP 2026-07-28,
//! Authorization): the client's id is the URL of its metadata.

use crate::client::authentication::{Authentication, InvalidKeys, PublishedKeys};
use crate::client::identity::{Client, Introducer};
use crate::jose::Object;
use crate::protocol::{ClientId, ClientName, DEMANDS, DocumentUrl, RegisteredRedirectUri, Scope, usable};
use bytes::Bytes;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use thiserror::Error;

/// The metadata that a client publishes at its URL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientDocument {
    /// The name to show to users. A document must have one (MCP 2025-11-25, Authorization, Client ID Metadata Documents).
    pub name: ClientName,
    /// The registered redirect URIs.
    pub redirect_uris: BTreeSet<RegisteredRedirectUri>,
    /// How it may authenticate at the token endpoint.
    pub authentication: Authentication,
    /// The document, as it was sent.
    pub(crate) json: Bytes,
}

/// The members that this server reads. A duplicate member, or one of another type, is an error. Other members are
/// ignored.
#[derive(Deserialize)]
struct Members {
    client_id: String,
    client_name: Option<String>,
    #[serde(default)]
    redirect_uris: Vec<String>,
    token_endpoint_auth_method: Option<String>,
    #[serde(default)]
    token_endpoint_auth_methods_supported: Vec<String>,
    grant_types: Option<Vec<String>>,
    response_types: Option<Vec<String>>,
    client_secret: Option<IgnoredAny>,
    client_secret_expires_at: Option<IgnoredAny>,
    jwks: Option<Value>,
    jwks_uri: Option<String>,
}

impl ClientDocument {
    /// Parses the document that was fetched from `url`.
    ///
    /// # Errors
    /// [`InvalidDocument`], with the rule that was broken.
    pub fn parse(url: &DocumentUrl, json: &[u8]) -> Result<Self, InvalidDocument> {
        let members: Members = Object::read(json).map_err(|error| InvalidDocument::read(&error))?;
        if members.client_id != url.as_str() {
            return Err(InvalidDocument::ClientId);
        }
        if members.client_secret.is_some() || members.client_secret_expires_at.is_some() {
            return Err(InvalidDocument::Secret);
        }
        let name = members.client_name.as_deref().and_then(ClientName::parse);
        check_uses(&members)?;
        check_demands(json)?;
        let texts: Vec<_> = members.redirect_uris.iter().map(String::as_str).collect();
        let usable = usable(&texts).map_err(|_| InvalidDocument::RedirectUris)?;
        Ok(Self {
            name: name.ok_or(InvalidDocument::Name)?,
            redirect_uris: usable.iter().map(|uri| uri.registered().clone()).collect(),
            authentication: authentication(&members)?,
            json: Bytes::copy_from_slice(json),
        })
    }
}

impl ClientDocument {
    /// The client that published the document at `url`.
    pub(crate) fn client(&self, url: &DocumentUrl) -> Client {
        Client {
            id: ClientId(url.as_str().to_owned()),
            name: Some(self.name.clone()),
            redirect_uris: self.redirect_uris.clone(),
            authentication: self.authentication.clone(),
            introduced_by: Introducer::Host(url.authority().to_owned()),
            own_scope: Scope::default(),
        }
    }
}

/// Checks that a document that lists its uses lists the one that this server has.
fn check_uses(members: &Members) -> Result<(), InvalidDocument> {
    let lacks = |list: &Option<Vec<String>>, value: &str| {
        list.as_ref().is_some_and(|list| !list.is_empty() && list.iter().all(|one| one != value))
    };
    if lacks(&members.grant_types, "authorization_code") {
        return Err(InvalidDocument::Use { member: "grant_types", value: "authorization_code" });
    }
    if lacks(&members.response_types, "code") {
        return Err(InvalidDocument::Use { member: "response_types", value: "code" });
    }
    Ok(())
}

/// Checks that the document demands no protection that this server cannot give ([`DEMANDS`]).
fn check_demands(json: &[u8]) -> Result<(), InvalidDocument> {
    let all: BTreeMap<String, Value> =
        serde_json::from_slice(json).map_err(|error| InvalidDocument::read(&error))?;
    let unmet = DEMANDS.into_iter().find(|name| all.get(*name) == Some(&Value::Bool(true)));
    unmet.map_or(Ok(()), |demand| Err(InvalidDocument::Demand(demand)))
}

fn authentication(members: &Members) -> Result<Authentication, InvalidDocument> {
    let one = members.token_endpoint_auth_method.as_deref();
    let choices = members.token_endpoint_auth_methods_supported.iter().map(String::as_str);
    let methods: BTreeSet<_> = one.into_iter().chain(choices).collect();
    let none = methods.is_empty() || methods.contains("none");
    if !methods.contains("private_key_jwt") {
        return none.then_some(Authentication::None).ok_or(InvalidDocument::Method);
    }
    let keys = PublishedKeys::parse(members.jwks.as_ref(), members.jwks_uri.as_deref())?;
    match (keys, none) {
        (Some(keys), false) => Ok(Authentication::Keys(keys)),
        (Some(keys), true) => Ok(Authentication::KeysOrNone(keys)),
        (None, true) => Ok(Authentication::None),
        (None, false) => Err(InvalidKeys::Missing.into()),
    }
}

/// Why something that a client publishes cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum InvalidDocument {
    /// It is not JSON, or a member has another type.
    #[error("its JSON is not valid: {0}")]
    Json(String),
    /// It is the document of another URL.
    #[error("its client_id must be the URL of the document")]
    ClientId,
    /// It holds a secret.
    #[error("it must not contain client_secret or client_secret_expires_at: the document is public")]
    Secret,
    /// It has no name.
    #[error("its client_name is missing or empty")]
    Name,
    /// It lists uses, and not the one that this server has.
    #[error("its {member} must contain {value}")]
    Use {
        /// The member that lists the uses.
        member: &'static str,
        /// What it must contain.
        value: &'static str,
    },
    /// It demands a protection that this server does not have.
    #[error("this server cannot meet its {0}")]
    Demand(&'static str),
    /// It has no redirect URI that this server can use.
    #[error("its redirect_uris must have 1 to 16 URIs, and at least one that this server accepts")]
    RedirectUris,
    /// It offers no authentication method that this server accepts.
    #[error("token_endpoint_auth_method must be none or private_key_jwt")]
    Method,
    /// Its keys are refused.
    #[error(transparent)]
    Keys(#[from] InvalidKeys),
}

impl InvalidDocument {
    /// Describes the JSON error without content of the document. Otherwise an attacker could put a message on our
    /// page.
    pub(crate) fn read(error: &serde_json::Error) -> Self {
        Self::Json(error.to_string().split(": ").next().unwrap_or_default().to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    const URL: &str = "https://app.example/client.json";

    fn parse(changes: &Value) -> Result<ClientDocument, InvalidDocument> {
        let mut document = json!({
            "client_id": URL, "client_name": "App", "redirect_uris": ["https://app.example/callback"],
        });
        document.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        ClientDocument::parse(&DocumentUrl::parse(URL).unwrap(), document.to_string().as_bytes())
    }

    #[test]
    fn a_document_is_a_client() {
        let document = parse(&json!({
            "redirect_uris": ["http://localhost/callback", "javascript:x"],
            "grant_types": ["authorization_code", "urn:ietf:params:oauth:grant-type:device_code"],
            "dpop_bound_access_tokens": false,
            "logo_uri": 7,
        }));
        let document = document.unwrap();
        assert_eq!(document.name.as_str(), "App");
        assert_eq!(document.redirect_uris.len(), 1, "what can be used is");
        assert_eq!(document.authentication, Authentication::None);
    }

    #[test]
    fn a_client_says_in_either_place_how_it_authenticates() {
        let keys = json!("https://app.example/keys");
        let at = || PublishedKeys::At(DocumentUrl::parse("https://app.example/keys").unwrap());
        for (one, choices, expected) in [
            (json!("none"), json!([]), Authentication::None),
            (json!("private_key_jwt"), json!([]), Authentication::Keys(at())),
            (json!(null), json!(["private_key_jwt", "none"]), Authentication::KeysOrNone(at())),
            (json!("private_key_jwt"), json!(["none"]), Authentication::KeysOrNone(at())),
            (json!("client_secret_basic"), json!(["none"]), Authentication::None),
        ] {
            let members = json!({
                "token_endpoint_auth_method": one,
                "token_endpoint_auth_methods_supported": choices,
                "jwks_uri": keys,
            });
            assert_eq!(parse(&members).unwrap().authentication, expected, "{members}");
        }
    }

    #[test]
    fn what_cannot_be_a_client_is_said() {
        for (wrong, why) in [
            (json!({ "client_id": "https://app.example/client" }), "client_id"),
            (json!({ "client_id": 7 }), "invalid type"),
            (json!({ "redirect_uris": [] }), "redirect_uris"),
            (json!({ "redirect_uris": ["http://app.example/"] }), "redirect_uris"),
            (json!({ "redirect_uris": "https://app.example/callback" }), "invalid type"),
            (json!({ "redirect_uris": [7] }), "invalid type"),
            (json!({ "redirect_uris": ["https://*.app.example/callback"] }), "redirect_uris"),
            (json!({ "client_name": null }), "client_name"),
            (json!({ "client_name": " \u{200B}" }), "client_name"),
            (json!({ "client_name": 7 }), "invalid type"),
            (json!({ "grant_types": ["implicit"] }), "grant_types must contain authorization_code"),
            (json!({ "response_types": ["token"] }), "response_types must contain code"),
            (json!({ "dpop_bound_access_tokens": true }), "dpop_bound_access_tokens"),
            (json!({ "require_signed_request_object": true }), "require_signed_request_object"),
            (json!({ "client_secret": "x" }), "client_secret"),
            (json!({ "token_endpoint_auth_method": "client_secret_post" }), "private_key_jwt"),
            (json!({ "token_endpoint_auth_method": "private_key_jwt" }), "jwks"),
            (
                json!({ "token_endpoint_auth_method": "private_key_jwt", "jwks_uri": "http://a.example/" }),
                "https",
            ),
            (
                json!({ "token_endpoint_auth_method": "private_key_jwt", "jwks": {}, "jwks_uri": "x" }),
                "jwks and jwks_uri are both",
            ),
        ] {
            let refused = parse(&wrong).unwrap_err().to_string();
            assert!(refused.contains(why), "{wrong}: {refused}");
        }
        let url = DocumentUrl::parse(URL).unwrap();
        let twice =
            format!(r#"{{"client_id":"{URL}","client_id":"{URL}","redirect_uris":["https://a.example/"]}}"#);
        assert!(ClientDocument::parse(&url, twice.as_bytes()).unwrap_err().to_string().contains("duplicate"));
        let array = format!(r#"["{URL}","App",["https://a.example/"],null,[],null,null,null,null]"#);
        for no_object in ["[]", "null", &array] {
            let refused = ClientDocument::parse(&url, no_object.as_bytes()).unwrap_err().to_string();
            assert!(refused.contains("invalid type"), "{no_object}: {refused}");
        }
    }

    proptest! {
        #[test]
        fn no_document_panics(bytes in proptest::collection::vec(any::<u8>(), 0..60)) {
            let _ = ClientDocument::parse(&DocumentUrl::parse(URL).unwrap(), &bytes);
        }
    }
}
