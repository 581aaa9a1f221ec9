//! The user's browser: its language, and three cookies. They identify the browser, hold the session, and remember the
//! user who signed in before.

use crate::language::Language;
use crate::ports::{Timestamp, draw};
use crate::protocol::{BrowserDigest, PersonId};
use crate::sealed::{KnownBrowser, Session};
use crate::server::Server;
use crate::store::Person;
use crate::wire::{Request, Response, SignedInUser, Unreachable, cookies};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use http::{HeaderValue, header::SET_COOKIE};

/// The content of a browser's cookies.
pub(crate) struct Browser {
    /// Every value of our cookie. On loopback, values of other servers may be among them.
    ids: Vec<String>,
    session: Option<Session>,
    known: Option<KnownBrowser>,
    /// The language of the pages for this browser.
    pub(crate) language: &'static Language,
}

const BROWSER: &str = "doorward-browser";
const SESSION: &str = "doorward-session";
const KNOWN: &str = "doorward-known";

impl Browser {
    /// Reads the cookies. A session that has expired, or was not sealed by this server, is ignored.
    pub(crate) fn read(server: &Server, request: &Request, now: Timestamp) -> Self {
        let ids = cookies(request, &name(server, BROWSER)).map(str::to_owned).collect();
        let lifetime = server.config.lifetimes().session;
        let session = cookies(request, &name(server, SESSION))
            .filter_map(|value| server.keys.sessions.open(value))
            .find(|session| now < session.signed_in_at.after(lifetime));
        let known =
            cookies(request, &name(server, KNOWN)).find_map(|value| server.keys.known_browsers.open(value));
        Self { ids, session, known, language: Language::of(request.headers()) }
    }

    /// With an [`Authenticator`](crate::wire::Authenticator), the session of the application takes the place of ours.
    pub(crate) async fn authenticated(
        mut self,
        server: &Server,
        request: &Request,
    ) -> Result<Self, Unreachable> {
        if let Some(authenticator) = &server.authenticator {
            let user = authenticator.user(request).await?;
            self.session = user.map(|SignedInUser { id, name, signed_in_at }| Session {
                person: id,
                called: name,
                epoch: 0,
                signed_in_at,
            });
        }
        Ok(self)
    }

    /// The session of the signed-in user.
    pub(crate) fn session(&self) -> Option<&Session> {
        self.session.as_ref()
    }

    /// Whether the user with this name has signed in here before.
    pub(crate) fn was_known_to(&self, name: &PersonId) -> bool {
        self.known.as_ref().is_some_and(|known| known.person == *name)
    }

    /// Whether this user has signed in here before, and the epoch has not changed since.
    pub(crate) fn is_known_to(&self, person: &Person) -> bool {
        self.known.as_ref().is_some_and(|known| known.person == person.id && known.epoch == person.epoch)
    }

    /// Whether a CSRF token (the form token) was made for this browser.
    pub(crate) fn is(&self, digest: &BrowserDigest) -> bool {
        self.ids.iter().any(|id| BrowserDigest::of(id) == *digest)
    }

    /// The digest that binds a CSRF token (the form token) to this browser, and the cookie to set if the browser
    /// has none yet.
    pub(crate) fn bind(&self, server: &Server) -> (BrowserDigest, Option<HeaderValue>) {
        if let Some(id) = self.ids.first() {
            return (BrowserDigest::of(id), None);
        }
        let id = URL_SAFE_NO_PAD.encode(draw::<16>(&*server.entropy));
        (BrowserDigest::of(&id), Some(cookie(server, BROWSER, &id, "")))
    }
}

/// Sets two cookies: the session, for the session lifetime, and the known browser, for one year.
pub(crate) fn sign_in(server: &Server, session: &Session, response: &mut Response) {
    let sealed = server.keys.sessions.seal(session, &*server.entropy);
    let age = format!("; Max-Age={}", server.config.lifetimes().session.as_secs());
    response.headers_mut().append(SET_COOKIE, cookie(server, SESSION, &sealed, &age));
    let known = KnownBrowser { person: session.person.clone(), epoch: session.epoch };
    let sealed = server.keys.known_browsers.seal(&known, &*server.entropy);
    response.headers_mut().append(SET_COOKIE, cookie(server, KNOWN, &sealed, "; Max-Age=31536000"));
}

/// Deletes the session cookie.
pub(crate) fn sign_out(server: &Server, response: &mut Response) {
    response.headers_mut().append(SET_COOKIE, cookie(server, SESSION, "", "; Max-Age=0"));
}

/// `__Host-` binds a cookie to this host and to https (RFC 6265bis §4.1.3.2). Plain http on loopback cannot use it.
fn name(server: &Server, name: &str) -> String {
    if server.config.issuer().is_https() { format!("__Host-{name}") } else { name.to_owned() }
}

/// `SameSite=Lax`, not `Strict`: a client on another site sends the browser here, and the session cookie must be
/// sent.
fn cookie(server: &Server, plain: &str, value: &str, age: &str) -> HeaderValue {
    let secure = if server.config.issuer().is_https() { "; Secure" } else { "" };
    let text = format!("{}={value}; Path=/; HttpOnly; SameSite=Lax{secure}{age}", name(server, plain));
    HeaderValue::try_from(text).expect("cookie values are base64url")
}
