//! The proof of a client's identity that a request brings (OAuth 2.1 §2.4; RFC 7521 §4.2).

use super::workload::PresentedToken;
use crate::client::{AssertionId, ClientAssertion, PresentedSecret};
use crate::config::AssertionAudience;
use crate::protocol::{ClientId, Mount, Refusal};
use crate::rules;
use crate::server::{ClientPlace, Server};

/// The proof that a request brings. Of an assertion, all but the signature is checked.
pub(super) enum Proof {
    Nothing,
    Secret(PresentedSecret),
    Assertion(Box<ClientAssertion>, AssertionId),
    /// A token of the platform of a workload.
    Platform(Box<PresentedToken>),
    /// An assertion of a client with a document for the token endpoint, which is no audience. It proves nothing. The text
    /// says what is wrong with it.
    Misaddressed(String),
}

impl Proof {
    /// Checks all of an assertion but the signature.
    ///
    /// Some hosted clients sign for the token endpoint, and their documents also allow `none`. Such an assertion is ignored, as a
    /// filled-in secret is, and not accepted: a malicious server could have collected it.
    pub(super) fn of(
        server: &Server,
        id: &ClientId,
        place: &ClientPlace,
        assertion: Box<ClientAssertion>,
    ) -> Result<Self, Refusal> {
        let (issuer, now, token_endpoint) =
            (server.config.issuer(), server.clock.now(), server.url(Mount::Token));
        let is_document = matches!(place, ClientPlace::Document(_));
        let is_allowed =
            !is_document && server.config.assertion_audience() == AssertionAudience::TokenEndpoint;
        let other = is_allowed.then_some(token_endpoint.as_str());
        match assertion.validate(id, issuer, other, now) {
            Ok(valid) => Ok(Self::Assertion(assertion, valid)),
            Err(why) => {
                let why = format!("client_assertion {why}");
                let misaddressed =
                    is_document && assertion.validate(id, issuer, Some(&token_endpoint), now).is_ok();
                if misaddressed {
                    Ok(Self::Misaddressed(why))
                } else {
                    Err(rules::ASSERTION_CLAIMS.refuse(why))
                }
            }
        }
    }
}
