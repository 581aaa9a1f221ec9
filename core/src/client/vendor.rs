//! Well-known vendor names, and the hosts that belong to them, as of November 2026. The page warns if a client uses
//! such a name and sends the response elsewhere. Absence from this list implies nothing.

use crate::client::identity::{Client, Introducer};
use crate::client::lookalike;
use crate::client::redirect::Redirect;
use crate::protocol::RedirectKind;
use std::collections::BTreeSet;
use std::sync::LazyLock;

/// A vendor whose name an attacker may want to use.
#[derive(Debug, PartialEq, Eq)]
pub struct Vendor {
    /// Its name, as users know it.
    pub name: &'static str,
    /// In lower case. A client claims to be this vendor if a word of its name begins with one of these, or looks as if
    /// it did.
    claims: &'static [&'static str],
    /// Names of two words, as one word. A client with these two words side by side claims to be this vendor too.
    pairs: &'static [&'static str],
    /// Its hosts. Their subdomains belong to it too.
    hosts: &'static [&'static str],
    /// The private-use URI schemes that its programs register on users' machines, with the colon.
    schemes: &'static [&'static str],
}

const VENDORS: [Vendor; 6] = [
    Vendor {
        name: "Claude",
        claims: &["claude", "anthropic"],
        pairs: &[],
        hosts: &["claude.ai", "claude.com", "anthropic.com"],
        schemes: &["claude:"],
    },
    Vendor {
        name: "ChatGPT",
        claims: &["chatgpt", "openai", "codex"],
        pairs: &["chatgpt", "openai"],
        hosts: &["chatgpt.com", "openai.com"],
        schemes: &["chatgpt:"],
    },
    Vendor {
        name: "Microsoft",
        claims: &["copilot", "vscode", "microsoft"],
        pairs: &["visualstudio", "vscode"],
        hosts: &["microsoft.com", "vscode.dev", "github.com", "consent.azure-apim.net"],
        schemes: &["vscode:", "vscode-insiders:"],
    },
    Vendor {
        name: "Google",
        claims: &["gemini", "antigravity", "google"],
        pairs: &[],
        hosts: &["google.com", "antigravity.google"],
        schemes: &[],
    },
    Vendor {
        name: "Cursor",
        claims: &["cursor"],
        pairs: &[],
        hosts: &["cursor.com"],
        schemes: &["cursor:", "anysphere.cursor-mcp:"],
    },
    Vendor { name: "Zed", claims: &["zed"], pairs: &[], hosts: &["zed.dev"], schemes: &["zed:"] },
];

/// How the names of a vendor may be read.
struct Names {
    claims: Vec<String>,
    pairs: Vec<String>,
}

/// One for each vendor, made once.
static NAMES: LazyLock<Vec<Names>> = LazyLock::new(|| {
    let words = |names: &[&str]| {
        let words: BTreeSet<_> = names.iter().flat_map(|name| lookalike::words(name)).collect();
        words.into_iter().collect()
    };
    VENDORS.iter().map(|vendor| Names { claims: words(vendor.claims), pairs: words(vendor.pairs) }).collect()
});

impl Vendor {
    /// The vendor that a client impersonates by its name. `None` for a pre-registered client. Also `None` for a
    /// self-registered program on the user's own machine: the server cannot tell which program it is, and the page
    /// always says so.
    pub fn impersonated_by(client: &Client, redirect: &Redirect) -> Option<&'static Self> {
        let may_use_any_name = match client.introduced_by() {
            Introducer::Operator => true,
            Introducer::Itself => redirect.kind() == RedirectKind::Loopback,
            Introducer::Host(_) => false,
        };
        if may_use_any_name {
            return None;
        }
        let claimed = Self::claimed_by(client.name()?)?;
        let is_theirs = match (client.introduced_by(), redirect.kind()) {
            (Introducer::Host(host), _) => claimed.has(host),
            (_, RedirectKind::PrivateUse) => claimed.schemes.contains(&redirect.destination()),
            (_, _) => claimed.has(redirect.destination()),
        };
        (!is_theirs).then_some(claimed)
    }

    /// The vendor that a user may take this name for.
    fn claimed_by(name: &str) -> Option<&'static Self> {
        let (words, pairs) = lookalike::words_and_pairs(name);
        let is_claimed = |known: &Names| {
            words.iter().any(|word| known.claims.iter().any(|claim| word.starts_with(claim)))
                || pairs.iter().any(|pair| known.pairs.contains(pair))
        };
        VENDORS.iter().zip(&*NAMES).find(|(_, names)| is_claimed(names)).map(|(vendor, _)| vendor)
    }

    fn has(&self, authority: &str) -> bool {
        let host = authority.split(':').next().unwrap_or_default().to_ascii_lowercase();
        let rest = |own: &str| host.strip_suffix(own).map(|rest| rest.is_empty() || rest.ends_with('.'));
        self.hosts.iter().any(|own| rest(own) == Some(true))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claimed(name: &str) -> Option<&'static str> {
        Vendor::claimed_by(name).map(|vendor| vendor.name)
    }

    #[test]
    fn a_name_is_claimed_by_the_beginning_of_a_word() {
        for (name, vendor) in [
            ("Claude", Some("Claude")),
            ("ClaudeAI connector", Some("Claude")),
            ("my CLAUDE", Some("Claude")),
            ("Official ChatGPT", Some("ChatGPT")),
            ("Cursor", Some("Cursor")),
            ("Visual Studio Code", Some("Microsoft")),
            ("VS Code", Some("Microsoft")),
            ("Chat GPT", Some("ChatGPT")),
            ("My Open AI client", Some("ChatGPT")),
            ("A chat for GPT", None),
            ("Studio Visual", None),
            ("Precursor", None),
            ("Analyzed data", None),
            ("A client", None),
            ("", None),
        ] {
            assert_eq!(claimed(name), vendor, "{name}");
        }
    }

    #[test]
    fn a_name_that_only_looks_like_a_vendors_is_a_claim() {
        for (name, vendor) in [
            ("\u{421}laude", "Claude"),
            ("\u{421}l\u{430}ud\u{435}", "Claude"),
            ("My \u{441}laude", "Claude"),
            ("Ｃｌａｕｄｅ", "Claude"),
            ("𝐂𝐥𝐚𝐮𝐝𝐞", "Claude"),
            ("Ⓒⓛⓐⓤⓓⓔ", "Claude"),
            ("CIaude", "Claude"),
            ("C1aude", "Claude"),
            ("C|aude", "Claude"),
            ("cӏaude", "Claude"),
            ("ϲlaude", "Claude"),
            ("Ꮯlaude", "Claude"),
            ("ᴄʟᴀᴜᴅᴇ", "Claude"),
            ("Cläude", "Claude"),
            ("Cla\u{301}ude", "Claude"),
            ("C l a u d e", "Claude"),
            ("🅲🅻🅰🆄🅳🅴", "Claude"),
            ("🅒🅛🅐🅤🅓🅔", "Claude"),
            ("🇨🇱🇦🇺🇩🇪", "Claude"),
            ("\u{187}laude", "Claude"),
            ("C\u{140}aude", "Claude"),
            ("Claudɛ", "Claude"),
            ("CLȺUDE", "Claude"),
            ("₵laud€", "Claude"),
            ("AnthropIc", "Claude"),
            ("ChatGPТ", "ChatGPT"),
            ("0penAI", "ChatGPT"),
            ("rnicrosoft", "Microsoft"),
            ("Gооgle", "Google"),
            ("Googꞎe", "Google"),
            ("Gern\u{456}ni", "Google"),
            ("Сursor", "Cursor"),
            ("Ꮓed", "Zed"),
        ] {
            assert_eq!(claimed(name), Some(vendor), "{name}");
        }
        for other in
            ["Клод", "光标", "クロード", "Клиент", "C", "Code X", "Ze D", "MCP OAuth 客户端", "Cl aude"]
        {
            assert_eq!(claimed(other), None, "{other}");
        }
    }

    #[test]
    fn hosts_are_the_vendors_or_below() {
        let claude = &VENDORS[0];
        for host in ["claude.ai", "CLAUDE.AI", "mcp.claude.ai", "claude.com:443"] {
            assert!(claude.has(host), "{host}");
        }
        for host in ["notclaude.ai", "claude.ai.evil.example", "claude.example", ""] {
            assert!(!claude.has(host), "{host}");
        }
    }
}
