//! Redemption of a code at an OpenID provider (RFC 6749 §4.1.3).

use crate::provider::connection::parse;
use crate::provider::error::{Outlook, ProviderError, ProviderFault};
use crate::provider::metadata::ProviderMetadata;
use crate::provider::openid::OpenId;
use crate::provider::way::SignInReturn;
use crate::wire::{Request, Response};
use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use http::{StatusCode, header};
use serde::Deserialize;

#[derive(Deserialize)]
pub(super) struct Tokens {
    pub(super) id_token: String,
    pub(super) access_token: Option<String>,
}

impl OpenId<'_> {
    /// Redeems the code.
    pub(super) async fn redeem(
        &self,
        metadata: &ProviderMetadata,
        came: &SignInReturn<'_>,
    ) -> Result<Tokens, ProviderError> {
        let response = self.way.connection.send(self.redemption(metadata, came), self.way.deadline).await?;
        if response.status() == StatusCode::OK {
            parse("the tokens", response.body())
        } else {
            Err(refused(&response))
        }
    }

    /// The token request, with the PKCE verifier (RFC 7636 §4.5). The client secret is in the header or the body, as
    /// the provider requires.
    fn redemption(
        &self,
        metadata: &ProviderMetadata,
        came: &SignInReturn<'_>,
    ) -> Result<Request, http::Error> {
        let verifier = came.provider_state.verifier();
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair("grant_type", "authorization_code")
            .append_pair("code", came.code)
            .append_pair("redirect_uri", &self.way.callback)
            .append_pair("code_verifier", &verifier);
        let mut request = http::Request::post(&metadata.token_endpoint)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(header::ACCEPT, "application/json");
        let client_id = self.settings.client_id();
        match &self.settings.registration.secret {
            Some(secret) if !metadata.wants_secret_in_body() => {
                request = request.header(header::AUTHORIZATION, basic(client_id, secret.as_str()));
            }
            secret => {
                form.append_pair("client_id", client_id);
                form.extend_pairs(secret.as_ref().map(|secret| ("client_secret", secret.as_str())));
            }
        }
        request.body(Bytes::from(form.finish()))
    }
}

/// RFC 6749 §2.3.1: both values are form-encoded before they are joined.
fn basic(id: &str, secret: &str) -> String {
    let encoded = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    format!("Basic {}", STANDARD.encode(format!("{}:{}", encoded(id), encoded(secret))))
}

/// Why a code was rejected (RFC 6749 §5.2).
fn refused(response: &Response) -> ProviderError {
    let Some(fault) = ProviderFault::parse(response.body()) else {
        let status = response.status();
        return ProviderError::Invalid(format!("the provider's token endpoint answered {status}"));
    };
    if fault.error == "invalid_grant" {
        return ProviderError::CodeRejected(format!("the provider rejected the code: {}", fault.told()));
    }
    let why = format!("the provider's token endpoint answered with the error {}", fault.told());
    match fault.outlook() {
        Outlook::Passing => ProviderError::Unavailable(why),
        Outlook::Permanent | Outlook::Decided => ProviderError::Invalid(why),
    }
}
