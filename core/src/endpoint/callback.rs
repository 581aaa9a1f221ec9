//! The redirect URI for the identity provider (OpenID Connect Core 1.0 §3.1.2.5). It identifies the user, starts a
//! session, and redirects to the page that the user came from. It issues no code: consent on the next page is
//! needed for that.

use crate::browser::{self, Browser};
use crate::client::target;
use crate::language::{Language, Sentence};
use crate::pages::{self, SignInRejection};
use crate::ports::Timestamp;
use crate::protocol::{Parameters, PersonId, Prompt, Refusal};
use crate::provider::{Identity, Outlook, ProviderError, ProviderFault, SignInReturn, Upstream, Wanted};
use crate::rules;
use crate::sealed::{Destination, ProviderState, Session};
use crate::server::Server;
use crate::store::{Added, Login, Person, StoreError};
use crate::wire::{self, Event, EventKind, Request, Response, correlation};

/// Answers a browser that the identity provider redirected here.
pub(super) async fn callback(server: Server, request: Request) -> Response {
    let now = server.clock.now();
    let language = Language::of(request.headers());
    let Some(upstream) = server.upstream() else {
        return rules::NO_PROVIDER
            .refuse("this server has no identity provider; users sign in here with a password")
            .page(&server, language);
    };
    let browser = Browser::read(&server, &request, now);
    let query = wire::query(&request);
    match state(&server, &query) {
        Ok(provider_state) => {
            Callback { browser, server: &server, upstream, provider_state, now }.answer(&query).await
        }
        Err(refusal) => {
            let told = Told { person: None, reason: refusal.description().to_owned() };
            reject(&server, language, SignInRejection::Unknown, None, told)
        }
    }
}

/// The `state`, if this server issued it.
fn state(server: &Server, query: &Parameters) -> Result<ProviderState, Refusal> {
    let provider_state = server.keys.provider_states.open(query.required("state")?);
    provider_state.ok_or_else(|| rules::PROVIDER_STATE_UNKNOWN.refuse("this server did not issue this state"))
}

/// The parameters of the response, beside `state`.
struct Answer {
    /// The issuer of the response, against mix-up attacks (RFC 9207 §2).
    issuer: Option<String>,
    said: Said,
}

/// The provider's result: a code or an error (OpenID Connect Core 1.0 §3.1.2.5, §3.1.2.6).
enum Said {
    Code(String),
    Error(ProviderFault),
}

impl Answer {
    fn parse(query: &Parameters) -> Result<Self, Refusal> {
        let text = |name: &str| Ok::<_, Refusal>(query.once(name)?.map(str::to_owned));
        let said = match text("error")? {
            Some(error) => {
                Said::Error(ProviderFault { error, error_description: text("error_description")? })
            }
            None => Said::Code(query.required("code")?.to_owned()),
        };
        Ok(Self { issuer: text("iss")?, said })
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

/// What the log is told about a rejection.
struct Told {
    person: Option<PersonId>,
    reason: String,
}

impl Callback<'_> {
    async fn answer(&self, query: &Parameters) -> Response {
        if !self.browser.is_bound() {
            return self.reject(SignInRejection::NoCookie, browser::NO_COOKIE.to_owned());
        }
        if !self.browser.is(&self.provider_state.browser) || self.now >= self.provider_state.expires_at {
            let reason = "the state is for another browser, or has expired".to_owned();
            return self.reject(SignInRejection::TooLate, reason);
        }
        let Answer { issuer, said } = match Answer::parse(query) {
            Ok(answer) => answer,
            Err(refusal) => {
                let reason = format!("the provider's response is incomplete: {}", refusal.description());
                return self.reject(SignInRejection::Incomplete, reason);
            }
        };
        if let Err(why) = self.upstream.validate_issuer(issuer.as_deref(), self.now).await {
            return self.fail(why);
        }
        match said {
            Said::Code(code) => self.identify(&code).await,
            Said::Error(fault) => self.refused(&fault),
        }
    }

    /// The provider answered with an error.
    fn refused(&self, fault: &ProviderFault) -> Response {
        // Some providers answer a prompt that they do not support with an error, and do not list the supported
        // prompts in their metadata.
        if self.provider_state.prompt == Prompt::SelectAccount && fault.error != "access_denied" {
            return wire::see_other(&self.destination().with_another_sign_in(self.server.config.paths()));
        }
        let why = match fault.outlook() {
            Outlook::Decided => SignInRejection::NotIdentified,
            Outlook::Passing => SignInRejection::ProviderTrouble,
            Outlook::Permanent => SignInRejection::ProviderRefuses,
        };
        self.reject(why, format!("the provider answered with the error {}", fault.told()))
    }

    async fn identify(&self, code: &str) -> Response {
        let came =
            SignInReturn { provider_state: &self.provider_state, code, wanted: self.wanted(), now: self.now };
        match self.upstream.identify(&came).await {
            Ok(identity) => self.admit(&identity).await,
            // The page was loaded twice, or by the back button: the first load signed the user in.
            Err(ProviderError::CodeRejected(_)) if self.browser.session().is_some() => {
                wire::see_other(&self.destination().after_sign_in(self.server.config.paths()))
            }
            Err(why) => self.fail(why),
        }
    }

    async fn admit(&self, identity: &Identity) -> Response {
        let Identity { claims, missed } = identity;
        let settings = self.upstream.settings;
        let Some(id) = PersonId::at_provider(settings.issuer(), &claims.subject) else {
            let reason = "the provider's issuer and sub have more than 255 bytes in total".to_owned();
            return self.reject(SignInRejection::ProviderUnusable, reason);
        };
        let called = claims.name().unwrap_or(&claims.subject);
        if let Err(mismatches) = settings.admit(claims) {
            let reasons: Vec<_> = mismatches.iter().map(ToString::to_string).collect();
            let causes: Vec<_> = mismatches.iter().map(|one| one.sentence(self.browser.language)).collect();
            let missed = missed.as_ref().map(|why| format!("; UserInfo was not read: {why}"));
            let (reasons, missed) = (reasons.join("; "), missed.unwrap_or_default());
            let reason = format!("no rule of provider-allow matches: {reasons}{missed}");
            return self.turn_away(called, &causes, id, reason);
        }
        let person = match self.person(id, called).await {
            Ok(person) => person,
            Err(error) => return self.reject(SignInRejection::ServerAway, error.to_string()),
        };
        if person.disabled {
            return self.turn_away(called, &[], person.id, "the user is disabled".to_owned());
        }
        self.welcome(&person, called, identity)
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
    fn welcome(&self, person: &Person, called: &str, Identity { claims, missed }: &Identity) -> Response {
        let (settings, missed) = (self.upstream.settings, missed.as_ref());
        let verdicts = settings.verdicts(claims, missed, self.wanted());
        let session = Session { called: Some(called.to_owned()), verdicts, ..person.sign_in(self.now) };
        let mut response = wire::see_other(&self.destination().after_sign_in(self.server.config.paths()));
        browser::sign_in(self.server, &session, &mut response);
        let missed = missed.map(|why| format!("UserInfo, which is not needed here, was not read: {why}"));
        let asked = self.wanted().asked;
        let excluded = asked.and_then(|resource| settings.excluded(claims, &session.person, resource));
        let reasons: Vec<_> = excluded.into_iter().chain(missed).collect();
        let reason = (!reasons.is_empty()).then(|| reasons.join("; "));
        Event { person: Some(session.person), reason, ..Event::new(EventKind::SignedIn) }.beside(response)
    }

    /// The resources of this server, and the one of the request that the user came from.
    fn wanted(&self) -> Wanted<'_> {
        let (config, resources) = (&self.server.config, self.server.config.resources());
        let asked = match self.destination() {
            Destination::Account => None,
            Destination::Request(query) => {
                target(&Parameters::parse(query.as_bytes()), resources, config.require_resource()).ok()
            }
        };
        Wanted { resources, asked: asked.map(|target| target.resource) }
    }

    /// Rejects a sign-in that failed at the provider, or on the way to it.
    fn fail(&self, why: ProviderError) -> Response {
        let (page, reason) = match why {
            ProviderError::Unavailable(reason) => (SignInRejection::ProviderAway, reason),
            ProviderError::CodeRejected(reason) => (SignInRejection::CodeRejected, reason),
            ProviderError::MixUp(reason) => (SignInRejection::OtherIssuer, reason),
            ProviderError::Invalid(reason) => (SignInRejection::ProviderUnusable, reason),
        };
        self.reject(page, reason)
    }

    fn turn_away(&self, called: &str, causes: &[Sentence], id: PersonId, reason: String) -> Response {
        self.rejected(SignInRejection::NotAllowed(called, causes), Told { person: Some(id), reason })
    }

    fn reject(&self, why: SignInRejection<'_>, reason: String) -> Response {
        self.rejected(why, Told { person: None, reason })
    }

    fn rejected(&self, why: SignInRejection<'_>, told: Told) -> Response {
        reject(self.server, self.browser.language, why, Some(self.destination()), told)
    }

    fn destination(&self) -> &Destination {
        &self.provider_state.destination
    }
}

fn reject(
    server: &Server,
    language: &'static Language,
    why: SignInRejection<'_>,
    destination: Option<&Destination>,
    Told { person, reason }: Told,
) -> Response {
    let id = correlation::id(&*server.entropy);
    let name = server.config.provider().map_or("", |provider| &provider.name);
    let way = destination.map(|destination| (destination, server.config.paths()));
    let uri = server.explains(why.rule());
    let mut response = pages::sign_in_rejected(server.look(language), why, name, way, (&id, &uri));
    correlation::put(&id, &mut response);
    let event = match why.is_of_user() {
        true => Event { rule: Some(why.rule()), reason: Some(reason), ..Event::new(EventKind::SignInFailed) },
        false => Event::refused(why.rule(), &reason),
    };
    let mut response = Event { person, correlation: Some(id), ..event }.beside(response);
    server.name_client(&mut response, || client_of(destination?));
    response
}

/// The client for which the user signs in.
fn client_of(destination: &Destination) -> Option<String> {
    let Destination::Request(query) = destination else { return None };
    Parameters::parse(query.as_bytes()).once("client_id").ok().flatten().map(str::to_owned)
}
