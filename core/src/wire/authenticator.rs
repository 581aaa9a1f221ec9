//! Authenticator trait: an application that embeds this server tells it which user is signed in.

use crate::ports::Timestamp;
use crate::protocol::{EmailAddress, PersonId};
use crate::rules;
use crate::wire::event::Event;
use crate::wire::http_client::Unreachable;
use crate::wire::message::{Request, Response, respond, see_other};
use async_trait::async_trait;
use http::{HeaderValue, StatusCode};

/// The sign-in of the application that embeds this server. It replaces passwords and the identity provider. At each
/// request to its pages, this server reads the application's own session.
///
/// The application's session must be safe against CSRF on its own sign-in page. This server's forms have CSRF tokens.
#[async_trait]
pub trait Authenticator: Send + Sync {
    /// The user who is signed in to the application in the browser that sent `request`, for example by its session
    /// cookie.
    ///
    /// # Errors
    /// [`Unreachable`] if the application's sessions cannot be read. The user then sees a page with status 503.
    async fn user(&self, request: &Request) -> Result<Option<SignedInUser>, Unreachable>;

    /// The URL of the application's sign-in page. After the sign-in, the application must send the browser back to
    /// `return_to`, which is a path and query of this server.
    fn sign_in_url(&self, return_to: &str) -> String;

    /// The URL at which the application ends its session, and then sends the browser to `return_to`. The browser is
    /// sent there to sign out, to choose another account, and if a client requires a new sign-in (`prompt=login`). The
    /// default is the sign-in page, which must then let a signed-in user choose another account.
    fn sign_out_url(&self, return_to: &str) -> String {
        self.sign_in_url(return_to)
    }
}

/// A user who is signed in to the application.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedInUser {
    /// The id of the user: the `sub` of tokens. It must never be given to another user.
    pub id: PersonId,
    /// The name on the pages, if it is not the id.
    pub name: Option<String>,
    /// The user's email address, if the application has verified it. A client may read it if the user lets it
    /// (`UserInfo`, OpenID Connect Core 1.0 §5.3).
    pub email: Option<EmailAddress>,
    /// When the user signed in.
    pub signed_in_at: Timestamp,
}

/// Redirects the browser to a URL of the application.
pub(crate) fn to_application(url: &str) -> Response {
    if HeaderValue::try_from(url).is_ok_and(|value| value.to_str().is_ok()) {
        return see_other(url);
    }
    let why = "the sign-in URL of the application is not a URL: encode it";
    let response = respond(StatusCode::INTERNAL_SERVER_ERROR, "text/plain", why.as_bytes().to_vec());
    Event::refused(&rules::APPLICATION_URL, why).beside(response)
}
