//! The browser and system in which the user authorized a client, as read from the `User-Agent`. The account page shows
//! it, so that the user can tell the connections of two machines apart. No decision depends on it.

use serde::{Deserialize, Serialize};
use std::fmt;

/// A browser and its system, such as `Firefox on Linux`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Installation(String);

/// Marks in a `User-Agent`, with the browser that each one means. Browsers also name other browsers, for
/// compatibility, so the first match counts.
const BROWSERS: [(&str, &str); 6] = [
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
];
const SYSTEMS: [(&str, &str); 7] = [
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("CrOS", "ChromeOS"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
];

impl Installation {
    /// Reads a `User-Agent` (RFC 9110 §10.1.5). `None` if it is not a known browser on a known system.
    pub fn of(user_agent: &str) -> Option<Self> {
        let find = |names: &[(&str, &'static str)]| {
            names.iter().find(|(mark, _)| user_agent.contains(mark)).map(|(_, name)| *name)
        };
        Some(Self(format!("{} on {}", find(&BROWSERS)?, find(&SYSTEMS)?)))
    }

    /// The name of the browser.
    pub fn browser(&self) -> &str {
        self.0.split_once(" on ").map_or("", |(browser, _)| browser)
    }

    /// The name of the system.
    pub fn system(&self) -> &str {
        self.0.split_once(" on ").map_or("", |(_, system)| system)
    }

    /// Reads the printed form of an installation that [`Installation::of`] created.
    pub fn parse(text: &str) -> Option<Self> {
        let (browser, system) = text.split_once(" on ")?;
        let known = |names: &[(&str, &str)], name| names.iter().any(|(_, known)| *known == name);
        (known(&BROWSERS, browser) && known(&SYSTEMS, system)).then(|| Self(text.to_owned()))
    }
}

impl fmt::Display for Installation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn browsers_are_known_by_what_they_say() {
        for (user_agent, name) in [
            ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox on Linux"),
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0",
                "Edge on Windows",
            ),
            (
                "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Safari/605.1.15",
                "Safari on macOS",
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1",
                "Safari on iPhone",
            ),
            (
                "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36",
                "Chrome on Android",
            ),
        ] {
            assert_eq!(Installation::of(user_agent).unwrap().to_string(), name);
        }
        assert_eq!((Installation::of("curl/8.5.0"), Installation::of("")), (None, None));
        assert_eq!((Installation::parse("Firefox"), Installation::parse("A on B")), (None, None));
    }

    proptest! {
        #[test]
        fn what_is_made_can_be_read_again(user_agent in "(Firefox/|Chrome/|x)?\\PC{0,40}(Linux|Windows)?\\PC{0,40}") {
            if let Some(installation) = Installation::of(&user_agent) {
                prop_assert_eq!(Installation::parse(&installation.to_string()), Some(installation));
            }
        }
    }
}
