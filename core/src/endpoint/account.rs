//! The account page: a user sees the open grants and can end them. GET only shows the page. Every form carries a
//! CSRF token, which is bound to the browser and to the user.

mod actions;
mod password;

use crate::browser::{
    self, Browser, NO_COOKIE, PasswordForm, SignInOutcome, TOO_MANY, is_current, rate_limited,
};
use crate::config::{Config, IdentityIssuer, SignInProvider, TrustedIssuer};
use crate::endpoint::provider_redirect::ProviderRedirect;
use crate::language::Language;
use crate::pages::{self, Look, Notice, ProviderLink, account};
use crate::ports::Timestamp;
use crate::protocol::{GrantId, Mount, Parameters, PersonId, Prompt, Refusal, RequestDigest, paths};
use crate::provider::SignInRedirect;
use crate::rules;
use crate::sealed::{Destination, Form, Question, Session};
use crate::server::Server;
use crate::store::{Grant, PAGE_SIZE, State, connections};
use crate::wire::{self, Event, EventKind, Request, Response};
use http::{Method, StatusCode, header::SET_COOKIE};

/// Answers a request for the account page, or one of its forms.
pub(super) async fn account(server: Server, request: Request) -> Response {
    let now = server.clock.now();
    let browser = match Browser::read(&server, &request, now).authenticated(&server, &request).await {
        Ok(browser) => browser,
        Err(error) => return Refusal::from(error).page(&server, Language::of(request.headers())),
    };
    let query = wire::query(&request);
    let page = AccountPage { browser, server, now, for_password: password::is_meant_by(&query) };
    let answer =
        if request.method() == Method::POST { page.reply(&request).await } else { page.show(&query).await };
    answer.unwrap_or_else(|refusal| refusal.page(&page.server, page.browser.language))
}

/// The grant after which the list starts (paging).
fn after(query: &Parameters) -> Option<GrantId> {
    query.once("after").ok()?.and_then(GrantId::parse)
}

/// One HTTP request for the account page.
struct AccountPage {
    server: Server,
    browser: Browser,
    now: Timestamp,
    /// Whether it is for the form to change the password, and not for the connections.
    for_password: bool,
}

impl AccountPage {
    fn look(&self) -> Look<'_> {
        self.server.look(self.browser.language)
    }

    async fn show(&self, query: &Parameters) -> Result<Response, Refusal> {
        match self.person().await? {
            Some(session) => self.show_to(session, after(query), None).await,
            None => self.ask_who(Prompt::parse(query.once("prompt")?)?, None).await,
        }
    }

    /// The page that the URL asks for.
    async fn show_to(
        &self,
        session: &Session,
        after: Option<GrantId>,
        notice: Option<Notice>,
    ) -> Result<Response, Refusal> {
        if self.for_password && self.has_password(session) {
            return Ok(self.ask_for_password(session, notice));
        }
        self.list(session, after, notice).await
    }

    async fn reply(&self, request: &Request) -> Result<Response, Refusal> {
        let fields = wire::form(request)?;
        let token = fields.once("form").ok().flatten();
        let form =
            token.and_then(|token| self.server.keys.forms.open(token)).filter(|form| self.is_ours(form));
        match form.map(|form| form.question) {
            None if !self.browser.is_bound() => Ok(self.ask_for_cookies()),
            Some(Question::SignIn) if self.server.has_passwords() => self.sign_in(&fields).await,
            Some(Question::SignIn) => self.go_to_provider(&wire::query(request), &fields).await,
            Some(Question::Account(asked)) if password::is_chosen(&fields) => {
                self.change_password(&asked, &fields).await
            }
            Some(Question::Account(asked)) => self.execute(&asked, &fields).await,
            Some(Question::Consent(_)) | None => self.show_again().await,
        }
    }

    fn is_ours(&self, form: &Form) -> bool {
        form.request == place() && self.browser.is(&form.browser) && self.now < form.expires_at
    }

    /// The session of this browser, if the store confirms that its user is enabled and its epoch is current.
    async fn person(&self) -> Result<Option<&Session>, Refusal> {
        let Some(session) = self.browser.session() else { return Ok(None) };
        let current = is_current(&self.server, session).await?;
        Ok(current.then_some(session))
    }

    async fn list(
        &self,
        session: &Session,
        after: Option<GrantId>,
        notice: Option<Notice>,
    ) -> Result<Response, Refusal> {
        let grants = self.server.stores.grants().list_of(&session.person.clone().into(), after).await?;
        let next = grants.last().map(|last| last.id).filter(|_| grants.len() >= PAGE_SIZE);
        let open = grants.iter().filter(|grant| connections::is_open(grant, self.now));
        let open = open.map(|grant| connection(grant, &self.server.config));
        let page = account::Connections {
            person: session.name(),
            open: open.collect(),
            resources: self.server.config.resources(),
            now: self.now,
            is_first: after.is_none(),
            next,
            notice,
            change_password: self.has_password(session).then_some(password::QUERY),
            look: self.look(),
        };
        Ok(self.page(Question::Account(session.person.clone()), |form| page.html(form)))
    }

    /// Shows the sign-in page, or the link to the identity provider.
    async fn ask_who(&self, prompt: Prompt, notice: Option<Notice>) -> Result<Response, Refusal> {
        if let Some(authenticator) = &self.server.authenticator {
            return Ok(wire::to_application(&authenticator.sign_in_url(self.server.path(Mount::Account))));
        }
        let only = match self.server.providers() {
            [] => return Ok(self.ask(notice)),
            [only] => only,
            several => return Ok(self.choose(several, notice)),
        };
        let upstream = self.server.upstream(only);
        let (browser, cookies) = self.browser.bind(&self.server);
        let sign_in_redirect =
            SignInRedirect { destination: Destination::Account, browser, login_hint: None, prompt };
        let url = upstream.redirect_url(sign_in_redirect, self.now).await?;
        let mut response =
            pages::provider_link_for_account(self.look(), &ProviderLink { url, name: only.name() }, notice);
        response.headers_mut().extend(cookies.into_iter().map(|cookie| (SET_COOKIE, cookie)));
        Ok(response)
    }

    /// Shows a button for each of several providers. The form goes to the URL of the page, so a `prompt` in it counts.
    fn choose(&self, providers: &[SignInProvider], notice: Option<Notice>) -> Response {
        self.page(Question::SignIn, |form| {
            pages::provider_choice_for_account(self.look(), providers, form, notice)
        })
    }

    /// Sends the user to the provider that the form names.
    async fn go_to_provider(&self, query: &Parameters, fields: &Parameters) -> Result<Response, Refusal> {
        let redirect = ProviderRedirect {
            server: &self.server,
            browser: &self.browser,
            destination: Destination::Account,
            login_hint: None,
            prompt: Prompt::parse(query.once("prompt")?)?,
            now: self.now,
        };
        match redirect.answer(fields).await {
            Some(response) => Ok(response),
            None => self.show_again().await,
        }
    }

    fn ask(&self, notice: Option<Notice>) -> Response {
        self.page(Question::SignIn, |form| pages::sign_in_to_account(self.look(), form, notice))
    }

    async fn sign_in(&self, fields: &Parameters) -> Result<Response, Refusal> {
        let Some(typed) = PasswordForm::read(fields) else { return Ok(self.refuse_sign_in(None)) };
        match typed.check(&self.server, &self.browser, self.now).await? {
            SignInOutcome::Rejected(known) => Ok(self.refuse_sign_in(known)),
            SignInOutcome::RateLimited(known, end) => Ok(self.rate_limited(known, end)),
            SignInOutcome::SignedIn(person) => {
                let session = person.sign_in(self.now);
                let query = if self.for_password { password::QUERY } else { "" };
                let mut response = wire::see_other(&format!("{}{query}", self.server.path(Mount::Account)));
                browser::sign_in(&self.server, &session, &mut response);
                Ok(event(EventKind::SignedIn, session.person).beside(response))
            }
        }
    }

    fn rate_limited(&self, known: Option<PersonId>, end: Timestamp) -> Response {
        let seconds = end.0.saturating_sub(self.now.0);
        let response = rate_limited(self.ask(Some(Notice::RateLimited(seconds))), seconds);
        let (rule, reason) = (Some(&rules::SIGN_IN_RATE_LIMIT), Some(TOO_MANY.to_owned()));
        Event { person: known, rule, reason, ..Event::new(EventKind::SignInFailed) }.beside(response)
    }

    fn refuse_sign_in(&self, known: Option<PersonId>) -> Response {
        let mut response = self.ask(Some(Notice::NoMatch));
        *response.status_mut() = StatusCode::FORBIDDEN;
        let rule = Some(&rules::SIGN_IN_WRONG);
        Event { person: known, rule, ..Event::new(EventKind::SignInFailed) }.beside(response)
    }

    /// Shows the page for the next step again, because the submitted form was refused.
    async fn show_again(&self) -> Result<Response, Refusal> {
        let notice = Some(Notice::TooOld);
        let mut response = match self.person().await? {
            Some(session) => self.show_to(session, None, notice).await?,
            None => self.ask_who(Prompt::AsUsual, notice).await?,
        };
        wire::refuse_page(&mut response);
        let reason = "the CSRF token of the form is missing, expired, or for another browser or user";
        Ok(Event::refused(&rules::FORM_STALE, reason).beside(response))
    }

    /// Answers a form from a browser without our cookies.
    fn ask_for_cookies(&self) -> Response {
        let (page, id) = self.server.ask_for_cookies(self.browser.language, self.server.path(Mount::Account));
        let event = Event::refused(&rules::COOKIES_MISSING, NO_COOKIE);
        Event { correlation: Some(id), ..event }.beside(page)
    }

    /// A page with a form, whose CSRF token is bound to this browser.
    fn page(&self, question: Question, render: impl FnOnce(&str) -> Response) -> Response {
        let (browser, cookies) = self.browser.bind(&self.server);
        let expires_at = self.now.after(self.server.config.lifetimes().form);
        let form = Form { question, request: place(), browser, expires_at };
        let mut response = render(&self.server.keys.forms.seal(&form, &*self.server.entropy));
        response.headers_mut().extend(cookies.into_iter().map(|cookie| (SET_COOKIE, cookie)));
        response
    }
}

fn connection<'a>(grant: &'a Grant, config: &'a Config) -> account::Connection<'a> {
    let named = |url: &'a String| {
        let known = config.identity_issuers().iter().map(IdentityIssuer::issuer);
        known.into_iter().find(|known| known.url() == url).map_or(url.as_str(), TrustedIssuer::name)
    };
    let (last_used_at, is_doubted) = match &grant.state {
        State::Open(chain) => (chain.last_used(), chain.doubted.is_some()),
        State::Closed { at, .. } => (*at, false),
    };
    account::Connection {
        id: grant.id,
        client: &grant.client,
        client_name: grant.client_name.as_ref(),
        installation: grant.installation.as_ref(),
        resource: &grant.resource,
        scope: &grant.scope,
        profile: &grant.profile,
        opened_at: grant.opened_at,
        last_used_at,
        is_doubted,
        issuer: grant.issuer.as_ref().map(named),
    }
}

/// The digest that this page's forms are bound to, in place of the digest of an authorization request.
fn place() -> RequestDigest {
    RequestDigest::of(paths::ACCOUNT)
}

fn event(what: EventKind, person: PersonId) -> Event {
    Event { person: Some(person), ..Event::new(what) }
}
