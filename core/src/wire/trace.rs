//! Trace ids, by which a proxy or a client finds its request in the log (W3C Trace Context, §3.2 `traceparent`).

use http::{HeaderMap, HeaderName};
use std::fmt;

const HEADER: HeaderName = HeaderName::from_static("traceparent");

/// The trace id of a request. It comes from the caller, and only names the request in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TraceId(u128);

impl TraceId {
    /// The trace id in the headers of a request. `None` if there is no `traceparent`, more than one, or an invalid one.
    pub fn of(headers: &HeaderMap) -> Option<Self> {
        let mut values = headers.get_all(HEADER).iter();
        match (values.next(), values.next()) {
            (Some(only), None) => Self::parse(only.as_bytes()),
            _ => None,
        }
    }

    /// Reads `VERSION-TRACE-PARENT-FLAGS`. Later versions than 00 may have more after that (§4.2 Versioning).
    fn parse(text: &[u8]) -> Option<Self> {
        let mut parts = text.split(|byte| *byte == b'-');
        let mut next = |digits| parts.next().and_then(|part| hexadecimal(part, digits));
        let (version, trace, parent, _flags) = (next(2)?, next(32)?, next(16)?, next(2)?);
        let has_more = parts.next().is_some();
        let is_known = version != 0xff && !(version == 0 && has_more);
        (is_known && trace != 0 && parent != 0).then_some(Self(trace))
    }
}

/// Reads exactly this many lower-case hexadecimal digits.
fn hexadecimal(part: &[u8], digits: usize) -> Option<u128> {
    let are_digits = part.iter().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    let text = str::from_utf8(part).ok().filter(|_| part.len() == digits && are_digits)?;
    u128::from_str_radix(text, 16).ok()
}

impl fmt::Display for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";

    fn of(values: &[&str]) -> Option<String> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(HEADER, value.parse().unwrap());
        }
        TraceId::of(&headers).map(|trace| trace.to_string())
    }

    #[test]
    fn only_a_valid_traceparent_has_a_trace_id() {
        let sound = format!("00-{TRACE}-b7ad6b7169203331-01");
        let valid = Some(TRACE.to_owned());
        assert_eq!(of(&[&sound]), valid);
        assert_eq!(of(&[&format!("01-{TRACE}-b7ad6b7169203331-01-later")]), valid, "a later version");
        assert_eq!(of(&["00-00000000000000000000000000000007-b7ad6b7169203331-00"]).unwrap().len(), 32);
        for invalid in [
            "",
            TRACE,
            &sound[..54],
            &sound.to_uppercase(),
            &format!("{sound}-more"),
            &format!("ff-{TRACE}-b7ad6b7169203331-01"),
            &format!("00-{TRACE}-0000000000000000-01"),
            &format!("00-{}-b7ad6b7169203331-01", "0".repeat(32)),
            &format!("00-{TRACE}0-b7ad6b7169203331-01"),
            &format!("00-{}-b7ad6b7169203331-01", &TRACE[1..]),
            &format!("00-+{}-b7ad6b7169203331-01", &TRACE[1..]),
            &format!("0-{TRACE}-b7ad6b7169203331-01"),
        ] {
            assert_eq!(of(&[invalid]), None, "{invalid}");
        }
        assert_eq!(of(&[]), None);
        assert_eq!(of(&[&sound, &sound]), None, "more than one");
    }

    proptest! {
        #[test]
        fn every_valid_trace_id_is_kept_and_no_other_text(trace in "[0-9a-f]{32}", other in "[ -~]{0,70}") {
            let of_trace = of(&[&format!("00-{trace}-b7ad6b7169203331-01")]);
            prop_assert_eq!(of_trace, (trace != "0".repeat(32)).then_some(trace));
            let is_valid = |text: &String| text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
            prop_assert!(of(&[&other]).iter().all(is_valid));
        }
    }
}
