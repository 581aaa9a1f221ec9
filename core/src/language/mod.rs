//! The languages of the pages: one file each. The browser's `Accept-Language` header selects one (RFC 9110
//! §12.5.4).
//!
//! A sentence may have placeholders, such as `{place}`, and emphasis, such as `*text*`. To add a language, add a
//! file and list it here. The file does not compile if a sentence is missing.

mod chinese;
mod english;
mod sentences;

use http::{HeaderMap, header};
pub use sentences::Language;
pub(crate) use sentences::{Filled, Sentence};

/// The first is the default, for browsers that ask for none of these languages.
const ALL: [&Language; 2] = [&english::LANGUAGE, &chinese::LANGUAGE];

impl Language {
    /// The language of pages for developers and operators.
    pub(crate) fn english() -> &'static Self {
        ALL[0]
    }

    /// The language that the browser prefers of those available.
    pub fn of(headers: &HeaderMap) -> &'static Self {
        let wanted = headers.get_all(header::ACCEPT_LANGUAGE).iter().filter_map(|value| value.to_str().ok());
        let wanted = wanted.flat_map(|value| value.split(',')).filter_map(weighed);
        let known = wanted.filter_map(|(tag, weight)| Some((Self::called(tag)?, weight)));
        // Between equal weights the first wins, because browsers list the preferred language first.
        let best = known.reduce(|best, next| if next.1 > best.1 { next } else { best });
        best.map_or(ALL[0], |(language, _)| language)
    }

    fn called(tag: &str) -> Option<&'static Self> {
        let primary = tag.split('-').next()?;
        ALL.into_iter().find(|language| language.asked_for.eq_ignore_ascii_case(primary))
    }
}

/// A language tag and its weight in thousandths. `None` if the weight is 0 or invalid.
fn weighed(item: &str) -> Option<(&str, u32)> {
    let (tag, parameter) = item.split_once(';').unwrap_or((item, "q=1"));
    let weight: f64 = parameter.trim().strip_prefix("q=")?.parse().ok()?;
    (weight > 0.0 && weight <= 1.0).then(|| (tag.trim(), (weight * 1000.0) as u32))
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
                assert!(!sentence.0.contains(['<', '>', '&', '"', '\'']), "{} {name}", language.tag);
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
