//! The setting for the audience of client assertions (RFC 7523 §3, draft-ietf-oauth-rfc7523bis).

use strum::{IntoStaticStr, VariantArray};

/// Which audience the assertions of pre-registered clients may have. For a client with a metadata document it is always
/// the issuer alone: such a client signs for any server, and a malicious one may name this token endpoint as its own, to
/// get an assertion that is valid here (audience injection).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "kebab-case")]
pub enum AssertionAudience {
    /// The issuer alone.
    #[default]
    Issuer,
    /// The issuer, or the URL of the token endpoint. Many libraries that follow RFC 7523 send the latter. Use it only for
    /// clients whose keys are for this server alone.
    TokenEndpoint,
}

impl AssertionAudience {
    /// All values.
    pub const ALL: &'static [Self] = Self::VARIANTS;

    /// The value's name in the settings, from the variant.
    pub fn name(self) -> &'static str {
        self.into()
    }
}
