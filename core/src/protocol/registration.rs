//! What a client says of itself when it registers (RFC 7591 §2), and what of it the `client_id` carries.

use crate::keyring::{Carried, Kind, Purpose};
use crate::protocol::redirect_uri::{InvalidRedirectUri, RedirectUri, RegisteredRedirectUri};
use crate::refusal::Refusal;
use crate::seal::Signed;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeSet;

/// A client's own description, as far as it is understood; unknown members are ignored (RFC 7591 §2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientMetadata {
    /// The usable redirect URIs, as they were sent.
    pub redirect_uris: Vec<RedirectUri>,
    /// The name it wants people to see.
    pub client_name: Option<ClientName>,
    /// How it wants to authenticate at the token endpoint.
    pub auth_method: AuthMethod,
}

/// How a client authenticates at the token endpoint (RFC 7591 §2). One that does not say is a public client here:
/// the clients that leave it out are, and would not know what to do with a secret.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AuthMethod {
    /// Not at all: a public client (RFC 6749 §2.1).
    #[default]
    None,
    /// With its secret in the `Authorization` header.
    ClientSecretBasic,
    /// With its secret in the form.
    ClientSecretPost,
    /// With assertions that it signs; for clients that an operator makes known (RFC 7523 §2.2).
    PrivateKeyJwt,
}

/// A name for people to read: at most 64 bytes, no control or direction-changing characters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ClientName(String);

/// What a dynamic client's `client_id` is: signed, so that nothing needs to be stored, lost or cleaned up
/// (RFC 7591, appendix A.5.2). Equal metadata gives an equal `client_id`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Registration {
    /// Where its codes may go.
    pub redirect_uris: BTreeSet<RegisteredRedirectUri>,
    /// The name it claims.
    pub client_name: Option<ClientName>,
    /// How it authenticates, if it does.
    pub confidential: Option<Confidential>,
}

/// What makes a registration one of its kind, and its secret nobody else's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confidential {
    /// How the client said that it authenticates.
    pub auth_method: AuthMethod,
    /// Random bits: without them anybody could register the same metadata again and be shown the secret.
    pub unique: [u8; 16],
}

impl Kind for Registration {
    const PURPOSE: Purpose = Purpose::ClientIds;
    const PREFIX: &'static str = "dw_client_";
    const VERSION: u8 = 1;
}

impl Carried for Registration {}
impl Signed for Registration {}

impl ClientMetadata {
    const MAX_REDIRECT_URIS: usize = 16;
    /// The `client_id` carries them, and has to fit into a URL beside everything else.
    const MAX_REDIRECT_BYTES: usize = 2048;

    /// Reads a registration request. Redirect URIs that cannot be used are left out as long as one can be: clients
    /// send several at once, and refusing one must not refuse them all.
    ///
    /// # Errors
    /// `invalid_client_metadata` or `invalid_redirect_uri` (RFC 7591 §3.2.2).
    pub fn parse(json: &[u8]) -> Result<Self, Refusal> {
        let Ok(Value::Object(members)) = serde_json::from_slice(json) else {
            return Err(Refusal::invalid_client_metadata("the body is not a JSON object"));
        };
        let client_name = match members.get("client_name") {
            None | Some(Value::Null) => None,
            Some(Value::String(name)) => ClientName::parse(name),
            Some(_) => return Err(Refusal::invalid_client_metadata("client_name is not a string")),
        };
        let auth_method = AuthMethod::read(members.get("token_endpoint_auth_method"))?;
        require(&members, "response_types", "code")?;
        require(&members, "grant_types", "authorization_code")?;
        Ok(Self { redirect_uris: redirect_uris(members.get("redirect_uris"))?, client_name, auth_method })
    }

    /// What the `client_id` has to carry; `unique` are random bits, for clients that get a secret.
    pub fn registration(&self, unique: impl FnOnce() -> [u8; 16]) -> Registration {
        let auth_method = self.auth_method;
        let confidential = || Confidential { auth_method, unique: unique() };
        Registration {
            confidential: (auth_method != AuthMethod::None).then(confidential),
            redirect_uris: self.redirect_uris.iter().map(|uri| uri.registered().clone()).collect(),
            client_name: self.client_name.clone(),
        }
    }
}

impl AuthMethod {
    /// A method that is not served here is replaced by none, as the server may (RFC 7591 §3.2.1).
    fn read(value: Option<&Value>) -> Result<Self, Refusal> {
        match value {
            None | Some(Value::Null) => Ok(Self::None),
            Some(Value::String(name)) => Ok(match name.as_str() {
                "client_secret_basic" => Self::ClientSecretBasic,
                "client_secret_post" => Self::ClientSecretPost,
                _ => Self::None,
            }),
            Some(_) => Err(Refusal::invalid_client_metadata("token_endpoint_auth_method is not a string")),
        }
    }

    /// Its registered name (RFC 7591 §2).
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::ClientSecretBasic => "client_secret_basic",
            Self::ClientSecretPost => "client_secret_post",
            Self::PrivateKeyJwt => "private_key_jwt",
        }
    }
}

/// A list that is sent must hold the one value that this server can serve; one that is not has it by default.
fn require(members: &serde_json::Map<String, Value>, list: &str, value: &str) -> Result<(), Refusal> {
    let listed = match members.get(list) {
        None | Some(Value::Null) => return Ok(()),
        Some(Value::Array(listed)) if listed.iter().all(Value::is_string) => listed,
        Some(_) => {
            return Err(Refusal::invalid_client_metadata(format!("{list} is not an array of strings")));
        }
    };
    let served = listed.is_empty() || listed.iter().any(|one| one == value);
    served.then_some(()).ok_or_else(|| {
        Refusal::invalid_client_metadata(format!("{list} lacks {value}, the only one served here"))
    })
}

fn redirect_uris(value: Option<&Value>) -> Result<Vec<RedirectUri>, Refusal> {
    let Some(Value::Array(sent)) = value else {
        return Err(Refusal::invalid_redirect_uri("redirect_uris is missing or not an array"));
    };
    let texts = sent.iter().map(|uri| {
        uri.as_str()
            .ok_or_else(|| Refusal::invalid_redirect_uri("redirect_uris holds something other than strings"))
    });
    usable(&texts.collect::<Result<Vec<_>, _>>()?)
}

/// The redirect URIs that can be used, of those that a client has.
pub(crate) fn usable(texts: &[&str]) -> Result<Vec<RedirectUri>, Refusal> {
    if texts.is_empty() || texts.len() > ClientMetadata::MAX_REDIRECT_URIS {
        return Err(Refusal::invalid_redirect_uri("redirect_uris needs 1 to 16 URIs"));
    }
    let (usable, unusable): (Vec<_>, Vec<_>) = texts
        .iter()
        .map(|text| RedirectUri::parse(text).map_err(|why| (*text, why)))
        .partition(Result::is_ok);
    let usable: Vec<_> = usable.into_iter().flatten().collect();
    if usable.iter().map(|uri: &RedirectUri| uri.as_str().len()).sum::<usize>()
        > ClientMetadata::MAX_REDIRECT_BYTES
    {
        return Err(Refusal::invalid_redirect_uri("redirect_uris are longer than 2048 bytes together"));
    }
    match unusable.into_iter().find_map(Result::err) {
        Some((text, InvalidRedirectUri(why))) if usable.is_empty() => {
            Err(Refusal::invalid_redirect_uri(format!("none can be used; {text} {why}")))
        }
        _ => Ok(usable),
    }
}

impl ClientName {
    const MAX_BYTES: usize = 64;

    /// Reads a name; what could mislead a reader is dropped, and what is too long is cut.
    pub fn parse(text: &str) -> Option<Self> {
        let mut name: String = text.chars().filter(|c| !misleading(*c)).collect();
        if name.len() > Self::MAX_BYTES {
            name.truncate(name.floor_char_boundary(Self::MAX_BYTES));
        }
        let name = name.trim();
        (!name.is_empty()).then(|| Self(name.to_owned()))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Characters that are not seen but change what is (controls, zero widths, blanks that are letters, tags, and the
/// directions of Unicode UAX #9), and quotation marks, behind which a name could go on as if it were our sentence.
fn misleading(c: char) -> bool {
    c.is_control()
        || matches!(c, '"' | '“' | '”' | '„' | '«' | '»')
        || matches!(
            c,
            '\u{AD}'
                | '\u{61C}'
                | '\u{115F}'
                | '\u{1160}'
                | '\u{180E}'
                | '\u{2800}'
                | '\u{3164}'
                | '\u{FEFF}'
        )
        || matches!(c, '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}')
        || matches!(c, '\u{FFA0}' | '\u{FFF9}'..='\u{FFFB}' | '\u{E0000}'..='\u{E0FFF}')
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

    #[test]
    fn ports_and_order_do_not_make_another_client() {
        let one =
            ClientMetadata::parse(br#"{"redirect_uris":["http://127.0.0.1:1/a","https://b.example/"]}"#)
                .unwrap();
        let other =
            ClientMetadata::parse(br#"{"redirect_uris":["https://b.example/","http://127.0.0.1:2/a"]}"#)
                .unwrap();
        assert_eq!(one.registration(|| [0; 16]), other.registration(|| [0; 16]));
    }

    #[test]
    fn a_name_cannot_hide_or_turn_its_letters() {
        assert_eq!(ClientName::parse(" Cl\u{200B}au\u{202E}de\n ").unwrap().as_str(), "Claude");
        for nothing in ["\u{202E}", "\u{3164}", "\u{AD}\u{2800}", "\u{E0041}"] {
            assert_eq!(ClientName::parse(nothing), None);
        }
        assert_eq!(ClientName::parse("A” (verified). Let “B").unwrap().as_str(), "A (verified). Let B");
        assert_eq!(ClientName::parse(&"é".repeat(40)).unwrap().as_str(), "é".repeat(32));
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
