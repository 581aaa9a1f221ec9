//! `application/x-www-form-urlencoded` (URL Standard §5): names and values, decoded and printed in runs of bytes that stand for
//! themselves.

/// Decodes a name or a value. Bytes that are not UTF-8 become U+FFFD.
pub(super) fn decoded(text: &[u8]) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.iter().position(|byte| matches!(byte, b'+' | b'%')) {
        bytes.extend_from_slice(&rest[..at]);
        let (byte, length) = match rest[at..] {
            [b'+', ..] => (b' ', 1),
            [b'%', high, low, ..] => digits(high, low).map_or((b'%', 1), |byte| (byte, 3)),
            _ => (b'%', 1),
        };
        bytes.push(byte);
        rest = &rest[at + length..];
    }
    bytes.extend_from_slice(rest);
    String::from_utf8(bytes).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}

/// The byte of two hexadecimal digits.
fn digits(high: u8, low: u8) -> Option<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    u8::try_from(digit(high)? << 4 | digit(low)?).ok()
}

/// Adds pairs to a query, or begins one.
pub(crate) fn print_pairs<'a>(query: &mut String, pairs: impl IntoIterator<Item = (&'a str, &'a str)>) {
    for (name, value) in pairs {
        if !query.is_empty() {
            query.push('&');
        }
        print(query, name);
        query.push('=');
        print(query, value);
    }
}

fn print(query: &mut String, text: &str) {
    let mut rest = text;
    while let Some(at) = rest.bytes().position(|byte| !STANDS_FOR_ITSELF[usize::from(byte)]) {
        let (run, special) = rest.split_at(at);
        let (special, after) = special.split_at(special.chars().next().map_or(0, char::len_utf8));
        query.push_str(run);
        query.extend(form_urlencoded::byte_serialize(special.as_bytes()));
        rest = after;
    }
    query.push_str(rest);
}

/// The bytes that are not percent-encoded (URL Standard, "application/x-www-form-urlencoded percent-encode set").
const STANDS_FOR_ITSELF: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 128 {
        let c = byte as u8;
        table[byte] = c.is_ascii_alphanumeric() || matches!(c, b'*' | b'-' | b'.' | b'_');
        byte += 1;
    }
    table
};

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn texts_are_decoded_as_the_standard_says(text in "([a-z0-9=]|[+%]|%[0-9A-Fa-f]{2}|[^&]){0,40}") {
            let pair = format!("={text}");
            let expected = form_urlencoded::parse(pair.as_bytes()).map(|(_, value)| value.into_owned());
            prop_assert_eq!(Some(decoded(text.as_bytes())), expected.last());
        }

        #[test]
        fn texts_are_printed_as_the_standard_says(pairs in proptest::collection::vec(("([ -~]|\\PC){0,9}", "([ -~]|\\PC){0,40}"), 0..4)) {
            let mut query = String::new();
            print_pairs(&mut query, pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())));
            let expected = form_urlencoded::Serializer::new(String::new()).extend_pairs(&pairs).finish();
            prop_assert_eq!(query, expected);
        }
    }
}
