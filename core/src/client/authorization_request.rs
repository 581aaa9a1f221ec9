//! The authorization request (OAuth 2.1 §4.1.1), parsed in two steps. Until the client and its redirect URI are
//! known, an error is shown to the user. After that, an error is sent to the client (§4.1.2.1).

use crate::client::identity::Client;
use crate::client::redirect::Redirect;
use crate::protocol::{
    CodeChallenge, GrantedScope, InvalidRedirectUri, OPENID, Parameters, PersonId, Prompt, Proof,
    ProtectedResource, RedirectUri, Refusal, RequestDigest, Resources, Scope, shortened, without_secrets,
};
use crate::rules::{self, Rule};
use std::time::Duration;

/// The first step: the client, and where the response goes. From here on, errors are sent to the client.
#[derive(Clone, Debug)]
pub struct Requester {
    /// The client.
    pub client: Client,
    /// Where the response goes.
    pub redirect: Redirect,
    /// The `state` that is returned in the response.
    pub state: Option<String>,
}

/// A complete authorization request, which can be shown to a user.
#[derive(Clone, Debug)]
pub struct AuthorizationRequest {
    /// The client and its redirect URI.
    pub requester: Requester,
    /// What the client must prove when it redeems the code: PKCE, or nothing.
    pub proof: Proof,
    /// The scope that it may get, and what was dropped from its request.
    pub granted: GrantedScope,
    /// The resource that the token is for.
    pub resource: ProtectedResource,
    /// Whether the request names that resource.
    pub names_resource: bool,
    /// The `prompt`: what the user must be asked in addition.
    pub prompt: Prompt,
    /// How old the user's sign-in may be (OpenID Connect Core 1.0 §3.1.2.1).
    pub max_age: Option<Duration>,
    /// The `nonce` for the ID token, if there will be one (§3.1.2.1).
    pub nonce: Option<String>,
    /// The name that the client expects the user to sign in with (OpenID Connect Core 1.0 §3.1.2.1).
    pub login_hint: Option<PersonId>,
    /// The request as a query string. It is in the URL of our pages while the user signs in.
    pub query: String,
}

/// The settings that an authorization request is checked against.
#[derive(Clone, Copy, Debug)]
pub struct RequestRules<'a> {
    /// The servers that tokens are issued for.
    pub resources: &'a Resources,
    /// Whether a request without PKCE is refused (OAuth 2.1 §4.1.1).
    pub pkce_required: bool,
    /// Whether a request without `resource` is refused (RFC 8707 §2).
    pub resource_required: bool,
}

impl Requester {
    /// Reads the redirect URI, which can be checked before the client is known.
    ///
    /// # Errors
    /// A refusal that is shown to the user.
    pub fn redirect_uri(parameters: &Parameters) -> Result<Option<RedirectUri>, Refusal> {
        let sent = parameters.once("redirect_uri")?;
        sent.map(|uri| RedirectUri::parse(uri).map_err(|invalid| unusable(&invalid))).transpose()
    }

    /// Reads where the response for a client goes.
    ///
    /// # Errors
    /// A refusal that is shown to the user. Nothing is sent to an unregistered address (open redirect).
    pub fn parse(
        parameters: &Parameters,
        client: Client,
        redirect_uri: Option<RedirectUri>,
    ) -> Result<Self, Refusal> {
        let redirect = match redirect_uri {
            Some(uri) => client.redirect(uri).map_err(|uri| unregistered(&uri, &client))?,
            None => client
                .sole_redirect()
                .ok_or_else(|| rules::REDIRECT_URI_MISSING.refuse("redirect_uri is missing"))?,
        };
        let state = parameters.once("state").ok().flatten().map(str::to_owned);
        Ok(Self { client, redirect, state })
    }
}

impl AuthorizationRequest {
    /// Reads the rest of the request, in the order of OAuth 2.1 §4.1.1.
    ///
    /// # Errors
    /// A refusal that is sent to the client, through its redirect URI.
    pub fn parse(
        requester: Requester,
        parameters: &Parameters,
        rules: RequestRules<'_>,
    ) -> Result<Self, Refusal> {
        parameters.once("state")?;
        supported(parameters)?;
        if parameters.required("response_type")? != "code" {
            return Err(rules::RESPONSE_TYPE.refuse("response_type must be code").for_operator(&sent(
                parameters,
                "response_type",
                "code",
            )));
        }
        let proof = proof(parameters, rules.pkce_required)?;
        let Target { resource, is_named } = target(parameters, rules.resources, rules.resource_required)?;
        let scope = parameters.once("scope")?;
        let granted = resource.scope().with_openid(scope).granted_to(scope)?;
        let prompt = Prompt::parse(parameters.once("prompt")?)?;
        let max_age = max_age(parameters)?;
        let nonce = if granted.scope.has(OPENID) { nonce(parameters)? } else { None };
        let login_hint = parameters.once("login_hint")?.and_then(PersonId::parse);
        Ok(Self {
            requester,
            proof,
            granted,
            resource: resource.clone(),
            names_resource: is_named,
            prompt,
            max_age,
            nonce,
            login_hint,
            query: parameters.query(),
        })
    }

    /// What this server decided in the client's place, for the log. `unknown` are scopes of which nothing is known about the
    /// user, so that they were not granted.
    pub(crate) fn note(&self, unknown: &Scope) -> Option<String> {
        let unnamed = (!self.names_resource)
            .then(|| format!("no resource was named; it is {}", self.resource.resource));
        let unknown =
            (!unknown.is_empty()).then(|| format!("not known of the user, so not granted: {unknown}"));
        let notes: Vec<_> = unnamed.into_iter().chain(self.granted.note()).chain(unknown).collect();
        (!notes.is_empty()).then(|| notes.join("; "))
    }

    /// The digest that binds a CSRF token (the form token) to this request.
    pub fn digest(&self) -> RequestDigest {
        RequestDigest::of(&self.query)
    }
}

/// Only the operator gets the registered URIs: the page is shown to whom the client sends.
fn unregistered(uri: &RedirectUri, client: &Client) -> Refusal {
    let why = format!("redirect_uri {uri} is not registered for this client");
    let registered: Vec<_> = client.redirect_uris.iter().map(|uri| shortened(uri.as_str())).collect();
    let reason =
        format!("redirect_uri is {}, registered is {}", shortened(uri.as_str()), registered.join(", "));
    rules::REDIRECT_URI_UNREGISTERED.refuse(why).for_operator(&reason)
}

/// The message does not repeat what is no URI. Otherwise an attacker could put a message on our page.
fn unusable(InvalidRedirectUri(why): &InvalidRedirectUri) -> Refusal {
    rules::REDIRECT_URI_INVALID.refuse(format!("redirect_uri {why}"))
}

/// Refuses parameters that would change the request or the way of the answer, and are not supported here (OpenID
/// Connect Core 1.0 §3.1.2.6; OAuth 2.0 Multiple Response Type Encoding Practices §2.1). To ignore them would answer
/// another request than the client made.
fn supported(parameters: &Parameters) -> Result<(), Refusal> {
    let refuse = |name: &str, rule: &'static Rule| {
        let sent = parameters.all(name).next();
        let why = || rule.refuse(format!("{name} is not supported; send each parameter in the query"));
        sent.map_or(Ok(()), |_| Err(why()))
    };
    refuse("request", &rules::REQUEST_OBJECT)?;
    refuse("request_uri", &rules::REQUEST_URI)?;
    refuse("registration", &rules::REGISTRATION_IN_REQUEST)?;
    match parameters.once("response_mode")? {
        None | Some("query") => Ok(()),
        Some(other) => Err(rules::RESPONSE_MODE
            .refuse("response_mode must be query, or be left out")
            .for_operator(&format!("response_mode was {other}; it must be query"))),
    }
}

fn max_age(parameters: &Parameters) -> Result<Option<Duration>, Refusal> {
    let malformed = || rules::MAX_AGE.refuse("max_age must be a number of seconds");
    let seconds = parameters.once("max_age")?.map(|text| {
        let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
        // A number that is too large to be read means any age.
        is_number.then(|| text.parse().unwrap_or(u64::MAX)).ok_or_else(malformed)
    });
    Ok(seconds.transpose()?.map(Duration::from_secs))
}

/// The longest `nonce`, in bytes. Libraries send 20 to 110.
const MAX_NONCE: usize = 255;

fn nonce(parameters: &Parameters) -> Result<Option<String>, Refusal> {
    let sent = parameters.once("nonce")?;
    if sent.is_some_and(|nonce| nonce.len() > MAX_NONCE) {
        return Err(rules::NONCE.refuse("nonce must have at most 255 bytes"));
    }
    Ok(sent.map(str::to_owned))
}

/// The value that was sent beside the one that is needed, for the operator's log.
fn sent(parameters: &Parameters, name: &str, needed: &str) -> String {
    let sent = parameters.all(name).next().map_or_else(|| "missing".to_owned(), without_secrets);
    format!("{name} is {sent}; it must be {needed}")
}

/// RFC 7636 §4.3, with S256 only (OAuth 2.1 §4.1.1; MCP 2026-07-28, Authorization, Security Considerations).
fn proof(parameters: &Parameters, pkce_required: bool) -> Result<Proof, Refusal> {
    let method = parameters.once("code_challenge_method")?;
    let Some(challenge) = parameters.once("code_challenge")? else {
        let none = !pkce_required && method.is_none();
        return none
            .then_some(Proof::None)
            .ok_or_else(|| rules::PKCE_MISSING.refuse("code_challenge is missing: PKCE is required"));
    };
    if method != Some("S256") {
        return Err(rules::PKCE_METHOD.refuse("code_challenge_method must be S256").for_operator(&sent(
            parameters,
            "code_challenge_method",
            "S256",
        )));
    }
    let challenge = CodeChallenge::parse(challenge).map(Proof::Pkce);
    challenge
        .ok_or_else(|| rules::PKCE_CHALLENGE.refuse("code_challenge must be a SHA-256 digest in base64url"))
}

/// The resource of a request.
pub(crate) struct Target<'a> {
    pub(crate) resource: &'a ProtectedResource,
    /// Whether the request names it. Otherwise it is the first resource.
    pub(crate) is_named: bool,
}

/// RFC 8707 §2. Without this parameter, the token is bound to the first resource, unless the parameter is required.
pub(crate) fn target<'a>(
    parameters: &Parameters,
    resources: &'a Resources,
    is_required: bool,
) -> Result<Target<'a>, Refusal> {
    let known = |sent: &str| resources.meant_by(sent).ok_or_else(|| resources.unknown(sent));
    let mut sent = parameters.all("resource");
    let Some(first) = sent.next() else {
        let missing =
            || rules::RESOURCE_MISSING.refuse(format!("resource is missing; known: {}", resources.names()));
        let resource = resources.default();
        return (!is_required).then_some(Target { resource, is_named: false }).ok_or_else(missing);
    };
    let first = known(first)?;
    for other in sent {
        let other = known(other)?;
        if other.resource != first.resource {
            return Err(rules::RESOURCES_SEVERAL.refuse(format!(
                "a token is for one resource; send one resource parameter, not {} and {}",
                first.resource, other.resource
            )));
        }
    }
    Ok(Target { resource: first, is_named: true })
}
