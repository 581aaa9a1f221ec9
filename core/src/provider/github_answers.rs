//! The answers of GitHub: of its token endpoint, and of its REST API (version 2022-11-28).

use crate::jose::Object;
use crate::provider::connection::{parse, without_value};
use crate::provider::error::{ProviderError, quoted};
use crate::provider::membership::Membership;
use crate::wire::Response;
use bytes::Bytes;
use http::{HeaderMap, StatusCode, header};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::num::NonZeroU64;

#[derive(Deserialize)]
struct Tokens {
    access_token: String,
}

/// The access token in a response that reports no error.
pub(super) fn token(response: &Response) -> Result<String, ProviderError> {
    if response.status() != StatusCode::OK {
        let why = format!("the provider's token endpoint answered {}", response.status());
        return Err(ProviderError::Invalid(why));
    }
    parse("the tokens", response.body()).map(|Tokens { access_token }| access_token)
}

/// Of the answer of `GET /user`.
#[derive(Deserialize)]
pub(super) struct Account {
    /// It never changes. The login does, and may be another user's afterwards.
    pub(super) id: NonZeroU64,
    pub(super) login: String,
}

/// The answer of `GET /user/emails`.
#[derive(Deserialize)]
pub(super) struct Addresses(Vec<Object<Address>>);

#[derive(Deserialize)]
pub(super) struct Address {
    pub(super) email: String,
    pub(super) verified: bool,
    primary: bool,
}

impl Addresses {
    pub(super) fn primary(&self) -> Option<&Address> {
        self.0.iter().map(|Object(address)| address).find(|address| address.primary)
    }
}

/// Of the answer of `GET /user/memberships/orgs/NAME`.
#[derive(Deserialize)]
struct MembershipAnswer {
    state: String,
    organization: Object<Organization>,
}

#[derive(Deserialize)]
struct Organization {
    login: String,
}

/// The membership in the organization of this name.
pub(super) fn membership(name: &str, answer: &Answer) -> Result<Membership, ProviderError> {
    match answer.status {
        StatusCode::NOT_FOUND => return Ok(Membership::None),
        // The organization restricts apps, or wants a sign-in by SAML first.
        StatusCode::FORBIDDEN => return Ok(Membership::Hidden(answer.message())),
        _ => {}
    }
    let Object(MembershipAnswer { state, organization: Object(organization) }) =
        answer.read("the memberships")?;
    if !organization.login.eq_ignore_ascii_case(name) {
        let other = quoted(&organization.login);
        return Err(ProviderError::Invalid(format!("the provider answered about {other}, and not {name}")));
    }
    match state.as_str() {
        "active" => Ok(Membership::Active),
        "pending" => Ok(Membership::Pending),
        other => {
            Err(ProviderError::Invalid(format!("the provider sent the membership state {}", quoted(other))))
        }
    }
}

/// An answer of the REST API.
#[derive(Debug)]
pub(super) struct Answer {
    url: String,
    status: StatusCode,
    body: Bytes,
}

impl Answer {
    /// The answer to a call of this URL.
    ///
    /// # Errors
    /// [`ProviderError::Unavailable`] for 403 by a rate limit, which passes.
    pub(super) fn of(url: String, response: Response) -> Result<Self, ProviderError> {
        let (head, body) = response.into_parts();
        let answer = Self { url, status: head.status, body };
        match answer.status == StatusCode::FORBIDDEN && is_rate_limit(&head.headers) {
            true => Err(ProviderError::Unavailable(answer.told())),
            false => Ok(answer),
        }
    }

    /// Reads an answer with status 200. `what` begins the sentence of the error.
    pub(super) fn read<T: DeserializeOwned>(&self, what: &str) -> Result<T, ProviderError> {
        if self.status != StatusCode::OK {
            return Err(ProviderError::Invalid(self.told()));
        }
        serde_json::from_slice(&self.body).map_err(|error| {
            let why = without_value(&error);
            ProviderError::Invalid(format!("{what} that the provider sent are not valid: {why}"))
        })
    }

    /// The answer for the log.
    fn told(&self) -> String {
        format!("the provider answered {} at {}: {}", self.status, self.url, self.message())
    }

    /// GitHub's own words, in quotes.
    fn message(&self) -> String {
        #[derive(Deserialize)]
        struct Message {
            message: String,
        }
        let read: Option<Message> = Object::read(&self.body).ok();
        quoted(&read.map(|said| said.message).unwrap_or_default())
    }
}

/// Whether a response says that there were too many requests.
fn is_rate_limit(headers: &HeaderMap) -> bool {
    let has_none_left = headers.get("x-ratelimit-remaining").is_some_and(|left| left == "0");
    has_none_left || headers.contains_key(header::RETRY_AFTER)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn answer(status: u16, body: &Value) -> Answer {
        let response = http::Response::builder().status(status).body(body.to_string().into()).unwrap();
        Answer::of("https://api.github.com/x".to_owned(), response).unwrap()
    }

    fn state(state: &str, login: &str) -> Value {
        json!({ "state": state, "role": "member", "organization": { "login": login, "id": 1 } })
    }

    #[test]
    fn only_an_active_membership_of_the_organization_itself_counts() {
        let of = |status, body: &Value| membership("acme", &answer(status, body));
        assert_eq!(of(200, &state("active", "Acme")), Ok(Membership::Active));
        assert_eq!(of(200, &state("pending", "acme")), Ok(Membership::Pending));
        assert_eq!(of(404, &json!({ "message": "Not Found" })), Ok(Membership::None));
        let hidden = of(403, &json!({ "message": "SAML" }));
        assert_eq!(hidden, Ok(Membership::Hidden("\"SAML\"".to_owned())));
        for (status, wrong) in [
            (200, state("active", "acme2")),
            (200, state("ACTIVE", "acme")),
            (200, json!({ "state": "active" })),
            (200, json!([state("active", "acme")])),
            (200, json!(["active", ["acme"]])),
            (301, state("active", "acme")),
            (401, json!({ "message": "Bad credentials" })),
        ] {
            assert!(matches!(of(status, &wrong), Err(ProviderError::Invalid(_))), "{status} {wrong}");
        }
    }

    #[test]
    fn an_account_has_a_number_that_is_not_zero() {
        let read = |body: Value| answer(200, &body).read::<Object<Account>>("the account").is_ok();
        assert!(read(json!({ "id": 583_231, "login": "octocat", "type": "User" })));
        for wrong in [
            json!({ "id": "583231", "login": "octocat" }),
            json!({ "id": 0, "login": "octocat" }),
            json!({ "id": -1, "login": "octocat" }),
            json!({ "id": 1.5, "login": "octocat" }),
            json!({ "id": null, "login": "octocat" }),
            json!({ "login": "octocat" }),
            json!([583_231, "octocat"]),
        ] {
            assert!(!read(wrong.clone()), "{wrong}");
        }
    }

    #[test]
    fn the_primary_address_counts_alone() {
        let one = |email: &str, primary, verified| json!({ "email": email, "primary": primary, "verified": verified, "visibility": null });
        for (body, expected) in [
            (json!([one("a@x", false, true), one("b@x", true, true)]), Some(("b@x", true))),
            (json!([one("a@x", false, true), one("b@x", true, false)]), Some(("b@x", false))),
            (json!([one("a@x", false, true)]), None),
            (json!([]), None),
        ] {
            let addresses: Addresses = answer(200, &body).read("the addresses").unwrap();
            let primary = addresses.primary().map(|primary| (primary.email.as_str(), primary.verified));
            assert_eq!(primary, expected, "{body}");
        }
    }

    #[test]
    fn a_rate_limit_passes_and_another_403_lasts() {
        let answered = |header: (&'static str, &'static str)| {
            let response = http::Response::builder().status(403).header(header.0, header.1);
            Answer::of("https://api.github.com/x".to_owned(), response.body(Bytes::new()).unwrap())
        };
        for limit in [("retry-after", "60"), ("x-ratelimit-remaining", "0")] {
            assert!(matches!(answered(limit), Err(ProviderError::Unavailable(_))), "{limit:?}");
        }
        let other = answered(("x-ratelimit-remaining", "59")).unwrap();
        assert!(matches!(other.read::<Value>("x"), Err(ProviderError::Invalid(_))));
    }
}
