//! The redirect URI for the identity provider (OpenID Connect Core 1.0 §3.1.2.5). It identifies the user, starts a
//! session, and redirects to the page that the user came from. It issues no code: consent on the next page is
//! needed for that.

use crate::browser::{self, Browser};
use crate::client::target;
use crate::config::SignInProvider;
use crate::endpoint::rejection::{Told, of_fault, reject};
use crate::language::{Language, Sentence};
use crate::pages::SignInRejection;
use crate::ports::Timestamp;
use crate::protocol::{Parameters, PersonId, Prompt, Refusal};
use crate::provider::{Identity, Outlook, ProviderError, ProviderFault, SignInReturn, Upstream, Wanted};
use crate::rules;
use crate::sealed::{Destination, ProviderState, Session};
use crate::server::Server;
use crate::store::{Added, Login, Person, StoreError};
use crate::wire::{self, Event, EventKind, Request, Response};

/// Answers a browser that the identity provider redirected here.
pub(super) async fn callback(server: Server, request: Request) -> Response {
    let now = server.clock.now();
    let language = Language::of(request.headers());
    let path = request.uri().path();
    let here = |provider: &&SignInProvider| provider.callback_path(server.config.paths()) == path;
    let Some(provider) = server.providers().iter().find(here) else {
        let why = match server.providers().is_empty() {
            true => "this server has no identity provider; users sign in here with a password",
            false => "no identity provider of this server sends users back to this address",
        };
        return rules::NO_PROVIDER.refuse(why).page(&server, language);
    };
    let upstream = server.upstream(provider);
    let browser = Browser::read(&server, &request, now);
    let query = wire::query(&request);
    match state(&server, &query) {
        Ok(provider_state) => {
            Callback { browser, server: &server, upstream, provider_state, now }.answer(&query).await
        }
        Err(refusal) => {
            let told = Told { person: None, reason: refusal.description().to_owned() };
            reject(&server, language, (SignInRejection::Unknown, provider.name()), None, told)
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

impl Callback<'_> {
    async fn answer(&self, query: &Parameters) -> Response {
        if !self.browser.is_bound() {
            return self.reject(SignInRejection::NoCookie, browser::NO_COOKIE.to_owned());
        }
        if !self.browser.is(&self.provider_state.browser) || self.now >= self.provider_state.expires_at {
            let reason = "the state is for another browser, or has expired".to_owned();
            return self.reject(SignInRejection::TooLate, reason);
        }
        if !self.upstream.is_of(&self.provider_state) {
            return self.mixed_up();
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

    /// The state is of a user who was sent to another provider (mix-up attack, RFC 9700 §4.4), or whose provider has changed
    /// its redirect URI here meanwhile. The code is not redeemed.
    fn mixed_up(&self) -> Response {
        let here = self.upstream.provider.issuer();
        let sent_to = self.provider_state.issuer.as_deref().unwrap_or("a provider without an id");
        let reason =
            format!("the state is of {sent_to}, and came back at the redirect URI of {here} (mix-up attack)");
        let provider = self.server.config.provider_with(sent_to).unwrap_or(self.upstream.provider);
        let told = Told { person: None, reason };
        let (language, why) = (self.browser.language, (SignInRejection::OtherIssuer, provider.name()));
        reject(self.server, language, why, Some(self.destination()), told)
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
        let people = self.upstream.provider.people();
        let Some(id) = PersonId::at_provider(&people.issuer, &claims.subject) else {
            let reason = "the provider's issuer and sub have more than 255 bytes in total".to_owned();
            return self.reject(SignInRejection::ProviderUnusable, reason);
        };
        let called = claims.name().unwrap_or(&claims.subject);
        if let Err(mismatches) = people.admit(claims) {
            let reasons: Vec<_> = mismatches.iter().map(ToString::to_string).collect();
            let causes: Vec<_> = mismatches.iter().map(|one| one.sentence(self.browser.language)).collect();
            let more = self.upstream.more();
            let missed = missed.as_ref().map(|why| format!("; {more} was not read: {why}"));
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
        let (people, missed) = (self.upstream.provider.people(), missed.as_ref());
        let verdicts = people.verdicts(claims, missed, self.wanted());
        let (called, profile) = (Some(called.to_owned()), people.profile(claims));
        let session = Session { called, verdicts, profile, ..person.sign_in(self.now) };
        let mut response = wire::see_other(&self.destination().after_sign_in(self.server.config.paths()));
        browser::sign_in(self.server, &session, &mut response);
        let more = self.upstream.more();
        let missed = missed.map(|why| format!("{more}, which is not needed here, was not read: {why}"));
        let asked = self.wanted().asked;
        let excluded = asked.and_then(|resource| people.excluded(claims, &session.person, resource));
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
        let (page, reason) = of_fault(why);
        self.reject(page, reason)
    }

    fn turn_away(&self, called: &str, causes: &[Sentence], id: PersonId, reason: String) -> Response {
        self.rejected(SignInRejection::NotAllowed(called, causes), Told { person: Some(id), reason })
    }

    fn reject(&self, why: SignInRejection<'_>, reason: String) -> Response {
        self.rejected(why, Told { person: None, reason })
    }

    fn rejected(&self, why: SignInRejection<'_>, told: Told) -> Response {
        let why = (why, self.upstream.provider.name());
        reject(self.server, self.browser.language, why, Some(self.destination()), told)
    }

    fn destination(&self) -> &Destination {
        &self.provider_state.destination
    }
}
