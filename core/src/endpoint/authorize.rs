//! The authorization endpoint (OAuth 2.1 §4.1.1): the user signs in, decides, and is redirected to the client with
//! a code.
//!
//! The request stays in the URL of every page. The server stores nothing, so a second tab, a reload or the back
//! button loses nothing. GET only shows a page and changes nothing. Every form carries a CSRF token, which is bound
//! to the browser and to the request.

mod access;
mod consent;
mod in_query;
mod provider_link;
mod sign_in;

use crate::browser::{Browser, NO_COOKIE};
use crate::client::{AuthorizationRequest, RequestRules, Requester};
use crate::language::Language;
use crate::pages::{self, Look, Notice};
use crate::ports::Timestamp;
use crate::protocol::{BrowserDigest, ClientId, Installation, Mount, Parameters, Prompt, Refusal};
use crate::rules::{self, Rule};
use crate::sealed::{Destination, Form, Question, Session};
use crate::server::Server;
use crate::wire::{self, Event, EventKind, Request, Response};
use http::{
    HeaderValue, Method,
    header::{SET_COOKIE, USER_AGENT},
};

/// Answers an authorization request, or a form that was shown for one.
pub(super) async fn authorize(server: Server, request: Request) -> Response {
    let now = server.clock.now();
    let mut response = match read(&server, &request, now).await {
        Ok(asked) => interact(&server, &request, asked, now).await,
        Err(refused) => refused.answer(&server, Language::of(request.headers())),
    };
    server.name_client(&mut response, || {
        wire::query(&request).once("client_id").ok().flatten().map(str::to_owned)
    });
    response
}

async fn interact(
    server: &Server,
    request: &Request,
    asked: AuthorizationRequest,
    now: Timestamp,
) -> Response {
    let browser = match Browser::read(server, request, now).authenticated(server, request).await {
        Ok(browser) => browser,
        Err(error) => return Refusal::from(error).page(server, Language::of(request.headers())),
    };
    let user_agent = request.headers().get(USER_AGENT).and_then(|value| value.to_str().ok());
    let installation = user_agent.and_then(Installation::of);
    Interaction { browser, server: server.clone(), asked, installation, now }.answer(request).await
}

/// The recipient of a refusal. The user sees what fails before the client is known. The client gets what fails
/// later.
enum RequestError {
    Person(Refusal),
    Client(Box<Requester>, Refusal),
}

impl RequestError {
    fn answer(self, server: &Server, language: &'static Language) -> Response {
        match self {
            Self::Person(refusal) => refusal.page(server, language),
            Self::Client(requester, refusal) => refusal.before_consent(server, language, &requester),
        }
    }
}

/// A submitted form.
struct Reply {
    fields: Parameters,
    /// The content of the CSRF token. `None` unless the token is genuine, not expired, and bound to this browser
    /// and request.
    form: Option<Form>,
}

async fn read(
    server: &Server,
    request: &Request,
    now: Timestamp,
) -> Result<AuthorizationRequest, RequestError> {
    let parameters = wire::query(request);
    let requester = requester(server, &parameters, now).await.map_err(RequestError::Person)?;
    let pkce_required = !server.config.allowances().missing_pkce;
    let resource_required = server.config.require_resource();
    let rules = RequestRules { resources: server.config.resources(), pkce_required, resource_required };
    AuthorizationRequest::parse(requester.clone(), &parameters, rules)
        .map_err(|refusal| RequestError::Client(Box::new(requester), refusal))
}

/// Looks the client up only if the redirect URI can be one, so that a malformed request costs no fetch.
async fn requester(server: &Server, parameters: &Parameters, now: Timestamp) -> Result<Requester, Refusal> {
    let id = parameters.required("client_id")?;
    let place = server.locate(id).map_err(|no| no.to_person())?;
    let redirect_uri = Requester::redirect_uri(parameters)?;
    server.admit(&ClientId(id.to_owned()), now).await?;
    let client = server.look_up_for_page(&place).await.map_err(|no| no.to_person())?;
    server.admit_client(&client, now).await?;
    Requester::parse(parameters, client, redirect_uri)
}

/// One HTTP request with a valid authorization request.
struct Interaction {
    server: Server,
    browser: Browser,
    asked: AuthorizationRequest,
    installation: Option<Installation>,
    now: Timestamp,
}

impl Interaction {
    async fn answer(&self, request: &Request) -> Response {
        if request.method() != Method::POST {
            return if self.may_be_in_query() { self.in_query(request).await } else { self.show(None).await };
        }
        let reply = match self.reply(request) {
            Ok(reply) => reply,
            Err(refusal) => return refusal.page(&self.server, self.browser.language),
        };
        match reply.form.map(|form| form.question) {
            None if !self.browser.is_bound() => self.ask_for_cookies(),
            Some(Question::SignIn) if self.server.authenticator.is_some() => {
                self.show_again(Notice::TooOld).await
            }
            Some(Question::SignIn) if !self.server.providers().is_empty() => {
                self.answer_provider_link(&reply.fields).await
            }
            Some(Question::SignIn) => self.sign_in(&reply.fields).await,
            Some(Question::Consent(person)) => self.consent(&person, &reply.fields).await,
            Some(Question::Account(_)) | None => self.show_again(Notice::TooOld).await,
        }
    }

    fn reply(&self, request: &Request) -> Result<Reply, Refusal> {
        let fields = wire::form(request)?;
        let token = fields.once("form").ok().flatten();
        let form = token.and_then(|token| self.server.keys.forms.open(token)).filter(|form| {
            form.request == self.asked.digest()
                && self.browser.is(&form.browser)
                && self.now < form.expires_at
        });
        Ok(Reply { fields, form })
    }

    /// Shows the page for the next step: sign-in, or consent.
    async fn show(&self, notice: Option<Notice>) -> Response {
        match (self.asked.prompt, self.browser.session()) {
            (Prompt::Nothing, session) => {
                self.ask_nothing(session.is_some_and(|session| self.is_young_enough(session)))
            }
            (Prompt::AsUsual | Prompt::SelectAccount, Some(session)) if self.is_young_enough(session) => {
                self.show_to(session, notice).await
            }
            (Prompt::AsUsual | Prompt::SelectAccount | Prompt::Login, _) => self.ask_who(notice).await,
        }
    }

    /// Whether the sign-in is young enough for the client (`max_age`, OpenID Connect Core 1.0 §3.1.2.1).
    fn is_young_enough(&self, session: &Session) -> bool {
        self.asked.max_age.is_none_or(|age| self.now <= session.signed_in_at.after(age))
    }

    /// Has the user sign in: to the application, at the provider, or with a password.
    async fn ask_who(&self, notice: Option<Notice>) -> Response {
        if let Some(authenticator) = &self.server.authenticator {
            let request = Destination::Request(self.asked.query.clone());
            let return_to = request.after_sign_in(self.server.config.paths());
            // With prompt=login the user must sign in again (OpenID Connect Core 1.0 §3.1.2.1).
            let url = match self.browser.session() {
                Some(_) => authenticator.sign_out_url(&return_to),
                None => authenticator.sign_in_url(&return_to),
            };
            return wire::to_application(&url);
        }
        match self.server.providers() {
            [] => self.show_sign_in(notice),
            [only] => self.show_provider_link(self.server.upstream(only), notice).await,
            several => self.show_provider_choice(several, notice),
        }
    }

    /// Answers `prompt=none`. The server does not remember consent, so without asking there is no consent.
    fn ask_nothing(&self, is_signed_in: bool) -> Response {
        let refusal = if is_signed_in {
            rules::CONSENT_REQUIRED.refuse("the user must give consent, but prompt is none")
        } else {
            rules::LOGIN_REQUIRED.refuse("no user is signed in, or not recently enough, but prompt is none")
        };
        refusal.before_consent(&self.server, self.browser.language, &self.asked.requester)
    }

    fn show_sign_in(&self, notice: Option<Notice>) -> Response {
        self.page(Question::SignIn, |form| pages::sign_in(self.look(), &self.asked, form, notice))
    }

    fn show_consent(&self, session: &Session, notice: Option<Notice>) -> Response {
        let question = Question::Consent(session.person.clone());
        self.page(question, |form| {
            pages::consent(
                self.look(),
                &self.asked,
                self.server.path(Mount::Account),
                (session.name(), &session.profile),
                form,
                notice,
            )
        })
    }

    /// Shows the page for the next step again, because the submitted form was refused.
    async fn show_again(&self, notice: Notice) -> Response {
        let mut response = self.show(Some(notice)).await;
        wire::refuse_page(&mut response);
        let reason = "the CSRF token of the form is missing, expired, or for another browser or request";
        self.refused(&rules::FORM_STALE, reason).beside(response)
    }

    /// Answers a form from a browser without our cookies. The page has no form and sets no cookie: otherwise another
    /// site could send forms, and fill up the browser with cookies.
    fn ask_for_cookies(&self) -> Response {
        let again = Destination::Request(self.asked.query.clone()).url(self.server.config.paths());
        let (page, id) = self.server.ask_for_cookies(self.browser.language, &again);
        Event { correlation: Some(id), ..self.refused(&rules::COOKIES_MISSING, NO_COOKIE) }.beside(page)
    }

    fn refused(&self, rule: &'static Rule, reason: &str) -> Event {
        let client = &self.asked.requester.client;
        let (client, client_name) = (Some(client.id().clone()), client.name_in_log());
        Event { client, client_name, ..Event::refused(rule, reason) }
    }

    /// A page with a form, whose CSRF token is bound to this browser and this request.
    fn page(&self, question: Question, render: impl FnOnce(&str) -> Response) -> Response {
        self.page_in(self.browser.bind(&self.server), question, render)
    }

    /// The same as [`Self::page`], for a browser that is already bound.
    fn page_in(
        &self,
        (browser, cookies): (BrowserDigest, Vec<HeaderValue>),
        question: Question,
        render: impl FnOnce(&str) -> Response,
    ) -> Response {
        let expires_at = self.now.after(self.server.config.lifetimes().form);
        let form = Form { question, request: self.asked.digest(), browser, expires_at };
        let mut response = render(&self.server.keys.forms.seal(&form, &*self.server.entropy));
        response.headers_mut().extend(cookies.into_iter().map(|cookie| (SET_COOKIE, cookie)));
        response
    }

    fn look(&self) -> Look<'_> {
        self.server.look(self.browser.language)
    }

    fn event(&self, what: EventKind) -> Event {
        Event { client: Some(self.asked.requester.client.id().clone()), ..Event::new(what) }
    }
}
