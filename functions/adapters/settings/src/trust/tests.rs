//! Documents of trusted issuers that are read, and documents that are refused.

use crate::config::{Defaults, build, config};
use crate::error::InvalidSetting;
use crate::names::{PROVIDER, PROVIDER_ALLOW, PROVIDER_CLIENT, PROVIDER_SECRET, RESOURCE, TRUST};
use crate::setting::Values;
use doorward::config::{Config, PeopleBy, ProviderId, SignInProvider};

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
        (format!("{}{}", block(""), block("")), "the issuer https://acme.example: is given twice"),
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

/// The members that the block of a provider needs.
const SIGN_IN: &str =
    "url = 'https://idp.example'\nspeaks-of = ['sign-in']\nclient = 'us'\nallow = 'anyone'\n";

#[test]
fn providers_are_read_in_their_order_after_the_one_of_the_settings() {
    let document = "[[issuer]]\nurl = 'https://acme.okta.com'\nspeaks-of = ['sign-in', 'identity']\nclient = '0oa1'\nid = 'acme'\n\
         name = 'Acme'\nallow = 'group:mcp'\ngroups-claim = 'roles'\nrequest-scope = 'openid groups'\n\
         metadata = 'https://acme.okta.com/m'\nclients = ['vscode']\n\
         [[issuer]]\nurl = 'https://github.com'\nspeaks-of = ['sign-in']\nkind = 'github'\nclient = 'Iv1'\nid = 'github'\n\
         allow = 'org:acme'\n";
    let first = [(&PROVIDER, "https://idp.example"), (&PROVIDER_CLIENT, "us"), (&PROVIDER_ALLOW, "anyone")];
    let of = |pairs: &[(&'static _, &str)]| {
        let values = Values::of(pairs.iter().copied());
        build(config(&values, &Defaults { issuer: Some("https://auth.example".to_owned()) }, |issuer| {
            format!("{issuer}/mcp=user")
        })?)
    };
    let secrets = [(&PROVIDER_SECRET, "one"), (&PROVIDER_SECRET, "https://github.com=two")];
    let config = of(&[&first[..], &[(&TRUST, document)], &secrets].concat()).unwrap();
    let [SignInProvider::OpenId(_), SignInProvider::OpenId(acme), SignInProvider::GitHub(github)] =
        config.providers()
    else {
        panic!("{:?}", config.providers())
    };
    let ids = config.providers().iter().map(|one| one.id().map(ProviderId::as_str));
    assert_eq!(ids.collect::<Vec<_>>(), [None, Some("acme"), Some("github")]);
    assert_eq!((acme.name(), acme.client_id(), acme.groups_claim()), ("Acme", "0oa1", "roles"));
    assert_eq!((acme.scope(), acme.metadata_url().as_str()), ("openid groups", "https://acme.okta.com/m"));
    assert_eq!(github.url(), "https://github.com");
    assert_eq!(config.providers()[2].name(), "GitHub");
    assert_eq!(config.identity_issuers().len(), 1, "one block, two kinds of statements");
    let debug = format!("{:?}", config.providers());
    assert!(debug.matches("ProviderSecret").count() == 2 && !debug.contains("two"), "{debug}");
    let alone = of(&[(&TRUST, document), (&PROVIDER_SECRET, "https://acme.okta.com=s")]).unwrap();
    assert_eq!(alone.providers().len(), 2, "the first may have an id");
}

#[test]
fn what_cannot_be_meant_of_a_provider_is_refused() {
    let block = |more: &str| format!("[[issuer]]\n{SIGN_IN}{more}\n");
    let github = |more: &str| {
        format!(
            "[[issuer]]\nurl = 'https://github.com'\nspeaks-of = ['sign-in']\nkind = 'github'\nclient = 'us'\n{more}\n"
        )
    };
    for (document, expected) in [
        (
            block("id = 'a/b'"),
            "the issuer https://idp.example: has an id that is none: it has 1 to 32 letters",
        ),
        (block("id = '..'"), "has an id that is none"),
        (block("id = ''"), "has an id that is none"),
        (block("kind = 'gitlab'"), "unknown variant `gitlab`"),
        (block("request-scope = 'email'"), "the scope must contain openid"),
        (block("scope = 'read'"), "has scope, which its speaks-of does not use"),
        (block("clients = ['a']"), "has clients, which its speaks-of does not use"),
        (block("keys = 'https://idp.example/jwks'"), "has keys, which its speaks-of does not use"),
        (block("secret = 'x'"), "unknown field `secret`"),
        (format!("[[issuer]]\n{NEEDED}client = 'x'\n"), "has client, which its speaks-of does not use"),
        (
            SIGN_IN.replace("client = 'us'", "").replacen("url", "[[issuer]]\nurl", 1),
            "must be a block with client",
        ),
        (
            SIGN_IN.replace("allow = 'anyone'", "").replacen("url", "[[issuer]]\nurl", 1),
            "no rule allows a user",
        ),
        (block("").replace("anyone", "org:acme"), "only GitHub has organizations"),
        (format!("{}{}", block(""), block("id = 'b'")), "https://idp.example: is given twice"),
        (
            format!(
                "{}[[issuer]]\nurl = 'https://idp.example'\nspeaks-of = ['identity']\nallow = 'anyone'",
                block("")
            ),
            "https://idp.example: is given twice",
        ),
        (format!("{}{}", block(""), github("allow = 'org:acme'")), "https://github.com needs an id"),
        (
            format!("{}{}", block("id = 'x'"), github("id = 'x'\nallow = 'org:acme'")),
            "the id of https://github.com is taken",
        ),
        (github("allow = 'group:staff'"), "GitHub has no groups"),
        (
            github("allow = 'anyone'\nmetadata = 'https://github.com/m'"),
            "has both kind = \"github\" and metadata",
        ),
        (github("allow = 'anyone'\nprivate-http = true"), "has both kind = \"github\" and private-http"),
        (
            github("allow = 'anyone'").replace("'sign-in'", "'sign-in', 'identity'"),
            "GitHub states nothing else",
        ),
        (
            github("allow = 'anyone'").replace("https://github.com", "https://github.com/"),
            "the URL must have no path",
        ),
        (github("allow = 'anyone'").replace("https://github.com", "http://github.com"), "the URL uses http"),
    ] {
        let refused =
            read(&document).map_or_else(|error| error.to_string(), |_| "trust: no error".to_owned());
        assert!(refused.starts_with("trust"), "{refused}");
        assert!(refused.contains(expected) && !refused.contains('\n'), "{document}: {refused}");
    }
}
