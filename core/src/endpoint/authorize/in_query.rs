//! Sign-in by query for the tutorial: name, password and `approve=true` in the authorization request. Only
//! available where [`crate::config::Allowances`] allow it, because a query ends up in browser histories and logs.

use super::Interaction;
use super::access::Access;
use crate::browser::{PasswordForm, SignInOutcome};
use crate::protocol::{Parameters, RedirectKind, Refusal};
use crate::rules;
use crate::sealed::Session;
use crate::wire::{self, Request, Response};
use http::StatusCode;
use serde_json::json;

impl Interaction {
    /// Only for a client with a loopback redirect URI. Otherwise any web page could send a browser here with the
    /// tutorial's public credentials (CSRF), and have the code sent to its own redirect URI.
    pub(super) fn may_be_in_query(&self) -> bool {
        self.server.config.allowances().credentials_in_query
            && self.server.has_passwords()
            && self.asked.requester.redirect.kind() == RedirectKind::Loopback
    }

    /// If the query has everything, redirects to the client with a code. Otherwise, a browser gets the ordinary
    /// pages, and any other program gets an error that names the missing parameters.
    pub(super) async fn in_query(&self, request: &Request) -> Response {
        let query = wire::query(request);
        let Some(typed) = PasswordForm::read(&query).filter(|typed| typed.is_complete() && approves(&query))
        else {
            return if wire::wants_html(request.headers()) {
                self.show(None).await
            } else {
                interaction_required()
            };
        };
        match typed.check(&self.server, &self.browser, self.now).await {
            Ok(SignInOutcome::SignedIn(person)) => self.answer_signed_in(&person.sign_in(self.now)),
            Ok(SignInOutcome::Rejected(known)) if wire::wants_html(request.headers()) => {
                self.refuse_sign_in(known)
            }
            Ok(SignInOutcome::RateLimited(known, end)) => self.rate_limited(known, end),
            Ok(SignInOutcome::Rejected(_)) => {
                rules::TUTORIAL_PASSWORD.refuse("username or password is wrong").json(&self.server)
            }
            Err(error) => Refusal::temporarily_unavailable(&error).json(&self.server),
        }
    }

    /// The sign-in by query leaves no session, so no page can offer anything to a user who may not use the resource.
    fn answer_signed_in(&self, session: &Session) -> Response {
        match self.access(session) {
            Access::Granted => self.send_code(session),
            Access::Denied(denial) => self.refusal(denial).json(&self.server),
            Access::Unknown => interaction_required(),
        }
    }
}

fn approves(query: &Parameters) -> bool {
    query.once("approve").ok().flatten().is_some_and(|value| value.eq_ignore_ascii_case("true"))
}

/// The same answer as the authorization server of the tutorial gives.
fn interaction_required() -> Response {
    let body = json!({
        "error": "interaction_required",
        "error_description": "the user's credentials and approval are required",
        "hint": "repeat this request with username, password and approve=true",
        "required_params": ["username", "password", "approve=true"],
    });
    wire::json(StatusCode::BAD_REQUEST, &body)
}
