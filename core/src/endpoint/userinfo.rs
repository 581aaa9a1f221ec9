//! The `UserInfo` endpoint (OpenID Connect Core 1.0 §5.3): a client reads who the user is, as far as the user allowed it.

use crate::jose::Members;
use crate::ports::Timestamp;
use crate::protocol::{BearerCredentials, OPENID, Profile, Refusal, Subject};
use crate::rules::{self, Rule};
use crate::server::Server;
use crate::store::{Grant, connections};
use crate::token::AccessToken;
use crate::wire::{self, Events, Request, Response};
use http::{HeaderValue, StatusCode, header};
use std::sync::Arc;

/// Answers a request for claims. The body of a POST is not read: it would be the token (RFC 6750 §2.2), which this server takes
/// in the header only, as at an MCP server.
pub(super) async fn userinfo(server: Server, request: Request) -> Response {
    let now = server.clock.now();
    let token = match verify(&server, &request, now) {
        Ok(token) => token,
        Err(refusal) => return refuse(&server, refusal),
    };
    match look_up(&server, &token, now).await {
        Ok(grant) => {
            let claims = claims(&token.sub, &grant.profile.allowed_by(&token.scope));
            wire::json_text(StatusCode::OK, claims)
        }
        Err(refusal) => {
            let mut response = refuse(&server, refusal);
            Events::complete(&mut response, |event| {
                event.person = token.sub.person().cloned();
                event.client = Some(token.client_id.clone());
                event.grant = token.grant();
            });
            response
        }
    }
}

/// The genuine token of the request, before the store is asked. It may be for any resource of this server.
fn verify(server: &Server, request: &Request, now: Timestamp) -> Result<Arc<AccessToken>, Refusal> {
    let sent = match BearerCredentials::read(request.headers()) {
        BearerCredentials::Bearer(token) => token,
        BearerCredentials::None => {
            return Err(rules::USERINFO_TOKEN_MISSING.refuse("an access token is required"));
        }
        BearerCredentials::Malformed => {
            let one = "the request must have one valid bearer token in one Authorization header";
            return Err(rules::USERINFO_TOKEN_MALFORMED.refuse(one));
        }
    };
    let token = server.verifier().verify(sent, now);
    let token = token.map_err(|why| invalid(why.why).for_operator(&format!("the access token {why}")))?;
    if !server.config.resources().iter().any(|known| known.resource == token.aud) {
        return Err(invalid("is for a resource that this server does not have"));
    }
    Ok(token)
}

/// The grant of a genuine token that has the scope, if the grant is open: one read.
async fn look_up(server: &Server, token: &AccessToken, now: Timestamp) -> Result<Grant, Refusal> {
    if let Subject::Client(_) = token.sub {
        return Err(
            rules::USERINFO_NO_USER.refuse("the access token is the client's own, so there is no user")
        );
    }
    if !token.scope.has(OPENID) {
        return Err(rules::USERINFO_SCOPE.refuse("the access token lacks the scope openid"));
    }
    let unanswered = |error| Refusal::temporarily_unavailable(&error);
    if server.is_client_blocked(&token.client_id, now).await.map_err(unanswered)? {
        return Err(invalid("is of a client that the operator has blocked"));
    }
    if server.config.excludes(&token.sub, &token.aud) {
        let reason = format!("no rule of resource-people for {} names the user", token.aud);
        return Err(rules::USER_EXCLUDED
            .refuse("the user may not use the resource of the access token")
            .for_operator(&reason));
    }
    let closed = || invalid("is of a grant that is closed");
    let id = token.grant().ok_or_else(closed)?;
    let grant = connections::standing(&**server.stores.grants(), id, now).await.map_err(unanswered)?;
    grant.filter(|grant| grant.subject == token.sub).ok_or_else(closed)
}

/// The claims that the user allowed (§5.3.2). An address without `email_verified` would be of no use to a client.
fn claims(sub: &Subject, Profile { email, name }: &Profile) -> String {
    let mut members = Members::with_capacity(256).text("sub", &sub.as_text());
    if let Some(email) = email {
        members = members.text("email", email.as_str()).truth("email_verified", true);
    }
    if let Some(name) = name {
        members = members.text("name", name.as_str());
    }
    members.end()
}

fn invalid(why: &str) -> Refusal {
    rules::USERINFO_TOKEN_INVALID.refuse(format!("the access token {why}"))
}

/// A refusal with its challenge (RFC 6750 §3). A user who may not use the resource gets none: a new sign-in would change
/// nothing.
fn refuse(server: &Server, refusal: Refusal) -> Response {
    let challenge = challenge(refusal.rule(), refusal.description());
    let mut response = refusal.json(server);
    response.headers_mut().remove(header::WWW_AUTHENTICATE);
    response.headers_mut().extend(challenge.map(|value| (header::WWW_AUTHENTICATE, value)));
    response
}

fn challenge(rule: &Rule, description: &str) -> Option<HeaderValue> {
    let error = format!("error=\"{}\", error_description=\"{description}\"", rule.code);
    let parameters = match rule.code {
        // Without a token there is no error (RFC 6750 §3.1).
        _ if *rule == rules::USERINFO_TOKEN_MISSING => "realm=\"userinfo\"".to_owned(),
        "insufficient_scope" => format!("{error}, scope=\"{OPENID}\""),
        "invalid_token" | "invalid_request" => error,
        _ => return None,
    };
    Some(HeaderValue::try_from(format!("Bearer {parameters}")).expect("descriptions are printable ASCII"))
}
