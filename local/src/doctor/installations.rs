//! Two installations of one client: they have one client id, and a sign-in of the second must not end the tokens of the first.

use super::ask::Ask;
use super::authorization::Request;
use super::examination::Examination;
use super::made_up::token_request;
use super::registration::Registered;
use super::rule::Rule;
use super::visit::Visit;
use reqwest::Url;
use serde_json::Value;

/// What a sign-in needs.
pub(super) struct Way<'a> {
    pub(super) client: &'a Registered,
    pub(super) authorize: &'a Url,
    pub(super) token: &'a Url,
    pub(super) resource: &'a str,
    pub(super) scope: Option<String>,
}

impl Way<'_> {
    /// Signs the first installation in. Returns its refresh token. What is wrong with the responses is not said here: the second
    /// sign-in meets it too.
    ///
    /// # Errors
    /// Why the browser would not come back to the client.
    pub(super) async fn sign_in(
        &self,
        exam: &mut Examination,
        (name, password): (&str, &str),
    ) -> Result<Option<String>, String> {
        let (state, verifier) = (super::random(), super::random());
        let redirect_uri = self.client.redirect_uri.as_str();
        let request = Request {
            client: self.client,
            redirect_uri,
            scope: self.scope.clone(),
            resource: Some(self.resource),
            state: &state,
            verifier: Some(&verifier),
            prompt: None,
        };
        let url = request.url(self.authorize);
        let visit = Visit::new(&url, redirect_uri, name.to_owned(), password.to_owned());
        let back = visit.walk(exam, Ask::get(&url)).await?;
        let Some((_, code)) = back.query_pairs().find(|(name, _)| name == "code") else { return Ok(None) };
        let fields = [
            ("grant_type", "authorization_code"),
            ("code", &code),
            ("redirect_uri", redirect_uri),
            ("code_verifier", &verifier),
            ("resource", self.resource),
        ];
        Ok(refresh_token(exam, &token_request(self.token, self.client, &fields)).await.ok().flatten())
    }

    /// Refreshes the first installation, after the second has signed in. Returns its newest refresh token.
    pub(super) async fn refresh(&self, exam: &mut Examination, first: String) -> String {
        let fields =
            [("grant_type", "refresh_token"), ("refresh_token", first.as_str()), ("resource", self.resource)];
        let ask = token_request(self.token, self.client, &fields).refreshing();
        match refresh_token(exam, &ask).await {
            Ok(newest) => newest.unwrap_or(first),
            Err(why) => {
                let place = format!("{}, the token of an earlier sign-in", ask.place());
                exam.found(Rule::SecondSignIn, &place, &why);
                first
            }
        }
    }
}

/// The refresh token of a token response, or what came instead of a response.
async fn refresh_token(exam: &mut Examination, ask: &Ask) -> Result<Option<String>, String> {
    let Some(seen) = exam.ask(ask).await else { return Ok(None) };
    if !seen.status.is_success() {
        return Err(seen.outcome());
    }
    let object = seen.object().unwrap_or_default();
    Ok(object.get("refresh_token").and_then(Value::as_str).map(str::to_owned))
}
