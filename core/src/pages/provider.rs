//! The pages before and after a sign-in at the identity provider.

use crate::client::{AuthorizationRequest, Introducer};
use crate::language::{Filled, Language, Sentence};
use crate::pages::facts::RequestFacts;
use crate::pages::html::Look;
use crate::pages::notice::Notice;
use crate::protocol::{Paths, Profile};
use crate::rules::{self, Rule};
use crate::sealed::Destination;
use crate::wire::Response;
use askama::Template;
use http::{HeaderValue, StatusCode, header};

#[derive(Template)]
#[template(path = "provider_link.html")]
struct ProviderLinkPage<'a> {
    look: Look<'a>,
    language: &'static Language,
    asked: &'a AuthorizationRequest,
    link: &'a ProviderLink<'a>,
    form: &'a str,
    notice: Option<Notice>,
    facts: RequestFacts<'a>,
}

#[derive(Template)]
#[template(path = "provider_link_for_account.html")]
struct ProviderLinkForAccount<'a> {
    look: Look<'a>,
    language: &'static Language,
    link: &'a ProviderLink<'a>,
    notice: Option<Notice>,
}

#[derive(Template)]
#[template(path = "sign_in_rejected.html")]
struct NotSignedIn<'a> {
    look: Look<'a>,
    language: &'static Language,
    why: Filled,
    causes: Vec<Filled>,
    /// The URL at which the user can go on, and what the link says.
    link: Option<(String, Sentence)>,
    rule: &'static Rule,
    uri: &'a str,
    correlation: &'a str,
}

/// A link to the identity provider.
pub(crate) struct ProviderLink<'a> {
    pub(crate) url: String,
    pub(crate) name: &'a str,
}

/// Why a user who came back from the identity provider is not signed in.
#[derive(Clone, Copy)]
pub(crate) enum SignInRejection<'a> {
    /// This server did not issue the `state`.
    Unknown,
    /// The browser sent no cookie to which a `state` could be bound.
    NoCookie,
    /// The `state` has expired, or belongs to another browser.
    TooLate,
    /// The response is from another provider (mix-up attack).
    OtherIssuer,
    /// The response has neither a code nor an error.
    Incomplete,
    /// The provider did not identify the user.
    NotIdentified,
    /// The provider reports a problem of its own.
    ProviderTrouble,
    /// The provider does not accept the request of this server.
    ProviderRefuses,
    /// The provider did not accept the code.
    CodeRejected,
    /// The provider does not answer this server.
    ProviderAway,
    /// The provider's answers to this server cannot be used.
    ProviderUnusable,
    /// This server cannot complete the sign-in: its store did not answer.
    ServerAway,
    /// The account with this name may not sign in here. Each cause has a sentence.
    NotAllowed(&'a str, &'a [Sentence]),
}

impl SignInRejection<'_> {
    /// The rule in the error catalogue.
    pub(crate) fn rule(self) -> &'static Rule {
        match self {
            Self::Unknown => &rules::PROVIDER_STATE_UNKNOWN,
            Self::NoCookie => &rules::COOKIES_MISSING,
            Self::TooLate => &rules::PROVIDER_STATE_LATE,
            Self::OtherIssuer => &rules::PROVIDER_MIX_UP,
            Self::Incomplete => &rules::PROVIDER_ANSWER,
            Self::NotIdentified => &rules::PROVIDER_DECLINED,
            Self::ProviderTrouble => &rules::PROVIDER_TROUBLE,
            Self::ProviderRefuses => &rules::PROVIDER_REFUSES,
            Self::CodeRejected => &rules::PROVIDER_CODE,
            Self::ProviderAway => &rules::PROVIDER_AWAY,
            Self::ProviderUnusable => &rules::PROVIDER_UNUSABLE,
            Self::ServerAway => &rules::PROVIDER_STORE_AWAY,
            Self::NotAllowed(..) => &rules::PROVIDER_NOT_ALLOWED,
        }
    }

    /// The HTTP status of the page.
    fn status(self) -> StatusCode {
        self.rule().status
    }

    /// Whether a user failed to sign in. Otherwise the request was refused.
    pub(crate) fn is_of_user(self) -> bool {
        self.status() == StatusCode::FORBIDDEN
    }

    fn sentence(self, language: &Language) -> Sentence {
        match self {
            Self::Unknown => language.unknown_sign_in,
            Self::NoCookie => language.allow_cookies,
            Self::TooLate => language.too_late,
            Self::OtherIssuer => language.other_issuer,
            Self::Incomplete => language.answer_incomplete,
            Self::NotIdentified => language.not_identified,
            Self::ProviderTrouble => language.provider_has_trouble,
            Self::ProviderRefuses => language.provider_refuses,
            Self::CodeRejected => language.code_not_accepted,
            Self::ProviderAway => language.provider_away,
            Self::ProviderUnusable => language.provider_unusable,
            Self::ServerAway => language.server_away,
            Self::NotAllowed(..) => language.not_allowed,
        }
    }

    /// The link by which the user can go on. The page itself cannot be loaded again, because the code is spent.
    fn link(self, language: &Language, destination: &Destination, paths: &Paths) -> (String, Sentence) {
        match self {
            Self::NotAllowed(..) => (destination.with_another_account(paths), language.another_account),
            Self::ProviderTrouble | Self::ProviderAway | Self::ProviderUnusable | Self::ServerAway => {
                (destination.url(paths), language.start_again)
            }
            _ => (destination.url(paths), language.try_again),
        }
    }
}

/// Shows the authorization request for which the user is about to sign in at the identity provider.
pub(crate) fn provider_link(
    look: Look<'_>,
    asked: &AuthorizationRequest,
    link: &ProviderLink<'_>,
    form: &str,
    notice: Option<Notice>,
) -> Response {
    let page = ProviderLinkPage {
        look,
        language: look.language,
        asked,
        link,
        form,
        notice,
        facts: RequestFacts::of(asked, &Profile::default(), look.language),
    };
    look.html(StatusCode::OK, &page, "'self'")
}

/// Shows that the user is about to sign in for the account page.
pub(crate) fn provider_link_for_account(
    look: Look<'_>,
    link: &ProviderLink<'_>,
    notice: Option<Notice>,
) -> Response {
    look.html(
        StatusCode::OK,
        &ProviderLinkForAccount { look, language: look.language, link, notice },
        "'none'",
    )
}

/// Tells a user who came back from the identity provider why they are not signed in. There is no link if the
/// destination is not known. `uri` is that of the rule in the error catalogue.
pub(crate) fn sign_in_rejected(
    look: Look<'_>,
    why: SignInRejection<'_>,
    provider: &str,
    destination: Option<(&Destination, &Paths)>,
    (correlation, uri): (&str, &str),
) -> Response {
    let language = look.language;
    let (called, causes) = match why {
        SignInRejection::NotAllowed(called, causes) => (called, causes),
        _ => ("", &[][..]),
    };
    let said = |sentence: &Sentence| sentence.with("provider", provider).with("name", called);
    let page = NotSignedIn {
        look,
        language,
        why: said(&why.sentence(language)),
        causes: causes.iter().map(said).collect(),
        link: destination.map(|(destination, paths)| why.link(language, destination, paths)),
        rule: why.rule(),
        uri,
        correlation,
    };
    let mut response = look.html(why.status(), &page, "'none'");
    if response.status() == StatusCode::SERVICE_UNAVAILABLE {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("2"));
    }
    response
}
