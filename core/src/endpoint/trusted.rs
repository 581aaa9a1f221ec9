//! Assertions of trusted issuers (RFC 7521 §4.1.1, §4.2.1): how one is read and verified. Until its signature holds, every refusal
//! of the assertion has the same sentence, and no key is fetched for an issuer that is not configured.

use crate::config::TrustedIssuer;
use crate::jose::jwt::Foreign;
use crate::ports::Timestamp;
use crate::protocol::Refusal;
use crate::provider::{Assertion, IssuerKeys, Unverified};
use crate::rules;
use crate::server::Server;

/// Reads an assertion without verifying it.
pub(super) fn read(text: &str) -> Result<Assertion, Refusal> {
    Assertion::parse(text).map_err(|why| untrusted(&why))
}

/// Whether the issuer has signed the token. Its keys are fetched if they are not known.
pub(super) async fn verify<T>(
    token: &Foreign<T>,
    issuer: &TrustedIssuer,
    server: &Server,
    now: Timestamp,
) -> Result<(), Refusal> {
    let keys = IssuerKeys::of(issuer, &server.provider, server.deadline(), now);
    keys.verify(token).await.map_err(|unverified| match unverified {
        Unverified::Signature(why) => untrusted(&why),
        Unverified::Keys(why) => {
            let sorry =
                "the keys of the assertion's issuer cannot be read at the moment; try again in a few seconds";
            rules::ISSUER_KEYS_AWAY.refuse(sorry).because(why.to_string())
        }
    })
}

/// The refusal of an assertion before its signature holds. It tells the caller nothing about the configuration.
pub(super) fn untrusted(why: &str) -> Refusal {
    let same = "the assertion is not one that this server trusts";
    rules::ASSERTION_UNTRUSTED.refuse(same).for_operator(&format!("the assertion is not trusted: {why}"))
}

/// The refusal of an assertion that was used before (replay).
pub(super) fn replayed() -> Refusal {
    rules::TRUSTED_REPLAYED
        .refuse("the assertion was already used (replay); request a new one from its issuer")
}
