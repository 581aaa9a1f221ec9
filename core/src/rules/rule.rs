//! A rule: what it is, and how rules are declared.

use http::StatusCode;

/// A rule that a request can break, or a condition that it needs.
#[derive(Debug, PartialEq, Eq)]
pub struct Rule {
    /// The name. It is stable: links and logs have it.
    pub name: &'static str,
    /// The HTTP status. A page has 400 in the place of 401, and some refusals are redirects.
    pub status: StatusCode,
    /// The error code.
    pub code: &'static str,
    /// The section of the specification.
    pub section: &'static str,
    /// Who can mend it.
    pub fault: Fault,
    /// What happened.
    pub cause: &'static str,
    /// What to do.
    pub cure: &'static str,
}

/// Who can mend what a rule refuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The developer of the client.
    Client,
    /// The user.
    User,
    /// The operator of this server, or of an MCP server behind it.
    Operator,
    /// It passes by itself.
    Passing,
}

impl Fault {
    /// The word in the catalogue.
    pub fn name(self) -> &'static str {
        match self {
            Self::Client => "the client's developer",
            Self::User => "the user",
            Self::Operator => "the operator",
            Self::Passing => "it passes",
        }
    }
}

/// Declares rules, and the list of them: `LIST: RULE "name" STATUS "code" "section" Fault "cause" "cure";`
macro_rules! rules {
    ($list:ident: $($constant:ident $name:literal $status:ident $code:literal $section:literal $fault:ident $cause:literal $cure:literal;)*) => {
        $(#[doc = $cause]
        pub static $constant: super::rule::Rule = super::rule::Rule {
            name: $name,
            status: http::StatusCode::$status,
            code: $code,
            section: $section,
            fault: super::rule::Fault::$fault,
            cause: $cause,
            cure: $cure,
        };)*

        pub(super) const $list: &[&super::rule::Rule] = &[$(&$constant),*];
    };
}
pub(super) use rules;
