//! An application with users and sessions of its own. It stands for yours. One password is for all users, sessions never end,
//! and the cookie has no `Secure` attribute: a real application does better.

use axum::extract::{Form, Query, State};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::{Router, routing::get};
use doorward::ports::{Clock, Entropy};
use doorward::{PersonId, SignedInUser};
use doorward_signing::{SystemClock, SystemEntropy};
use http::{HeaderMap, StatusCode, header};
use std::collections::HashMap;
use std::fmt::Write;
use std::sync::{Arc, Mutex};

/// The sessions of the users who are signed in, by the value of the session cookie.
#[derive(Default)]
pub(crate) struct Application {
    sessions: Mutex<HashMap<String, SignedInUser>>,
}

const SIGN_IN_PAGE: &str = "<form method=post><input name=username><input name=password type=password>\
    <button>Sign in</button></form>";

impl Application {
    /// The pages of the application.
    pub(crate) fn pages(self: Arc<Self>) -> Router {
        Router::new().route("/sign-in", get(Html(SIGN_IN_PAGE)).post(sign_in)).with_state(self)
    }

    /// The user of the session cookie.
    pub(crate) fn user(&self, headers: &HeaderMap) -> Option<SignedInUser> {
        let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
        let session =
            cookies.flat_map(|value| value.split("; ")).find_map(|pair| pair.strip_prefix("session="))?;
        self.sessions.lock().expect("the lock is not poisoned").get(session).cloned()
    }

    fn begin_session(&self, user: PersonId) -> String {
        let mut random = [0; 16];
        SystemEntropy.fill(&mut random);
        let session = random.iter().fold(String::new(), |mut hex, byte| {
            let _ = write!(hex, "{byte:02x}");
            hex
        });
        let user = SignedInUser { id: user, name: None, email: None, signed_in_at: SystemClock.now() };
        self.sessions.lock().expect("the lock is not poisoned").insert(session.clone(), user);
        session
    }
}

/// Signs a user in, and sends the browser back to a path of this server (open redirect).
async fn sign_in(
    State(application): State<Arc<Application>>,
    headers: HeaderMap,
    Query(query): Query<HashMap<String, String>>,
    Form(form): Form<HashMap<String, String>>,
) -> Response {
    // Login CSRF: other sites must not sign the browser in as another user.
    if headers.get("sec-fetch-site").is_some_and(|site| site != "same-origin") {
        return StatusCode::FORBIDDEN.into_response();
    }
    let field = |name: &str| form.get(name).map(String::as_str).unwrap_or_default();
    let user = PersonId::parse(field("username")).filter(|_| field("password") == "open sesame");
    let Some(user) = user else { return (StatusCode::FORBIDDEN, Html(SIGN_IN_PAGE)).into_response() };
    let back = query.get("to").filter(|to| to.starts_with("/oauth/") || *to == "/account");
    let cookie = format!("session={}; HttpOnly; SameSite=Lax; Path=/", application.begin_session(user));
    ([(header::SET_COOKIE, cookie)], Redirect::to(back.map_or("/account", String::as_str))).into_response()
}
