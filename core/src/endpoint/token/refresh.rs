//! The refresh token grant (OAuth 2.1 §4.3).

use super::resources::{all_are, resources};
use super::rotation::Rotation;
use crate::endpoint::authentication::Claimant;
use crate::ports::Timestamp;
use crate::protocol::{GrantedScope, Parameters, ProtectedResource, Refusal};
use crate::rules;
use crate::sealed::RefreshToken;
use crate::server::Server;
use crate::wire::Response;

/// A token request with a refresh token. Its client is not authenticated yet.
pub(super) struct Refresh {
    claimant: Claimant,
    token: String,
    /// Optional narrower scopes for the next access token (OAuth 2.1 §4.3.1).
    scope: Option<String>,
    resources: Vec<String>,
}

impl Refresh {
    pub(super) fn parse(claimant: Claimant, form: &Parameters) -> Result<Self, Refusal> {
        claimant.may_redeem()?;
        let token = form.required("refresh_token")?.to_owned();
        let scope = form.once("scope")?.map(str::to_owned);
        Ok(Self { claimant, token, scope, resources: resources(form) })
    }

    /// Validates the token before the client is looked up or the store is asked, so that a refused refresh uses up
    /// nothing.
    pub(super) async fn refresh(self, server: &Server, now: Timestamp) -> Response {
        let (token, granted) = match self.validate(server, now) {
            Ok(validated) => validated,
            Err(refusal) => return refusal.json(server),
        };
        if let Err(refusal) = self.claimant.admit(server, now).await {
            return refusal.json(server);
        }
        let caller = match self.claimant.authenticate_for(server, token.confidential).await {
            Ok(caller) => caller,
            Err(refusal) => return refusal.json(server),
        };
        match caller.settle(server).await {
            Ok(()) => Rotation { server, caller: &caller, token, granted, now }.run().await,
            Err(refusal) => refusal.json(server),
        }
    }

    /// Every invalid token is `invalid_grant`, whatever the cause: it is the only error on which clients start a
    /// new sign-in.
    fn validate(&self, server: &Server, now: Timestamp) -> Result<(RefreshToken, GrantedScope), Refusal> {
        let token = server.keys.refresh_tokens.verify(&self.token);
        let token = token.ok_or_else(|| {
            rules::REFRESH_TOKEN_UNKNOWN.refuse("this server did not issue the refresh token")
        })?;
        if token.client != self.claimant.digest() {
            return Err(
                rules::REFRESH_TOKEN_OTHER_CLIENT.refuse("the refresh token was issued to another client")
            );
        }
        if token.expires_at <= now {
            let late = now.0.saturating_sub(token.expires_at.0);
            return Err(
                rules::REFRESH_TOKEN_EXPIRED.refuse(format!("the refresh token expired {late} s ago"))
            );
        }
        let known = server.config.resources().meant_by(token.resource.as_str());
        if known.is_none_or(|known| known.resource != token.resource) {
            return Err(rules::REFRESH_RESOURCE_GONE.refuse(format!(
                "this server no longer has the resource of the refresh token, {}",
                token.resource
            )));
        }
        all_are(server, &self.resources, &token.resource)?;
        let offered =
            server.config.resources().meant_by(token.resource.as_str()).map(ProtectedResource::scope);
        let left = token.scope.kept_with_openid(&offered.unwrap_or_default());
        if !left.is_for_resource() {
            return Err(rules::REFRESH_RESOURCE_GONE
                .refuse("the resource no longer has any scope of the refresh token"));
        }
        let granted = left.granted_to(self.scope.as_deref())?;
        Ok((token, granted))
    }
}
