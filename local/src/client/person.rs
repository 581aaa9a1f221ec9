//! The user of the client: at a real browser, or scripted to fill in the forms of the pages.

use super::callback::Callback;
use super::page::Form;
use super::transcript::{Answer, REFRESH, Transcript};
use crate::Failure;
use doorward_settings::{PASSWORD, USERNAME, Values};
use http::{HeaderMap, StatusCode, header};
use reqwest::Url;
use std::collections::{BTreeMap, HashMap};

/// The user who signs in and decides.
pub enum Person {
    /// A user at a browser. The function asks the browser to open a URL.
    AtBrowser(Box<dyn Fn(&str) + Send>),
    /// A scripted user, who fills in the forms and allows the client.
    Scripted {
        /// The name to sign in with.
        username: String,
        /// The password to sign in with.
        password: String,
    },
}

/// The maximum number of pages. No sign-in has more.
const MAX_PAGES: usize = 10;

impl Person {
    /// The user of the settings: scripted with `--username` and `--password`, otherwise at the browser.
    ///
    /// # Errors
    /// [`Failure`] when only one of the two settings is given.
    pub fn of(values: &Values) -> Result<Self, Failure> {
        match (values.one(&USERNAME), values.one(&PASSWORD)) {
            (None, None) => Ok(Self::AtBrowser(Box::new(open))),
            (Some(username), Some(password)) => {
                Ok(Self::Scripted { username: username.to_owned(), password: password.to_owned() })
            }
            _ => Err(Failure("--username and --password must be used together".into())),
        }
    }

    /// Visits the authorization server's pages until the callback has an answer.
    pub(super) async fn visit(
        self,
        transcript: &mut Transcript<'_>,
        url: &Url,
        callback: Callback,
    ) -> Result<HashMap<String, String>, Failure> {
        match self {
            Self::AtBrowser(open) => {
                transcript.say("If no browser opens, open this address:");
                transcript.say(url);
                open(url.as_str());
                callback.answer().await
            }
            Self::Scripted { username, password } => {
                let uri = callback.uri().to_owned();
                let mut visit = Visit { transcript, uri, username, password, cookies: BTreeMap::new() };
                tokio::try_join!(visit.walk(url.clone()), callback.answer()).map(|((), answer)| answer)
            }
        }
    }
}

/// Opens the default browser. If there is none, the user opens the printed URL.
fn open(url: &str) {
    let _ = webbrowser::open(url);
}

/// The visit of a scripted user, from page to page.
struct Visit<'a, 'b> {
    transcript: &'a mut Transcript<'b>,
    uri: String,
    username: String,
    password: String,
    cookies: BTreeMap<String, String>,
}

impl Visit<'_, '_> {
    async fn walk(&mut self, url: Url) -> Result<(), Failure> {
        let mut at = url.clone();
        let mut request = self.transcript.http().get(url);
        let mut has_signed_in = false;
        for _ in 0..MAX_PAGES {
            let answer = self
                .transcript
                .send(
                    request.header(header::ACCEPT, "text/html").header(header::COOKIE, self.cookie_header()),
                )
                .await?;
            self.keep_cookies(&answer.headers);
            request = match way_on(&at, &answer.headers)? {
                Some(back) if back.as_str().starts_with(&self.uri) => return self.deliver(back).await,
                Some(next) => {
                    at = next;
                    self.transcript.http().get(at.clone())
                }
                None => {
                    let is_sign_in = Form::first(&answer.body).is_some_and(|form| form.has("password"));
                    if is_sign_in && has_signed_in {
                        return Err(Failure("the name or the password is wrong".into()));
                    }
                    has_signed_in |= is_sign_in;
                    let form = self.fill(&answer)?;
                    at = join(&at, &form.action)?;
                    self.transcript.http().post(at.clone()).form(&form.fields)
                }
            };
        }
        Err(Failure(format!("the sign-in has more than {MAX_PAGES} pages")))
    }

    /// Follows the redirect to the client, as a browser would.
    async fn deliver(&mut self, back: Url) -> Result<(), Failure> {
        let request = self.transcript.http().get(back);
        self.transcript.send(request).await.map(|_| ())
    }

    fn fill(&self, page: &Answer) -> Result<Form, Failure> {
        if page.status != StatusCode::OK {
            return Err(Failure(format!("the page has the status {}", page.status)));
        }
        let form = Form::first(&page.body).ok_or_else(|| Failure("the page has no form".into()))?;
        Ok(form.fill("username", &self.username).fill("password", &self.password).press("allow"))
    }

    fn cookie_header(&self) -> String {
        self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ")
    }

    fn keep_cookies(&mut self, headers: &HeaderMap) {
        let cookies = headers.get_all(header::SET_COOKIE).iter().filter_map(|value| value.to_str().ok());
        let pairs = cookies.filter_map(|cookie| cookie.split(';').next()?.split_once('='));
        self.cookies.extend(pairs.map(|(name, value)| (name.to_owned(), value.to_owned())));
    }
}

/// Where a browser goes without its user: a redirect, or a refresh without delay (HTML, "shared declarative refresh
/// steps").
fn way_on(at: &Url, headers: &HeaderMap) -> Result<Option<Url>, Failure> {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let refresh = || text(header::REFRESH)?.strip_prefix(REFRESH);
    text(header::LOCATION).or_else(refresh).map(|to| join(at, to)).transpose()
}

fn join(at: &Url, to: &str) -> Result<Url, Failure> {
    at.join(to).map_err(|error| Failure::new(to, error))
}
