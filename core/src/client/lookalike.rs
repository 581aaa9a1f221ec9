//! Words that look the same: the confusables of Unicode UTS #39 §4, which make `Сlaude` with a Cyrillic letter look like
//! `Claude`.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;
use unicode_security::confusable_detection::skeleton;

/// Characters that look like a Latin letter and that UTS #39 does not list with it: small capitals, letters whose Unicode name
/// is a letter `WITH` something (a stroke, a hook), `OPEN E` and `BARRED` letters, and currency signs that are a letter with a
/// stroke. Only lower case: capitals are found by theirs.
const VARIANTS: [(char, &str); 26] = [
    ('a', "ᴀᶏⱥ₳"),
    ('b', "ʙᴃᵬᶀꞗ₿"),
    ('c', "ᴄƈɕꞓꞔ𝼝₵"),
    ('d', "ᴅȡᵭᶁᶑꟈ"),
    ('e', "ᴇɛᶒᶓⱸꬳꬴ€"),
    ('f', "ꜰᶂ"),
    ('g', "ɢʛꞡ₲"),
    ('h', "ʜⱨꞕ"),
    ('i', "ɪᶖ𝼚"),
    ('j', "ᴊʝ"),
    ('k', "ᴋᶄⱪꝁꝃꝅꞣ"),
    ('l', "ʟȴɬᴌᶅⱡꝉꞎꬷꬸꬹ𝼄𝼑𝼓£₤"),
    ('m', "ᴍᶆꬺ"),
    ('n', "ɴȵᶇꞑꞥꬻ₦"),
    ('o', "ᴏⱺꝍ𝼛"),
    ('p', "ᴘᵱᶈꝑꝓꝕ₱"),
    ('q', "ɋꝗꝙꞯ"),
    ('r', "ʀɾᵳᶉꞧꭆꭉ𝼖"),
    ('s', "ꜱȿᶊꞩꟊ𝼞₴"),
    ('t', "ᴛȶʈⱦ𝼉₸"),
    ('u', "ᴜᶙꞹ"),
    ('v', "ᴠʋᶌⱱⱴꝟ"),
    ('w', "ᴡⱳ"),
    ('x', "ᶍꭖꭗꭘꭙ"),
    ('y', "ʏ"),
    ('z', "ᴢɀʑᶎ"),
];

/// The words of a text as a user may read them, in lower case. Two words look the same if they have a reading in common.
///
/// There are several readings, because a capital `I` looks like an `l`, but its lower case does not.
pub(super) fn words(text: &str) -> Vec<String> {
    words_and_pairs(text).0
}

/// The same, and the words that stand side by side, two as one: `Chat GPT` has `chatgpt`.
pub(super) fn words_and_pairs(text: &str) -> (Vec<String>, Vec<String>) {
    let split: Vec<_> = readings(text).iter().map(|reading| split(reading)).collect();
    let pairs = split.iter().flat_map(|words| words.windows(2).map(<[String]>::concat)).collect();
    (split.into_iter().flatten().collect(), pairs)
}

fn readings(text: &str) -> Vec<String> {
    // Of ASCII, NFKC changes nothing.
    if text.is_ascii() {
        return vec![ascii_reading(text), ascii_reading(&text.to_ascii_lowercase())];
    }
    let plain: String = text.chars().map(enclosed_as_letter).map(variant_as_letter).collect();
    // NFKC turns full-width, bold and circled letters into letters. It also turns some Greek letters into others, which
    // look less like Latin ones.
    let compatible: String = plain.nfkc().collect();
    vec![
        reading(&plain),
        reading(&plain.to_lowercase()),
        reading(&compatible),
        reading(&compatible.to_lowercase()),
    ]
}

/// The skeleton (UTS #39 §4), in lower case and without accents. A letter with a hook or a dot becomes the letter and an
/// apostrophe or a dot, which must not divide the word.
fn reading(text: &str) -> String {
    let skeleton: String =
        skeleton(text).filter(|c| !is_combining_mark(*c) && !matches!(c, '\'' | '·')).collect();
    skeleton.to_lowercase()
}

/// The same for ASCII, without the tables of Unicode: most names are ASCII, and the tables take a hundred times as long.
fn ascii_reading(text: &str) -> String {
    let mut reading = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            '1' | 'I' | '|' => reading.push('l'),
            '0' => reading.push('o'),
            'm' => reading.push_str("rn"),
            '%' => reading.push_str("°/₀"),
            '"' | '\'' | '`' => {}
            _ => reading.push(c.to_ascii_lowercase()),
        }
    }
    reading
}

/// The words of a reading. Letters that stand alone are one word together: `C l a u d e`.
fn split(reading: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut is_spelled_out = false;
    for word in reading.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()) {
        let is_letter = word.chars().nth(1).is_none();
        match words.last_mut().filter(|_| is_letter && is_spelled_out) {
            Some(last) => last.push_str(word),
            None => words.push(word.to_owned()),
        }
        is_spelled_out = is_letter;
    }
    words
}

/// White letters on black discs and squares, and the letters of flags. They have no compatible letter in NFKC.
fn enclosed_as_letter(c: char) -> char {
    let letter = |first: u32| char::from_u32('A' as u32 + c as u32 - first).unwrap_or(c);
    match c {
        '\u{1F150}'..='\u{1F169}' => letter(0x1F150),
        '\u{1F170}'..='\u{1F189}' => letter(0x1F170),
        '\u{1F1E6}'..='\u{1F1FF}' => letter(0x1F1E6),
        _ => c,
    }
}

fn variant_as_letter(c: char) -> char {
    if c.is_ascii() {
        return c;
    }
    let lower = c.to_lowercase().next().unwrap_or(c);
    VARIANTS.iter().find(|(_, variants)| variants.contains(lower)).map_or(c, |(letter, _)| *letter)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    fn look_the_same(one: &str, other: &str) -> bool {
        words(one).iter().any(|word| words(other).contains(word))
    }

    #[test]
    fn each_variant_and_its_capital_look_like_the_letter() {
        for (letter, variants) in VARIANTS {
            let letter = letter.to_string();
            for variant in variants.chars().map(String::from) {
                assert!(look_the_same(&variant, &letter), "{variant}");
                assert!(look_the_same(&variant.to_uppercase(), &letter), "{variant}");
            }
        }
    }

    #[test]
    fn letters_that_stand_alone_are_a_word() {
        assert_eq!(split("c l a-u.d e code x y"), ["claude", "code", "xy"]);
        assert_eq!(split("a program"), ["a", "program"]);
    }

    #[test]
    fn each_character_of_ascii_is_read_as_the_tables_say() {
        for c in (0..128).map(char::from) {
            assert_eq!(ascii_reading(&c.to_string()), reading(&c.to_string()), "{c:?}");
        }
    }

    proptest! {
        #[test]
        fn ascii_is_read_as_the_tables_say(text in "[\\x00-\\x7F]{0,64}") {
            let compatible: String = text.nfkc().collect();
            let other = [&text, &compatible].map(|text| [reading(text), reading(&text.to_lowercase())]);
            let (other, readings) = (BTreeSet::from_iter(other.concat()), BTreeSet::from_iter(readings(&text)));
            prop_assert_eq!(readings, other);
        }

        #[test]
        fn no_text_panics(text in "\\PC{0,64}") {
            words(&text);
        }

        #[test]
        fn a_word_looks_like_itself_in_any_case(word in "[a-z]{2,10}") {
            prop_assert!(look_the_same(&word, &word.to_uppercase()));
        }
    }
}
