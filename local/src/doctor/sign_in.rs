//! The sign-in of a user, and the authorization response (OAuth 2.1 §4.1.2; RFC 9207 §2.4).

use super::ask::Ask;
use super::authorization::{Request, scope};
use super::authorization_server::Server;
use super::document::quoted;
use super::examination::Examination;
use super::installations::Way;
use super::network::Network;
use super::protected_resource::Resource;
use super::registration::Registered;
use super::rule::Rule;
use super::unauthenticated::Challenge;
use super::visit::Visit;
use super::{made_up, tokens};
use crate::client::callback::Callback;
use reqwest::Url;
use std::collections::HashMap;
use std::time::Duration;
use tokio::time::{Instant, timeout};

/// How long a user at a browser may take.
const PATIENCE: Duration = Duration::from_mins(5);
/// The redirect URI where no browser comes back to this machine.
const UNHEARD: &str = "http://127.0.0.1:51799/callback";

/// The user who signs in.
pub enum SignIn {
    /// None: the examination ends at the sign-in page.
    Skipped,
    /// A scripted user, who fills in the forms of the authorization server.
    Scripted {
        /// The name to sign in with.
        username: String,
        /// The password to sign in with.
        password: String,
    },
    /// A user at a browser of this machine.
    AtBrowser(Browser),
}

/// A browser of this machine, and the listener that it comes back to.
pub struct Browser {
    callback: Callback,
    open: Box<dyn Fn(&str) + Send>,
}

impl SignIn {
    /// A user at a browser. `open` asks it to open a URL.
    ///
    /// # Errors
    /// [`crate::Failure`] when no port of this machine is free.
    pub async fn at_browser(open: Box<dyn Fn(&str) + Send>) -> Result<Self, crate::Failure> {
        Ok(Self::AtBrowser(Browser { callback: Callback::listen().await?, open }))
    }

    /// The name and the password of a scripted user, who can sign in twice.
    fn known(&self) -> Option<(&str, &str)> {
        match self {
            Self::Scripted { username, password } => Some((username, password)),
            Self::Skipped | Self::AtBrowser(_) => None,
        }
    }

    pub(super) fn redirect_uri(&self) -> &str {
        match self {
            Self::AtBrowser(browser) => browser.callback.uri(),
            Self::Skipped | Self::Scripted { .. } => UNHEARD,
        }
    }
}

const PART: &str = "sign-in and tokens";

/// Signs in and uses the tokens. Returns whether everything was tried.
pub(super) async fn examine(
    exam: &mut Examination,
    server: &Server,
    resource: &Resource,
    challenge: &Challenge,
    clients: &[Registered],
    user: SignIn,
) -> bool {
    let own = clients.iter().find(|client| client.redirect_uri == user.redirect_uri());
    let (Some(client), Some(authorize), Some(token)) =
        (own, &server.authorization_endpoint, &server.token_endpoint)
    else {
        exam.skip(PART, "the registration with a loopback redirect URI did not succeed");
        return false;
    };
    let scope = scope(client.scope, challenge, resource);
    let way = Way { client, authorize, token, resource: &resource.resource, scope };
    let mut first = None;
    if let Some(known) = user.known().filter(|_| is_safe(exam, authorize)) {
        match way.sign_in(exam, known).await {
            Ok(token) => first = token,
            // The user does not try again: a server may count wrong passwords.
            Err(why) => {
                exam.skip(PART, &why);
                return false;
            }
        }
    }
    let is_whole = sign_in(exam, server, &way, user, &mut first).await;
    if let Some(first) = first {
        // What a revocation does is seen with the token of this sign-in.
        tokens::give_up(exam, server, client, &first).await;
    }
    is_whole
}

/// Signs in, after `first` was issued to another installation.
async fn sign_in(
    exam: &mut Examination,
    server: &Server,
    way: &Way<'_>,
    user: SignIn,
    first: &mut Option<String>,
) -> bool {
    let (client, resource) = (way.client, way.resource);
    let (state, verifier) = (super::random(), super::random());
    let request = Request {
        client,
        redirect_uri: &client.redirect_uri,
        scope: way.scope.clone(),
        resource: Some(resource),
        state: &state,
        verifier: Some(&verifier),
        prompt: None,
    };
    let answer = match visit(exam, user, &request.url(way.authorize), &client.redirect_uri).await {
        Ok(answer) => answer,
        Err(why) => {
            exam.skip(PART, &why);
            return false;
        }
    };
    let Some(code) = read(exam, server, &answer, &state) else { return false };
    let fields = [
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", &client.redirect_uri),
        ("code_verifier", &verifier),
        ("resource", resource),
    ];
    let ask = made_up::token_request(way.token, client, &fields);
    tokens::examine(exam, server, way, (&ask, first)).await
}

/// Whether a password may be sent there.
fn is_safe(exam: &Examination, authorize: &Url) -> bool {
    authorize.scheme() != "http" || exam.probe.network() != Network::Public
}

/// The parameters of the authorization response.
type Answer = HashMap<String, String>;

async fn visit(
    exam: &mut Examination,
    user: SignIn,
    url: &Url,
    redirect_uri: &str,
) -> Result<Answer, String> {
    match user {
        SignIn::Skipped => Err("give --username or --browser".to_owned()),
        SignIn::Scripted { .. } if !is_safe(exam, url) => {
            Err("the authorization endpoint is not https, so no password is sent".to_owned())
        }
        SignIn::Scripted { username, password } => {
            let back = Visit::new(url, redirect_uri, username, password).walk(exam, Ask::get(url)).await?;
            Ok(back.query_pairs().into_owned().collect())
        }
        SignIn::AtBrowser(Browser { callback, open }) => {
            open(url.as_str());
            let started = Instant::now();
            let answer = timeout(PATIENCE, callback.answer()).await;
            exam.probe.extend(started.elapsed());
            answer
                .map_err(|_| format!("the browser did not come back in {PATIENCE:?}"))?
                .map_err(|failure| failure.0)
        }
    }
}

/// The code of an authorization response.
fn read<'a>(exam: &mut Examination, server: &Server, answer: &'a Answer, state: &str) -> Option<&'a str> {
    const PLACE: &str = "authorization response";
    let value = |name: &str| answer.get(name).map(String::as_str);
    if value("state") != Some(state) {
        exam.found(Rule::CallbackState, PLACE, &format!("state is {}", quoted(value("state"))));
    }
    match value("iss") {
        Some(iss) if iss != server.issuer => {
            let seen =
                format!("iss is {}, the issuer is {}", quoted(Some(iss)), quoted(Some(&server.issuer)));
            exam.found(Rule::IssDiffers, PLACE, &seen);
        }
        None if server.promises_iss => exam.found(Rule::IssMissing, PLACE, "iss is absent"),
        _ => {}
    }
    let code = value("code");
    if code.is_none() {
        let error = value("error").unwrap_or("neither code nor error");
        let description = value("error_description").unwrap_or_default();
        exam.found(Rule::CallbackError, PLACE, &format!("{error}: {description}"));
    }
    code
}
