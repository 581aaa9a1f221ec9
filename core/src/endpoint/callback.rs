//! The redirect URI for the identity provider (OpenID Connect Core 1.0 §3.1.2.5). It identifies the user, starts a
//! session, and redirects to the page that the user came from. It issues no code: consent on the next page is
//! needed for that.

use crate::browser::{self, Browser};
use crate::language::Language;
use crate::pages::{self, SignInRejection};
use crate::ports::Timestamp;
use crate::protocol::{PersonId, Prompt, Refusal};
use crate::provider::{Claims, ProviderError, SignInReturn, Upstream};
use crate::sealed::{ProviderState, Session};
use crate::server::Server;
use crate::store::{Added, Login, Person, StoreError};
use crate::wire::{self, Event, EventKind, Request, Response, correlation};

/// Answers a browser that the identity provider redirected here.
pub(super) async fn callback(server: Server, request: Request) -> Response {
    let now = server.clock.now();
    let language = Language::of(request.headers());
    let Some(upstream) = server.upstream() else {
        return Refusal::not_found(
            "this server has no identity provider; users sign in here with a password",
        )
        .page(&server, language);
    };
    match Answer::parse(&server, &request) {
        Ok(Answer { provider_state, issuer, said }) => {
            let browser = Browser::read(&server, &request, now);
            Callback { browser, server: &server, upstream, provider_state, now }
                .answer(issuer.as_deref(), said)
                .await
        }
        Err(refusal) => refusal.page(&server, language),
    }
}

/// The parameters of the callback.
struct Answer {
    provider_state: ProviderState,
    /// The issuer of the response, against mix-up attacks (RFC 9207 §2).
    issuer: Option<String>,
    said: Said,
}

/// The provider's result: a code or an error.
enum Said {
    Code(String),
    Error(String),
}

impl Answer {
    fn parse(server: &Server, request: &Request) -> Result<Self, Refusal> {
        let query = wire::query(request);
        let provider_state = server.keys.provider_states.open(query.required("state")?);
        let provider_state =
            provider_state.ok_or_else(|| Refusal::invalid_request("this server did not issue this state"))?;
        let said = match query.once("error")? {
            Some(error) => Said::Error(error.chars().take(100).collect()),
            None => Said::Code(query.required("code")?.to_owned()),
        };
        Ok(Self { provider_state, issuer: query.once("iss")?.map(str::to_owned), said })
    }
}

/// One HTTP request with a genuine provider state.
struct Callback<'a> {
    server: &'a Server,
    upstream: Upstream<'a>,
    browser: Browser,
    provider_state: ProviderState,
    now: Timestamp,
}

impl Callback<'_> {
    async fn answer(&self, issuer: Option<&str>, said: Said) -> Response {
        if !self.browser.is(&self.provider_state.browser) || self.now >= self.provider_state.expires_at {
            let reason = "the state is for another browser, or has expired".to_owned();
            return self.refuse_sign_in(SignInRejection::TooLate, None, reason);
        }
        let came = match self.upstream.accepts_issuer(issuer, self.now).await {
            Ok(true) => self.identify(said).await,
            Ok(false) => {
                return Refusal::invalid_request("iss must be the issuer of the identity provider")
                    .page(self.server, self.browser.language);
            }
            Err(why) => Err(why.into()),
        };
        came.unwrap_or_else(|refusal| refusal.page(self.server, self.browser.language))
    }

    async fn identify(&self, said: Said) -> Result<Response, Refusal> {
        let code = match said {
            Said::Code(code) => code,
            // Some providers answer a prompt that they do not support with an error, and do not list the supported
            // prompts in their metadata.
            Said::Error(error)
                if self.provider_state.prompt == Prompt::SelectAccount && error != "access_denied" =>
            {
                return Ok(wire::see_other(
                    &self.provider_state.destination.with_another_sign_in(self.server.config.paths()),
                ));
            }
            Said::Error(error) => {
                let reason = format!("the provider answered with the error {error}");
                return Ok(self.refuse_sign_in(SignInRejection::NotIdentified, None, reason));
            }
        };
        let came = SignInReturn { provider_state: &self.provider_state, code: &code, now: self.now };
        match self.upstream.identify(&came).await {
            Ok(claims) => self.validate(&claims).await,
            // The page was loaded twice, or by the back button: the first load signed the user in.
            Err(ProviderError::CodeRejected(_)) if self.browser.session().is_some() => Ok(wire::see_other(
                &self.provider_state.destination.after_sign_in(self.server.config.paths()),
            )),
            Err(ProviderError::CodeRejected(why)) => {
                Ok(self.refuse_sign_in(SignInRejection::NotIdentified, None, why))
            }
            Err(why) => Err(why.into()),
        }
    }

    async fn validate(&self, claims: &Claims) -> Result<Response, Refusal> {
        let settings = self.upstream.settings;
        let id = PersonId::at_provider(&settings.issuer, &claims.subject).ok_or_else(|| {
            Refusal::invalid_request("the provider's issuer and sub have more than 255 bytes in total")
        })?;
        let called = claims.name().unwrap_or(&claims.subject);
        if !settings.admits(claims) {
            let reason = "the provider's claims match no rule of provider-allow".to_owned();
            return Ok(self.refuse_sign_in(SignInRejection::NotAllowed(called), Some(id), reason));
        }
        let person = self.person(id, called).await?;
        if person.disabled {
            let reason = "the user is disabled".to_owned();
            return Ok(self.refuse_sign_in(SignInRejection::NotAllowed(called), Some(person.id), reason));
        }
        Ok(self.welcome(&person, called))
    }

    /// Finds the user by issuer and subject. At the first sign-in, adds the user to the store.
    async fn person(&self, id: PersonId, called: &str) -> Result<Person, StoreError> {
        let people = self.server.stores.people();
        if let Some(known) = people.find(&id).await? {
            return Ok(known);
        }
        let new = Person::new(id, Login::Provider { name: called.to_owned() });
        match people.add(new.clone()).await? {
            Added::New => Ok(new),
            Added::Already => Ok(people.find(&new.id).await?.unwrap_or(new)),
        }
    }

    /// Starts a session with the name that the provider states today, and redirects to the destination.
    fn welcome(&self, person: &Person, called: &str) -> Response {
        let session = Session { called: Some(called.to_owned()), ..person.sign_in(self.now) };
        let mut response =
            wire::see_other(&self.provider_state.destination.after_sign_in(self.server.config.paths()));
        browser::sign_in(self.server, &session, &mut response);
        Event { person: Some(session.person), ..Event::new(EventKind::SignedIn) }.beside(response)
    }

    fn refuse_sign_in(&self, why: SignInRejection<'_>, person: Option<PersonId>, reason: String) -> Response {
        let id = correlation::id(&*self.server.entropy);
        let name = &self.upstream.settings.name;
        let mut response = pages::sign_in_rejected(
            self.server.look(self.browser.language),
            why,
            name,
            &self.provider_state.destination,
            self.server.config.paths(),
            &id,
        );
        correlation::put(&id, &mut response);
        let (reason, correlation) = (Some(reason), Some(id));
        Event { person, reason, correlation, ..Event::new(EventKind::SignInFailed) }.beside(response)
    }
}
