//! Sign-in with name and password, and whether a session is still valid.

use crate::browser::cookies::Browser;
use crate::ports::{Password, Timestamp};
use crate::protocol::{Parameters, PersonId};
use crate::sealed::{KnownBrowser, Session};
use crate::server::Server;
use crate::store::{AttemptKey, Person, Reserved, SignInRecord, StoreError};
use crate::wire::Response;
use async_lock::MutexGuard;
use http::{HeaderValue, StatusCode, header};

/// Rate limit against brute force: wrong passwords per hour, for a name and a kind of browser. After that, no
/// password is accepted until the hour ends. NIST SP 800-63B (Rate Limiting) allows a hundred in a row; a user who
/// types needs a few.
const MAX_GUESSES: u32 = 10;

/// The longest password, in bytes. Longer input is refused before it is hashed, which would cost time.
pub(super) const MAX_PASSWORD: usize = 1024;

/// Whether the user of a session may still decide. Right after the sign-in, the record is not read again, because
/// it was just read. Later it is read again. A session that ended within that minute can still make a code, but the
/// code carries the session's epoch, and is refused.
pub(crate) async fn still_holds(
    server: &Server,
    session: &Session,
    now: Timestamp,
) -> Result<bool, StoreError> {
    if now < session.signed_in_at.after(server.config.lifetimes().fresh_sign_in) {
        return Ok(true);
    }
    is_current(server, session).await
}

/// Whether the user of a session is enabled and the epoch is the same. It always reads the record.
pub(crate) async fn is_current(server: &Server, session: &Session) -> Result<bool, StoreError> {
    server.is_signed_in(&session.person, Some(session.epoch)).await
}

/// The text in the log when the rate limit is reached.
pub(crate) const TOO_MANY: &str = "rate limit: too many wrong passwords for this name within one hour";

/// The name and the password that were typed.
pub(crate) struct PasswordForm {
    name: Option<PersonId>,
    password: Password,
}

/// The result of a sign-in with a password.
pub(crate) enum SignInOutcome {
    SignedIn(Person),
    /// The name or the password is wrong, or the user is disabled. An unknown name is not kept, because it may be a
    /// password in the wrong field.
    Rejected(Option<PersonId>),
    /// The rate limit is reached: too many wrong passwords. No password was checked. The time is the end of the hour.
    RateLimited(Option<PersonId>, Timestamp),
}

/// The result of a check of the password of a user who is signed in.
#[must_use]
pub(super) enum Confirmation {
    /// The record has the epoch of the session.
    Right(Person),
    Wrong,
    /// The rate limit is reached. The time is the end of the hour.
    RateLimited(Timestamp),
    /// The session has ended. No password was checked, and no guess counted.
    SessionEnded,
}

/// A password that is about to be checked: the user, the guesses so far, and the turn of a known browser.
struct Attempt<'a> {
    /// The cookie of a browser in which this user has signed in before.
    known: Option<KnownBrowser>,
    record: SignInRecord,
    keys: [AttemptKey; 2],
    _turn: Option<MutexGuard<'a, ()>>,
}

impl<'a> Attempt<'a> {
    /// Reads the record. With the cookie of a known browser, it waits until no other attempt is checked, so that each
    /// sees the count of the one before. The cookie is sealed: only browsers in which the user has signed in can take
    /// a turn.
    async fn begin(
        server: &'a Server,
        browser: &Browser,
        name: &PersonId,
        now: Timestamp,
    ) -> Result<Self, StoreError> {
        let keys = AttemptKey::both(&server.keys, name, now);
        let [_, in_known_browser] = keys;
        let known = browser.known(server).filter(|known| known.person == *name);
        let turn = match known {
            Some(_) => Some(server.sign_in_turn(in_known_browser.name).await),
            None => None,
        };
        let record = server.stores.sign_ins().find(name, keys).await?;
        Ok(Self { known, record, keys, _turn: turn })
    }
}

impl PasswordForm {
    pub(super) fn of(name: PersonId, password: Password) -> Self {
        Self { name: Some(name), password }
    }

    pub(crate) fn read(fields: &Parameters) -> Option<Self> {
        let name = fields.once("username").ok()?.unwrap_or_default();
        let password = fields.once("password").ok()?.unwrap_or_default();
        let sized = password.len() <= MAX_PASSWORD;
        sized.then(|| Self { name: PersonId::parse(name.trim()), password: Password::new(password) })
    }

    /// Whether there is a name to look up and a password to compare.
    pub(crate) fn is_complete(&self) -> bool {
        self.name.is_some() && !self.password.as_bytes().is_empty()
    }

    /// Checks a password, unless the rate limit is reached: then it computes no hash. Against user enumeration, it
    /// does the same for a name that no user has.
    pub(crate) async fn check(
        &self,
        server: &Server,
        browser: &Browser,
        now: Timestamp,
    ) -> Result<SignInOutcome, StoreError> {
        let Some(name) = &self.name else {
            server.passwords.verify(&self.password, None).await;
            return Ok(SignInOutcome::Rejected(None));
        };
        let attempt = Attempt::begin(server, browser, name, now).await?;
        self.check_attempt(server, attempt).await
    }

    /// The same for a user who is signed in, and only as long as the session counts. The name is the session's.
    pub(super) async fn confirm(
        &self,
        server: &Server,
        browser: &Browser,
        session: &Session,
        now: Timestamp,
    ) -> Result<Confirmation, StoreError> {
        let attempt = Attempt::begin(server, browser, &session.person, now).await?;
        let counts = |person: &Person| !person.disabled && person.epoch == session.epoch;
        if !attempt.record.person.as_ref().is_some_and(counts) {
            return Ok(Confirmation::SessionEnded);
        }
        Ok(match self.check_attempt(server, attempt).await? {
            SignInOutcome::SignedIn(person) => Confirmation::Right(person),
            SignInOutcome::Rejected(_) => Confirmation::Wrong,
            SignInOutcome::RateLimited(_, end) => Confirmation::RateLimited(end),
        })
    }

    async fn check_attempt(
        &self,
        server: &Server,
        attempt: Attempt<'_>,
    ) -> Result<SignInOutcome, StoreError> {
        let Attempt { known, record, keys: [unknown_key, known_key], _turn } = attempt;
        let SignInRecord { person, attempts: [by_unknown, by_known] } = record;
        match person {
            Some(person) if known.is_some_and(|known| known.epoch == person.epoch) => {
                self.check_in_known_browser(server, person, by_known, known_key).await
            }
            person => self.check_in_unknown_browser(server, person, by_unknown, unknown_key).await,
        }
    }

    /// A guess is counted after the check. The caller lets one at a time in, so each process checks at most one
    /// guess more than the limit.
    async fn check_in_known_browser(
        &self,
        server: &Server,
        person: Person,
        counted: u32,
        key: AttemptKey,
    ) -> Result<SignInOutcome, StoreError> {
        if counted >= MAX_GUESSES {
            return Ok(SignInOutcome::RateLimited(Some(person.id), key.over_at()));
        }
        if self.opens(server, Some(&person)).await {
            return Ok(SignInOutcome::SignedIn(person));
        }
        let (Reserved::Yes | Reserved::Full) = server.stores.attempts().reserve(key, MAX_GUESSES).await?;
        Ok(SignInOutcome::Rejected(Some(person.id)))
    }

    /// A guess is counted before the check, and taken back if it was right. So of any number of guesses at once, in
    /// any number of processes, no more than the limit are checked.
    async fn check_in_unknown_browser(
        &self,
        server: &Server,
        person: Option<Person>,
        counted: u32,
        key: AttemptKey,
    ) -> Result<SignInOutcome, StoreError> {
        let attempts = server.stores.attempts();
        if counted >= MAX_GUESSES || attempts.reserve(key, MAX_GUESSES).await? == Reserved::Full {
            return Ok(SignInOutcome::RateLimited(person.map(|person| person.id), key.over_at()));
        }
        let opens = self.opens(server, person.as_ref()).await;
        Ok(match person {
            Some(person) if opens => {
                // If the store does not answer, the guess stays counted, which makes the limit stricter.
                let _ = attempts.give_back(key).await;
                SignInOutcome::SignedIn(person)
            }
            person => SignInOutcome::Rejected(person.map(|person| person.id)),
        })
    }

    /// Whether this is the password of an enabled user. It computes one hash in every case.
    async fn opens(&self, server: &Server, person: Option<&Person>) -> bool {
        let genuine = server.passwords.verify(&self.password, person.and_then(Person::password)).await;
        genuine && person.is_some_and(|person| !person.disabled)
    }
}

/// Adds status 429 and `Retry-After` to the page that is shown when the rate limit is reached (RFC 6585 §4).
pub(crate) fn rate_limited(mut page: Response, seconds: u64) -> Response {
    *page.status_mut() = StatusCode::TOO_MANY_REQUESTS;
    page.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    page
}
