//! Documents of trusted issuers that are read, and documents that are refused.

use crate::config::{Defaults, build, config};
use crate::error::InvalidSetting;
use crate::names::{RESOURCE, TRUST};
use crate::setting::Values;
use doorward::config::{Config, PeopleBy};

/// The members that a block needs.
const NEEDED: &str = "url = 'https://acme.example'\nspeaks-of = ['identity']\nallow = 'anyone'\n";

fn read(document: &str) -> Result<Config, InvalidSetting> {
    let values = Values::of([(&TRUST, document), (&RESOURCE, "https://mcp.example/mcp=read,write")]);
    let defaults = Defaults { issuer: Some("https://auth.example".to_owned()) };
    build(config(&values, &defaults, |_| String::new())?)
}

#[test]
fn every_member_of_a_block_is_read() {
    let document = format!(
        "[[issuer]]\n{NEEDED}name = 'Acme'\nmetadata = 'https://acme.example/.well-known/oauth-authorization-server'\n\
         groups-claim = 'roles'\npeople-as = 'https://login.acme.example'\nclients = ['https://app.example/c.json', 'editor']\n\
         scope = 'write'\nresources = ['https://mcp.example/mcp']\ntenant = 't1'\n\
         [[issuer]]\nurl = 'http://10.0.0.5'\nprivate-http = true\nspeaks-of = ['identity']\nallow = 'domain:b.example'\n\
         people-by = 'email'\nkeys = 'http://10.0.0.5/jwks'\n\
         [[issuer]]\nurl = 'https://c.example'\nspeaks-of = ['identity']\nallow = 'group:x'\n\
         [issuer.keys]\nkeys = [{{ kty = 'OKP', crv = 'Ed25519', x = '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo' }}]\n"
    );
    let config = read(&document).unwrap();
    let [acme, b, c] = config.identity_issuers() else { panic!("three issuers") };
    assert_eq!((acme.issuer().url(), acme.issuer().name()), ("https://acme.example", "Acme"));
    assert_eq!(acme.clients().map(std::collections::BTreeSet::len), Some(2));
    assert_eq!(acme.scope().map(doorward::protocol::Scope::as_str), Some("write"));
    assert_eq!(acme.resources().map(<[_]>::len), Some(1));
    assert_eq!((b.people_by(), b.allowed().to_string()), (PeopleBy::Email, "domain:b.example".to_owned()));
    assert_eq!(c.allowed().to_string(), "group:x");
    assert!(read("").unwrap().identity_issuers().is_empty());
}

#[test]
fn what_cannot_be_meant_is_refused_with_the_issuer_and_the_member() {
    let block = |more: &str| format!("[[issuer]]\n{NEEDED}{more}\n");
    for (document, expected) in [
        ("url =".to_owned(), "trust: must be a TOML document of blocks [[issuer]]"),
        ("[[issuers]]".to_owned(), "unknown field `issuers`"),
        (block("alow = 'x'"), "unknown field `alow`"),
        ("[[issuer]]\nspeaks-of = ['identity']".to_owned(), "missing field `url`"),
        ("[[issuer]]\nurl = 'https://a.example'".to_owned(), "missing field `speaks-of`"),
        (
            "[[issuer]]\nurl = 'https://a.example'\nspeaks-of = []".to_owned(),
            "issuer https://a.example: must be",
        ),
        ("[[issuer]]\nurl = 'https://a.example'\nspeaks-of = ['x']".to_owned(), "unknown variant `x`"),
        (
            "[[issuer]]\nurl = 'https://a.example'\nspeaks-of = ['identity']".to_owned(),
            "no rule allows a user",
        ),
        (
            "[[issuer]]\nurl = 'http://a.example'\nspeaks-of = ['identity']\nallow = 'anyone'".to_owned(),
            "the url uses http",
        ),
        (block("people-by = 'name'"), "unknown variant `name`"),
        (block("people-by = 'email'"), "allow has to name their domains"),
        (block("keys = 'ftp://x'"), "the URL of keys or metadata"),
        (block("keys = { keys = [] }"), "no key that this server can use"),
        (
            block("keys = 'https://a.example/k'\nmetadata = 'https://a.example/m'"),
            "has both metadata and keys; remove one",
        ),
        (block("resources = ['https://other.example']"), "which is not configured"),
        (block("resources = ['other']"), "issuer https://acme.example: "),
        (block("scope = 'admin'"), "its resources offer read write"),
        (block("scope = 'a\"b'"), "issuer https://acme.example: "),
        (format!("{}{}", block(""), block("")), "the issuer https://acme.example is given twice"),
        (
            "[[issuer]]\nurl = 'https://accounts.google.com'\nspeaks-of = ['identity']\nallow = 'anyone'"
                .to_owned(),
            "signs for users of any organization",
        ),
    ] {
        let refused = read(&document).unwrap_err().to_string();
        assert!(refused.starts_with("trust"), "{refused}");
        assert!(refused.contains(expected) && !refused.contains('\n'), "{document}: {refused}");
    }
}
