//! Tests: a value of one kind is never accepted as a value of another kind. Prefix, version and key id are
//! authenticated, so a value in which they were changed is refused.
//!
//! The tests compare the encrypted or signed content, before it is read. So the refusal comes from the cryptography,
//! not from content that happens to have another form.

use crate::ports::Entropy;
use crate::sealed::keyring::{KeyId, Kind, Ring, RootSecret};
use crate::sealed::keys::Keys;
use crate::sealed::seal::{Derived, Sealed, Signed};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

/// An entropy source that always gives the same bytes, so that equal keys give equal nonces.
struct Same;

impl Entropy for Same {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(5);
    }
}

const NAME: &str = "alice";

/// One kind with its keys.
struct Tried<'a> {
    prefix: &'static str,
    version: u8,
    ids: Vec<KeyId>,
    value: String,
    /// The length of version and key id. A derived value has none, but its MAC depends on them.
    header: usize,
    accepts: Box<dyn Fn(&str) -> bool + 'a>,
}

impl<'a> Tried<'a> {
    fn of<T: Kind>(ring: &'a Ring<T>, value: String, accepts: impl Fn(&str) -> bool + 'a) -> Self {
        let ids = ring.all().map(|key| key.id).collect();
        Self { prefix: T::PREFIX, version: T::VERSION, ids, value, header: 5, accepts: Box::new(accepts) }
    }

    fn sealed<T: Sealed>(ring: &'a Ring<T>) -> Self {
        Self::of(ring, ring.encrypt(NAME.as_bytes(), &Same), |text| ring.decrypt(text).is_some())
    }

    fn signed<T: Signed>(ring: &'a Ring<T>) -> Self {
        Self::of(ring, ring.authenticate(NAME.as_bytes()), |text| ring.authentic(text).is_some())
    }

    fn derived<T: Derived>(ring: &'a Ring<T>) -> Self {
        Self { header: 0, ..Self::of(ring, ring.derive_for(NAME), |text| ring.belongs(NAME, text)) }
    }

    /// The bytes of the value after its prefix: version and key id, if it has them, and the rest.
    fn parts(&self) -> (Vec<u8>, Vec<u8>) {
        let mut header = URL_SAFE_NO_PAD.decode(self.value.strip_prefix(self.prefix).unwrap()).unwrap();
        let rest = header.split_off(self.header);
        (header, rest)
    }

    /// All forms in which `value` could be given out as a value of this kind.
    fn disguises(&self, value: &Self) -> Vec<String> {
        let (header, rest) = value.parts();
        let versions = [value.version, self.version];
        let ids: Vec<_> = self.ids.iter().chain(&value.ids).collect();
        let headers =
            versions.iter().flat_map(|version| ids.iter().map(move |id| [&[*version], &id[..]].concat()));
        let headers = headers.chain([header, Vec::new()]);
        headers.map(|header| print(self.prefix, &header, &rest)).chain([value.value.clone()]).collect()
    }
}

fn print(prefix: &str, header: &[u8], rest: &[u8]) -> String {
    format!("{prefix}{}", URL_SAFE_NO_PAD.encode([header, rest].concat()))
}

/// All kinds. The pattern names every field, so a new kind does not compile until it is tried too.
fn all(keys: &Keys) -> Vec<Tried<'_>> {
    let Keys {
        client_ids,
        pre_registered_clients,
        client_secrets,
        refresh_tokens,
        codes,
        sessions,
        known_browsers,
        attempts,
        forms,
        provider_states,
        upstream_sessions,
        legacy_endpoints,
    } = keys;
    vec![
        Tried::signed(client_ids),
        Tried::signed(pre_registered_clients),
        Tried::derived(client_secrets),
        Tried::signed(refresh_tokens),
        Tried::sealed(codes),
        Tried::sealed(sessions),
        Tried::sealed(known_browsers),
        Tried::derived(attempts),
        Tried::sealed(forms),
        Tried::sealed(provider_states),
        Tried::derived(upstream_sessions),
        Tried::sealed(legacy_endpoints),
    ]
}

/// The own keys of every kind, after a key rotation; and one secret for all kinds, under two ids.
fn rings() -> [Keys; 2] {
    let own = Keys::derive(&RootSecret::new([1; 32]), &[RootSecret::new([2; 32])]);
    [own, Keys::with_secret([3; 32], &[[4; 4], [5; 4]])]
}

#[test]
fn a_value_of_one_kind_never_opens_as_another() {
    for keys in rings() {
        let kinds = all(&keys);
        for value in &kinds {
            assert!((value.accepts)(&value.value), "{} is a value of its own kind", value.value);
            for other in kinds.iter().filter(|other| other.prefix != value.prefix) {
                for disguised in other.disguises(value) {
                    assert!(!(other.accepts)(&disguised), "{}: {disguised}", value.prefix);
                }
            }
        }
    }
}

#[test]
fn a_value_whose_version_or_key_id_was_changed_is_refused() {
    let keys = Keys::with_secret([3; 32], &[[4; 4], [5; 4]]);
    for kind in all(&keys).iter().filter(|kind| kind.header > 0) {
        let (header, rest) = kind.parts();
        assert_eq!(header, [kind.version, 4, 4, 4, 4]);
        let changed = |header: &[u8]| print(kind.prefix, header, &rest);
        for version in (0..=u8::MAX).filter(|version| *version != kind.version) {
            assert!(
                !(kind.accepts)(&changed(&[version, 4, 4, 4, 4])),
                "{} as version {version}",
                kind.prefix
            );
        }
        // The key of the other id has the same secret. So only the id is wrong.
        assert!(!(kind.accepts)(&changed(&[kind.version, 5, 5, 5, 5])), "{}", kind.prefix);
        assert!(!(kind.accepts)(&changed(&[kind.version, 6, 6, 6, 6])), "{}", kind.prefix);
    }
}

#[test]
fn no_prefix_begins_another() {
    // Prefix, header and content are authenticated as one text, so the prefix must say where it ends.
    let [keys, _] = rings();
    let prefixes: Vec<_> = all(&keys).iter().map(|kind| kind.prefix).collect();
    for (at, one) in prefixes.iter().enumerate() {
        let others = prefixes.iter().enumerate().filter(|(other, _)| *other != at);
        for (_, other) in others {
            assert!(!other.starts_with(one), "{one} begins {other}");
        }
    }
}

#[test]
fn a_value_of_8_kib_is_read_and_a_longer_one_is_not() {
    let keys = Keys::derive(&RootSecret::new([1; 32]), &[]);
    // "dw_form_" has 8 characters; version, key id, nonce and tag are 45 bytes; 3 bytes are 4 characters.
    let of_length = |length: usize| "x".repeat((length - 8) * 3 / 4 - 45);
    for (length, is_read) in [(8188, true), (8192, true), (8194, false), (8196, false), (16 * 1024, false)] {
        let content = of_length(length);
        let text = keys.forms.encrypt(content.as_bytes(), &Same);
        assert_eq!(text.len(), length);
        assert_eq!(keys.forms.decrypt(&text), is_read.then(|| content.into_bytes()), "{length}");
    }
}
