//! The table of rules and clients: which clients stop where a rule is broken. The first nine columns were seen with the
//! libraries themselves, by one change at a time to a working server, as far as that server could be changed so. The others
//! are from documentation and reports.

use super::clients::{Client, Library};
use super::rule::Rule;

/// What a client does where a rule is broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// It stops.
    Stops,
    /// It goes on.
    GoesOn,
    /// It is not known.
    Unknown,
}

const HOSTED: &[&str] = &[
    "Claude (web, desktop, mobile)",
    "Claude, where it registers",
    "ChatGPT",
    "ChatGPT, a document for each connector",
    "Copilot Studio",
];
const CLAUDE: &[&str] = &["Claude (web, desktop, mobile)", "Claude, where it registers"];
/// The clients that have no document, as far as is known.
const REGISTERING: &[&str] = &[
    "Claude, where it registers",
    "Claude Code, where it registers",
    "Cursor",
    "Copilot Studio",
    "Gemini CLI",
    "Antigravity",
    "LibreChat",
    "LM Studio",
    "Open WebUI",
    "Warp",
];
const CLAUDE_CODE: &[&str] = &["Claude Code", "Claude Code, where it registers"];
/// The clients that name no resource, or some versions of which do not.
const WITHOUT_RESOURCE: &[&str] = &["Claude Code", "Codex", "Copilot Studio", "Warp"];
const NONE: &[&str] = &[];

/// `X` stops, `.` goes on, `?` is not known. The clients at the end of a row stop for a reason of their own. Where a rule has no
/// row, no client is known to stop, or only the clients whose request was refused do.
#[rustfmt::skip]
const TABLE: [(Rule, &str, &[&str]); 60] = [
    //                                  Python  fast TypeS. o4w oidc rem insp rmcp own unknown
    (Rule::Tls,                         "X  X   X    X  X   X   X    X   X    X    X   X", NONE),
    (Rule::Unreachable,                 "X  X   X    X  X   X   X    X   X    X    X   X", NONE),
    (Rule::PrivateAddress,              "?  ?   ?    ?  ?   ?   ?    ?   ?    ?    ?   ?", HOSTED),
    (Rule::Deadline,                    "?  ?   ?    ?  ?   ?   ?    ?   ?    ?    ?   ?", CLAUDE),
    (Rule::BrokenResponse,              "X  X   X    X  X   X   X    X   X    X    X   X", NONE),
    (Rule::No401,                       "X  X   X    X  X   X   .    X   X    X    X   X", NONE),
    (Rule::ChallengeRenamed,            ".  .   .    .  .   X   X    .   .    ?    ?   ?", NONE),
    (Rule::ChallengeWithoutMetadata,    ".  .   .    .  .   X   X    .   .    ?    ?   ?", NONE),
    (Rule::ChallengeOtherOrigin,        ".  .   .    .  .   .   .    .   .    X    ?   ?", NONE),
    (Rule::BadTokenStatus,              ".  .   .    X  X   .   .    .   X    ?    ?   ?", CLAUDE),
    (Rule::ResourceMetadataMissing,     ".  .   .    .  .   X   X    .   X    ?    ?   ?", NONE),
    (Rule::ResourceMetadataUnavailable, "X  X   X    X  X   X   X    X   X    X    X   X", NONE),
    (Rule::ResourceDiffers,             "X  X   X    X  X   X   X    X   X    X    X   X", NONE),
    (Rule::ResourceParent,              ".  .   .    .  .   X   X    .   .    ?    ?   ?", &["Gemini CLI"]),
    (Rule::ResourceSlash,               ".  .   .    X  X   X   X    X   X    ?    ?   ?", &["Gemini CLI"]),
    (Rule::ResourceMetadataNull,        ".  .   .    X  X   .   .    X   X    ?    ?   ?", NONE),
    (Rule::ResourceMetadataType,        "?  ?   ?    X  X   ?   ?    X   X    ?    ?   ?", NONE),
    (Rule::NoAuthorizationServer,       ".  .   .    .  .   X   X    .   .    ?    ?   ?", NONE),
    (Rule::MetadataRedirect,            ".  ?   ?    .  ?   X   X    ?   ?    ?    ?   ?", NONE),
    (Rule::ServerMetadataMissing,       "?  ?   ?    ?  ?   X   X    ?   ?    ?    ?   ?", NONE),
    (Rule::ServerMetadataUnavailable,   "X  X   X    X  X   X   X    X   X    X    X   X", NONE),
    (Rule::ServerMetadataOnlyOpenid,    ".  .   .    .  .   X   X    .   .    ?    ?   ?", NONE),
    (Rule::OpenidMetadata,              ".  .   .    X  X   .   .    X   .    ?    ?   ?", NONE),
    (Rule::ServerMetadataNull,          ".  .   .    X  X   .   .    X   X    ?    ?   ?", NONE),
    (Rule::ServerMetadataType,          "?  ?   ?    X  X   ?   ?    X   X    ?    ?   ?", NONE),
    (Rule::IssuerDiffers,               "X  X   X    .  X   X   X    X   X    X    X   ?", NONE),
    (Rule::ServerNamedWithSlash,        ".  X   X    .  .   .   .    .   .    X    X   ?", NONE),
    (Rule::ServerNamedWithoutSlash,     ".  X   X    .  X   .   .    X   X    X    X   ?", NONE),
    (Rule::ResponseTypes,               ".  .   .    X  X   .   .    X   X    ?    ?   ?", NONE),
    (Rule::Pkce,                        ".  .   .    .  .   X   X    .   .    ?    ?   ?", NONE),
    (Rule::EndpointMissing,             "X  X   X    X  X   X   X    X   X    X    X   X", NONE),
    (Rule::EndpointNotHttps,            "?  ?   ?    ?  ?   ?   ?    ?   ?    ?    ?   ?", CLAUDE),
    (Rule::NoRegistration,              "X  X   X    X  X   X   X    X   X    X    X   X", NONE),
    (Rule::NoDynamicRegistration,       "?  ?   ?    ?  ?   ?   ?    ?   ?    ?    .   ?", REGISTERING),
    (Rule::RegistrationStatus,          ".  .   .    .  .   X   X    .   .    ?    ?   ?", NONE),
    (Rule::RegistrationNull,            ".  .   .    X  X   .   .    X   X    ?    ?   ?", NONE),
    (Rule::RegistrationSecretNull,      ".  .   .    X  X   X   X    X   X    ?    ?   ?", NONE),
    (Rule::RegistrationEcho,            "X  .   .    X  X   .   .    X   X    ?    ?   ?", NONE),
    (Rule::RegistrationClientId,        "X  X   X    X  X   X   X    X   X    X    X   X", NONE),
    (Rule::RegistrationSecretExpiry,    ".  .   .    .  .   X   ?    .   .    ?    ?   ?", NONE),
    (Rule::RegistrationMethod,          "X  X   .    .  .   .   .    .   .    .    .   .", NONE),
    (Rule::AuthorizeTwice,              ".  .   X    .  .   .   .    .   .    .    .   .", NONE),
    (Rule::ResourceRequired,            ".  .   .    .  .   .   .    .   .    .    .   .", WITHOUT_RESOURCE),
    (Rule::MadeUpRefreshToken,          ".  .   .    .  .   .   .    .   .    .    .   .", CLAUDE),
    (Rule::ClientIdTwice,               "X  X   .    .  .   .   .    .   .    .    .   .", NONE),
    (Rule::FormAction,                  "X  X   X    X  X   X   X    X   X    X    X   X", NONE),
    (Rule::CallbackError,               "X  X   X    X  X   X   X    X   X    X    X   X", NONE),
    (Rule::CallbackState,               "X  X   X    X  X   X   X    X   X    X    X   X", NONE),
    (Rule::IssMissing,                  ".  X   X    .  X   X   X    X   X    X    X   ?", NONE),
    (Rule::IssDiffers,                  ".  X   X    .  X   X   X    X   X    X    X   ?", NONE),
    (Rule::CodeRefused,                 "X  X   X    X  X   X   X    X   X    X    X   X", NONE),
    (Rule::TokenStatus,                 "X  X   X    .  .   X   X    .   .    ?    ?   ?", NONE),
    (Rule::TokenType,                   ".  .   .    X  X   X   X    X   X    ?    ?   ?", NONE),
    (Rule::TokenNull,                   ".  .   .    X  X   X   X    X   X    ?    ?   ?", NONE),
    (Rule::TokenScope,                  "X  X   X    X  X   X   X    X   X    X    X   X", NONE),
    (Rule::NoRefreshToken,              ".  .   .    .  .   .   .    .   .    .    .   .", &["Goose"]),
    (Rule::AccessTokenRefused,          "X  X   X    X  X   X   X    X   X    X    X   X", NONE),
    (Rule::ScopeNotEnough,              "?  ?   ?    ?  ?   ?   ?    ?   ?    ?    ?   ?", CLAUDE_CODE),
    (Rule::CallFails,                   "X  X   X    X  X   X   X    X   X    X    X   X", NONE),
    (Rule::RefreshRefused,              "X  X   X    X  X   X   X    X   X    X    X   X", NONE),
];

/// What `client` does where `rule` is broken.
pub fn effect(rule: Rule, client: &Client) -> Effect {
    let Some((_, columns, others)) = TABLE.iter().find(|(known, ..)| *known == rule) else {
        return Effect::GoesOn;
    };
    if rule == Rule::NoDynamicRegistration && client.has_document {
        return Effect::GoesOn;
    }
    if others.contains(&client.name) {
        return Effect::Stops;
    }
    match columns.split_whitespace().nth(column(client.library)) {
        Some("X") => Effect::Stops,
        Some("?") => Effect::Unknown,
        _ => Effect::GoesOn,
    }
}

fn column(library: Library) -> usize {
    library as usize
}

#[cfg(test)]
mod tests {
    use super::super::clients;
    use super::super::rule::Level;
    use super::*;

    #[test]
    fn a_rule_stops_a_client_exactly_if_its_level_says_so() {
        // Whom these stop depends on the request that was refused.
        let askers = [Rule::RegistrationRefused, Rule::AuthorizeRefuses];
        for rule in Rule::all() {
            let stops = clients::ALL.iter().any(|client| effect(rule, client) == Effect::Stops);
            assert_eq!(stops || askers.contains(&rule), rule.text().level == Level::Stops, "{}", rule.id());
        }
    }

    #[test]
    fn each_row_has_all_columns_and_known_clients() {
        for (rule, columns, others) in TABLE {
            let columns: Vec<_> = columns.split_whitespace().collect();
            assert_eq!(columns.len(), Library::Unknown as usize + 1, "{}", rule.id());
            assert!(columns.iter().all(|column| ["X", ".", "?"].contains(column)), "{}", rule.id());
            for name in others {
                assert!(clients::ALL.iter().any(|client| client.name == *name), "{name}");
            }
        }
    }
}
