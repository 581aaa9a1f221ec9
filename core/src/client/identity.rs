//! A client that this server knows (RFC 6749 §2). It is the only source of a [`Redirect`].

use crate::client::authentication::Authentication;
use crate::client::redirect::Redirect;
use crate::protocol::{
    ClientId, ClientName, DocumentUrl, RedirectKind, RedirectUri, RegisteredRedirectUri, Scope,
};
use crate::sealed::{self, Registration};
use std::collections::BTreeSet;

/// A client whose id has been verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Client {
    pub(crate) id: ClientId,
    pub(crate) name: Option<ClientName>,
    pub(crate) redirect_uris: BTreeSet<RegisteredRedirectUri>,
    pub(crate) authentication: Authentication,
    pub(crate) introduced_by: Introducer,
    pub(crate) own_scope: Scope,
}

/// How this server knows a client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Introducer {
    /// By dynamic client registration: the client registered itself. Its name is not verified.
    Itself,
    /// By a Client ID Metadata Document (CIMD), published by the owner of this host.
    Host(String),
    /// By the operator: a pre-registered client.
    Operator,
}

impl Introducer {
    /// How this server knows the client with this id. The form of the id shows it.
    pub fn of(id: &ClientId) -> Self {
        if id.0.starts_with(<Registration as sealed::Kind>::PREFIX) {
            return Self::Itself;
        }
        match DocumentUrl::parse(&id.0) {
            Ok(url) => Self::Host(url.authority().to_owned()),
            Err(_) => Self::Operator,
        }
    }
}

impl Client {
    /// A client from dynamic client registration. `registration` is the verified content of its id.
    pub(crate) fn registered(id: &str, registration: Registration) -> Self {
        let Registration { redirect_uris, client_name, confidential } = registration;
        let authentication = confidential.map_or(Authentication::None, |_| Authentication::DerivedSecret);
        let id = ClientId(id.to_owned());
        let (introduced_by, own_scope) = (Introducer::Itself, Scope::default());
        Self { id, name: client_name, redirect_uris, authentication, introduced_by, own_scope }
    }

    /// The scope that it may have without a user. Only the operator can set it.
    pub fn own_scope(&self) -> &Scope {
        &self.own_scope
    }

    /// Its id.
    pub fn id(&self) -> &ClientId {
        &self.id
    }

    /// How it authenticates.
    pub fn authentication(&self) -> &Authentication {
        &self.authentication
    }

    /// Whether it must authenticate.
    pub fn is_confidential(&self) -> bool {
        !matches!(self.authentication, Authentication::None | Authentication::KeysOrNone(_))
    }

    /// Its name, as the client or its introducer states it. Trust it only as far as you trust
    /// [`Client::introduced_by`].
    pub fn claimed_name(&self) -> Option<&ClientName> {
        self.name.as_ref()
    }

    /// The same name as text.
    pub fn name(&self) -> Option<&str> {
        self.name.as_ref().map(ClientName::as_str)
    }

    /// The name for the log. Behind the name of a document is the host that publishes it, which is verified.
    pub(crate) fn name_in_log(&self) -> Option<String> {
        let name = self.name()?;
        Some(match &self.introduced_by {
            Introducer::Host(host) => format!("{name} ({host})"),
            Introducer::Itself | Introducer::Operator => name.to_owned(),
        })
    }

    /// How this server knows it.
    pub fn introduced_by(&self) -> &Introducer {
        &self.introduced_by
    }

    /// A redirect to the only registered URI, for a request without `redirect_uri` (OAuth 2.1 §4.1.1). `None` if
    /// several are registered, or if it is a loopback URI, because only the request knows the port.
    pub fn sole_redirect(&self) -> Option<Redirect> {
        let [only] = &self.redirect_uris.iter().collect::<Vec<_>>()[..] else { return None };
        let uri = RedirectUri::parse(only.as_str()).ok()?;
        (uri.kind() != RedirectKind::Loopback).then_some(Redirect(uri))
    }

    /// A redirect to `requested`, if the client registered it. The match is exact, except for the port of a
    /// loopback URI (RFC 8252 §7.3).
    ///
    /// # Errors
    /// The URI, if the client did not register it.
    pub fn redirect(&self, requested: RedirectUri) -> Result<Redirect, RedirectUri> {
        match self.redirect_uris.contains(requested.registered()) {
            true => Ok(Redirect(requested)),
            false => Err(requested),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::{ClientMetadata, Issuer};
    use proptest::prelude::*;

    fn client(uri: &str) -> Client {
        let json = serde_json::json!({ "redirect_uris": [uri] }).to_string();
        Client::registered(
            "id",
            Registration::of(&ClientMetadata::parse(json.as_bytes()).unwrap(), || [0; 16]),
        )
    }

    #[test]
    fn only_a_registered_place_becomes_a_redirect() {
        let client = client("http://127.0.0.1:7777/callback");
        let redirect = |uri| client.redirect(RedirectUri::parse(uri).unwrap());
        assert!(redirect("http://127.0.0.1:9999/callback").is_ok());
        for other in
            ["http://127.0.0.1:7777/", "http://localhost:7777/callback", "https://evil.example/callback"]
        {
            assert!(redirect(other).is_err(), "{other}");
        }
    }

    #[test]
    fn the_uri_keeps_its_own_query() {
        let issuer = Issuer::parse("https://as.example").unwrap();
        for (uri, url) in [
            ("https://c.example/cb", "https://c.example/cb?code=1&state=a+b&iss=https%3A%2F%2Fas.example"),
            (
                "https://c.example/cb?x=%20",
                "https://c.example/cb?x=%20&code=1&state=a+b&iss=https%3A%2F%2Fas.example",
            ),
            ("https://c.example/cb?", "https://c.example/cb?code=1&state=a+b&iss=https%3A%2F%2Fas.example"),
        ] {
            let redirect = client(uri).redirect(RedirectUri::parse(uri).unwrap()).unwrap();
            assert_eq!(redirect.url(&[("code", "1")], Some("a b"), &issuer), url);
        }
    }

    proptest! {
        #[test]
        fn no_requested_text_leaves_the_registered_host(text in "(https://c.example/cb)?\\PC{0,60}") {
            let redirect = RedirectUri::parse(&text).ok().and_then(|uri| client("https://c.example/cb").redirect(uri).ok());
            prop_assert!(redirect.is_none_or(|redirect| redirect.destination() == "c.example"));
        }
    }
}
