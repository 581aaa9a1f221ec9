//! A provider at which users sign in: an OpenID provider, or GitHub, which has no ID tokens.

use crate::config::github::GitHubSettings;
use crate::config::people_rules::{Allowed, PeopleRules};
use crate::config::provider::ProviderSettings;
use crate::config::provider_id::ProviderId;
use crate::config::provider_secret::ProviderSecret;
use crate::config::registration::Registration;
use crate::protocol::{ClaimRule, Mount, Paths};
use std::collections::BTreeSet;
use std::ops::Deref;
use thiserror::Error;

/// A provider at which users sign in.
#[derive(Clone, Debug)]
pub enum SignInProvider {
    /// An OpenID provider.
    OpenId(ProviderSettings),
    /// GitHub, or a GitHub Enterprise Server.
    GitHub(GitHubSettings),
}

impl SignInProvider {
    pub(crate) fn registration(&self) -> &Registration {
        match self {
            Self::OpenId(settings) => &settings.registration,
            Self::GitHub(settings) => &settings.registration,
        }
    }

    fn registration_mut(&mut self) -> &mut Registration {
        match self {
            Self::OpenId(settings) => &mut settings.registration,
            Self::GitHub(settings) => &mut settings.registration,
        }
    }

    /// The issuer: the first part of the ids of its users.
    pub fn issuer(&self) -> &str {
        &self.registration().people.issuer
    }

    /// The id, which is the last segment of its redirect URI.
    pub fn id(&self) -> Option<&ProviderId> {
        self.registration().id.as_ref()
    }

    /// The client id of this server at the provider.
    pub fn client_id(&self) -> &str {
        &self.registration().client_id
    }

    /// The name on the pages.
    pub fn name(&self) -> &str {
        &self.registration().name
    }

    /// The rules of which users may sign in.
    pub fn allowed(&self) -> &Allowed {
        &self.registration().people.allowed
    }

    /// The rules of which users may sign in, and how the provider's claims are read for them.
    pub(crate) fn people(&self) -> &PeopleRules {
        &self.registration().people
    }

    /// The path to which the provider sends users back. Each provider has its own, against mix-up attacks (RFC 9700 §4.4.2.2).
    pub fn callback_path(&self, paths: &Paths) -> String {
        let callback = paths.of(Mount::Callback);
        self.id().map_or(callback.to_owned(), |id| format!("{callback}/{id}"))
    }

    /// Whether its users can meet this rule.
    fn can_judge(&self, rule: &ClaimRule) -> bool {
        match rule {
            ClaimRule::Anyone | ClaimRule::Domain(_) => true,
            ClaimRule::Group(_) => matches!(self, Self::OpenId(_)),
            ClaimRule::Organization(_) => matches!(self, Self::GitHub(_)),
        }
    }
}

impl From<ProviderSettings> for SignInProvider {
    fn from(settings: ProviderSettings) -> Self {
        Self::OpenId(settings)
    }
}

impl From<GitHubSettings> for SignInProvider {
    fn from(settings: GitHubSettings) -> Self {
        Self::GitHub(settings)
    }
}

/// The providers at which users sign in, in the order of the page. Issuers and redirect URIs are unique.
#[derive(Clone, Debug, Default)]
pub(crate) struct SignInProviders(Vec<SignInProvider>);

impl SignInProviders {
    /// Checks the providers against each other and against the paths of the endpoints.
    pub(super) fn new(providers: Vec<SignInProvider>, paths: &Paths) -> Result<Self, InvalidProviders> {
        let (mut issuers, mut callbacks) = (BTreeSet::new(), BTreeSet::new());
        for (index, provider) in providers.iter().enumerate() {
            let issuer = provider.issuer().to_owned();
            if index > 0 && provider.id().is_none() {
                return Err(InvalidProviders::NoId(issuer));
            }
            let callback = provider.callback_path(paths);
            let is_taken = |mount: &&Mount| **mount != Mount::Callback && paths.of(**mount) == callback;
            if Mount::ALL.iter().any(|mount| is_taken(&mount)) || !callbacks.insert(callback) {
                return Err(InvalidProviders::Id(issuer));
            }
            if !issuers.insert(issuer.clone()) {
                return Err(InvalidProviders::Twice(issuer));
            }
        }
        Ok(Self(providers))
    }

    /// Whether a provider has users who can meet this rule.
    pub(crate) fn can_judge(&self, rule: &ClaimRule) -> bool {
        self.0.iter().any(|provider| provider.can_judge(rule))
    }

    /// Sets a secret: `ISSUER=SECRET`, or the secret of the first provider.
    pub(super) fn set_secret(&mut self, text: &str) -> Result<(), NoSuchProvider> {
        assign_secret(&mut self.0, text)
    }
}

impl Deref for SignInProviders {
    type Target = [SignInProvider];

    fn deref(&self) -> &[SignInProvider] {
        &self.0
    }
}

/// Sets the secret of one of these providers: `ISSUER=SECRET`, or `SECRET` for the first.
///
/// # Errors
/// [`NoSuchProvider`] if no provider has the issuer.
pub fn assign_secret(providers: &mut [SignInProvider], text: &str) -> Result<(), NoSuchProvider> {
    let secret_of = |provider: &SignInProvider| {
        let secret = text.strip_prefix(provider.issuer())?.strip_prefix('=')?;
        (!secret.is_empty()).then(|| secret.to_owned())
    };
    // An issuer may have `=` in it, so the longest that fits is meant.
    let named = providers.iter_mut().filter_map(|provider| Some((secret_of(provider)?, provider)));
    let longest = named.max_by_key(|(_, provider)| provider.issuer().len());
    let looks_named = ["https://", "http://"].iter().any(|scheme| text.starts_with(scheme));
    let (secret, provider) = match longest {
        Some(named) => named,
        None if looks_named => return Err(NoSuchProvider),
        None => (text.to_owned(), providers.first_mut().ok_or(NoSuchProvider)?),
    };
    provider.registration_mut().secret = Some(ProviderSecret::new(secret));
    Ok(())
}

/// A secret names no provider at which users sign in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("names no provider at which users sign in; use ISSUER=SECRET, or SECRET for the first")]
pub struct NoSuchProvider;

/// Why the providers at which users sign in are refused.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum InvalidProviders {
    /// Two have this issuer.
    #[error("{0} is there twice among the issuers at which users sign in")]
    Twice(String),
    /// One after the first has no id.
    #[error("{0} needs an id: only the first issuer at which users sign in may be without one")]
    NoId(String),
    /// The redirect URI of one is taken.
    #[error("the id of {0} is taken, by another issuer or by an endpoint; give it another")]
    Id(String),
}

#[cfg(test)]
mod tests {
    use super::*;

    fn provider(issuer: &str, id: &str) -> SignInProvider {
        let settings = ProviderSettings::new(issuer, "us", Allowed::parse("anyone").unwrap()).unwrap();
        match ProviderId::parse(id) {
            None => settings.into(),
            Some(id) => settings.with_id(id).into(),
        }
    }

    #[test]
    fn issuers_and_redirect_uris_are_unique() {
        let paths = Paths::default();
        let of = |providers: [(&str, &str); 2]| {
            let providers = providers.map(|(issuer, id)| provider(issuer, id));
            SignInProviders::new(providers.to_vec(), &paths).map(|_| ())
        };
        let (a, b) = ("https://a.example", "https://b.example");
        assert_eq!(of([(a, ""), (b, "b")]), Ok(()));
        assert_eq!(of([(a, "a"), (b, "b")]), Ok(()));
        for (wrong, why) in [
            ([(a, ""), (b, "")], InvalidProviders::NoId(b.into())),
            ([(a, "a"), (b, "")], InvalidProviders::NoId(b.into())),
            ([(a, "x"), (b, "x")], InvalidProviders::Id(b.into())),
            ([(a, ""), (a, "b")], InvalidProviders::Twice(a.into())),
        ] {
            assert_eq!(of(wrong), Err(why));
        }
        let moved = paths.mount(Mount::Account, "/oauth/callback/b");
        let taken = SignInProviders::new(vec![provider(b, "b")], &moved).map(|_| ());
        assert_eq!(taken, Err(InvalidProviders::Id(b.into())));
        let [bare, named] = [provider(a, ""), provider(b, "b")].map(|one| one.callback_path(&moved));
        assert_eq!((bare.as_str(), named.as_str()), ("/oauth/callback", "/oauth/callback/b"));
    }

    #[test]
    fn a_secret_is_of_the_named_provider_or_of_the_first() {
        let (a, b) = ("https://a.example", "https://a.example/x=y");
        for (text, secrets) in [
            ("s=1", Ok([Some("s=1"), None])),
            ("https://a.example=s=1", Ok([Some("s=1"), None])),
            ("https://a.example/x=y=s", Ok([None, Some("s")])),
            ("https://b.example=s", Err(NoSuchProvider)),
            ("https://a.example=", Err(NoSuchProvider)),
            ("https://a.example/=s", Err(NoSuchProvider)),
        ] {
            let mut providers = [provider(a, ""), provider(b, "b")];
            let assigned = assign_secret(&mut providers, text).map(|()| {
                providers
                    .map(|one| one.registration().secret.clone().map(|secret| secret.as_str().to_owned()))
            });
            assert_eq!(assigned, secrets.map(|each| each.map(|one| one.map(str::to_owned))), "{text}");
        }
        assert_eq!(assign_secret(&mut [], "s"), Err(NoSuchProvider));
    }
}
