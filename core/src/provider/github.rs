//! Sign-in at GitHub: OAuth 2.0 with PKCE, and then calls of its REST API, because there are no ID tokens. The access token is
//! used for these calls and dropped.

use crate::config::GitHubSettings;
use crate::jose::Object;
use crate::ports::Timestamp;
use crate::protocol::{ClaimRule, Judgement, PersonId, Prompt, UserRules};
use crate::provider::claims::Claims;
use crate::provider::error::{Outlook, ProviderError, ProviderFault, quoted};
use crate::provider::github_answers::{Account, Addresses, Answer, membership, token};
use crate::provider::membership::Membership;
use crate::provider::need::Need;
use crate::provider::resources::Wanted;
use crate::provider::way::{Identity, SignInRedirect, SignInReturn, Way};
use crate::wire::Request;
use bytes::Bytes;
use http::header;

/// GitHub, with everything that the server needs to use it.
pub(super) struct GitHub<'a> {
    pub(super) settings: &'a GitHubSettings,
    pub(super) way: &'a Way<'a>,
}

/// The profile, and the email addresses.
const SCOPES: &str = "read:user user:email";
/// The memberships in organizations, for rules about them.
const ORGANIZATIONS: &str = " read:org";
/// The API answers 403 to a request without one.
const USER_AGENT: &str = concat!("doorward/", env!("CARGO_PKG_VERSION"));
/// The header and the version of the API whose answers this server reads.
const VERSION: (&str, &str) = ("x-github-api-version", "2022-11-28");

impl GitHub<'_> {
    /// The URL of the authorization request (RFC 6749 §4.1.1). `login` and `prompt` are GitHub's own parameters.
    pub(super) fn redirect_url(&self, sign_in_redirect: SignInRedirect<'_>, now: Timestamp) -> String {
        let (login, prompt) = (sign_in_redirect.login_hint, sign_in_redirect.prompt);
        let (provider_state, state) = self.way.new_state(sign_in_redirect, now);
        let scope = format!("{SCOPES}{}", if self.reads_organizations() { ORGANIZATIONS } else { "" });
        let mut query = form_urlencoded::Serializer::new(String::new());
        query
            .append_pair("response_type", "code")
            .append_pair("client_id", &self.settings.registration.client_id)
            .append_pair("redirect_uri", &self.way.callback)
            .append_pair("scope", &scope)
            .append_pair("state", &state)
            .append_pair("code_challenge", &provider_state.challenge())
            .append_pair("code_challenge_method", "S256");
        query.extend_pairs(login.map(|login| ("login", login)));
        // GitHub cannot be told to ask for the password. It can be told to let the user choose.
        let chooses = matches!(prompt, Prompt::SelectAccount | Prompt::Login);
        query.extend_pairs(chooses.then_some(("prompt", "select_account")));
        format!("{}?{}", self.settings.oauth("authorize"), query.finish())
    }

    /// Whether a rule is about an organization.
    fn reads_organizations(&self) -> bool {
        let allowed = self.settings.registration.people.allowed.0.iter();
        let mut rules = allowed.chain(self.way.resources.iter().flat_map(|known| known.users.claims()));
        rules.any(|rule| matches!(rule, ClaimRule::Organization(_)))
    }

    /// Checks the `iss` of the authorization response (RFC 9207 §2.4). A GitHub Enterprise Server may send none, so that there
    /// is none decides nothing: the redirect URI and the state do.
    pub(super) fn validate_issuer(&self, sent: Option<&str>) -> Result<(), ProviderError> {
        let expected = self.settings.response_issuer();
        match sent {
            Some(sent) if sent != expected => Err(ProviderError::MixUp(format!(
                "the provider's response has the iss {}, and not {expected} (mix-up attack)",
                quoted(sent)
            ))),
            _ => Ok(()),
        }
    }

    /// Redeems the code, and reads the account, its primary address, and the memberships that rules are about. A failure of
    /// the last two counts only if a rule needs them.
    pub(super) async fn identify(&self, came: &SignInReturn<'_>) -> Result<Identity, ProviderError> {
        let token = self.redeem(came).await?;
        let Object(account): Object<Account> = self.call("/user", &token).await?.read("the account data")?;
        let mut claims = Claims::of_github(account.id.get(), account.login);
        let no_address = self.read_address(&mut claims, &token).await.err();
        let no_membership = self.read_memberships(&mut claims, came.wanted, &token).await.err();
        match no_membership.or(no_address) {
            Some(why) if self.needs(&claims, came.wanted) >= Need::EmptyList => Err(why),
            missed => Ok(Identity { claims, missed }),
        }
    }

    fn needs(&self, claims: &Claims, wanted: Wanted<'_>) -> Need {
        let people = &self.settings.registration.people;
        let of_resources = self.person(claims).map(|person| people.resource_needs(claims, &person, wanted));
        people.needs(claims, false).max(of_resources.unwrap_or(Need::Nothing))
    }

    fn person(&self, claims: &Claims) -> Option<PersonId> {
        PersonId::at_provider(self.settings.url(), &claims.subject)
    }

    /// Redeems the code (RFC 6749 §4.1.3), and returns the access token. GitHub reports errors with status 200, and answers
    /// with a form unless JSON is asked for.
    async fn redeem(&self, came: &SignInReturn<'_>) -> Result<String, ProviderError> {
        let response = self.way.connection.send(self.redemption(came), self.way.deadline).await?;
        let Some(fault) = ProviderFault::parse(response.body()) else { return token(&response) };
        let why = format!("the provider's token endpoint answered with the error {}", fault.told());
        Err(match (fault.error.as_str(), fault.outlook()) {
            ("bad_verification_code" | "invalid_grant", _) => {
                ProviderError::CodeRejected(format!("the provider rejected the code: {}", fault.told()))
            }
            // The user has to verify the primary address at GitHub first.
            ("unverified_user_email", _) => ProviderError::Declined(why),
            (_, Outlook::Passing) => ProviderError::Unavailable(why),
            (_, Outlook::Permanent | Outlook::Decided) => ProviderError::Invalid(why),
        })
    }

    fn redemption(&self, came: &SignInReturn<'_>) -> Result<Request, http::Error> {
        let registration = &self.settings.registration;
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair("grant_type", "authorization_code")
            .append_pair("client_id", &registration.client_id)
            .append_pair("code", came.code)
            .append_pair("redirect_uri", &self.way.callback)
            .append_pair("code_verifier", &came.provider_state.verifier());
        form.extend_pairs(registration.secret.as_ref().map(|secret| ("client_secret", secret.as_str())));
        http::Request::post(self.settings.oauth("access_token"))
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(header::ACCEPT, "application/json")
            .header(header::USER_AGENT, USER_AGENT)
            .body(Bytes::from(form.finish()))
    }

    /// The primary address, if GitHub tells one.
    async fn read_address(&self, claims: &mut Claims, token: &str) -> Result<(), ProviderError> {
        // The most that one page has.
        let answer = self.call("/user/emails?per_page=100", token).await?;
        let addresses: Addresses = answer.read("the email addresses")?;
        if let Some(primary) = addresses.primary() {
            claims.set_address(&primary.email, primary.verified);
        }
        Ok(())
    }

    /// Reads the memberships, one call each, until the rules are decided: first those of which users may sign in. An answer
    /// about one organization that cannot be used does not hide the others. If GitHub does not answer, the rest is not asked.
    async fn read_memberships(
        &self,
        claims: &mut Claims,
        wanted: Wanted<'_>,
        token: &str,
    ) -> Result<(), ProviderError> {
        let people = &self.settings.registration.people;
        let person = self.person(claims);
        let by_claims = |users: &UserRules| {
            person.as_ref().map(|person| users.judge(person)) == Some(Judgement::ByClaims)
        };
        let resources = wanted.asked.into_iter().chain(wanted.resources.iter()).map(|known| &known.users);
        let of_resources = resources.filter(|users| by_claims(users)).map(|users| users.claims().collect());
        let allowed: Vec<_> = people.allowed.0.iter().collect();
        let mut unusable = None;
        for rules in std::iter::once(allowed).chain(of_resources) {
            for rule in &rules {
                let ClaimRule::Organization(name) = rule else { continue };
                let is_met = people.judge(rules.iter().copied(), claims).is_ok();
                if is_met || claims.membership(name) != Some(&Membership::Unknown) {
                    continue;
                }
                match self.membership(name, token).await {
                    Ok(told) => claims.set_membership(name, told),
                    Err(why @ ProviderError::Invalid(_)) => unusable = unusable.or(Some(why)),
                    Err(why) => return Err(why),
                }
            }
        }
        unusable.map_or(Ok(()), Err)
    }

    async fn membership(&self, organization: &str, token: &str) -> Result<Membership, ProviderError> {
        let answer = self.call(&format!("/user/memberships/orgs/{organization}"), token).await?;
        membership(organization, &answer)
    }

    /// Calls the REST API in the user's name.
    async fn call(&self, path: &str, token: &str) -> Result<Answer, ProviderError> {
        let url = self.settings.api(path);
        let request = http::Request::get(&url)
            .header(header::AUTHORIZATION, format!("Bearer {token}"))
            .header(header::ACCEPT, "application/vnd.github+json")
            .header(header::USER_AGENT, USER_AGENT)
            .header(VERSION.0, VERSION.1)
            .body(Bytes::new());
        let response = self.way.connection.send(request, self.way.deadline).await?;
        Answer::of(url, response)
    }
}
