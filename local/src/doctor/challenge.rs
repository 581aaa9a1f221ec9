//! The challenges of a `WWW-Authenticate` header (RFC 9110 §11.6.1), read leniently.

use std::iter::Peekable;
use std::str::Chars;

/// The parameters of the `Bearer` challenge, or `None` if there is none.
pub(super) fn bearer(header: &str) -> Option<Vec<(String, String)>> {
    let mut letters = header.chars().peekable();
    let mut found: Option<Vec<(String, String)>> = None;
    let mut is_bearer = false;
    loop {
        skip(&mut letters, |letter| letter == ',' || letter.is_whitespace());
        let name = token(&mut letters);
        skip(&mut letters, char::is_whitespace);
        if letters.next_if_eq(&'=').is_some() {
            skip(&mut letters, char::is_whitespace);
            let value = value(&mut letters);
            if let Some(parameters) = found.as_mut().filter(|_| is_bearer) {
                parameters.push((name.to_ascii_lowercase(), value));
            }
        } else if !name.is_empty() {
            is_bearer = found.is_none() && name.eq_ignore_ascii_case("bearer");
            if is_bearer {
                found = Some(Vec::new());
            }
        } else if letters.next().is_none() {
            return found;
        }
    }
}

/// A parameter of a challenge.
pub(super) fn parameter<'a>(parameters: &'a [(String, String)], name: &str) -> Option<&'a str> {
    parameters.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
}

fn skip(letters: &mut Peekable<Chars<'_>>, what: impl Fn(char) -> bool) {
    while letters.next_if(|letter| what(*letter)).is_some() {}
}

fn token(letters: &mut Peekable<Chars<'_>>) -> String {
    let ends = |letter: char| letter.is_whitespace() || [',', '=', '"'].contains(&letter);
    std::iter::from_fn(|| letters.next_if(|letter| !ends(*letter))).collect()
}

fn value(letters: &mut Peekable<Chars<'_>>) -> String {
    if letters.next_if_eq(&'"').is_none() {
        // A value without quotes may be a URL with a query.
        return std::iter::from_fn(|| letters.next_if(|letter| !letter.is_whitespace() && *letter != ','))
            .collect();
    }
    let mut value = String::new();
    while let Some(letter) = letters.next() {
        match letter {
            '"' => break,
            '\\' => value.extend(letters.next()),
            letter => value.push(letter),
        }
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_bearer_challenge_is_found_among_others() {
        for (header, expected) in [
            (r#"Bearer resource_metadata="https://a.example/x", scope="a b""#, Some("https://a.example/x")),
            (
                r#"Basic realm="a, Bearer x", bearer Resource_Metadata = "https://a.example/x""#,
                Some("https://a.example/x"),
            ),
            ("Bearer resource_metadata=https://a.example/x?a=b", Some("https://a.example/x?a=b")),
            (r#"Bearer realm="x", DPoP resource_metadata="no""#, None),
            (r#"Bearer realm="a \" resource_metadata=no""#, None),
            ("Bearer", None),
        ] {
            let parameters = bearer(header).unwrap();
            assert_eq!(parameter(&parameters, "resource_metadata"), expected, "{header}");
        }
        assert_eq!(bearer(r#"Basic realm="Bearer""#), None);
        assert_eq!(bearer(""), None);
    }

    proptest! {
        #[test]
        fn any_header_is_read(header in ".*") {
            let _ = bearer(&header);
        }
    }
}
