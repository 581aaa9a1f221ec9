//! Settings that are read, and settings that are refused.

use super::*;
use crate::names::*;
use doorward::config::{AssertionAudience, SignInProvider};
use doorward::protocol::ProtectedResource;

fn read(pairs: &[(&Setting, &str)]) -> Result<Config, InvalidSetting> {
    let values = Values::of(pairs.iter().copied());
    let defaults = Defaults { issuer: Some("https://auth.example".to_owned()) };
    let config = build(config(&values, &defaults, |issuer| format!("{issuer}/mcp=user"))?)?;
    check_sign_in(&config).map(|()| config)
}

#[test]
fn without_values_the_defaults_count() {
    let config = read(&[]).unwrap();
    assert_eq!(config.resources().default().resource.as_str(), "https://auth.example/mcp");
    assert_eq!(*config.lifetimes(), Lifetimes::default());
    assert!(config.providers().is_empty());
}

#[test]
fn a_refused_value_is_named_with_its_setting_and_no_secret_is_repeated() {
    let (mcp, app) = ((&RESOURCE, "https://mcp.example=user"), (&CLIENT, "app=https://app.example/cb"));
    let (provider, us) = ((&PROVIDER, "https://idp.example"), (&PROVIDER_CLIENT, "us"));
    for (pairs, expected) in [
        (&[(&ISSUER, "http://auth.example")][..], "issuer: "),
        (&[(&RESOURCE, "https://mcp.example")], "resource https://mcp.example: must be URL=SCOPE,SCOPE"),
        (
            &[(&RESOURCE, "ftp://mcp.example=user")],
            "resource ftp://mcp.example=user: the resource must begin with https://",
        ),
        (&[mcp, mcp], "resource: the resource https://mcp.example is configured twice"),
        (
            &[(&ALLOWED_ORIGIN, "https://app.example/")],
            "allowed-origin https://app.example/: the origin must end",
        ),
        (&[(&ALLOWED_ORIGIN, "*")], "allowed-origin *: the origin is not an origin"),
        (&[(&TOOL_SCOPE, "=a")], "tool-scope =a: must be TOOL=SCOPE,SCOPE"),
        (&[(&TOOL_SCOPE, "t=nothing")], "resource: the tool t needs the scope nothing"),
        (&[(&RESOURCE_PEOPLE, "")], "resource-people : \"\" is not a rule; use anyone, user:NAME"),
        (&[(&RESOURCE_PEOPLE, "user:a,")], "resource-people user:a,: \"\" is not a rule"),
        (&[(&RESOURCE_PEOPLE, "user:")], "resource-people user:: \"user:\" is not a rule"),
        (&[(&RESOURCE_PEOPLE, "alice")], "resource-people alice: \"alice\" is not a rule"),
        (
            &[(&RESOURCE_PEOPLE, "user:client:robot")],
            "resource-people user:client:robot: \"user:client:robot\"",
        ),
        (&[(&RESOURCE_PEOPLE, "domain:a")], "resource-people domain:a: \"domain:a\" is not a rule"),
        (
            &[mcp, (&RESOURCE_PEOPLE, "https://mcp.example=")],
            "resource-people https://mcp.example=: \"\" is not",
        ),
        (
            &[mcp, (&RESOURCE_PEOPLE, "https://other.example=user:a")],
            "resource-people https://other.example=user:a: must be [RESOURCE=]RULE,RULE with the URL of a configured",
        ),
        (
            &[mcp, (&RESOURCE_PEOPLE, "https://mcp.example=user:a,group:staff")],
            "resource-people: has a rule domain:, group: or org: for https://mcp.example, but users do not sign in at a",
        ),
        (
            &[(&RESOURCE_PEOPLE, "domain:a.example")],
            "resource-people: has a rule domain:, group: or org: for https://auth.",
        ),
        (&[(&SCOPE_IMPLIES, "user")], "scope-implies user: must be SCOPE=SCOPE,SCOPE"),
        (&[(&SCOPE_IMPLIES, "user=")], "scope-implies user=: must be SCOPE=SCOPE,SCOPE"),
        (&[(&SCOPE_IMPLIES, "=user")], "scope-implies =user: must be SCOPE=SCOPE,SCOPE"),
        (
            &[(&SCOPE_IMPLIES, "user=r\u{e9}ad")],
            "scope-implies user=r\u{e9}ad: a scope must be printable ASCII",
        ),
        (
            &[(&SCOPE_IMPLIES, "user=reed")],
            "scope-implies: the scope reed implies another scope or is implied",
        ),
        (&[(&SCOPE_IMPLIES, "admin=user")], "scope-implies: the scope admin implies another scope"),
        (&[(&SCOPE_IMPLIES, "user=user")], "scope-implies: the scope user implies itself"),
        (
            &[
                (&RESOURCE, "https://mcp.example=read,write"),
                (&SCOPE_IMPLIES, "write=read"),
                (&SCOPE_IMPLIES, "read=write"),
            ],
            "scope-implies: the scope read implies itself",
        ),
        (
            &[(&SCOPE_DESCRIPTION, "files=read")],
            "scope-description files=read: describes the scope \"files\"",
        ),
        (&[(&SCOPE_DESCRIPTION, "user= ")], "scope-description user= : must be SCOPE=SENTENCE"),
        (
            &[(&RESOURCE_SECRET, "https://other.example=S3CRET_that_is_long_enough")],
            "resource-secret: must be URL=SECRET with",
        ),
        (
            &[
                mcp,
                (&RESOURCE_SECRET, "https://mcp.example=S3CRET_that_is_long_enough"),
                (&RESOURCE_SECRET, "https://mcp.example=S3CRET_that_is_long_enough"),
            ],
            "resource-secret: gives the resource https://mcp.example two",
        ),
        (
            &[mcp, (&RESOURCE_SECRET, "https://mcp.example=S3CRET-of-21-letters.")],
            "resource-secret: has a secret of 21 characters; it must have at least 22: the command `doorward secret`",
        ),
        (&[app, (&CLIENT_SECRET, "app=S3CRET")], "client-secret: has a secret of 6 characters"),
        (&[mcp, (&RESOURCE_DIGEST, "https://mcp.example=short")], "resource-digest: must be URL=DIGEST"),
        (&[mcp, (&RESOURCE_ID, "https://other.example=mcp")], "resource-id: must be URL=ID with"),
        (
            &[mcp, (&RESOURCE_ID, "https://mcp.example=a:b")],
            "resource-id: the id \"a:b\" of the resource https://mcp.example must have",
        ),
        (&[(&ASSERTION_AUDIENCE, "anyone")], "assertion-audience: must be issuer or token-endpoint"),
        (
            &[(&ACCESS_TOKEN, "0")],
            "access-token-seconds: the lifetime of an access token is 0 s; it must be 1",
        ),
        (&[(&IDLE, "a day")], "idle-seconds: must be a number of seconds"),
        (&[(&REFRESH_WINDOW, "119")], "refresh-window-seconds: the lifetime of the refresh window is 119 s"),
        (&[(&STALE_REFRESH, "maybe")], "stale-refresh: must be doubt or close"),
        (&[(&IMMEDIATE_REVOCATION, "1")], "immediate-revocation: must be true or false"),
        (&[(&REQUIRE_RESOURCE, "yes")], "require-resource: must be true or false"),
        (&[(&TUTORIAL, "true")], "tutorial: exceptions to OAuth 2.1 need"),
        (
            &[(&BLOCKED_CLIENT, "document-host:a/b")],
            "blocked-client document-host:a/b: must be ID|redirect-host:HOST|document-host:HOST",
        ),
        (&[(&CLIENT, "app")], "client app: must be ID=URI URI"),
        (
            &[(&CLIENT, "app=http://app.example/")],
            "client app=http://app.example/: the redirect URI http://app.example/ uses http",
        ),
        (&[(&CLIENT, "dw_x=https://app.example/")], "client: \"dw_x\" is not a valid"),
        (&[app, app], "client: the client app is configured twice"),
        (
            &[(&CLIENT_SECRET, "app=S3CRET_that_is_long_enough")],
            "client-secret: must be ID=SECRET with the ID",
        ),
        (
            &[
                app,
                (&CLIENT_SECRET, "app=S3CRET_that_is_long_enough"),
                (&CLIENT_KEYS, "app=https://app.example/keys"),
            ],
            "client-keys: gives the client app two",
        ),
        (&[app, (&CLIENT_SCOPE, "app=user")], "client: the client app has a scope of its own, but does not"),
        (&[us], "provider-client: needs the setting provider"),
        (&[(&PROVIDER_SECRET, "S3CRET")], "provider-secret: names no provider at which users sign in"),
        (
            &[provider, us, (&PROVIDER_ALLOW, "anyone"), (&PROVIDER_SECRET, "https://other.example=S3CRET")],
            "provider-secret: names no provider at which users sign in",
        ),
        (&[provider, us, (&PROVIDER_ALLOW, "org:acme")], "provider-allow: only GitHub has organizations"),
        (
            &[provider, us, (&PROVIDER_ALLOW, "anyone"), (&RESOURCE_PEOPLE, "org:acme")],
            "resource-people: has the rule org:acme for",
        ),
        (&[provider, (&PROVIDER_ALLOW, "anyone")], "provider-client: is not set"),
        (&[provider, us], "provider-allow: no rule"),
        (&[provider, us, (&PROVIDER_ALLOW, "all")], "provider-allow: \"all\" is not a rule"),
        (
            &[provider, us, (&PROVIDER_ALLOW, "anyone"), (&PROVIDER_SCOPE, "email")],
            "provider-scope: the scope must",
        ),
        (
            &[provider, us, (&PROVIDER_ALLOW, "anyone"), (&PROVIDER_METADATA, "http://10.0.0.5/metadata")],
            "provider-metadata: the URL of the metadata uses http; use https, or allow http on private addresses",
        ),
        (
            &[
                provider,
                us,
                (&PROVIDER_ALLOW, "anyone"),
                (&PROVIDER_PRIVATE_HTTP, "true"),
                (&PROVIDER_METADATA, "http://8.8.8.8/metadata"),
            ],
            "provider-metadata: the URL of the metadata uses http on an address that is not private",
        ),
        (
            &[provider, us, (&PROVIDER_ALLOW, "anyone"), (&PROVIDER_PRIVATE_HTTP, "yes")],
            "provider-private-http: must be true or false",
        ),
        (&[(&PROVIDER_PRIVATE_HTTP, "true")], "provider-private-http: needs the setting provider"),
        (&[(&PROVIDER_METADATA, "https://a.example")], "provider-metadata: needs the setting provider"),
        (
            &[(&PROVIDER, "http://10.0.0.5"), us, (&PROVIDER_ALLOW, "anyone")],
            "provider: the issuer uses http; use https, or allow http on private addresses with provider-private-http",
        ),
        (&[(&PROVIDER, "idp"), us, (&PROVIDER_ALLOW, "anyone")], "provider: the issuer is not a URL"),
        (&[(&ACCENT, "yellow")], "accent: the accent must be"),
        (&[(&OPERATOR_LOGO, "https://a.example/x.png")], "operator-logo: the logo must be"),
        (&[(&OPERATOR_NAME, " ")], "operator-name: the name must"),
    ] {
        let refused = read(pairs).unwrap_err().to_string();
        assert!(refused.starts_with(expected), "{expected}: {refused}");
        assert!(!refused.contains("S3CRET"), "{refused}");
    }
}

#[test]
fn a_tool_and_an_origin_are_of_the_named_resource_or_the_first() {
    let config = read(&[
        (&RESOURCE, "https://a.example/mcp=a,b"),
        (&RESOURCE, "https://b.example/mcp=a,b"),
        (&TOOL_SCOPE, "write=b"),
        (&TOOL_SCOPE, "https://b.example/mcp=delete=a,b"),
        (&ALLOWED_ORIGIN, "https://b.example/mcp=https://app.example"),
    ]);
    let config = config.unwrap();
    let tools = |resource: &ProtectedResource| resource.tools.keys().cloned().collect::<Vec<_>>();
    let all: Vec<_> = config.resources().iter().map(|known| (tools(known), known.origins.len())).collect();
    assert_eq!(all, [(vec!["write".to_owned()], 0), (vec!["delete".to_owned()], 1)]);
}

#[test]
fn what_is_given_is_configured() {
    let config = read(&[
        (&RESOURCE, "https://mcp.example/mcp=user,files"),
        (&TOOL_SCOPE, "write=files"),
        (&SCOPE_DESCRIPTION, "files=read your files"),
        (&SCOPE_IMPLIES, "files=user"),
        (&RESOURCE_SECRET, "https://mcp.example/mcp=a-secret-of-enough-length"),
        (&RESOURCE_ID, "https://mcp.example/mcp=mcp"),
        (&ASSERTION_AUDIENCE, "token-endpoint"),
        (&GRANT, "300"),
        (&REQUIRE_RESOURCE, "true"),
        (&PROVIDER, "https://idp.example"),
        (&PROVIDER_CLIENT, "us"),
        (&PROVIDER_ALLOW, "domain:a.example"),
        (&PROVIDER_NAME, "Example ID"),
        (&PROVIDER_GROUPS_CLAIM, "realm_access.roles"),
        (&PROVIDER_METADATA, "http://keycloak:8080/metadata"),
        (&PROVIDER_PRIVATE_HTTP, "true"),
    ]);
    let config = config.unwrap();
    let resource = config.resources().default();
    assert_eq!(resource.scope().to_string(), "files user");
    assert_eq!(resource.tools["write"].to_string(), "files");
    assert_eq!(resource.implied.expand(&resource.tools["write"]).to_string(), "files user");
    assert_eq!(resource.scopes[1].description.as_deref(), Some("read your files"));
    assert!(resource.is_secret("a-secret-of-enough-length") && !resource.is_secret("other"));
    assert_eq!(resource.id.as_deref(), Some("mcp"));
    assert_eq!(config.assertion_audience(), AssertionAudience::TokenEndpoint);
    assert_eq!((config.lifetimes().grant.as_secs(), config.require_resource()), (300, true));
    let [SignInProvider::OpenId(provider)] = config.providers() else { panic!("no provider") };
    assert_eq!((provider.name(), provider.groups_claim()), ("Example ID", "realm_access.roles"));
    assert_eq!(provider.allowed().to_string(), "domain:a.example");
    assert_eq!(provider.metadata_url(), "http://keycloak:8080/metadata");
    assert!(provider.has_private_http());
}

#[test]
fn the_users_of_a_resource_are_of_the_named_one_or_the_first() {
    let config = read(&[
        (&RESOURCE, "https://mcp.example/mcp=user"),
        (&RESOURCE, "https://mcp.example/git=git"),
        (&RESOURCE, "https://open.example=open"),
        (&RESOURCE_PEOPLE, "user:alice, user:https://idp.example#7"),
        (&RESOURCE_PEOPLE, "https://mcp.example/git=domain:a.example,group:Team A"),
        (&RESOURCE_PEOPLE, "https://mcp.example/git=user:bob"),
        (&PROVIDER, "https://idp.example"),
        (&PROVIDER_CLIENT, "us"),
        (&PROVIDER_ALLOW, "anyone"),
    ]);
    let config = config.unwrap();
    let users: Vec<_> = config.resources().iter().map(|resource| resource.users.to_string()).collect();
    assert_eq!(
        users,
        ["user:alice,user:https://idp.example#7", "domain:a.example,group:Team A,user:bob", ""]
    );
}
