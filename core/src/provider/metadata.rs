//! The metadata of an OpenID provider (OpenID Connect Discovery 1.0 §3, §4).

use crate::config::ProviderSettings;
use crate::jose::Object;
use crate::provider::error::quoted;
use serde::{Deserialize, Deserializer};

/// The part of the metadata that a sign-in needs.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub(crate) struct ProviderMetadata {
    issuer: String,
    /// The URL at which users sign in.
    pub(crate) authorization_endpoint: String,
    /// The URL at which codes are redeemed.
    pub(crate) token_endpoint: String,
    /// The URL for more claims about a user.
    pub(crate) userinfo_endpoint: Option<String>,
    /// The URL of the provider's keys.
    pub(crate) jwks_uri: String,
    #[serde(default, deserialize_with = "or_default")]
    token_endpoint_auth_methods_supported: Vec<String>,
    #[serde(default, deserialize_with = "or_default")]
    prompt_values_supported: Vec<String>,
    /// Whether the provider's authorization responses contain `iss`, against mix-up attacks (RFC 9207 §3).
    #[serde(default, deserialize_with = "or_default")]
    pub(crate) authorization_response_iss_parameter_supported: bool,
}

/// `null` is absent: some servers write it for an empty list.
fn or_default<'de, D: Deserializer<'de>, T: Default + Deserialize<'de>>(value: D) -> Result<T, D::Error> {
    Ok(Option::deserialize(value)?.unwrap_or_default())
}

impl ProviderMetadata {
    /// Parses the metadata of this provider. Its URLs must be https, or http where the operator allows that.
    ///
    /// # Errors
    /// The rule that the metadata breaks.
    pub(crate) fn parse(provider: &ProviderSettings, json: &[u8]) -> Result<Self, String> {
        let read: Self =
            Object::read(crate::wire::without_bom(json)).map_err(|error| format!("is not valid: {error}"))?;
        // OpenID Connect Discovery 1.0 §4.3: both must be equal, byte for byte.
        if read.issuer != provider.issuer() {
            return Err(format!("has the issuer {}, not {}", quoted(&read.issuer), provider.issuer()));
        }
        let unsafe_url = |(name, url): (&str, &String)| {
            provider.validate_url(url).err().map(|why| format!("has the {name} {}, which {why}", quoted(url)))
        };
        if let Some(why) = read.urls().find_map(unsafe_url) {
            return Err(why);
        }
        // The browser opens this one, over networks that the operator does not know.
        let is_plain = !read.authorization_endpoint.starts_with("https://");
        if is_plain && provider.issuer().starts_with("https://") {
            return Err("has an authorization_endpoint with http, though its issuer has https".to_owned());
        }
        Ok(read)
    }

    fn urls(&self) -> impl Iterator<Item = (&'static str, &String)> {
        let userinfo = self.userinfo_endpoint.iter().map(|url| ("userinfo_endpoint", url));
        [
            ("authorization_endpoint", &self.authorization_endpoint),
            ("token_endpoint", &self.token_endpoint),
            ("jwks_uri", &self.jwks_uri),
        ]
        .into_iter()
        .chain(userinfo)
    }

    /// Whether the client secret goes into the body, which few providers require. Otherwise it goes into the
    /// `Authorization` header, which is the default of §3.
    pub(crate) fn wants_secret_in_body(&self) -> bool {
        let supported = &self.token_endpoint_auth_methods_supported;
        let has = |method: &str| supported.iter().any(|known| known == method);
        has("client_secret_post") && !has("client_secret_basic")
    }

    /// The first of the `wanted` prompts that the provider supports (Initiating User Registration 1.0 §4.1). If the
    /// provider lists no prompts, the first of `wanted`.
    pub(crate) fn prompt<'a>(&self, wanted: &[&'a str]) -> Option<&'a str> {
        let known = &self.prompt_values_supported;
        let is_known = |prompt: &&&str| known.is_empty() || known.iter().any(|one| one == **prompt);
        wanted.iter().find(is_known).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Allowed;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    const ISSUER: &str = "https://idp.example/tenant";

    fn settings(issuer: &str) -> ProviderSettings {
        ProviderSettings::new(issuer, "us", Allowed::parse("anyone").unwrap()).unwrap()
    }

    fn metadata(changes: &Value) -> Vec<u8> {
        let mut metadata = json!({
            "issuer": ISSUER,
            "authorization_endpoint": "https://idp.example/authorize",
            "token_endpoint": "https://idp.example/token",
            "jwks_uri": "https://keys.example/jwks",
        });
        metadata.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        metadata.to_string().into_bytes()
    }

    fn read(changes: &Value) -> Result<ProviderMetadata, String> {
        ProviderMetadata::parse(&settings(ISSUER), &metadata(changes))
    }

    #[test]
    fn it_is_that_of_the_issuer_and_as_safe() {
        assert!(read(&json!({})).is_ok());
        for absent in [
            json!({ "token_endpoint_auth_methods_supported": null }),
            json!({ "prompt_values_supported": null }),
            json!({ "authorization_response_iss_parameter_supported": null }),
        ] {
            assert!(read(&absent).is_ok(), "{absent}");
        }
        for (wrong, why) in [
            (json!({ "issuer": "https://idp.example/tenant/" }), "has the issuer"),
            (json!({ "token_endpoint": "http://idp.example/token" }), "token_endpoint \"http:"),
            (json!({ "token_endpoint": "http://10.0.0.5/token" }), "provider-private-http"),
            (json!({ "token_endpoint": "http://localhost/token" }), "provider-private-http"),
            (json!({ "userinfo_endpoint": "javascript:alert(1)" }), "userinfo_endpoint"),
            (json!({ "jwks_uri": null }), "is not valid"),
        ] {
            let refused = read(&wrong).unwrap_err();
            assert!(refused.contains(why), "{wrong}: {refused}");
        }
        let array = json!([
            ISSUER,
            "https://a.example",
            "https://a.example",
            null,
            "https://a.example",
            [],
            [],
            true
        ]);
        let refused = ProviderMetadata::parse(&settings(ISSUER), array.to_string().as_bytes()).unwrap_err();
        assert!(refused.contains("a JSON object"), "{refused}");
        let mut here = json!({
            "issuer": "http://localhost:1", "authorization_endpoint": "http://localhost:1/authorize",
            "token_endpoint": "http://localhost:1/token", "jwks_uri": "http://localhost:1/keys",
        });
        let local = settings("http://localhost:1");
        let parse = |json: &Value| ProviderMetadata::parse(&local, json.to_string().as_bytes());
        assert!(parse(&here).is_ok());
        here["authorization_endpoint"] = json!("http://idp.example/authorize");
        assert!(parse(&here).is_err());
        here["authorization_endpoint"] = json!("javascript:alert(1)");
        assert!(parse(&here).is_err());
    }

    #[test]
    fn internal_endpoints_may_be_http_where_the_operator_allows_it() {
        let allowed = Allowed::parse("anyone").unwrap();
        let private =
            |issuer: &str| ProviderSettings::on_private_network(issuer, "us", allowed.clone()).unwrap();
        let parse =
            |issuer: &str, changes: &Value| ProviderMetadata::parse(&private(issuer), &metadata(changes));
        let internal =
            json!({ "token_endpoint": "http://keycloak:8080/token", "jwks_uri": "http://10.0.0.5/jwks" });
        assert!(parse(ISSUER, &internal).is_ok());
        assert!(parse(ISSUER, &json!({ "jwks_uri": "http://8.8.8.8/jwks" })).is_err());
        let plain =
            json!({ "issuer": "http://10.0.0.5", "authorization_endpoint": "http://10.0.0.5/authorize" });
        assert!(parse("http://10.0.0.5", &plain).is_ok(), "the whole provider is internal");
        let browser = parse(ISSUER, &json!({ "authorization_endpoint": "http://10.0.0.5/authorize" }));
        assert!(browser.unwrap_err().contains("authorization_endpoint with http"), "the browser opens it");
    }

    #[test]
    fn a_secret_goes_where_the_provider_takes_it() {
        for (methods, in_body) in [
            (json!([]), false),
            (json!(["client_secret_post"]), true),
            (json!(["client_secret_post", "client_secret_basic"]), false),
            (json!(["private_key_jwt"]), false),
        ] {
            let read = read(&json!({ "token_endpoint_auth_methods_supported": methods })).unwrap();
            assert_eq!(read.wants_secret_in_body(), in_body, "{methods}");
        }
    }

    #[test]
    fn a_prompt_is_one_that_the_provider_knows() {
        let prompt = |known: Value| {
            read(&json!({ "prompt_values_supported": known })).unwrap().prompt(&["select_account", "login"])
        };
        assert_eq!(prompt(json!([])), Some("select_account"));
        assert_eq!(prompt(json!(["none", "login"])), Some("login"));
        assert_eq!(prompt(json!(["none"])), None);
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "\\PC{0,80}") {
            prop_assert!(ProviderMetadata::parse(&settings(ISSUER), text.as_bytes()).is_err());
        }
    }
}
