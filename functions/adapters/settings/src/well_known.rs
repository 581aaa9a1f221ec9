//! Reader of the texts at well-known places (RFC 8615).

use crate::error::{InvalidSetting, Reason, each};
use crate::names::WELL_KNOWN;
use crate::setting::Values;
use doorward::protocol::paths;
use std::collections::BTreeMap;

/// Where the texts are: before the name.
const BELOW: &str = "/.well-known/";

/// Reads the texts, by the paths at which they are served.
///
/// # Errors
/// [`InvalidSetting`] with [`WELL_KNOWN`].
pub fn well_known(values: &Values) -> Result<BTreeMap<String, String>, InvalidSetting> {
    let mut texts = BTreeMap::new();
    each(values.all(&WELL_KNOWN), &WELL_KNOWN, |given| {
        let form = || Reason::Form(WELL_KNOWN.value);
        let (name, text) = given.split_once('=').filter(|(_, text)| !text.is_empty()).ok_or_else(form)?;
        if !is_segment(name) {
            return Err(Reason::WellKnownName);
        }
        let path = format!("{BELOW}{name}");
        if [paths::METADATA, paths::OPENID, paths::PROTECTED_RESOURCE].contains(&path.as_str()) {
            return Err(Reason::OwnDocument(path));
        }
        match texts.insert(path, text.to_owned()) {
            None => Ok(()),
            Some(_) => Err(Reason::TwoTexts(name.to_owned())),
        }
    })?;
    Ok(texts)
}

/// Whether the name is one segment of a path, written without percent-encoding (RFC 3986 §3.3). It has no `=`, which ends it.
fn is_segment(name: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;:@".contains(&byte);
    !["", ".", ".."].contains(&name) && name.bytes().all(is_plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(given: &[&str]) -> Result<BTreeMap<String, String>, String> {
        let values = Values::of(given.iter().map(|text| (&WELL_KNOWN, *text)));
        well_known(&values).map_err(|error| error.to_string())
    }

    #[test]
    fn a_text_has_a_path_and_may_contain_any_character() {
        let proof = "v=MCPv1; k=ed25519; p=AbC+/=";
        let texts = read(&["openai-apps-challenge=abc", &format!("mcp-registry-auth={proof}")]).unwrap();
        assert_eq!(texts["/.well-known/openai-apps-challenge"], "abc");
        assert_eq!(texts["/.well-known/mcp-registry-auth"], proof);
        assert_eq!(read(&[]).unwrap().len(), 0);
    }

    #[test]
    fn what_cannot_be_served_is_refused() {
        for (given, says) in [
            (&["abc"][..], "well-known abc: must be NAME=TEXT"),
            (&["abc="], "well-known abc=: must be NAME=TEXT"),
            (&["=abc"], "well-known =abc: must have a NAME of letters"),
            (&["..=abc"], "well-known ..=abc: must have a NAME of letters"),
            (&["a/b=abc"], "well-known a/b=abc: must have a NAME of letters"),
            (&["a%2Fb=abc"], "well-known a%2Fb=abc: must have a NAME of letters"),
            (&["a b=abc"], "well-known a b=abc: must have a NAME of letters"),
            (&["a?b=abc"], "well-known a?b=abc: must have a NAME of letters"),
            (&["\u{e9}=abc"], "well-known \u{e9}=abc: must have a NAME of letters"),
            (&["a=b", "a=c"], "well-known a=c: gives the name a two texts"),
            (
                &["oauth-protected-resource=abc"],
                "well-known oauth-protected-resource=abc: /.well-known/oauth-protected-resource is a document",
            ),
            (
                &["oauth-authorization-server=abc"],
                "well-known oauth-authorization-server=abc: /.well-known/oauth-",
            ),
            (&["openid-configuration=abc"], "well-known openid-configuration=abc: /.well-known/openid-"),
        ] {
            let refused = read(given).unwrap_err();
            assert!(refused.starts_with(says), "{given:?}: {refused}");
        }
    }
}
