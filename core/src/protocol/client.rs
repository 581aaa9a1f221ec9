//! A client that this server knows (RFC 6749 §2), and the only way to make a [`Redirect`] to it.

use crate::config::ConfiguredClient;
use crate::keyring;
use crate::protocol::client_document::{ClientDocument, DocumentAuthentication, PublishedKeys};
use crate::protocol::digest::Digest;
use crate::protocol::document_url::DocumentUrl;
use crate::protocol::issuer::Issuer;
use crate::protocol::redirect_uri::{Kind, RedirectUri, RegisteredRedirectUri};
use crate::protocol::registration::{ClientName, Registration};
use crate::protocol::scope::Scope;
use crate::store::{KnownBy, KnownClient};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fmt;

/// The name under which a client is known (RFC 6749 §2.2).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ClientId(pub String);

impl fmt::Display for ClientId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A client whose id is genuine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Client {
    id: ClientId,
    name: Option<ClientName>,
    redirect_uris: BTreeSet<RegisteredRedirectUri>,
    authentication: Authentication,
    introduced_by: Introducer,
    own_scope: Scope,
}

/// Who made a client known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Introducer {
    /// Itself: it can be anybody, whatever it is called.
    Itself,
    /// Whoever this host belongs to: it published the client's document.
    Host(String),
    /// Whoever runs this server.
    Operator,
}

impl Introducer {
    /// Who made the client of this id known, which the id says.
    pub fn of(id: &ClientId) -> Self {
        if id.0.starts_with(<Registration as keyring::Kind>::PREFIX) {
            return Self::Itself;
        }
        match DocumentUrl::parse(&id.0) {
            Ok(url) => Self::Host(url.authority().to_owned()),
            Err(_) => Self::Operator,
        }
    }
}

/// How a client shows that it is the one (OAuth 2.1 §2.4).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Authentication {
    /// Not at all: a public client.
    None,
    /// With the secret that was derived for it.
    DerivedSecret,
    /// With a secret of this digest.
    Secret(Digest),
    /// With assertions that one of these keys signed (RFC 7523 §2.2).
    Keys(PublishedKeys),
    /// With such assertions, or not at all, as it likes.
    KeysOrNone(PublishedKeys),
}

impl Client {
    /// A client that registered itself; `registration` is what its id was found to carry.
    pub(crate) fn registered(id: &str, registration: Registration) -> Self {
        let Registration { redirect_uris, client_name, confidential } = registration;
        let authentication = confidential.map_or(Authentication::None, |_| Authentication::DerivedSecret);
        let id = ClientId(id.to_owned());
        let (introduced_by, own_scope) = (Introducer::Itself, Scope::default());
        Self { id, name: client_name, redirect_uris, authentication, introduced_by, own_scope }
    }

    /// A client that an operator made known.
    pub(crate) fn known(known: KnownClient) -> Self {
        let KnownClient { id, name, redirect_uris, shows, own_scope, .. } = known;
        let authentication = match shows {
            KnownBy::Nothing => Authentication::None,
            KnownBy::Secret => Authentication::DerivedSecret,
            KnownBy::Keys(keys) => Authentication::Keys(keys),
        };
        Self { id, name, redirect_uris, authentication, introduced_by: Introducer::Operator, own_scope }
    }

    /// A client that published a document.
    pub(crate) fn published(url: &DocumentUrl, document: &ClientDocument) -> Self {
        let authentication = match document.authentication.clone() {
            DocumentAuthentication::None => Authentication::None,
            DocumentAuthentication::Keys(keys) => Authentication::Keys(keys),
            DocumentAuthentication::KeysOrNone(keys) => Authentication::KeysOrNone(keys),
        };
        Self {
            id: ClientId(url.as_str().to_owned()),
            name: document.name.clone(),
            redirect_uris: document.redirect_uris.clone(),
            authentication,
            introduced_by: Introducer::Host(url.authority().to_owned()),
            own_scope: Scope::default(),
        }
    }

    /// A client of the configuration.
    pub(crate) fn configured(client: &ConfiguredClient) -> Self {
        Self {
            id: client.id.clone(),
            name: ClientName::parse(&client.id.0),
            redirect_uris: client.redirect_uris.clone(),
            authentication: client.authentication.clone(),
            introduced_by: Introducer::Operator,
            own_scope: client.own_scope.clone(),
        }
    }

    /// What it may have without any person: for that an operator has to have said so.
    pub fn own_scope(&self) -> &Scope {
        &self.own_scope
    }

    /// Its id.
    pub fn id(&self) -> &ClientId {
        &self.id
    }

    /// How it shows that it is the one.
    pub fn authentication(&self) -> &Authentication {
        &self.authentication
    }

    /// Whether it has to show that it is the one.
    pub fn is_confidential(&self) -> bool {
        !matches!(self.authentication, Authentication::None | Authentication::KeysOrNone(_))
    }

    /// Its name, which is worth as much as the word of whoever introduced it.
    pub fn claimed_name(&self) -> Option<&ClientName> {
        self.name.as_ref()
    }

    /// The same as text.
    pub fn name(&self) -> Option<&str> {
        self.name.as_ref().map(ClientName::as_str)
    }

    /// Who made it known.
    pub fn introduced_by(&self) -> &Introducer {
        &self.introduced_by
    }

    /// Leads to the only redirect URI that was registered, for a request that names none (OAuth 2.1 §4.1.1). Nothing
    /// where there are several, nor for a loopback URI, whose port only the request knows.
    pub fn sole_redirect(&self) -> Option<Redirect> {
        let [only] = &self.redirect_uris.iter().collect::<Vec<_>>()[..] else { return None };
        let uri = RedirectUri::parse(only.as_str()).ok()?;
        (uri.kind() != Kind::Loopback).then_some(Redirect(uri))
    }

    /// Leads to `requested`, if the client registered it: equal to the letter, but for a loopback port
    /// (RFC 8252 §7.3).
    pub fn redirect(&self, requested: &str) -> Option<Redirect> {
        let uri = RedirectUri::parse(requested).ok()?;
        self.redirect_uris.contains(uri.registered()).then_some(Redirect(uri))
    }
}

/// A place that a client registered. Nothing else can carry a code or an error, so that sending a browser to an
/// unregistered place does not compile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Redirect(RedirectUri);

impl Redirect {
    /// The URL that answers an authorization request (RFC 6749 §4.1.2): what the URI's own query held, then
    /// `answer`, the client's `state`, and `iss`, which is never left out (RFC 9207 §2).
    pub fn url(&self, answer: &[(&str, &str)], state: Option<&str>, issuer: &Issuer) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(answer).extend_pairs(state.map(|state| ("state", state)));
        let query = query.append_pair("iss", issuer.as_str()).finish();
        let uri = self.0.as_str();
        let joint = match uri.split_once('?') {
            None => "?",
            Some((_, "")) => "",
            Some(_) => "&",
        };
        format!("{uri}{joint}{query}")
    }

    /// What binds a code to this place; a loopback port does not count.
    pub fn digest(&self) -> Digest {
        Digest::of(self.0.registered().as_str())
    }

    /// Who receives the code, for a person to read.
    pub fn destination(&self) -> &str {
        self.0.destination()
    }

    /// What kind of place it is.
    pub fn kind(&self) -> Kind {
        self.0.kind()
    }

    /// The sources that a form's answer may lead to, as a Content-Security-Policy `form-action` list has them.
    ///
    /// Chromium holds every hop after a form against this list, not the first alone, and a client's callback may send
    /// the person on: a web client to another host of its own, a program on this machine to a page of its maker's.
    pub fn form_action(&self) -> String {
        match self.0.kind() {
            Kind::Https => "https:".to_owned(),
            // A source list has no notation for IPv6 addresses (CSP Level 3 §2.3.1).
            Kind::Loopback if self.0.destination().starts_with('[') => "https: http:".to_owned(),
            Kind::Loopback => "https: http://127.0.0.1:* http://localhost:*".to_owned(),
            Kind::PrivateUse => self.0.destination().to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::registration::ClientMetadata;
    use proptest::prelude::*;

    fn client(uri: &str) -> Client {
        let json = serde_json::json!({ "redirect_uris": [uri] }).to_string();
        Client::registered("id", ClientMetadata::parse(json.as_bytes()).unwrap().registration(|| [0; 16]))
    }

    #[test]
    fn only_a_registered_place_becomes_a_redirect() {
        let client = client("http://127.0.0.1:7777/callback");
        assert!(client.redirect("http://127.0.0.1:9999/callback").is_some());
        for other in
            ["http://127.0.0.1:7777/", "http://localhost:7777/callback", "https://evil.example/callback", ""]
        {
            assert_eq!(client.redirect(other), None, "{other}");
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
            assert_eq!(client(uri).redirect(uri).unwrap().url(&[("code", "1")], Some("a b"), &issuer), url);
        }
    }

    proptest! {
        #[test]
        fn no_requested_text_panics_or_leaves_the_registered_host(text in "\\PC{0,60}") {
            let redirect = client("https://c.example/cb").redirect(&text);
            prop_assert!(redirect.is_none_or(|redirect| redirect.destination() == "c.example"));
        }
    }
}
