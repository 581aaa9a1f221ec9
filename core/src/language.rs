//! The languages of our pages: a file each, chosen by the browser (RFC 9110 §12.5.4).
//!
//! A sentence may have `{places}` that are filled in, and `*words*` that stand out. To add a language is to add a file, which
//! does not compile without every sentence, and its name here.

mod chinese;
mod english;

use http::{HeaderMap, header};
use std::fmt;

/// The first is for whoever wants none of them.
const ALL: [&Language; 2] = [&english::LANGUAGE, &chinese::LANGUAGE];

macro_rules! sentences {
    ($($name:ident)*) => {
        /// A language: every sentence of our pages, named for what it says in English.
        pub struct Language {
            /// Its tag (RFC 5646).
            pub(crate) tag: &'static str,
            /// How browsers may begin that ask for it.
            pub(crate) asked_for: &'static str,
            $(pub(crate) $name: Sentence,)*
        }

        #[cfg(test)]
        impl Language {
            fn sentences(&self) -> Vec<(&'static str, Sentence)> {
                vec![$((stringify!($name), self.$name)),*]
            }
        }
    };
}

sentences! {
    let_it_in it_calls_itself nothing not_that_vendor_described not_that_vendor_answered
    operator_knows_it operator_knows_it_on_your_machine described_at said_to_be_described_at registered_itself
    it_could answer_goes_to on_your_machine signed_in_as deny allow is_it_elsewhere allow_and_show what_is_connected
    not_you another_account use_permission see_who_you_are
    sign_in asks_to_use nameless sign_in_for_account name password
    sign_in_elsewhere sign_in_elsewhere_for_account
    not_signed_in too_late nobody_said_who not_allowed try_again
    one_thing_left copy_address the_program address keep_it_secret
    failed fault_is_ours wait_and_load_again fault_is_theirs go_back_and_start_again tell_it
    connections account_of nothing_connected nothing_here_connected described_there it_can connected last_seen
    connected_from doubted disconnect disconnect_this more disconnect_all sign_out_here forgets_you lost_a_device
    sign_out_everywhere just_now minute_ago minutes_ago hour_ago hours_ago day_ago days_ago
    no_match too_many_guesses too_old somebody_else choose signed_out
}

/// Something that a page says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Sentence(pub(crate) &'static str);

/// A sentence whose places are filled in.
pub(crate) struct Filled {
    sentence: &'static str,
    values: Vec<(&'static str, String)>,
}

impl Language {
    /// The one that the browser prefers of those there are.
    pub fn of(headers: &HeaderMap) -> &'static Self {
        let wanted = headers.get_all(header::ACCEPT_LANGUAGE).iter().filter_map(|value| value.to_str().ok());
        let wanted = wanted.flat_map(|value| value.split(',')).filter_map(weighed);
        let known = wanted.filter_map(|(tag, weight)| Some((Self::called(tag)?, weight)));
        // Of equals the first, as browsers send them.
        let best = known.reduce(|best, next| if next.1 > best.1 { next } else { best });
        best.map_or(ALL[0], |(language, _)| language)
    }

    fn called(tag: &str) -> Option<&'static Self> {
        let primary = tag.split('-').next()?;
        ALL.into_iter().find(|language| language.asked_for.eq_ignore_ascii_case(primary))
    }
}

/// A tag and how much it is wanted, in thousandths; nothing when it is not wanted at all.
fn weighed(item: &str) -> Option<(&str, u32)> {
    let (tag, parameter) = item.split_once(';').unwrap_or((item, "q=1"));
    let weight: f64 = parameter.trim().strip_prefix("q=")?.parse().ok()?;
    (weight > 0.0 && weight <= 1.0).then(|| (tag.trim(), (weight * 1000.0) as u32))
}

impl Sentence {
    /// The sentence with this value in this place. It is anybody's text, and shown as such.
    pub(crate) fn with(self, place: &'static str, value: impl fmt::Display) -> Filled {
        Filled { sentence: self.0, values: Vec::new() }.with(place, value)
    }

    /// The same as plain text, for where there is no markup.
    pub(crate) fn plain(self, name: &str, value: &str) -> String {
        self.0.replace(&format!("{{{name}}}"), value)
    }
}

impl fmt::Display for Sentence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl fmt::Display for Filled {
    /// As HTML.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut is_strong = false;
        let mut rest = self.sentence;
        while let Some(at) = rest.find(['*', '{']) {
            f.write_str(&rest[..at])?;
            let behind = &rest[at + 1..];
            rest = match behind.split_once('}') {
                Some((place, behind)) if rest[at..].starts_with('{') => {
                    self.fill(place, f)?;
                    behind
                }
                _ => {
                    f.write_str(if is_strong { "</strong>" } else { "<strong>" })?;
                    is_strong = !is_strong;
                    behind
                }
            };
        }
        f.write_str(rest)
    }
}

impl Filled {
    /// And this one in this.
    pub(crate) fn with(mut self, place: &'static str, value: impl fmt::Display) -> Self {
        self.values.push((place, value.to_string()));
        self
    }

    /// Isolated, so that text of another direction changes nothing around it.
    fn fill(&self, place: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value =
            self.values.iter().find(|(name, _)| *name == place).map_or("", |(_, value)| value.as_str());
        f.write_str("<bdi>")?;
        for c in value.chars() {
            match c {
                '&' => f.write_str("&#38;")?,
                '<' => f.write_str("&#60;")?,
                '>' => f.write_str("&#62;")?,
                '"' => f.write_str("&#34;")?,
                '\'' => f.write_str("&#39;")?,
                c => fmt::Write::write_char(f, c)?,
            }
        }
        f.write_str("</bdi>")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    fn preferred(header: &str) -> &'static str {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT_LANGUAGE, header.parse().unwrap());
        Language::of(&headers).tag
    }

    #[test]
    fn the_browser_chooses() {
        assert_eq!(Language::of(&HeaderMap::new()).tag, "en");
        for (header, tag) in [
            ("zh-CN,zh;q=0.9,en;q=0.8", "zh-Hans"),
            ("ZH-tw", "zh-Hans"),
            ("en-GB,en;q=0.9,zh;q=0.8", "en"),
            ("fr-FR, fr;q=0.9, zh;q=0.4, en;q=0.3", "zh-Hans"),
            ("zh;q=0, en;q=0.1", "en"),
            ("zh;q=0.2, en;q=0.1", "zh-Hans"),
            ("zh, en", "zh-Hans"),
            ("zhuang", "en"),
            ("*", "en"),
            ("zh;q=2", "en"),
            ("zh;level=1", "en"),
            ("", "en"),
        ] {
            assert_eq!(preferred(header), tag, "{header}");
        }
    }

    fn places(sentence: Sentence) -> BTreeSet<String> {
        let behind = sentence.0.split('{').skip(1);
        behind.map(|rest| rest.split_once('}').unwrap().0.to_owned()).collect()
    }

    #[test]
    fn every_language_says_everything_and_has_the_same_places() {
        for language in ALL {
            for ((name, sentence), (_, first)) in language.sentences().into_iter().zip(ALL[0].sentences()) {
                assert!(!sentence.0.is_empty(), "{} {name}", language.tag);
                assert_eq!(places(sentence), places(first), "{} {name}", language.tag);
                assert_eq!(sentence.0.matches('*').count() % 2, 0, "{} {name}", language.tag);
                assert!(!sentence.0.contains(['<', '>', '&', '"']), "{} {name}", language.tag);
                let same = language.tag != "en" && sentence == first;
                assert!(!same, "{} {name} is not translated", language.tag);
            }
        }
    }

    #[test]
    fn what_is_filled_in_is_text_and_nothing_else() {
        let sentence = Sentence("*{who}* is {what}.");
        let filled = sentence.with("who", "<b>{what}").with("what", "*a* & \"b\" 'c'").to_string();
        assert_eq!(
            filled,
            "<strong><bdi>&#60;b&#62;{what}</bdi></strong> is <bdi>*a* &#38; &#34;b&#34; &#39;c&#39;</bdi>."
        );
    }

    proptest! {
        #[test]
        fn no_header_panics(header in "[ -~]{0,60}") {
            preferred(&header);
        }

        #[test]
        fn no_value_opens_anything(value in "\\PC{0,40}") {
            let filled = Sentence("a {b} c").with("b", &value).to_string();
            let inside = filled.strip_prefix("a <bdi>").unwrap().strip_suffix("</bdi> c").unwrap();
            prop_assert!(!inside.contains(['<', '>', '"', '\'']));
        }
    }
}
