//! The rules that the doctor examines: where each is written, what is wrong when it is broken, and what to change.

use strum::{EnumIter, IntoStaticStr};

/// How bad it is when a rule is broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
pub enum Level {
    /// Some client stops.
    Stops,
    /// No client of the table is known to stop. It is not safe, not by the standard, or slow.
    Warning,
}

/// A rule. Its id is its name in lower case with hyphens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
#[expect(missing_docs, reason = "`text` says what each rule is")]
pub enum Rule {
    Tls,
    Unreachable,
    PrivateAddress,
    Deadline,
    BrokenResponse,
    Probe,
    RateLimited,
    Redirect,
    OpenServer,
    #[strum(serialize = "no-401")]
    No401,
    ChallengeRenamed,
    ChallengeWithoutMetadata,
    ChallengeOtherOrigin,
    BadTokenStatus,
    BadTokenError,
    ResourceMetadataMissing,
    ResourceMetadataUnavailable,
    ResourceMetadataPlace,
    ResourceDiffers,
    ResourceParent,
    ResourceSlash,
    ResourceMetadataNull,
    ResourceMetadataType,
    NoAuthorizationServer,
    MetadataContentType,
    MetadataRedirect,
    MetadataDiffers,
    ServerMetadataMissing,
    ServerMetadataUnavailable,
    ServerMetadataOnlyOpenid,
    OpenidMetadata,
    ServerMetadataNull,
    ServerMetadataType,
    IssuerDiffers,
    ServerNamedWithSlash,
    ServerNamedWithoutSlash,
    ResponseTypes,
    Pkce,
    AuthMethods,
    DocumentsWithoutNone,
    EndpointMissing,
    EndpointNotHttps,
    NoRegistration,
    NoDynamicRegistration,
    RegistrationRefused,
    RegistrationStatus,
    RegistrationNull,
    RegistrationSecretNull,
    RegistrationEcho,
    RegistrationClientId,
    RegistrationSecretExpiry,
    RegistrationMethod,
    RegistrationStored,
    RegistrationOtherMethod,
    AuthorizeRefuses,
    AuthorizeTwice,
    ResourceRequired,
    ForgottenClient,
    PkceOptional,
    OpenRedirect,
    Preflight,
    CrossOrigin,
    MadeUpCode,
    MadeUpRefreshToken,
    ClientIdTwice,
    TokenErrorStatus,
    TokenErrorStored,
    FormAction,
    SignInLost,
    CallbackError,
    CallbackState,
    IssMissing,
    IssDiffers,
    CodeRefused,
    TokenStatus,
    TokenType,
    TokenNull,
    TokenScope,
    TokenStored,
    TokenLifetime,
    NoRefreshToken,
    AccessTokenRefused,
    ScopeNotEnough,
    CallFails,
    SecondSignIn,
    RefreshRefused,
    RefreshRetry,
    RefreshLate,
    Revocation,
    CodeReused,
}

/// What is said about a rule.
pub struct Text {
    /// How bad it is when the rule is broken.
    pub level: Level,
    /// Where the rule is written.
    pub section: &'static str,
    /// What is wrong.
    pub wrong: &'static str,
    /// What to change.
    pub cure: &'static str,
}

impl Rule {
    /// All rules, in the order in which a client meets them.
    pub fn all() -> impl Iterator<Item = Self> {
        <Self as strum::IntoEnumIterator>::iter()
    }

    /// The id of the rule.
    pub fn id(self) -> &'static str {
        self.into()
    }

    /// What is said about the rule.
    pub fn text(self) -> Text {
        let (level, section, wrong, cure) = super::rule_texts::of(self);
        Text { level, section, wrong, cure }
    }
}
