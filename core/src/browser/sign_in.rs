//! Sign-in with name and password, and whether a session is still valid.

use crate::browser::cookies::Browser;
use crate::ports::{Password, Timestamp};
use crate::protocol::{Parameters, PersonId};
use crate::sealed::{AttemptBucket, Session};
use crate::server::Server;
use crate::store::{AttemptKey, AttemptSource, Person, SignInRecord, StoreError};
use crate::wire::Response;
use http::{HeaderValue, StatusCode, header};

/// Rate limit against brute force: wrong passwords per hour, for a name and a kind of browser. After that, no
/// password is accepted until the hour ends. NIST SP 800-63B (Rate Limiting) allows a hundred in a row; a user who
/// types needs a few.
const MAX_GUESSES: u32 = 10;
const HOUR: u64 = 3600;

/// The longest password, in bytes. Longer input is refused before it is hashed, which would cost time.
const MAX_PASSWORD: usize = 1024;

/// Whether the user of a session may still decide. Right after the sign-in, the record is not read again, because
/// it was just read. Later it is read again.
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
    if server.authenticator.is_some() {
        // The application was asked for its signed-in user in this request.
        return Ok(true);
    }
    let person = server.stores.people().find(&session.person).await?;
    Ok(person.is_some_and(|person| !person.disabled && person.epoch == session.epoch))
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
    /// The rate limit is reached: too many wrong passwords. The number is the seconds until the hour ends.
    RateLimited(Option<PersonId>, u64),
}

impl PasswordForm {
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

    /// Checks a password. Against user enumeration, it does the same whether or not the user exists: one read, one
    /// hash, and one write if the sign-in fails.
    ///
    /// The read comes before the hash, and the write after it. So attempts at the same time are all judged by the
    /// count before them.
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
        let place = AttemptBucket::number(&server.keys.attempts.derive_for(name.as_str()));
        let attempt_key = |from| AttemptKey { name: place, from, hour: now.0 / HOUR };
        let kinds = [attempt_key(AttemptSource::UnknownBrowser), attempt_key(AttemptSource::KnownBrowser)];
        let SignInRecord { person, attempts } = server.stores.sign_ins().find(name, kinds).await?;
        let kind = usize::from(person.as_ref().is_some_and(|person| browser.is_known_to(person)));
        let stored = person.as_ref().and_then(Person::password);
        let genuine = server.passwords.verify(&self.password, stored).await;
        match person {
            Some(person) if genuine && !person.disabled && attempts[kind] < MAX_GUESSES => {
                Ok(SignInOutcome::SignedIn(person))
            }
            person => {
                let (known, count) =
                    (person.map(|person| person.id), server.stores.attempts().count(kinds[kind]).await?);
                let left = kinds[kind].over_at().0.saturating_sub(now.0);
                let exhausted = count > MAX_GUESSES;
                Ok(if exhausted {
                    SignInOutcome::RateLimited(known, left)
                } else {
                    SignInOutcome::Rejected(known)
                })
            }
        }
    }
}

/// Adds status 429 and `Retry-After` to the page that is shown when the rate limit is reached (RFC 6585 §4).
pub(crate) fn rate_limited(mut page: Response, seconds: u64) -> Response {
    *page.status_mut() = StatusCode::TOO_MANY_REQUESTS;
    page.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    page
}
