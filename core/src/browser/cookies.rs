//! The user's browser: its language, and its cookies. They identify the browser, hold the session, and remember the
//! user who signed in before.
//!
//! Each page that is shown to a browser without cookies sets a browser cookie of its own name. So when two tabs open
//! pages at the same time, the browser keeps both cookies, and both pages are bound to it.

use crate::language::Language;
use crate::ports::{Timestamp, draw};
use crate::protocol::{BrowserDigest, DisplayName, Mount, Profile};
use crate::sealed::{KnownBrowser, Session};
use crate::server::Server;
use crate::wire::{Request, Response, SignedInUser, Unreachable, cookies};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use http::{HeaderValue, header::SET_COOKIE};

/// The content of a browser's cookies.
pub(crate) struct Browser {
    /// The names and values of the browser cookies, the oldest first. On loopback, those of other servers may be among
    /// them.
    ids: Vec<(String, String)>,
    session: Option<Session>,
    /// The values of the cookies of a known browser. They are opened when the user enters a password.
    known: Vec<String>,
    /// The language of the pages for this browser.
    pub(crate) language: &'static Language,
}

/// The names of browser cookies begin with this. Random characters follow.
const BROWSER: &str = "doorward-browser-";
/// The most browser cookies that a browser keeps: pages that were opened at the same time, before the first of them
/// was answered. Older ones are deleted, so that the cookies do not fill up the request's head.
const MOST_BROWSER_COOKIES: usize = 32;
const SESSION: &str = "doorward-session";
const KNOWN: &str = "doorward-known";

/// The text in the log when a form, or a user who comes back from the provider, has no browser cookie.
pub(crate) const NO_COOKIE: &str =
    "the browser sent no cookie: it keeps none, or the request began elsewhere";

impl Browser {
    /// Reads the cookies. A session that has expired, or was not sealed by this server, is ignored.
    pub(crate) fn read(server: &Server, request: &Request, now: Timestamp) -> Self {
        let prefix = prefix(server);
        let (mut ids, mut sessions, mut known) = (Vec::new(), Vec::new(), Vec::new());
        for (name, value) in cookies(request) {
            match name.strip_prefix(prefix) {
                Some(SESSION) => sessions.push(value),
                Some(KNOWN) => known.push(value.to_owned()),
                Some(plain) if plain.starts_with(BROWSER) => ids.push((name.to_owned(), value.to_owned())),
                Some(_) | None => {}
            }
        }
        let lifetime = server.config.lifetimes().session;
        let mut opened = sessions.into_iter().filter_map(|value| server.keys.sessions.open(value));
        let session = opened.find(|session| now < session.signed_in_at.after(lifetime));
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
            self.session = user.map(in_application);
        }
        Ok(self)
    }

    /// The session of the signed-in user.
    pub(crate) fn session(&self) -> Option<&Session> {
        self.session.as_ref()
    }

    /// The user who signed in here last.
    pub(super) fn known(&self, server: &Server) -> Option<KnownBrowser> {
        self.known.iter().find_map(|value| server.keys.known_browsers.open(value))
    }

    /// Whether the browser sent one of the cookies to which a page of ours is bound. If not, it keeps no cookies, or it
    /// is not the browser that opened the page, or another site sent the form (`SameSite`).
    pub(crate) fn is_bound(&self) -> bool {
        !self.ids.is_empty()
    }

    /// Whether a CSRF token (the form token) was made for this browser.
    pub(crate) fn is(&self, digest: &BrowserDigest) -> bool {
        self.ids.iter().any(|(_, id)| BrowserDigest::of(id) == *digest)
    }

    /// The digest that binds a CSRF token (the form token) to this browser, and the cookies to set: a new one if the
    /// browser has none, and the end of those that are too many.
    pub(crate) fn bind(&self, server: &Server) -> (BrowserDigest, Vec<HeaderValue>) {
        if let Some((_, newest)) = self.ids.last() {
            let surplus = self.ids.len().saturating_sub(MOST_BROWSER_COOKIES);
            let ends = self.ids.iter().take(surplus).map(|(name, _)| with_attributes(server, name, "", ENDS));
            return (BrowserDigest::of(newest), ends.flatten().collect());
        }
        let id = URL_SAFE_NO_PAD.encode(draw::<16>(&*server.entropy));
        let plain = format!("{BROWSER}{}", URL_SAFE_NO_PAD.encode(draw::<6>(&*server.entropy)));
        (BrowserDigest::of(&id), vec![cookie(server, &plain, &id, "")])
    }
}

/// The session of a user of the application that embeds this server.
fn in_application(SignedInUser { id, name, email, signed_in_at }: SignedInUser) -> Session {
    let profile = Profile { email, name: DisplayName::parse(name.as_deref().unwrap_or(id.as_str())) };
    Session { person: id, called: name, epoch: 0, signed_in_at, verdicts: Vec::new(), profile }
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
    response.headers_mut().append(SET_COOKIE, cookie(server, SESSION, "", ENDS));
}

/// `__Host-` binds a cookie to this host and to https, and `__Secure-` to https (RFC 6265bis §4.1.3). Plain http on loopback can
/// use neither.
fn prefix(server: &Server) -> &'static str {
    match (server.config.issuer().is_https(), path(server)) {
        (false, _) => "",
        (true, "/") => "__Host-",
        (true, _) => "__Secure-",
    }
}

/// The path of the cookies: the issuer's, if all pages are below it, so that other servers at this host do not get them.
/// `__Host-` needs the whole host.
fn path(server: &Server) -> &str {
    let prefix = server.config.issuer().path();
    let is_below = |mount| server.path(mount).strip_prefix(prefix).is_some_and(|rest| rest.starts_with('/'));
    let pages = [Mount::Authorize, Mount::Callback, Mount::Account];
    if !prefix.is_empty() && pages.into_iter().all(is_below) { prefix } else { "/" }
}

/// The attribute that deletes a cookie.
const ENDS: &str = "; Max-Age=0";

fn cookie(server: &Server, plain: &str, value: &str, age: &str) -> HeaderValue {
    let name = format!("{}{plain}", prefix(server));
    with_attributes(server, &name, value, age).expect("cookie names and values are base64url")
}

/// `SameSite=Lax`, not `Strict`: a client on another site sends the browser here, and the session cookie must be
/// sent. `None` for a name that cannot be in a header.
fn with_attributes(server: &Server, name: &str, value: &str, age: &str) -> Option<HeaderValue> {
    let secure = if server.config.issuer().is_https() { "; Secure" } else { "" };
    let path = path(server);
    let text = format!("{name}={value}; Path={path}; HttpOnly; SameSite=Lax{secure}{age}");
    HeaderValue::try_from(text).ok()
}
