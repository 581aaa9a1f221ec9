//! The response of the token endpoint: the tokens of a grant (OAuth 2.1 §3.2.3).

use crate::endpoint::authentication::Caller;
use crate::jose::SigningFailed;
use crate::ports::{Timestamp, draw};
use crate::protocol::{GrantId, Scope};
use crate::sealed::RefreshToken;
use crate::server::Server;
use crate::store::Grant;
use crate::token::AccessToken;
use crate::wire::{Event, EventKind};
use serde::Serialize;

/// The JSON members of the response (OAuth 2.1 §3.2.3).
#[derive(Serialize)]
pub(super) struct Issued {
    access_token: String,
    token_type: &'static str,
    expires_in: u64,
    scope: Scope,
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<String>,
}

/// Makes the tokens for `grant`. The access token ends with the grant at the latest.
pub(super) fn issue(
    server: &Server,
    grant: &Grant,
    scope: Scope,
    refresh_token: Option<&RefreshToken>,
    now: Timestamp,
) -> Result<Issued, SigningFailed> {
    let expires_at = now.after(server.config.lifetimes().access_token).min(grant.expires_at);
    let access_token = AccessToken {
        iss: server.config.issuer().to_string(),
        sub: grant.subject.clone(),
        aud: grant.resource.clone(),
        client_id: grant.client.clone(),
        scope: scope.clone(),
        iat: now,
        exp: expires_at,
        auth_time: grant.signed_in_at,
        // 128 random bits, in the same encoding as the ids of grants.
        jti: GrantId(draw(&*server.entropy)).to_string(),
        gid: grant.id.to_string(),
    };
    Ok(Issued {
        access_token: access_token.sign(server.token_keys.signer()?)?,
        token_type: "Bearer",
        expires_in: expires_at.0.saturating_sub(now.0),
        scope,
        refresh_token: refresh_token.map(|token| server.keys.refresh_tokens.sign(token)),
    })
}

pub(super) fn event(what: EventKind, caller: &Caller, grant: GrantId) -> Event {
    let (client, ignored) = (Some(caller.id.clone()), caller.ignored);
    Event { client, grant: Some(grant), ignored, ..Event::new(what) }
}
