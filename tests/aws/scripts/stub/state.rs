//! State of the stub: buckets, stacks, and which deployments have keys.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use doorward::protocol::Digest;
use serde_json::{Value, json};
use std::fs;
use std::path::Path;

/// The account of the caller.
pub(crate) const ACCOUNT: &str = "123456789012";

/// Everything that the calls change, as JSON: `buckets`, `stacks`, `keys`, `broken`, `profile`.
pub(crate) struct State(pub(crate) Value);

impl State {
    pub(crate) fn read(directory: &Path) -> Self {
        let text = fs::read_to_string(directory.join("state.json")).expect("a state");
        Self(serde_json::from_str(&text).expect("JSON"))
    }

    pub(crate) fn write(&self, directory: &Path) {
        fs::write(directory.join("state.json"), self.0.to_string()).expect("the state is kept");
    }

    /// The stacks: region and name, and the stack.
    pub(crate) fn stacks(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.0["stacks"].as_object().expect("stacks").iter().map(|(name, stack)| (name.as_str(), stack))
    }

    /// The outputs of a stack.
    pub(crate) fn outputs(&self, place: &str) -> Vec<(String, String)> {
        let (region, name) = place.split_once('/').expect("a region and a name");
        let stack = &self.0["stacks"][place];
        let parameter = |name: &str| stack["parameters"][name].as_str().unwrap_or_default().to_owned();
        if stack["is_front"] == true {
            let issuer = format!("https://{}", parameter("Domain"));
            return vec![("Issuer".into(), issuer), ("Address".into(), "d1.cloudfront.net".into())];
        }
        let own = format!("https://{name}.execute-api.{region}.amazonaws.com");
        let issuer = Some(parameter("Issuer")).filter(|issuer| !issuer.is_empty()).unwrap_or(own);
        let mut outputs = vec![("Issuer".to_owned(), issuer), ("Admin".to_owned(), format!("{name}-admin"))];
        if !parameter("DoorDigest").is_empty() && stack["without_urls"] != true {
            for function in [
                "Metadata",
                "Register",
                "Authorize",
                "Token",
                "Introspect",
                "Revoke",
                "Account",
                "Mcp",
                "Gateway",
            ] {
                let url = format!("https://{}.lambda-url.{region}.on.aws/", function.to_lowercase());
                outputs.push((format!("{function}Url"), url));
            }
        }
        outputs
    }

    /// The digest of an origin secret.
    pub(crate) fn digest(secret: &str) -> Value {
        json!(URL_SAFE_NO_PAD.encode(Digest::of(secret).0))
    }
}
